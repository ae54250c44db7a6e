package mx

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func probe(t *testing.T, table map[string]scanner.Answer) (fact.Fact, fact.MX) {
	t.Helper()
	env := scanner.Env{Resolver: &fakedns.Resolver{Table: table}}
	f := Probe().Run(context.Background(), env, fact.Task{Probe: fact.ProbeMX, Name: "acme.example"})
	var data fact.MX
	require.NoError(t, f.Decode(&data))
	return f, data
}

func TestParse(t *testing.T) {
	hosts, null := Parse(fakedns.Records(
		"acme.example MX 20 b.example", "acme.example MX 10 c.example", "acme.example MX 10 a.example",
		"acme.example MX 10 a.example", "acme.example MX 0 .", "acme.example MX 70000 d.example",
		"acme.example MX 5", "acme.example A 192.0.2.1"))
	require.True(t, null)
	require.Equal(t, []fact.MXHost{
		{Preference: 10, Host: "a.example"}, {Preference: 10, Host: "c.example"}, {Preference: 20, Host: "b.example"},
	}, hosts)
}

func TestProbeHosts(t *testing.T) {
	nodata, gone := fakedns.None("NOERROR", "h.example"), fakedns.None("NXDOMAIN", "h.example")
	cases := []struct {
		name    string
		v4, v6  scanner.Answer
		want    fact.Outcome
		reason  string
		rcode   string
		address int
		cname   string
	}{
		{"both families", fakedns.Found("h.example A 192.0.2.1"), fakedns.Found("h.example AAAA 2001:db8::1"), fact.Present, "", "NOERROR", 2, ""},
		{"one family", fakedns.Found("h.example A 192.0.2.1"), nodata, fact.Present, "", "NOERROR", 1, ""},
		{"no address", nodata, nodata, fact.Absent, "", "NOERROR", 0, ""},
		{"no such name", gone, fakedns.Unknown("timeout"), fact.Absent, "", "NXDOMAIN", 0, ""},
		{"an address is enough", fakedns.Found("h.example A 192.0.2.1"), fakedns.Unknown("timeout"), fact.Present, "", "NOERROR", 1, ""},
		{"a private one is not", fakedns.Found("h.example A 10.0.0.1"), fakedns.Unknown("timeout"), fact.Unknown, "timeout", "NOERROR", 1, ""},
		{"private only", fakedns.Found("h.example A 100.64.0.1"), nodata, fact.Present, "", "NOERROR", 1, ""},
		{"half an answer", nodata, fakedns.Unknown("servfail"), fact.Unknown, "servfail", "SERVFAIL", 0, ""},
		{"nothing", fakedns.Unknown("timeout"), fakedns.Unknown("timeout"), fact.Unknown, "timeout", "", 0, ""},
		{"alias", fakedns.Alias(fakedns.Found("t.example A 192.0.2.1"), "h.example", "t.example"), nodata, fact.Present, "", "NOERROR", 1, "t.example"},
		{"dead alias", fakedns.Alias(gone, "h.example", "t.example"), gone, fact.Absent, "", "NXDOMAIN", 0, "t.example"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, map[string]scanner.Answer{
				"acme.example MX": fakedns.Found("acme.example MX 10 h.example"),
				"h.example A":     c.v4, "h.example AAAA": c.v6,
			})
			require.Equal(t, fact.Present, f.Outcome)
			require.Len(t, data.Hosts, 1)
			h := data.Hosts[0]
			require.Equal(t, c.want, h.Outcome)
			require.Equal(t, c.reason, h.Reason)
			require.Equal(t, c.rcode, h.Rcode)
			require.Len(t, h.Addresses, c.address)
			require.Equal(t, c.cname != "", h.IsCNAME)
			require.Equal(t, c.cname, string(h.CNAME))
			require.NotEmpty(t, f.Queries)
		})
	}
}

func TestProbeOutcomes(t *testing.T) {
	f, data := probe(t, map[string]scanner.Answer{"acme.example MX": fakedns.Found("acme.example MX 0 .")})
	require.Equal(t, fact.Present, f.Outcome)
	require.True(t, data.Null)
	require.False(t, data.NullNonZero)
	require.Empty(t, data.Hosts)

	f, data = probe(t, map[string]scanner.Answer{"acme.example MX": fakedns.Found("acme.example MX 10 .")})
	require.Equal(t, fact.Present, f.Outcome)
	require.True(t, data.Null, "nobody can send to it either")
	require.True(t, data.NullNonZero)

	f, _ = probe(t, map[string]scanner.Answer{"acme.example MX": fakedns.None("NOERROR", "acme.example")})
	require.Equal(t, fact.Absent, f.Outcome)
	require.Len(t, f.Observed, 1)

	for _, reason := range []string{"timeout", "servfail", "refused", "truncated"} {
		f, _ = probe(t, map[string]scanner.Answer{"acme.example MX": fakedns.Unknown(reason)})
		require.Equal(t, fact.Unknown, f.Outcome)
		require.Equal(t, reason, f.Reason)
		require.Empty(t, f.Observed)
	}
}

func TestProbeBoundsHosts(t *testing.T) {
	lines := make([]string, 0, maxHosts+5)
	for i := range maxHosts + 5 {
		lines = append(lines, "acme.example MX 10 h"+string(rune('a'+i))+".example")
	}
	f, data := probe(t, map[string]scanner.Answer{"acme.example MX": fakedns.Found(lines...)})
	require.Len(t, data.Hosts, maxHosts+5)
	require.Equal(t, "budget", data.Hosts[maxHosts].Reason)
	require.Equal(t, fact.Unknown, data.Hosts[maxHosts].Outcome)
	require.Len(t, f.Queries, 1+2*maxHosts)
}

func FuzzParse(f *testing.F) {
	f.Add("10", "a.example")
	f.Add("0", ".")
	f.Add("-1", "")
	f.Fuzz(func(t *testing.T, preference, host string) {
		hosts, null := Parse([]scanner.Record{{Type: "MX", Fields: []string{preference, host}}})
		if null && len(hosts) > 0 {
			t.Fatal("one record is a null MX and a host")
		}
		for _, h := range hosts {
			if h.Preference < 0 || h.Preference > 65535 {
				t.Fatalf("preference %d", h.Preference)
			}
		}
	})
}
