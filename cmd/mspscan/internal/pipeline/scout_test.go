package pipeline

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/scantest"
	"mspscan/scanner/sweep"
)

// TestScout holds the quick look against the strict client, through servers that
// misbehave: it may not know, and never says another thing.
func TestScout(t *testing.T) {
	n, err := openNetwork(Config{Zones: world(t, "")})
	require.NoError(t, err)
	defer func() { require.NoError(t, n.close()) }()
	names := []msp.Name{"acme.test", "nobody.test", "www.acme.test", "site.host.test", "acme.test", "screenconnect.com", "gone.screenconnect.com"}
	saw := 0
	s, err := n.scout(func() { saw++ })
	require.NoError(t, err)
	for _, qtype := range []string{"A", "NS"} {
		truth := map[msp.Name]scanner.Glance{}
		for _, name := range names {
			truth[name] = scanner.GlanceOf(n.client.Resolve(context.Background(), scanner.Question{Name: name, Type: qtype}))
			require.Contains(t, []fact.Outcome{fact.Present, fact.Absent}, truth[name].Outcome, name)
		}
		for _, fault := range []string{"", "servfail", "tc-lie"} {
			n.box.Heal()
			if fault != "" {
				require.NoError(t, n.box.Inject(scantest.Rule{Type: qtype, Fault: fault}))
			}
			list := s.Scout(context.Background(), names, qtype)
			require.Len(t, list, len(names))
			for i, g := range list {
				if fault == "" || g.Outcome != fact.Unknown && g.Outcome != fact.Broken {
					require.Equal(t, truth[names[i]], g, "%s %s %s", fault, names[i], qtype)
				} else {
					require.NotEmpty(t, g.Reason, "%s %s %s", fault, names[i], qtype)
				}
			}
		}
	}
	require.NotZero(t, saw)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, g := range s.Scout(ctx, names, "NS") {
		require.Equal(t, fact.Unknown, g.Outcome, "what was not asked is not absent")
	}
}

// TestScoutInProbe: a sweep finds the same with the scout and without.
func TestScoutInProbe(t *testing.T) {
	n, err := openNetwork(Config{Zones: world(t, "", "== other.test", "== acme-support.test\n@ NS ns1.host.test.\n== other.test")})
	require.NoError(t, err)
	defer func() { require.NoError(t, n.close()) }()
	env := scanner.Env{Resolver: n.client, Random: randomLabel}
	task := fact.Task{Probe: fact.ProbeLookalikes, Name: "acme.test", Type: "1-2000"}
	var slow, quick fact.Lookalikes
	require.NoError(t, sweep.Lookalikes().Run(context.Background(), env, task).Decode(&slow))
	env.Scout, err = n.scout(nil)
	require.NoError(t, err)
	require.NoError(t, sweep.Lookalikes().Run(context.Background(), env, task).Decode(&quick))
	require.Equal(t, slow, quick)
	require.Len(t, slow.Found, 1)
	require.Equal(t, msp.Name("acme-support.test"), slow.Found[0].Name)
}
