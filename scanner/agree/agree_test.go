package agree

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

// world delegates acme.test to two servers; more says what they answer.
func world(more map[string]scanner.Answer) *fakedns.Resolver {
	t := map[string]scanner.Answer{
		"test SOA":       fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":        fakedns.Found("test NS ns1.nic.test"),
		"ns1.nic.test A": fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"acme.test NS @192.0.2.1": fakedns.Referral("acme.test NS ns1.acme.test", "acme.test NS ns2.acme.test",
			"ns1.acme.test A 203.0.113.1", "ns2.acme.test A 203.0.113.2", "ns2.acme.test AAAA 2001:db8::2"),
		"acme.test MX @203.0.113.1":  mx("10 mail.acme.test"),
		"acme.test MX @203.0.113.2":  mx("10 mail.acme.test"),
		"acme.test TXT @203.0.113.1": spf("v=spf1 -all"),
		"acme.test TXT @203.0.113.2": spf("v=spf1 -all"),
	}
	for k, v := range more {
		t[k] = v
	}
	return &fakedns.Resolver{Table: t}
}

func mx(sets ...string) scanner.Answer {
	var lines []string
	for _, s := range sets {
		lines = append(lines, "acme.test MX "+s)
	}
	return fakedns.Auth(lines...)
}

func spf(texts ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", AA: true}
	for _, s := range texts {
		a.Records = append(a.Records, scanner.Record{Name: "acme.test", Type: "TXT", Fields: []string{s}})
	}
	return a
}

func look(t *testing.T, r *fakedns.Resolver) (fact.Fact, fact.Agree) {
	t.Helper()
	f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Probe: fact.ProbeAgree, Name: "acme.test"})
	var data fact.Agree
	require.NoError(t, f.Decode(&data))
	return f, data
}

func TestAgree(t *testing.T) {
	plain := spf("v=spf1 -all")
	plain.AA = false
	alias := fakedns.Alias(fakedns.Auth("x.test MX 10 y.test"), "acme.test", "x.test")
	none := fakedns.AuthNone("NOERROR", "acme.test")
	tests := []struct {
		name    string
		more    map[string]scanner.Answer
		outcome fact.Outcome
		reason  string
		mx, spf fact.Outcome
	}{
		{"alike", nil, fact.Present, "", fact.Present, fact.Present},
		{"order, case and other texts do not count", map[string]scanner.Answer{
			"acme.test TXT @203.0.113.1": spf("v=SPF1 -ALL", "one"), "acme.test TXT @203.0.113.2": spf("two", "v=spf1 -all"),
			"acme.test MX @203.0.113.1": mx("10 a.test", "20 b.test"), "acme.test MX @203.0.113.2": mx("20 b.test", "10 a.test"),
		}, fact.Present, "", fact.Present, fact.Present},
		{
			"both have none",
			map[string]scanner.Answer{"acme.test MX @203.0.113.1": none, "acme.test MX @203.0.113.2": none},
			fact.Present, "", fact.Present, fact.Present,
		},
		{"one has none", map[string]scanner.Answer{"acme.test MX @203.0.113.2": none}, fact.Broken, "differ", fact.Broken, fact.Present},
		{
			"another preference",
			map[string]scanner.Answer{"acme.test MX @203.0.113.2": mx("20 mail.acme.test")},
			fact.Broken, "differ", fact.Broken, fact.Present,
		},
		{
			"another SPF record",
			map[string]scanner.Answer{"acme.test TXT @203.0.113.2": spf("v=spf1 ~all")},
			fact.Broken, "differ", fact.Present, fact.Broken,
		},
		{"agree on the second look", map[string]scanner.Answer{
			"acme.test MX @203.0.113.2": mx("20 mail.acme.test"), "acme.test MX @203.0.113.2 #2": mx("10 mail.acme.test"),
		}, fact.Present, "", fact.Present, fact.Present},
		{
			"silence is no difference",
			map[string]scanner.Answer{"acme.test MX @203.0.113.2": fakedns.Unknown("timeout")},
			fact.Unknown, "timeout", fact.Unknown, fact.Present,
		},
		{
			"nor is an error",
			map[string]scanner.Answer{"acme.test TXT @203.0.113.1": fakedns.Unknown("servfail")},
			fact.Unknown, "servfail", fact.Present, fact.Unknown,
		},
		{
			"nor an answer without authority",
			map[string]scanner.Answer{"acme.test TXT @203.0.113.1": plain},
			fact.Unknown, "not_authoritative", fact.Present, fact.Unknown,
		},
		{"nor an alias", map[string]scanner.Answer{"acme.test MX @203.0.113.1": alias}, fact.Unknown, "cname_at_apex", fact.Unknown, fact.Present},
		{"a difference decides beside silence", map[string]scanner.Answer{
			"acme.test MX @203.0.113.1": fakedns.Unknown("timeout"), "acme.test TXT @203.0.113.2": none,
		}, fact.Broken, "differ", fact.Unknown, fact.Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, data := look(t, world(tt.more))
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			require.Equal(t, tt.mx, data.MX.Same)
			require.Equal(t, tt.spf, data.SPF.Same)
			require.Len(t, data.MX.Servers, 2)
			require.Len(t, data.SPF.Servers, 2)
		})
	}
}

// TestCost holds the probe to two questions for each host, whatever addresses
// it has beside.
func TestCost(t *testing.T) {
	r := world(nil)
	look(t, r)
	n := 0
	for _, q := range r.Asked() {
		if strings.Contains(q, "@203.0.113.") || strings.Contains(q, "@2001:db8") {
			n++
		}
	}
	require.Equal(t, 4, n, r.Asked())
}

func TestWithoutServers(t *testing.T) {
	f, _ := look(t, &fakedns.Resolver{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)

	f = Probe().Run(context.Background(), scanner.Env{Resolver: world(nil), Passive: true}, fact.Task{Name: "acme.test"})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "not_asked", f.Reason)
	require.Empty(t, f.Queries)

	r := world(map[string]scanner.Answer{
		"acme.test NS @192.0.2.1": fakedns.Referral("acme.test NS ns1.acme.test", "acme.test NS ns.gone.test", "ns1.acme.test A 203.0.113.1"),
	})
	f, data := look(t, r)
	require.Equal(t, fact.Unknown, f.Outcome, "a server that could not be asked may differ")
	require.Len(t, data.MX.Servers, 2)
	require.Equal(t, "timeout", data.MX.Servers[0].Reason)
}
