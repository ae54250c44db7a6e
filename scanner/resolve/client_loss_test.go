package resolve_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner/resolve"
)

// lossy dials a resolver that speaks of known.example in any case; of other names
// it is silent over UDP, and over TCP the n-th connection fares as fate says: lost,
// cut, or answered after a while.
func lossy(fate ...string) func(ctx context.Context, network, address string) (net.Conn, error) {
	dialled := 0
	truth := func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 0, q.Question[0].Name+" 60 IN A 192.0.2.1") }
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		near, far := net.Pipe()
		if network == "udp" {
			go answer(far, func(q *dns.Msg, tcp bool) *dns.Msg {
				if q.Question[0].Name == "known.example." {
					return truth(q, tcp)
				}
				return nil
			}, false)
			return near, nil
		}
		what := fate[min(dialled, len(fate)-1)]
		dialled++
		switch what {
		case "lost":
			<-ctx.Done()
			return nil, ctx.Err()
		case "cut":
			return near, far.Close()
		}
		wait, err := time.ParseDuration(what)
		go answer(far, func(q *dns.Msg, tcp bool) *dns.Msg {
			time.Sleep(wait)
			return truth(q, tcp)
		}, true)
		return near, err
	}
}

// TestLossyStreams: where datagrams get lost the last try over TCP is patient with
// a resolver that was heard before, and with no other.
func TestLossyStreams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fate  []string
		known bool // it was heard before
		want  string
		after time.Duration
	}{
		{"at once", []string{"0s"}, true, "present NOERROR 192.0.2.1", 6 * time.Second},
		{"three connections lost", []string{"lost", "lost", "lost", "0s"}, true, "present NOERROR 192.0.2.1", 12 * time.Second},
		{"three cut", []string{"cut", "cut", "cut", "0s"}, true, "present NOERROR 192.0.2.1", 7500 * time.Millisecond},
		{"all cut", []string{"cut"}, true, "unknown(unreachable)", 7500 * time.Millisecond},
		{"slow", []string{"9s"}, true, "present NOERROR 192.0.2.1", 15 * time.Second},
		{"slower than a name may take", []string{"15s"}, true, "unknown(timeout)", 20 * time.Second},
		{"slow and never heard", []string{"9s"}, false, "unknown(timeout)", 12 * time.Second},
		{"cut and never heard", []string{"cut", "0s"}, false, "unknown(unreachable)", 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.200:53")}, Dial: lossy(tt.fate...), Rate: -1})
			require.NoError(t, err)
			if tt.known {
				require.Equal(t, fact.Present, ask(c, "known.example", "A").Outcome)
			}
			start := time.Now()
			got := brief(ask(c, msp.Name("z.example"), "A"))
			require.Equal(t, tt.want, strings.TrimSpace(got), tt.name)
			require.Equal(t, tt.after, time.Since(start), tt.name)
			time.Sleep(time.Minute) // for answers that come to nobody
		})
	}
}

// TestFewStreams: a resolver has four connections at most at a time.
func TestFewStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, most atomic.Int64
		c := against(t, func(q *dns.Msg, tcp bool) *dns.Msg {
			m := resolver(q, 0, q.Question[0].Name+" 60 IN A 192.0.2.1")
			if m.Truncated = !tcp; tcp {
				most.Store(max(most.Load(), open.Add(1)))
				time.Sleep(time.Second)
				open.Add(-1)
			}
			return m
		})
		start := time.Now()
		for i := range 20 {
			go func() { require.Equal(t, fact.Present, ask(c, msp.Name(string(rune('a'+i))+".example"), "A").Outcome) }()
		}
		time.Sleep(5500 * time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 4, most.Load())
		require.Zero(t, open.Load())
		require.Equal(t, 5500*time.Millisecond, time.Since(start))
	})
}
