package indicator

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

func must(t *testing.T, probe string, name msp.Name, data any) fact.Fact {
	f, err := fact.New(fact.Task{Probe: probe, Name: name}, fact.Present, "", data)
	require.NoError(t, err)
	f.Seal()
	return f
}

func load(t *testing.T, name, data string) Set {
	s, err := Load(name, []byte(data))
	require.NoError(t, err)
	return s
}

func at(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

// TestObserved holds that every place of a record where a name or an address can
// stand is looked at.
func TestObserved(t *testing.T) {
	const evil, below = "evil.example", "x.evil.example"
	set := []Set{load(t, "s", "indicator\nevil.example\n198.51.100.7\n2001:db8::7\n")}
	node := &fact.SPFNode{Domain: "acme.test", Terms: []fact.SPFTerm{{Mechanism: "include", Target: "ok.test", Node: &fact.SPFNode{
		Terms: []fact.SPFTerm{{Mechanism: "a", Target: below}, {Mechanism: "ip4", Text: "ip4:198.51.100.7"}, {Mechanism: "ip4", Text: "ip4:198.51.100.0/24"}, {Mechanism: "ip6", Text: "+ip6:2001:db8::7/128"}},
	}}}}
	tests := []struct {
		probe string
		name  msp.Name
		data  any
		want  []string // how: observed
	}{
		{
			fact.ProbeHosts, "a.test",
			fact.Hosts{Name: "a.test", Chain: []fact.Hop{{From: "a.test", To: evil}, {From: evil, To: "b.test"}}, End: "b.test", Addresses: []string{"198.51.100.7", "198.51.100.8", "::ffff:198.51.100.7"}},
			[]string{"address: 198.51.100.7", "CNAME target: evil.example"},
		},
		{fact.ProbeHosts, evil, fact.Hosts{Name: evil}, []string{"name: evil.example"}},
		{fact.ProbeDelegation, "a.test", fact.Delegation{
			Zone: "a.test", ParentNS: []msp.Name{"ns.evil.example"}, ChildNS: []msp.Name{"ns.evil.example", "ok.test"},
			Glue: []fact.Glue{{Host: "ok.test", Address: "2001:db8::7"}}, Servers: []fact.DelegationServer{{Host: "ok.test", Address: "198.51.100.7", MName: "m.evil.example"}},
		}, []string{"address of a name server: 198.51.100.7", "address of a name server: 2001:db8::7", "primary server in the SOA: m.evil.example", "name server: ns.evil.example"}},
		{
			fact.ProbeMX, "a.test",
			fact.MX{Hosts: []fact.MXHost{{Host: below, CNAME: evil, Addresses: []string{"198.51.100.7"}}}},
			[]string{"address of a mail exchanger: 198.51.100.7", "CNAME target of a mail exchanger: evil.example", "mail exchanger: x.evil.example"},
		},
		{fact.ProbeSPF, "a.test", fact.SPF{Tree: node}, []string{"SPF ip4: 198.51.100.7", "SPF ip6: 2001:db8::7", "SPF a: x.evil.example"}},
		{fact.ProbeDMARC, "a.test", fact.DMARC{Reports: []fact.DMARCReport{{Tag: "rua", Domain: evil}}}, []string{"DMARC rua: evil.example"}},
		{
			fact.ProbeTLSRPT, "a.test",
			fact.TLSRPT{URIs: []string{"mailto:r@x.evil.example?x", "https://evil.example:443/r", "gopher://evil.example"}},
			[]string{"TLS-RPT receiver: evil.example", "TLS-RPT receiver: x.evil.example"},
		},
		{fact.ProbeCAA, "a.test", fact.CAA{Records: []fact.CAARecord{{Tag: "issue", Issuer: evil}}}, []string{"CAA issue: evil.example"}},
		{fact.ProbeMTASTS, "a.test", fact.MTASTS{MX: []string{"*.evil.example", "bad name"}}, []string{"MTA-STS mx: evil.example"}},
		{fact.ProbeWildcard, "a.test", fact.Wildcard{Targets: []string{"198.51.100.7", below}}, []string{"wildcard target: 198.51.100.7", "wildcard target: x.evil.example"}},
		{fact.ProbeDANE, evil, fact.DANE{Host: evil}, []string{"mail exchanger: evil.example"}},
		{fact.ProbeRegistered, evil, fact.Registered{Domain: evil}, []string{"registered domain: evil.example"}},
		{fact.ProbeTokens, "a.test", fact.Tokens{Texts: []string{evil}}, nil},
		{fact.ProbeHosts, "a.test", fact.Hosts{Chain: []fact.Hop{{To: "notevil.example"}, {To: "example"}, {To: "evil.example.a.test"}}}, nil},
	}
	for _, tt := range tests {
		var got []string
		for _, h := range Match(set, []fact.Fact{must(t, tt.probe, tt.name, tt.data)}, at("2026-06-01")) {
			require.Equal(t, tt.name, h.Host)
			require.NotEmpty(t, h.Fact)
			got = append(got, h.How+": "+h.Observed)
		}
		require.Equal(t, tt.want, got, "%s", tt.probe)
	}
	require.Empty(t, Match(set, []fact.Fact{{Task: fact.Task{Probe: fact.ProbeHosts}, Data: []byte("[")}, {}}, at("2026-06-01")), "a fact without readable data")
}

func TestMatch(t *testing.T) {
	hosts := func(target string) []fact.Fact {
		return []fact.Fact{must(t, fact.ProbeHosts, "a.test", fact.Hosts{Name: "a.test", Chain: []fact.Hop{{From: "a.test", To: msp.Name(target)}}, Addresses: []string{"203.0.113.9"}})}
	}
	tests := []struct {
		name, set, target, now string
		want                   string // indicator, "" = no hit
	}{
		{"equal", "domain\nevil.example\n", "evil.example", "2026-01-01", "evil.example"},
		{"below", "domain\nevil.example\n", "a.b.evil.example", "2026-01-01", "evil.example"},
		{"above is no match", "domain\na.evil.example\n", "evil.example", "2026-01-01", ""},
		{"not at a label's edge", "domain\nevil.example\n", "notevil.example", "2026-01-01", ""},
		{"the closest counts", "domain,source\nevil.example,A\nb.evil.example,B\n", "a.b.evil.example", "2026-01-01", "b.evil.example"},
		{"withdrawn", "domain,withdrawn\nevil.example,yes\nother.example,no\n", "evil.example", "2026-01-01", ""},
		{"withdrawn below a listed one", "domain,withdrawn\nevil.example,no\ngood.evil.example,yes\n", "x.good.evil.example", "2026-01-01", ""},
		{"withdrawn and listed", "domain,withdrawn\nevil.example,no\nevil.example,yes\n", "evil.example", "2026-01-01", ""},
		{"in a network", "ip\n203.0.113.0/24\n", "b.test", "2026-01-01", "203.0.113.0/24"},
		{"the narrowest network", "ip\n203.0.113.0/24\n203.0.113.8/30\n", "b.test", "2026-01-01", "203.0.113.8/30"},
		{"valid until then", `{"type":"bundle","objects":[{"type":"indicator","valid_until":"2026-03-01T00:00:00Z","pattern":"[domain-name:value = 'evil.example']"}]}`, "evil.example", "2026-02-28", "evil.example"},
		{"valid no more", `{"type":"bundle","objects":[{"type":"indicator","valid_until":"2026-03-01T00:00:00Z","pattern":"[domain-name:value = 'evil.example']"}]}`, "evil.example", "2026-03-01", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Match([]Set{load(t, "s", tt.set)}, hosts(tt.target), at(tt.now))
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, tt.want, got[0].Indicator)
		})
	}
}

// TestMatchSays holds what a hit tells: set, source, date.
func TestMatchSays(t *testing.T) {
	sets := []Set{load(t, "one.csv", "domain,source,date\nevil.example,CERT,2026-01-02\nevil.example,Other,2017\n"), load(t, "two.csv", "evil.example\n")}
	f := must(t, fact.ProbeDMARC, "a.test", fact.DMARC{Reports: []fact.DMARCReport{{Tag: "rua", Domain: "r.evil.example"}}})
	want := []Hit{
		{Host: "a.test", Set: "one.csv", Indicator: "evil.example", Source: "Other", Published: "2017", Observed: "r.evil.example", How: "DMARC rua", Fact: f.ID},
		{Host: "a.test", Set: "two.csv", Indicator: "evil.example", Observed: "r.evil.example", How: "DMARC rua", Fact: f.ID},
	}
	require.Equal(t, want, Match(sets, []fact.Fact{f, f}, at("2026-06-01")), "the first publication, each hit once")
}

// TestMatchOrder holds that the order of entries, sets and facts changes nothing.
func TestMatchOrder(t *testing.T) {
	sets := []Set{load(t, "a", bundle), load(t, "b", event), load(t, "c", "evil.example\nevil.example\nold.example\n")}
	var facts []fact.Fact
	for _, n := range []msp.Name{"evil.example", "old.example", "c2.evil.example", "ok.test", "both.example"} {
		facts = append(facts, must(t, fact.ProbeHosts, n, fact.Hosts{Name: n, Addresses: []string{"198.51.100.7", "203.0.113.4"}}))
	}
	want := Match(sets, facts, at("2026-01-01"))
	require.NotEmpty(t, want)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		shuffled := slices.Clone(sets)
		for i := range shuffled {
			shuffled[i].Entries = slices.Clone(shuffled[i].Entries)
			r.Shuffle(len(shuffled[i].Entries), func(a, b int) {
				shuffled[i].Entries[a], shuffled[i].Entries[b] = shuffled[i].Entries[b], shuffled[i].Entries[a]
			})
		}
		r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		r.Shuffle(len(facts), func(a, b int) { facts[a], facts[b] = facts[b], facts[a] })
		require.Equal(t, want, Match(shuffled, facts, at("2026-01-01")))
	}
}

func TestWithout(t *testing.T) {
	s := load(t, "s", "domain\nevil.example\ndyn.example\nx.dyn.example\n198.51.100.7\n")
	got := s.Without(func(n msp.Name) bool { return n == "dyn.example" })
	require.Equal(t, []string{"evil.example", "x.dyn.example", "198.51.100.7"}, values(got))
	require.Equal(t, 1, got.Unfit)
	require.Contains(t, got.Why[0].String(), "s:3:1: dyn.example is a service that gives names to anybody")
	require.Len(t, s.Entries, 4, "the set itself is left alone")
}
