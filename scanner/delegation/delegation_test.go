package delegation

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

const (
	soa1 = "acme.test SOA ns1.acme.test h.acme.test 1 2 3 4 5"
	soa2 = "acme.test SOA ns1.acme.test h.acme.test 2 2 3 4 5"
)

// world is a healthy delegation of acme.test to ns1.acme.test and ns.host.test.
func world(changes map[string]scanner.Answer) *fakedns.Resolver {
	ns := []string{"acme.test NS ns1.acme.test", "acme.test NS ns.host.test"}
	t := map[string]scanner.Answer{
		"test SOA":                   fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":                    fakedns.Found("test NS ns1.nic.test"),
		"ns1.nic.test A":             fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"acme.test NS":               fakedns.Found(ns...),
		"acme.test NS @192.0.2.1":    fakedns.Referral(append(ns, "ns1.acme.test A 203.0.113.1")...),
		"ns1.acme.test A":            fakedns.Found("ns1.acme.test A 203.0.113.1"),
		"ns1.acme.test AAAA":         fakedns.None("NOERROR", "acme.test"),
		"ns.host.test A":             fakedns.Found("ns.host.test A 203.0.113.2"),
		"ns.host.test AAAA":          fakedns.None("NOERROR", "host.test"),
		"acme.test SOA @203.0.113.1": fakedns.Auth(soa1),
		"acme.test SOA @203.0.113.2": fakedns.Auth(soa1),
		"acme.test NS @203.0.113.1":  fakedns.Auth(ns...),
		"acme.test NS @203.0.113.2":  fakedns.Auth(ns...),
	}
	for k, v := range changes {
		t[k] = v
	}
	return &fakedns.Resolver{Table: t}
}

func probe(t *testing.T, r scanner.Resolver, passive bool) (fact.Fact, fact.Delegation) {
	t.Helper()
	task := fact.Task{Probe: fact.ProbeDelegation, Name: "acme.test"}
	f := Probe().Run(context.Background(), scanner.Env{Resolver: r, Passive: passive}, task)
	require.Equal(t, task, f.Task)
	var d fact.Delegation
	require.NoError(t, f.Decode(&d))
	return f, d
}

func TestHealthy(t *testing.T) {
	r := world(nil)
	f, d := probe(t, r, false)
	ns := []msp.Name{"ns.host.test", "ns1.acme.test"}
	require.Equal(t, fact.Present, f.Outcome)
	require.Equal(t, fact.Delegation{
		Zone: "acme.test", Parent: "test", ParentNS: ns, ParentKnown: true, ChildNS: ns, ChildKnown: true,
		Glue: []fact.Glue{{Host: "ns1.acme.test", Address: "203.0.113.1"}},
		Addresses: []fact.Glue{
			{Host: "ns.host.test", Address: "203.0.113.2"}, {Host: "ns1.acme.test", Address: "203.0.113.1"},
		},
		Servers: []fact.DelegationServer{
			{Host: "ns.host.test", Address: "203.0.113.2", State: fact.ServerAuthoritative, Rcode: "NOERROR", Serial: 1, MName: "ns1.acme.test", NS: ns, Parent: true, Child: true},
			{Host: "ns1.acme.test", Address: "203.0.113.1", State: fact.ServerAuthoritative, Rcode: "NOERROR", Serial: 1, MName: "ns1.acme.test", NS: ns, Parent: true, Child: true},
		},
		Serials: []uint32{1},
	}, d)
	require.Len(t, f.Queries, len(r.Asked()))
	require.Equal(t, "NS", f.Observed[0].Type)
	f2, _ := probe(t, world(nil), false)
	require.Equal(t, f.Queries, f2.Queries, "the order of the evidence does not hang on timing")
}

func TestStates(t *testing.T) {
	const at = "acme.test SOA @203.0.113.2"
	tests := []struct {
		name          string
		changes       map[string]scanner.Answer
		state, reason string
		rcode         string
	}{
		{"refused", map[string]scanner.Answer{at: fakedns.Unknown("refused")}, fact.ServerRefused, "", "REFUSED"},
		{"servfail", map[string]scanner.Answer{at: fakedns.Unknown("servfail")}, fact.ServerServfail, "", "SERVFAIL"},
		{"upward referral", map[string]scanner.Answer{at: fakedns.Referral(". NS a.root.test")}, fact.ServerReferral, "", "NOERROR"},
		{"no aa", map[string]scanner.Answer{at: fakedns.Found(soa1)}, fact.ServerNotAuth, "no_aa", "NOERROR"},
		{"empty without aa", map[string]scanner.Answer{at: {Rcode: "NOERROR", Reason: "lame"}}, fact.ServerNotAuth, "no_aa", "NOERROR"},
		{"serves only the parent", map[string]scanner.Answer{at: fakedns.AuthNone("NOERROR", "test")}, fact.ServerNotAuth, "no_soa", "NOERROR"},
		{"nxdomain", map[string]scanner.Answer{at: fakedns.AuthNone("NXDOMAIN", "test")}, fact.ServerNXDomain, "", "NXDOMAIN"},
		{"nxdomain of a cache", map[string]scanner.Answer{at: fakedns.None("NXDOMAIN", "test")}, fact.ServerNotAuth, "nxdomain_without_aa", "NXDOMAIN"},
		{"notauth", map[string]scanner.Answer{at: {Rcode: "NOTAUTH"}}, fact.ServerNotAuth, "notauth", "NOTAUTH"},
		{"formerr says nothing", map[string]scanner.Answer{at: {Rcode: "FORMERR"}}, fact.ServerSilent, "formerr", "FORMERR"},
		{"alias at the apex", map[string]scanner.Answer{at: fakedns.Alias(fakedns.Auth("b.test SOA a b 1 2 3 4 5"), "acme.test", "b.test")}, fact.ServerNotAuth, "cname_at_apex", "NOERROR"},
		{"silent for SOA only", map[string]scanner.Answer{at: fakedns.Unknown("timeout")}, fact.ServerAuthoritative, "soa_timeout", ""},
		{"silent", map[string]scanner.Answer{at: fakedns.Unknown("timeout"), "acme.test NS @203.0.113.2": fakedns.Unknown("timeout")}, fact.ServerSilent, "timeout", ""},
		{"truncated is no answer", map[string]scanner.Answer{at: {Rcode: "NOERROR", AA: true, Reason: "truncated"}, "acme.test NS @203.0.113.2": fakedns.Unknown("timeout")}, fact.ServerSilent, "truncated", "NOERROR"},
		{"private", map[string]scanner.Answer{at: fakedns.Unknown("private_address"), "acme.test NS @203.0.113.2": fakedns.Unknown("private_address")}, fact.ServerSkipped, "private_address", ""},
		{"no address", map[string]scanner.Answer{"ns.host.test A": fakedns.None("NXDOMAIN", "host.test"), "ns.host.test AAAA": fakedns.None("NXDOMAIN", "host.test")}, fact.ServerNoAddress, "", "NXDOMAIN"},
		{"address not known", map[string]scanner.Answer{"ns.host.test A": fakedns.None("NOERROR", "host.test"), "ns.host.test AAAA": fakedns.Unknown("servfail")}, fact.ServerHostUnknown, "servfail", "SERVFAIL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, d := probe(t, world(tt.changes), false)
			require.Equal(t, fact.Present, f.Outcome)
			require.Len(t, d.Servers, 2)
			got := d.Servers[0]
			require.Equal(t, msp.Name("ns.host.test"), got.Host)
			require.Equal(t, []string{tt.state, tt.reason, tt.rcode}, []string{got.State, got.Reason, got.Rcode})
			require.Equal(t, fact.ServerAuthoritative, d.Servers[1].State, "the other server is not touched by it")
		})
	}
}

func TestSerialDrift(t *testing.T) {
	drift := map[string]scanner.Answer{"acme.test SOA @203.0.113.2": fakedns.Auth(soa2)}
	_, d := probe(t, world(drift), false)
	require.Equal(t, []uint32{1, 2}, d.Serials)
	require.Equal(t, []uint32{1, 2}, d.SecondSerials)

	drift["acme.test SOA @203.0.113.1 #2"] = fakedns.Auth(soa2)
	_, d = probe(t, world(drift), false)
	require.Equal(t, []uint32{1, 2}, d.Serials)
	require.Equal(t, []uint32{2}, d.SecondSerials, "the slow server has caught up")
}

func TestChildNamesMore(t *testing.T) {
	more := fakedns.Auth("acme.test NS ns1.acme.test", "acme.test NS ns3.acme.test")
	_, d := probe(t, world(map[string]scanner.Answer{
		"acme.test NS @203.0.113.1":  more,
		"ns3.acme.test A":            fakedns.Found("ns3.acme.test A 203.0.113.3"),
		"ns3.acme.test AAAA":         fakedns.None("NOERROR", "acme.test"),
		"acme.test SOA @203.0.113.3": fakedns.Auth(soa1),
		"acme.test NS @203.0.113.3":  more,
	}), false)
	require.Equal(t, []msp.Name{"ns.host.test", "ns1.acme.test"}, d.ParentNS)
	require.Equal(t, []msp.Name{"ns.host.test", "ns1.acme.test", "ns3.acme.test"}, d.ChildNS)
	require.Len(t, d.Servers, 3)
	require.False(t, d.Servers[2].Parent)
	require.True(t, d.Servers[2].Child)
}

// TestNoRoute scans from a network without IPv6.
func TestNoRoute(t *testing.T) {
	changes := map[string]scanner.Answer{
		"ns.host.test AAAA":          fakedns.Found("ns.host.test AAAA 2001:db8::2"),
		"acme.test SOA @2001:db8::2": fakedns.Unknown("no_route"),
		"acme.test NS @2001:db8::2":  fakedns.Unknown("no_route"),
	}
	_, d := probe(t, world(changes), false)
	require.Len(t, d.Servers, 2, "the host answers over IPv4")
	require.Contains(t, d.Addresses, fact.Glue{Host: "ns.host.test", Address: "2001:db8::2"})

	changes["ns.host.test A"] = fakedns.None("NOERROR", "host.test")
	_, d = probe(t, world(changes), false)
	require.Len(t, d.Servers, 2)
	require.Equal(t, fact.ServerSkipped, d.Servers[0].State, "nobody knows what it would say")
	require.Equal(t, "no_route", d.Servers[0].Reason)
}

func TestNoCutAndNoParent(t *testing.T) {
	f, d := probe(t, world(map[string]scanner.Answer{"acme.test NS @192.0.2.1": fakedns.AuthNone("NOERROR", "test")}), false)
	require.Equal(t, fact.Absent, f.Outcome)
	require.True(t, d.ParentKnown)
	require.Empty(t, d.Servers)

	silentParent := map[string]scanner.Answer{"acme.test NS @192.0.2.1": fakedns.Unknown("timeout")}
	f, d = probe(t, world(silentParent), false)
	require.Equal(t, fact.Present, f.Outcome, "the resolver led to the servers")
	require.False(t, d.ParentKnown)
	require.True(t, d.ChildKnown)

	silentParent["acme.test NS"] = fakedns.Unknown("servfail")
	f, d = probe(t, world(silentParent), false)
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)
	require.False(t, d.ParentKnown)
}

func TestPassive(t *testing.T) {
	r := world(nil)
	f, d := probe(t, r, true)
	require.Equal(t, []string{"acme.test NS"}, r.Asked())
	require.Equal(t, fact.Present, f.Outcome)
	require.False(t, d.ParentKnown)
	require.Equal(t, fact.DelegationServer{Host: "ns.host.test", State: fact.ServerSkipped, Reason: "passive", Child: true}, d.Servers[0])

	for want, a := range map[fact.Outcome]scanner.Answer{
		fact.Absent:  fakedns.None("NXDOMAIN", "test"),
		fact.Unknown: fakedns.Unknown("servfail"),
	} {
		f, _ = probe(t, world(map[string]scanner.Answer{"acme.test NS": a}), true)
		require.Equal(t, want, f.Outcome)
		require.Equal(t, a.Reason, f.Reason)
	}
}

func TestServerBudget(t *testing.T) {
	table := map[string]scanner.Answer{}
	var lines []string
	for c := 'a'; c < 'a'+20; c++ {
		host := "ns-" + string(c) + ".acme.test"
		lines = append(lines, "acme.test NS "+host)
		table[host+" A"] = fakedns.Found(host + " A 203.0.113.1")
		table[host+" AAAA"] = fakedns.None("NOERROR", "acme.test")
	}
	table["acme.test NS @192.0.2.1"] = fakedns.Referral(lines...)
	table["acme.test NS @203.0.113.1"] = fakedns.Auth(lines...)
	_, d := probe(t, world(table), false)
	require.Len(t, d.Servers, 20)
	skipped := 0
	for _, s := range d.Servers {
		if s.State == fact.ServerSkipped {
			require.Equal(t, "budget", s.Reason)
			skipped++
		}
	}
	require.Equal(t, 7, skipped)
}

func FuzzServerState(f *testing.F) {
	seeds := []struct {
		rcode, reason, rtype, serial string
		aa                           bool
	}{
		{"NOERROR", "", "SOA", "1", true},
		{"NOERROR", "", "NS", "x", false},
		{"REFUSED", "refused", "SOA", "99999999999", true},
		{"", "timeout", "", "", false},
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s.rcode, s.reason, s.rtype, s.serial, s.aa)
	}
	f.Fuzz(func(t *testing.T, rcode, reason, rtype, serial string, aa bool) {
		rec := scanner.Record{Name: "z.test", Type: rtype, Fields: []string{"a", "b", serial, "1", "1", "1", "1"}}
		a := scanner.Answer{Rcode: rcode, Reason: reason, AA: aa, Records: []scanner.Record{rec}}
		state, _ := serverState("z.test", a, scanner.Answer{})
		if state == fact.ServerAuthoritative {
			require.True(t, aa && rtype == "SOA" && rcode == "NOERROR")
		}
		if n, mname, ok := ownSOA("z.test", a); ok {
			require.Equal(t, msp.Name("a"), mname)
			require.True(t, aa && rtype == "SOA")
			again, ok := Serial(scanner.Record{Type: "SOA", Fields: []string{"a", "b", serial, "", "", "", ""}})
			require.True(t, ok)
			require.Equal(t, n, again)
		}
	})
}
