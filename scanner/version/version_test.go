package version

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func world(more map[string]scanner.Answer) *fakedns.Resolver {
	t := map[string]scanner.Answer{
		"test SOA":                fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":                 fakedns.Found("test NS ns1.nic.test"),
		"ns1.nic.test A":          fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"acme.test NS @192.0.2.1": fakedns.Referral("acme.test NS ns1.acme.test", "ns1.acme.test A 203.0.113.1"),
	}
	for k, v := range more {
		t[k] = v
	}
	return &fakedns.Resolver{Table: t}
}

func text(s string, notes ...string) scanner.Answer {
	return scanner.Answer{
		Outcome: fact.Present, Rcode: "NOERROR", AA: true, Notes: notes,
		Records: []scanner.Record{{Name: "version.bind", Type: "TXT", Fields: []string{s}}},
	}
}

func TestVersion(t *testing.T) {
	refused, silent, servfail := fakedns.Unknown("refused"), fakedns.Unknown("timeout"), fakedns.Unknown("servfail")
	lame := scanner.Answer{Outcome: fact.Unknown, Reason: "lame", Rcode: "NOERROR"}
	tests := []struct {
		name         string
		bind, server scanner.Answer
		outcome      fact.Outcome
		reason       string
		texts        []string
		wrong        bool
	}{
		{"named", text("NSD 4.6.1"), refused, fact.Present, "", []string{"NSD 4.6.1"}, false},
		{"by the other name", refused, text("9.18\x00"), fact.Present, "", []string{`9.18\000`}, false},
		{"the same by both", text("v0"), text("v0"), fact.Present, "", []string{"v0"}, false},
		{"one silent, one speaks", silent, text("v0"), fact.Present, "", []string{"v0"}, false},
		{"in class IN", text("v0", "wrong_class"), refused, fact.Present, "", []string{"v0"}, true},
		{"refused", refused, refused, fact.Absent, "", nil, false},
		{"denied", fakedns.AuthNone("NXDOMAIN", "bind"), fakedns.AuthNone("NOERROR", "server"), fact.Absent, "", nil, false},
		{"denied without authority", lame, lame, fact.Absent, "", nil, false},
		{"blank", text("  \t"), text(""), fact.Absent, "", nil, false},
		{"silent", silent, silent, fact.Unknown, "timeout", nil, false},
		{"half silent", refused, silent, fact.Unknown, "timeout", nil, false},
		{"fails", servfail, servfail, fact.Unknown, "servfail", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := world(map[string]scanner.Answer{
				"version.bind CH TXT @203.0.113.1": tt.bind, "version.server CH TXT @203.0.113.1": tt.server,
			})
			f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Name: "acme.test"})
			var d fact.Version
			require.NoError(t, f.Decode(&d))
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			require.Len(t, d.Servers, 1)
			require.Equal(t, tt.texts, d.Servers[0].Texts)
			require.Equal(t, tt.wrong, d.Servers[0].WrongClass)
		})
	}
}

func TestWithoutServersOrConsent(t *testing.T) {
	require.True(t, Probe().Active)
	f := Probe().Run(context.Background(), scanner.Env{Resolver: &fakedns.Resolver{}}, fact.Task{Name: "acme.test"})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)
	f = Probe().Run(context.Background(), scanner.Env{Resolver: world(nil), Passive: true}, fact.Task{Name: "acme.test"})
	require.Equal(t, "not_asked", f.Reason)
	require.Empty(t, f.Queries)
}
