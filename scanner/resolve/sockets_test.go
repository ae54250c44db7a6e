package resolve_test

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// TestOutOfSockets holds that a limit on open files is ours and no server's: an
// exchange waits for a socket, and one that gets none never says that the server
// was silent.
func TestOutOfSockets(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS} {
		n := world(t)
		var left atomic.Int64
		c := newClient(t, n, func(cfg *resolve.Config) {
			cfg.UDPWait, cfg.Timeout, cfg.NameTimeout = time.Second, time.Second, 2*time.Second
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if left.Add(-1) >= 0 {
					return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("socket", errno)}
				}
				return n.Dial(ctx, network, address)
			}
		})
		left.Store(5)
		a := c.Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "SOA"})
		require.Equal(t, fact.Present, a.Outcome, a.Reason)
		require.Len(t, a.Queries, 1)
		left.Store(1 << 20)
		a = c.Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "NS"})
		require.Equal(t, fact.Unknown, a.Outcome)
		require.Equal(t, "no_route", a.Reason)
	}
}
