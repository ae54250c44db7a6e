package resolve_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// TestScopeBudget: 200 queries a scope, then unknown; the cache is free, and
// other scopes have their own.
func TestScopeBudget(t *testing.T) {
	n := world(t)
	c := newClient(t, n, func(cfg *resolve.Config) { cfg.ScopeBudget = 10 })
	one := scanner.WithScope(context.Background(), "one")
	two := scanner.WithScope(context.Background(), "two")
	get := func(ctx context.Context, i int) scanner.Answer {
		return c.Resolve(ctx, scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.wild.z.example", i)), Type: "A"})
	}
	for i := range 10 {
		require.Equal(t, fact.Present, get(one, i).Outcome)
	}
	require.Equal(t, fact.Present, get(one, 3).Outcome)
	require.Equal(t, "budget", get(one, 10).Reason)
	require.Equal(t, fact.Present, get(two, 10).Outcome, "not kept for others")
	require.Equal(t, fact.Present, get(one, 10).Outcome, "in the cache now")
	require.Equal(t, fact.Present, get(context.Background(), 11).Outcome)
	require.Len(t, n.Queries(), 12)
}

// slow gives an address to every name after d.
func slow(d time.Duration) handler {
	return func(q *dns.Msg, _ bool) *dns.Msg {
		time.Sleep(d)
		m := resolver(q, 0, q.Question[0].Name+" 60 IN A 192.0.2.1")
		m.Authoritative = true
		return m
	}
}

// TestPoliteness: a server sees no more queries in any second than the rate
// says, and no more at a time than may be in flight; so do the resolvers, with
// the limits for all.
func TestPoliteness(t *testing.T) {
	server, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for _, tt := range []struct {
		name             string
		cfg              resolve.Config
		servers          []netip.Addr
		perSecond, atOne int
	}{
		{"defaults for a server", resolve.Config{}, []netip.Addr{server}, 5, 2},
		{"two servers", resolve.Config{}, []netip.Addr{server, two}, 10, 4},
		{"a faster server", resolve.Config{RatePerServer: 50, InFlight: 9}, []netip.Addr{server}, 50, 9},
		{"the overall rate", resolve.Config{RatePerServer: -1, InFlight: 100, Rate: 20}, []netip.Addr{server, two}, 20, 0},
		{"a resolver", resolve.Config{ResolverInFlight: 7, Rate: -1}, []netip.Addr{{}}, 0, 7},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var seen []time.Time
			now, most := 0, 0
			wait := slow(300 * time.Millisecond)
			h := func(q *dns.Msg, tcp bool) *dns.Msg {
				mu.Lock()
				seen = append(seen, time.Now())
				now++
				most = max(most, now)
				mu.Unlock()
				m := wait(q, tcp)
				mu.Lock()
				defer mu.Unlock()
				now--
				return m
			}
			cfg := tt.cfg
			cfg.Resolvers = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.200:53")}
			cfg.Dial = pipe(map[string]handler{"192.0.2.1:53": h, "192.0.2.2:53": h, "192.0.2.200:53": h})
			c, err := resolve.New(cfg)
			require.NoError(t, err)
			var wg sync.WaitGroup
			for i := range 60 {
				wg.Go(func() {
					q := scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.example", i)), Type: "A", Server: tt.servers[i%len(tt.servers)]}
					require.Equal(t, fact.Present, c.Resolve(context.Background(), q).Outcome)
				})
			}
			wg.Wait()
			require.Len(t, seen, 60)
			for i := tt.perSecond; tt.perSecond > 0 && i < len(seen); i++ {
				require.Greater(t, seen[i].Sub(seen[i-tt.perSecond]), time.Second, tt.name)
			}
			if tt.atOne > 0 {
				require.Equal(t, tt.atOne, most, tt.name)
			}
		})
	}
}

// TestWaitingIsFree: a turn that is long in coming costs no answer.
func TestWaitingIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := resolve.New(resolve.Config{
			Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.200:53")}, RatePerServer: 1, InFlight: 1,
			Dial: pipe(map[string]handler{"192.0.2.1:53": slow(time.Second)}),
		})
		require.NoError(t, err)
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				q := scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.example", i)), Type: "A", Server: netip.MustParseAddr("192.0.2.1")}
				require.Equal(t, fact.Present, c.Resolve(context.Background(), q).Outcome)
			})
		}
		wg.Wait()
		require.Greater(t, time.Since(start), 99*time.Second)
	})
}

// TestDeadlines: what silence costs at most.
func TestDeadlines(t *testing.T) {
	silent := func(*dns.Msg, bool) *dns.Msg { return nil }
	cutThenSilent := func(q *dns.Msg, tcp bool) *dns.Msg {
		m := resolver(q, 0)
		m.Truncated = true
		if tcp {
			return nil
		}
		return m
	}
	for name, tt := range map[string]struct {
		h     handler
		least time.Duration
		most  time.Duration
	}{
		"silent":              {silent, 12 * time.Second, 12 * time.Second},        // three waits of 2 s, then 6 s of TCP
		"TC, then silent TCP": {cutThenSilent, 20 * time.Second, 20 * time.Second}, // the time of a name
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			a := ask(against(t, tt.h), "z.example", "A")
			require.Equal(t, "timeout", a.Reason, name)
			require.GreaterOrEqual(t, time.Since(start), tt.least, name)
			require.LessOrEqual(t, time.Since(start), tt.most, name)
		})
	}
}

// TestFreshSockets: every query leaves from a port of its own.
func TestFreshSockets(t *testing.T) {
	n := world(t)
	var mu sync.Mutex
	ports := map[string]int{}
	c := newClient(t, n, func(cfg *resolve.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.Dial(ctx, network, address)
			mu.Lock()
			defer mu.Unlock()
			ports[conn.LocalAddr().String()]++
			return conn, err
		}
	})
	for i := range 200 {
		require.Equal(t, fact.Present, ask(c, msp.Name(fmt.Sprintf("n%d.wild.z.example", i)), "A").Outcome)
	}
	require.GreaterOrEqual(t, len(ports), 190)
}

// TestDeadServer: a server that never answers costs ever less.
func TestDeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		talk := slow(time.Millisecond)
		h := func(q *dns.Msg, tcp bool) *dns.Msg {
			if down.Load() {
				return nil
			}
			return talk(q, tcp)
		}
		c, err := resolve.New(resolve.Config{
			Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.200:53")}, Dial: pipe(map[string]handler{"192.0.2.1:53": h}),
		})
		require.NoError(t, err)
		get := func(i int) scanner.Answer {
			return c.Resolve(context.Background(), scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.example", i)), Type: "A", Server: netip.MustParseAddr("192.0.2.1")})
		}
		for i := range 3 {
			require.Len(t, get(i).Queries, 4)
		}
		require.Len(t, get(3).Queries, 1)
		down.Store(false)
		require.Equal(t, fact.Present, get(4).Outcome)
		down.Store(true)
		require.Len(t, get(5).Queries, 4, "an answer clears its name")
	})
}

// TestResolverOutage: a resolver that goes away for five seconds in the middle
// of a run costs time and no answer; one that stays away fails fast.
func TestResolverOutage(t *testing.T) {
	for _, workers := range []int{1, 4, 32, 100} {
		synctest.Test(t, func(t *testing.T) {
			var down atomic.Bool
			talk := slow(5 * time.Millisecond)
			c := against(t, func(q *dns.Msg, tcp bool) *dns.Msg {
				if down.Load() {
					return nil
				}
				return talk(q, tcp)
			})
			lost := everyName(c, workers, 2000, func(i int) {
				if i == 500 {
					down.Store(true)
					time.AfterFunc(5*time.Second, func() { down.Store(false) })
				}
			})
			require.Zero(t, lost, workers)
		})
	}
}

// TestResolverDead: a resolver that stays away fails fast.
func TestResolverDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := against(t, func(*dns.Msg, bool) *dns.Msg { return nil })
		start := time.Now()
		require.Equal(t, 5000, everyName(c, 32, 5000, nil))
		require.Less(t, time.Since(start), 2*time.Minute)
	})
}

// everyName asks for n names with some workers and counts those without an
// address; before is told of each before it is asked.
func everyName(c *resolve.Client, workers, n int, before func(i int)) int {
	names := make(chan int)
	var wg sync.WaitGroup
	var lost atomic.Int64
	for range workers {
		wg.Go(func() {
			for i := range names {
				if ask(c, msp.Name(fmt.Sprintf("n%d.example", i)), "A").Outcome != fact.Present {
					lost.Add(1)
				}
			}
		})
	}
	for i := range n {
		if before != nil {
			before(i)
		}
		names <- i
	}
	close(names)
	wg.Wait()
	return int(lost.Load())
}
