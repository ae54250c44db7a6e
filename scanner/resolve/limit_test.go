package resolve

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPublic(t *testing.T) {
	for _, s := range []string{
		"192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "198.18.0.1", "8.8.8.8", "1.0.0.1", "100.63.255.255", "100.128.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.0", "223.255.255.255", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
	} {
		require.True(t, Public(netip.MustParseAddr(s)), s)
	}
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.1", "192.168.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fdff::1",
		"ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
		"2002:7f00:1::1", "2002:a00:1::", "2001::1", "100::1", "fe80::1%eth0", "2001:db8::1%eth0",
	} {
		require.False(t, Public(netip.MustParseAddr(s)), s)
	}
	require.False(t, Public(netip.Addr{}))
}

// TestWindow: in no span of one second do more events pass than the rate says,
// and none waits longer than it must.
func TestWindow(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 2.5, 5, 50} {
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(rate)
			var mu sync.Mutex
			var passed []time.Time
			var wg sync.WaitGroup
			for range 40 {
				wg.Go(func() {
					require.True(t, w.wait(context.Background()))
					mu.Lock()
					defer mu.Unlock()
					passed = append(passed, time.Now())
				})
			}
			wg.Wait()
			n := max(1, int(rate))
			span := time.Duration(float64(n) / rate * float64(time.Second))
			for i := n; i < len(passed); i++ {
				require.GreaterOrEqual(t, passed[i].Sub(passed[i-n]), span, "rate %v", rate)
			}
			took := passed[len(passed)-1].Sub(passed[0])
			require.LessOrEqual(t, took.Seconds(), 40/rate*1.05)
		})
	}
	require.Nil(t, newWindow(-1))
	ctx, cancel := context.WithCancel(context.Background())
	require.True(t, (*window)(nil).wait(ctx))
	w := newWindow(0.001)
	require.True(t, w.wait(ctx))
	cancel()
	require.False(t, w.wait(ctx))
	require.False(t, (*window)(nil).wait(ctx))
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{grace: 10 * time.Second}
		ctx := context.Background()
		for range breakerLimit - 1 {
			require.True(t, b.admit(ctx))
			b.report(false)
		}
		b.report(true)
		for range breakerLimit {
			require.True(t, b.admit(ctx), "one reply forgets all failures")
			b.report(false)
		}
		start := time.Now()
		require.True(t, b.admit(ctx), "one question tries it")
		require.InDelta(t, 0.5, time.Since(start).Seconds(), 0.06)
		done := make(chan bool)
		go func() { done <- b.admit(ctx) }()
		time.Sleep(100 * time.Millisecond)
		b.report(true)
		require.True(t, <-done)
		require.Less(t, time.Since(start), time.Second)
		for range breakerLimit {
			b.report(false)
		}
		time.Sleep(11 * time.Second)
		require.True(t, b.admit(ctx))
		require.False(t, b.admit(ctx), "dead past the grace: no waiting")
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		fresh := &breaker{grace: time.Hour, fails: breakerLimit, opened: time.Now(), probed: time.Now()}
		require.False(t, fresh.admit(canceled))
	})
	var none *breaker
	none.report(false)
}

// TestIDs: the ids of 20,000 queries are spread evenly (chi-square over their
// high octets, 255 degrees of freedom: 340 is passed once in 4,000 times).
func TestIDs(t *testing.T) {
	c, err := New(Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}})
	require.NoError(t, err)
	var high, low [256]float64
	const n = 20000
	for range n {
		id, err := c.id()
		require.NoError(t, err)
		high[id>>8]++
		low[id&0xff]++
	}
	for _, counts := range [][256]float64{high, low} {
		chi := 0.0
		for _, got := range counts {
			chi += (got - n/256.0) * (got - n/256.0) / (n / 256.0)
		}
		require.Less(t, chi, 340.0)
	}
}

// TestWindowOfHighRate: a high rate holds as well, with few events remembered.
func TestWindowOfHighRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, events = 5000, 20000
		w := newWindow(rate)
		require.Len(t, w.sent, maxWindow)
		begin := time.Now()
		in := map[int]int{}
		for range events {
			require.True(t, w.wait(t.Context()))
			in[int(time.Since(begin)/time.Second)]++
		}
		for second, n := range in {
			require.LessOrEqual(t, n, rate+maxWindow, "second %d", second)
		}
		require.InDelta(t, float64(events)/rate, time.Since(begin).Seconds(), 0.2)
	})
}
