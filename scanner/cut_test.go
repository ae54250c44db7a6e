package scanner_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

// parent is a table with the zone "test" on two servers.
func parent(more map[string]scanner.Answer) *fakedns.Resolver {
	t := map[string]scanner.Answer{
		"test SOA":       fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":        fakedns.Found("test NS ns1.nic.test", "test NS ns2.nic.test"),
		"ns1.nic.test A": fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"ns2.nic.test A": fakedns.Found("ns2.nic.test A 192.0.2.2"),
	}
	for k, v := range more {
		t[k] = v
	}
	return &fakedns.Resolver{Table: t}
}

func TestFindCut(t *testing.T) {
	referral := fakedns.Referral("a.test NS ns1.a.test", "a.test NS ns.other.example", "ns1.a.test A 192.0.2.9")
	soaFail := fakedns.Unknown("servfail")
	tests := []struct {
		name  string
		ask   msp.Name
		table map[string]scanner.Answer
		want  scanner.Cut
	}{
		{"referral", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": referral, "a.test NS @192.0.2.2": referral,
		}, scanner.Cut{
			Outcome: fact.Present, Parent: "test", Rcode: "NOERROR",
			NS: []msp.Name{"ns.other.example", "ns1.a.test"}, Glue: []fact.Glue{{Host: "ns1.a.test", Address: "192.0.2.9"}},
		}},
		{"union of two parents that differ", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.Referral("a.test NS x.example"), "a.test NS @192.0.2.2": fakedns.Referral("a.test NS y.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"x.example", "y.example"}}},
		{"one refuses, one refers", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.Unknown("refused"), "a.test NS @192.0.2.2": fakedns.Referral("a.test NS y.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"y.example"}}},
		{"server of both", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.Auth("a.test NS y.example"), "a.test NS @192.0.2.2": fakedns.Auth("a.test NS y.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"y.example"}, Own: true}},
		{"nxdomain", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.AuthNone("NXDOMAIN", "test"), "a.test NS @192.0.2.2": fakedns.AuthNone("NXDOMAIN", "test"),
		}, scanner.Cut{Outcome: fact.Absent, Parent: "test", Rcode: "NXDOMAIN"}},
		{"one says nxdomain, the other delegates", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.AuthNone("NXDOMAIN", "test"), "a.test NS @192.0.2.2": fakedns.Referral("a.test NS y.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"y.example"}}},
		{"nxdomain without authority proves nothing", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.None("NXDOMAIN", "test"), "a.test NS @192.0.2.2": fakedns.Unknown("timeout"),
		}, scanner.Cut{Outcome: fact.Unknown, Parent: "test", Reason: "nxdomain"}},
		{"no cut", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.AuthNone("NOERROR", "test"), "a.test NS @192.0.2.2": fakedns.AuthNone("NOERROR", "test"),
		}, scanner.Cut{Outcome: fact.Absent, Parent: "test", Rcode: "NOERROR"}},
		{"alias in the parent zone", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.Alias(scanner.Answer{AA: true, Rcode: "NOERROR", Reason: "incomplete"}, "a.test", "b.example"),
		}, scanner.Cut{Outcome: fact.Absent, Parent: "test", Rcode: "NOERROR"}},
		{"half a set is no set", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": {AA: true, TC: true, Rcode: "NOERROR", Reason: "truncated", Records: fakedns.Records("a.test NS x.example")},
		}, scanner.Cut{Outcome: fact.Unknown, Parent: "test", Reason: "truncated"}},
		{"silence", "a.test", nil, scanner.Cut{Outcome: fact.Unknown, Parent: "test", Reason: "timeout"}},
		{"referral with AA", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": {AA: true, Rcode: "NOERROR", Reason: "referral", Authority: fakedns.Records("a.test NS x.example")},
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"x.example"}}},
		{"denial with the zone's own NS set", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": {AA: true, Rcode: "NOERROR", Outcome: fact.Absent, Authority: fakedns.Records("test NS ns1.nic.test", "test SOA a b 1 2 3 4 5")},
		}, scanner.Cut{Outcome: fact.Absent, Parent: "test", Rcode: "NOERROR"}},
		{"upward referral", "a.test", map[string]scanner.Answer{
			"a.test NS @192.0.2.1": fakedns.Referral(". NS a.root.example"), "a.test NS @192.0.2.2": fakedns.Referral("test NS ns1.nic.test"),
		}, scanner.Cut{Outcome: fact.Unknown, Parent: "test", Reason: "lame"}},
		{"down over a zone that the resolver cannot read", "b.a.test", map[string]scanner.Answer{
			"a.test SOA":             soaFail,
			"b.a.test NS @192.0.2.1": fakedns.Referral("a.test NS ns1.a.test", "ns1.a.test A 192.0.2.9"),
			"b.a.test NS @192.0.2.9": fakedns.Referral("b.a.test NS z.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "a.test", Rcode: "NOERROR", NS: []msp.Name{"z.example"}}},
		{"parent by the SOA of a negative answer", "b.e.test", map[string]scanner.Answer{
			"e.test SOA":             fakedns.None("NOERROR", "test"),
			"b.e.test NS @192.0.2.1": fakedns.Referral("b.e.test NS z.example"),
		}, scanner.Cut{Outcome: fact.Present, Parent: "test", Rcode: "NOERROR", NS: []msp.Name{"z.example"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Name = tt.ask
			require.Equal(t, tt.want, scanner.FindCut(context.Background(), parent(tt.table), tt.ask))
		})
	}
}

func TestFindCutNoParent(t *testing.T) {
	cut := scanner.FindCut(context.Background(), &fakedns.Resolver{}, "a.test")
	require.Equal(t, scanner.Cut{Name: "a.test", Reason: "timeout"}, cut)
}

func TestFindCutEndsOnReferralLoop(t *testing.T) {
	r := parent(map[string]scanner.Answer{
		"c.b.a.test NS @192.0.2.1": fakedns.Referral("a.test NS ns1.a.test", "ns1.a.test A 192.0.2.9"),
		"c.b.a.test NS @192.0.2.9": fakedns.Referral("test NS ns1.nic.test"),
		"a.test SOA":               fakedns.Unknown("timeout"),
	})
	cut := scanner.FindCut(context.Background(), r, "c.b.a.test")
	require.Equal(t, fact.Unknown, cut.Outcome)
	require.Less(t, len(r.Asked()), 20)
}

func TestTraceMergesInOrder(t *testing.T) {
	r := parent(nil)
	tr := scanner.NewTrace(r)
	branch := tr.Branch()
	branch.Look(context.Background(), "test", "NS")
	tr.Look(context.Background(), "test", "SOA")
	tr.Look(context.Background(), "nothing.test", "SOA") // timeout: not an observation
	tr.Merge(branch)
	f := tr.Fact(fact.Task{Probe: "x"}, fact.Present, "", struct{}{})
	require.Len(t, f.Queries, 3)
	require.Len(t, f.Observed, 2)
	require.Equal(t, "SOA", f.Observed[0].Type)
	require.Equal(t, []string{"ns1.nic.test", "ns2.nic.test"}, f.Observed[1].Values)
}

func TestPick(t *testing.T) {
	addr := netip.MustParseAddr
	v4, v4b, v6 := addr("192.0.2.1"), addr("192.0.2.2"), addr("2001:db8::1")
	require.Equal(t, []netip.Addr{v4, v6}, scanner.PickAddresses(nil, []netip.Addr{v4, v4b, v6}, 2))
	require.Equal(t, []netip.Addr{v4b, v4}, scanner.PickAddresses([]netip.Addr{v4b}, []netip.Addr{v4, v4b}, 2), "glue first")
	require.Equal(t, []netip.Addr{v6}, scanner.PickAddresses([]netip.Addr{v6}, []netip.Addr{v6}, 2))
	require.Empty(t, scanner.PickAddresses(nil, nil, 2))
}

func TestZoneServers(t *testing.T) {
	r := parent(map[string]scanner.Answer{
		"a.test NS":            fakedns.Found("a.test NS ns1.a.test", "a.test NS ns.hidden.test"),
		"a.test NS @192.0.2.1": fakedns.Referral("a.test NS ns1.a.test", "a.test NS ns.gone.test", "ns1.a.test A 192.0.2.9"),
		"a.test NS @192.0.2.2": fakedns.Referral("a.test NS ns1.a.test", "a.test NS ns.gone.test", "ns1.a.test A 192.0.2.9"),
		"ns1.a.test AAAA":      fakedns.Found("ns1.a.test AAAA 2001:db8::9"),
		"ns.hidden.test A":     fakedns.Found("ns.hidden.test A 192.0.2.8"),
	})
	servers, reason := scanner.ZoneServers(context.Background(), r, "a.test")
	require.Equal(t, []scanner.Server{
		{Host: "ns.gone.test", Reason: "timeout"},
		{Host: "ns.hidden.test", Address: netip.MustParseAddr("192.0.2.8")},
		{Host: "ns1.a.test", Address: netip.MustParseAddr("192.0.2.9")},
		{Host: "ns1.a.test", Address: netip.MustParseAddr("2001:db8::9")},
	}, servers)
	require.Empty(t, reason)

	servers, reason = scanner.ZoneServers(context.Background(), &fakedns.Resolver{}, "a.test")
	require.Empty(t, servers)
	require.Equal(t, "timeout", reason)
}

// TestFindCutSpread: the names below one parent spread over all its servers, two
// for each name and the same two in every run.
func TestFindCutSpread(t *testing.T) {
	asked := map[string]int{}
	for i := range 200 {
		name := msp.Name(fmt.Sprintf("d%d.test", i))
		table := map[string]scanner.Answer{
			"test NS": fakedns.Found("test NS ns1.nic.test", "test NS ns2.nic.test", "test NS ns3.nic.test", "test NS ns4.nic.test"),
		}
		for k := range 4 {
			table[fmt.Sprintf("ns%d.nic.test A", k+1)] = fakedns.Found(fmt.Sprintf("ns%d.nic.test A 192.0.2.%d", k+1, k+1))
			table[fmt.Sprintf("%s NS @192.0.2.%d", name, k+1)] = fakedns.Referral(string(name) + " NS ns.host.example")
		}
		var before []string
		for range 2 {
			r := parent(table)
			require.Equal(t, fact.Present, scanner.FindCut(context.Background(), r, name).Outcome)
			var now []string
			for _, key := range r.Asked() {
				if _, server, ok := strings.Cut(key, " @"); ok {
					now = append(now, server)
				}
			}
			require.Len(t, now, 2)
			require.True(t, before == nil || slices.Equal(before, now))
			before = now
		}
		for _, s := range before {
			asked[s]++
		}
	}
	require.Len(t, asked, 4)
	for s, n := range asked {
		require.InDelta(t, 100, n, 35, s)
	}
}
