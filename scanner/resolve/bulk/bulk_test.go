package bulk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
)

// both runs a test over the batched and the plain network.
func both(t *testing.T, f func(t *testing.T, plain bool)) {
	for _, plain := range []bool{false, true} {
		t.Run(map[bool]string{false: "batch", true: "plain"}[plain], func(t *testing.T) { f(t, plain) })
	}
}

func mixed(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d.test", map[bool]string{true: "yes", false: "no"}[i%3 == 0], i)
	}
	return names
}

func requireTruth(t *testing.T, got map[string]Answer) {
	t.Helper()
	for name, a := range got {
		if name[0] == 'y' {
			require.Equal(t, fact.Present, a.Outcome, "%s: %+v", name, a)
			require.Equal(t, "192.0.2.1", a.Addrs[0].String())
			continue
		}
		require.Equal(t, fact.Absent, a.Outcome, "%s: %+v", name, a)
		require.Equal(t, "test", a.SOA)
		require.Equal(t, rcodeNXDomain, a.RCode)
	}
}

func TestRun(t *testing.T) {
	both(t, func(t *testing.T, plain bool) {
		cfg := quick(serve(t, truth), serve(t, truth))
		cfg.Plain, cfg.Rotate = plain, 500
		got, stats := ask(t, cfg, mixed(5000)...)
		requireTruth(t, got)
		require.Equal(t, 5000, stats.Questions)
		require.Greater(t, stats.Ports, 8, "sockets are replaced")
		require.Positive(t, stats.PerServer[0].Replies)
		require.Positive(t, stats.PerServer[1].Replies)
	})
}
