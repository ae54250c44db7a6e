package resolve_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// TestNoRoute dials from a network without IPv6: the fault is ours, and trying
// again does not help.
func TestNoRoute(t *testing.T) {
	var dialled atomic.Int64
	c := newClient(t, world(t), func(cfg *resolve.Config) {
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			dialled.Add(1)
			return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
		}
	})
	a := c.Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "A", Server: netip.MustParseAddr("2001:db8::1")})
	require.Equal(t, fact.Unknown, a.Outcome)
	require.Equal(t, "no_route", a.Reason)
	require.Equal(t, int64(1), dialled.Load())
}
