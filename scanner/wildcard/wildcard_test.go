package wildcard

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func probe(t *testing.T, zone msp.Name, r scanner.Resolver) (fact.Fact, fact.Wildcard) {
	t.Helper()
	n := 0
	env := scanner.Env{Resolver: r, Random: func() string { n++; return fmt.Sprintf("random0000000000%d", n) }}
	f := Probe().Run(context.Background(), env, fact.Task{Name: zone})
	var d fact.Wildcard
	require.NoError(t, f.Decode(&d))
	return f, d
}

func TestProbe(t *testing.T) {
	nx, nodata, servfail := fakedns.None("NXDOMAIN", "acme.test"), fakedns.None("NOERROR", "acme.test"), fakedns.Unknown("servfail")
	a := fakedns.Found("x A 192.0.2.1")
	mx := fakedns.Found("x MX 10 mail.acme.test")
	alias := fakedns.Alias(nx, "x", "gone.test")
	loop := fakedns.Alias(scanner.Answer{Outcome: fact.Broken, Reason: "cname_loop", Rcode: "NOERROR"}, "x", "x")
	tests := []struct {
		name     string
		first    map[string]scanner.Answer
		second   map[string]scanner.Answer
		outcome  fact.Outcome
		resolved int
		targets  []string
		queries  int
	}{
		{"none", map[string]scanner.Answer{"A": nx}, map[string]scanner.Answer{"A": nx}, fact.Absent, 0, nil, 2},
		{"addresses", map[string]scanner.Answer{"A": a}, map[string]scanner.Answer{"A": a}, fact.Present, 2, []string{"192.0.2.1"}, 2},
		{"mail only", map[string]scanner.Answer{"A": nodata, "AAAA": nodata, "MX": mx}, map[string]scanner.Answer{"A": nodata, "AAAA": nodata, "MX": mx}, fact.Present, 2, []string{"10 mail.acme.test"}, 6},
		{"alias to nothing", map[string]scanner.Answer{"A": alias}, map[string]scanner.Answer{"A": alias}, fact.Present, 2, []string{"gone.test"}, 2},
		{"alias that loops", map[string]scanner.Answer{"A": loop, "AAAA": loop, "MX": loop}, map[string]scanner.Answer{"A": nx}, fact.Unknown, 0, nil, 4},
		{"other types only", map[string]scanner.Answer{"A": nodata, "AAAA": nodata, "MX": nodata}, map[string]scanner.Answer{"A": nx}, fact.Absent, 0, nil, 4},
		{"one by chance", map[string]scanner.Answer{"A": a}, map[string]scanner.Answer{"A": nx}, fact.Present, 1, []string{"192.0.2.1"}, 2},
		{"one not known", map[string]scanner.Answer{"A": a}, map[string]scanner.Answer{"A": servfail}, fact.Unknown, 1, []string{"192.0.2.1"}, 4},
		{"type not known, another stands", map[string]scanner.Answer{"A": servfail, "AAAA": nodata, "MX": mx}, map[string]scanner.Answer{"A": a}, fact.Present, 2, []string{"10 mail.acme.test", "192.0.2.1"}, 4},
		{"nothing known", nil, nil, fact.Unknown, 0, nil, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := map[string]scanner.Answer{}
			for i, answers := range []map[string]scanner.Answer{tt.first, tt.second} {
				for qtype, a := range answers {
					table[fmt.Sprintf("random0000000000%d.acme.test %s", i+1, qtype)] = a
				}
			}
			f, d := probe(t, "acme.test", &fakedns.Resolver{Table: table})
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.outcome == fact.Unknown, f.Reason != "")
			require.Equal(t, fact.Wildcard{Zone: "acme.test", Resolved: tt.resolved, Targets: tt.targets}, d)
			require.Len(t, f.Queries, tt.queries)
		})
	}
}

func TestNameTooLong(t *testing.T) {
	f0 := Probe().Run(context.Background(), scanner.Env{Resolver: &fakedns.Resolver{}}, fact.Task{Name: "acme.test"})
	require.Equal(t, "no_random_labels", f0.Reason)

	zone := msp.Name(strings.Repeat(strings.Repeat("a", 60)+".", 4) + "test")
	f, _ := probe(t, zone, &fakedns.Resolver{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Empty(t, f.Queries)
}
