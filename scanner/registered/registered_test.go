package registered

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func run1(t *testing.T, passive bool, table map[string]scanner.Answer) (fact.Fact, fact.Registered) {
	t.Helper()
	all := map[string]scanner.Answer{
		"test SOA":       fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":        fakedns.Found("test NS ns1.nic.test", "test NS ns2.nic.test"),
		"ns1.nic.test A": fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"ns2.nic.test A": fakedns.Found("ns2.nic.test A 192.0.2.2"),
	}
	for k, v := range table {
		all[k] = v
	}
	f := Probe().Run(context.Background(), scanner.Env{Resolver: &fakedns.Resolver{Table: all}, Passive: passive}, fact.Task{Name: "acme.test"})
	var d fact.Registered
	require.NoError(t, f.Decode(&d))
	require.NotEmpty(t, f.Queries)
	return f, d
}

func TestParentDecides(t *testing.T) {
	nx, nodata := fakedns.AuthNone("NXDOMAIN", "test"), fakedns.AuthNone("NOERROR", "test")
	referral, servfail := fakedns.Referral("acme.test NS ns.host.test"), fakedns.Unknown("servfail")
	tests := []struct {
		name          string
		first, second scanner.Answer
		outcome       fact.Outcome
		rcode         string
	}{
		{"delegated", referral, referral, fact.Present, "NOERROR"},
		{"free", nx, nx, fact.Absent, "NXDOMAIN"},
		{"not free: one server delegates", nx, referral, fact.Present, "NOERROR"},
		{"free by the one that answers", nx, servfail, fact.Absent, "NXDOMAIN"},
		{"exists without delegation", nodata, nodata, fact.Absent, "NOERROR"},
		{"servers disagree on its existence", nodata, nx, fact.Absent, "NOERROR"},
		{"servfail", servfail, servfail, fact.Unknown, ""},
		{"a cache's nxdomain", fakedns.None("NXDOMAIN", "test"), servfail, fact.Unknown, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, d := run1(t, false, map[string]scanner.Answer{"acme.test NS @192.0.2.1": tt.first, "acme.test NS @192.0.2.2": tt.second})
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.outcome == fact.Unknown, f.Reason != "")
			require.Equal(t, fact.Registered{Domain: "acme.test", Parent: "test", Rcode: tt.rcode, Authoritative: tt.outcome != fact.Unknown}, d)
		})
	}
}

func TestPassive(t *testing.T) {
	tests := []struct {
		name    string
		answer  scanner.Answer
		outcome fact.Outcome
		rcode   string
	}{
		{"delegated", fakedns.Found("acme.test NS ns.host.test"), fact.Present, "NOERROR"},
		{"free", fakedns.None("NXDOMAIN", "test"), fact.Absent, "NXDOMAIN"},
		{"not delegated", fakedns.None("NOERROR", "test"), fact.Absent, "NOERROR"},
		{"a zone that denies its NS set", fakedns.None("NOERROR", "acme.test"), fact.Present, "NOERROR"},
		{"servfail", fakedns.Unknown("servfail"), fact.Unknown, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, d := run1(t, true, map[string]scanner.Answer{"acme.test NS": tt.answer})
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, fact.Registered{Domain: "acme.test", Parent: "test", Rcode: tt.rcode}, d)
			require.Len(t, f.Queries, 1)
		})
	}
}

// FuzzFromResolver holds that only a clean denial makes a domain free.
func FuzzFromResolver(f *testing.F) {
	seeds := []struct {
		o     byte
		rcode string
		owner string
	}{{1, "NOERROR", "acme.test"}, {2, "NXDOMAIN", "test"}, {0, "NXDOMAIN", "test"}, {3, "SERVFAIL", ""}}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s.o, s.rcode, s.owner)
	}
	f.Fuzz(func(t *testing.T, o byte, rcode, owner string) {
		a := scanner.Answer{Outcome: fact.Outcome(o % 4), Rcode: rcode, Authority: []scanner.Record{{Type: "SOA"}}}
		a.Authority[0].Name = "acme.test"
		if owner != "acme.test" {
			a.Authority = nil
		}
		_, outcome, _ := fromResolver("acme.test", a)
		require.Equal(t, outcome == fact.Absent, a.Outcome == fact.Absent && owner != "acme.test")
	})
}
