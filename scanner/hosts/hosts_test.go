package hosts

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func TestProbe(t *testing.T) {
	const name msp.Name = "www.acme.test"
	alias := func(a scanner.Answer, names ...msp.Name) scanner.Answer {
		return fakedns.Alias(a, append([]msp.Name{name}, names...)...)
	}
	loop := alias(scanner.Answer{Outcome: fact.Broken, Reason: "cname_loop", Rcode: "NOERROR"}, "a.test", "b.test", "a.test")
	v4, v6 := fakedns.Found(string(name)+" A 192.0.2.2", string(name)+" A 192.0.2.1"), fakedns.Found(string(name)+" AAAA 2001:db8::1")
	nodata, nx := fakedns.None("NOERROR", "acme.test"), fakedns.None("NXDOMAIN", "acme.test")
	servfail := fakedns.Unknown("servfail")
	tests := []struct {
		name    string
		a, aaaa scanner.Answer
		outcome fact.Outcome
		reason  string
		want    fact.Hosts
	}{
		{"both", v4, v6, fact.Present, "", fact.Hosts{Addresses: []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}, End: name, EndRcode: "NOERROR"}},
		{"one, the other absent", nodata, v6, fact.Present, "", fact.Hosts{Addresses: []string{"2001:db8::1"}, End: name, EndRcode: "NOERROR"}},
		{"one, the other unknown", v4, servfail, fact.Present, "servfail", fact.Hosts{Addresses: []string{"192.0.2.1", "192.0.2.2"}, End: name, EndRcode: "NOERROR"}},
		{"nodata", nodata, nodata, fact.Absent, "", fact.Hosts{End: name, EndRcode: "NOERROR"}},
		{"nxdomain", nx, nx, fact.Absent, "", fact.Hosts{End: name, EndRcode: "NXDOMAIN"}},
		{"nxdomain for one type only", nx, nodata, fact.Absent, "", fact.Hosts{End: name, EndRcode: "NOERROR"}},
		{"absent needs both", nx, servfail, fact.Unknown, "servfail", fact.Hosts{End: name}},
		{"nothing", servfail, servfail, fact.Unknown, "servfail", fact.Hosts{End: name}},
		{
			"dangling", alias(nx, "gone.cloud.test"), alias(nx, "gone.cloud.test"), fact.Absent, "",
			fact.Hosts{Chain: []fact.Hop{{From: name, To: "gone.cloud.test"}}, End: "gone.cloud.test", EndRcode: "NXDOMAIN"},
		},
		{
			"loop", loop, loop, fact.Broken, "cname_loop",
			fact.Hosts{Chain: loop.Chain, End: "a.test", Loop: true},
		},
		{
			"chain too long", alias(fakedns.Unknown("budget"), "a.test", "b.test"), alias(fakedns.Unknown("budget"), "a.test"), fact.Unknown, "budget",
			fact.Hosts{Chain: []fact.Hop{{From: name, To: "a.test"}, {From: "a.test", To: "b.test"}}, End: "b.test"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &fakedns.Resolver{Table: map[string]scanner.Answer{string(name) + " A": tt.a, string(name) + " AAAA": tt.aaaa}}
			f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Probe: fact.ProbeHosts, Name: name})
			var h fact.Hosts
			require.NoError(t, f.Decode(&h))
			tt.want.Name = name
			require.Equal(t, tt.want, h)
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			if len(f.Queries) != 2 { // where nothing leads on, one look for an alias
				require.Len(t, f.Queries, 3)
				require.Contains(t, []string{"servfail", "timeout", "unreachable"}, tt.reason)
			}
		})
	}
}

// TestAliasOfDeadTarget: where a name leads is seen although the end of the
// chain does not answer, and stays unknown.
func TestAliasOfDeadTarget(t *testing.T) {
	const name msp.Name = "www.acme.test"
	servfail := fakedns.Unknown("servfail")
	for _, tt := range []struct {
		name  string
		end   scanner.Answer // of the addresses
		table map[string]scanner.Answer
		chain []fact.Hop
		loop  bool
	}{
		{"in no time", fakedns.Unknown("timeout"), map[string]scanner.Answer{
			"www.acme.test CNAME": fakedns.Found("www.acme.test CNAME a.test."), "a.test CNAME": fakedns.Unknown("timeout"),
		}, []fact.Hop{{From: name, To: "a.test"}}, false},
		{"two hops", servfail, map[string]scanner.Answer{
			"www.acme.test CNAME": fakedns.Found("www.acme.test CNAME a.test."), "a.test CNAME": fakedns.Found("a.test CNAME b.test."), "b.test CNAME": servfail,
		}, []fact.Hop{{From: name, To: "a.test"}, {From: "a.test", To: "b.test"}}, false},
		{"no alias", servfail, map[string]scanner.Answer{"www.acme.test CNAME": fakedns.None("NOERROR", "acme.test")}, nil, false},
		{"of another name", servfail, map[string]scanner.Answer{"www.acme.test CNAME": fakedns.Found("x.test CNAME a.test.")}, nil, false},
		{"round and round", servfail, map[string]scanner.Answer{
			"www.acme.test CNAME": fakedns.Found("www.acme.test CNAME a.test."), "a.test CNAME": fakedns.Found("a.test CNAME www.acme.test."),
		}, []fact.Hop{{From: name, To: "a.test"}, {From: "a.test", To: name}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.table["www.acme.test A"], tt.table["www.acme.test AAAA"] = tt.end, tt.end
			f := Probe().Run(context.Background(), scanner.Env{Resolver: &fakedns.Resolver{Table: tt.table}}, fact.Task{Probe: fact.ProbeHosts, Name: name})
			var h fact.Hosts
			require.NoError(t, f.Decode(&h))
			require.Equal(t, fact.Unknown, f.Outcome)
			require.Equal(t, tt.end.Reason, f.Reason)
			require.Equal(t, tt.chain, h.Chain)
			require.Equal(t, tt.loop, h.Loop)
			require.Empty(t, h.EndRcode)
		})
	}
}

// FuzzJudge holds that absence is never made of an answer that is not clean.
func FuzzJudge(f *testing.F) {
	seeds := [][4]string{{"1", "1", "NOERROR", "192.0.2.1"}, {"2", "0", "NXDOMAIN", "x"}, {"2", "2", "NXDOMAIN", "::1"}, {"3", "1", "", "a.test"}}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s[0][0]-'0', s[1][0]-'0', s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, oa, oaaaa byte, rcode, field string) {
		answer := func(o byte) scanner.Answer {
			return scanner.Answer{
				Outcome: fact.Outcome(o % 4), Rcode: rcode, Records: []scanner.Record{{Type: "A", Fields: []string{field}}},
				Chain: []fact.Hop{{From: "x.test", To: msp.Name(field)}},
			}
		}
		a, aaaa := answer(oa), answer(oaaaa)
		h, outcome, _ := judge("x.test", a, aaaa)
		if outcome == fact.Absent {
			require.True(t, a.Outcome == fact.Absent && aaaa.Outcome == fact.Absent)
		}
		if h.EndRcode == "NXDOMAIN" {
			require.Equal(t, fact.Absent, outcome)
		}
		require.Equal(t, field == "x.test", h.Loop)
	})
}
