package queue

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLeaseHolds lets workers with random delays take and give turns at one
// lease, in invented time: messages are an interval apart and no more of them are
// in flight than there are places, though some places are never given back.
func TestLeaseHolds(t *testing.T) {
	type place struct {
		until int64
		ends  time.Time
	}
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 7))
		w := terms{interval: time.Duration(1+random.IntN(300)) * time.Millisecond, places: 1 + random.IntN(4), count: 1}
		now := epoch
		var l lease
		var sent []time.Time
		var open []place
		for range 4000 {
			now = now.Add(time.Duration(random.IntN(50)) * time.Millisecond)
			open = slices.DeleteFunc(open, func(p place) bool {
				if p.ends.After(now) {
					return false
				}
				l = l.give(p.until)
				return true
			})
			next, at, wait := l.take(now, w)
			if wait > 0 {
				require.Equal(t, l, next, "nothing is reserved for one who must wait")
				continue
			}
			require.False(t, at.Before(now))
			require.LessOrEqual(t, at.Sub(now), max(horizon, w.interval), "no turn is reserved far ahead")
			require.LessOrEqual(t, len(next.Held), w.places)
			l, sent = next, append(sent, at)
			ends := at.Add(time.Duration(random.IntN(2000)) * time.Millisecond)
			if random.IntN(20) == 0 {
				ends = at.Add(time.Hour) // its worker was killed
			}
			open = append(open, place{next.Held[len(next.Held)-1], ends})
		}
		require.Greater(t, len(sent), 10, "the lease never stands still")
		for i := 1; i < len(sent); i++ {
			require.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), w.interval)
		}
	}
}

func TestInterval(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 5, 50} {
		require.LessOrEqual(t, float64(time.Second)/float64(intervalOf(rate)), rate, "no second holds more than the rate")
	}
}

// TestTurnsOverWorkers shares one server between three connections, as three
// workers do: the turns that they get are an interval apart, whoever gets them.
func TestTurnsOverWorkers(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	var mu sync.Mutex
	var got []time.Time
	var wg sync.WaitGroup
	const rate, key = 50, "server.192.0.2.53"
	for i := range 3 {
		l, err := connect(t.Context(), Dial{URL: srv.URL(), Name: "test"}, testKey(t, "k"))
		require.NoError(t, err)
		t.Cleanup(l.close)
		turns := newTurns(l, string(rune('a'+i)), time.Now)
		run := turns.For(Header{Run: "run1", Group: "run1", RatePerServer: rate, InFlight: 2})
		for range 2 {
			wg.Go(func() {
				for range 6 {
					at, place, ok := turns.take(context.Background(), key, run.server, nil)
					_, offset, _, err := turns.open(context.Background())
					if err != nil || !ok {
						t.Error("no turn", err)
						return
					}
					mu.Lock()
					got = append(got, at.Add(offset))
					mu.Unlock()
					turns.give(context.Background(), key, place)
				}
			})
		}
	}
	wg.Wait()
	require.Len(t, got, 36)
	slices.SortFunc(got, time.Time.Compare)
	for i := 1; i < len(got); i++ {
		require.GreaterOrEqual(t, got[i].Sub(got[i-1]), intervalOf(rate)-time.Microsecond, "turn %d", i)
	}
}

// TestTurnsEnd: nobody waits past the end of ctx, and without limits nobody waits.
func TestTurnsEnd(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	l, err := connect(t.Context(), Dial{URL: srv.URL(), Name: "test"}, testKey(t, "k"))
	require.NoError(t, err)
	defer l.close()
	turns := newTurns(l, "w", time.Now)
	server := netip.MustParseAddr("2001:db8::53")
	free := turns.For(Header{Run: "r", Group: "r", Rate: -1, RatePerServer: -1})
	for _, a := range []netip.Addr{{}, server} {
		done, ok := free.Turn(t.Context(), a)
		require.True(t, ok)
		done()
	}
	bound := turns.For(Header{Run: "r", Group: "r", Rate: 1000, RatePerServer: 1000, InFlight: 1})
	_, ok := bound.Turn(t.Context(), netip.Addr{})
	require.True(t, ok)
	hold, ok := bound.Turn(t.Context(), server)
	require.True(t, ok)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, ok = bound.Turn(ctx, server)
	require.False(t, ok, "the only place is taken")
	hold()
	done, ok := bound.Turn(t.Context(), server)
	require.True(t, ok, "it was given back")
	done()
}

// TestBatchIsNoBurst: turns that nobody took in time are not used later, all at
// once.
func TestBatchIsNoBurst(t *testing.T) {
	b := &batch{terms: terms{interval: 10 * time.Millisecond, count: 50}}
	b.push(epoch)
	require.True(t, b.left())
	at, ok := b.pop(epoch)
	require.True(t, ok)
	require.Equal(t, epoch, at)
	n, later := 0, epoch.Add(300*time.Millisecond)
	for {
		at, ok := b.pop(later)
		if !ok {
			break
		}
		n++
		require.LessOrEqual(t, later.Sub(at), stale)
	}
	require.Equal(t, 30, n, "10 of the last 100 ms and 20 to come")
}

// TestTurnsWithoutBroker: who gives up waiting while the broker is away is counted,
// so that what he did not learn is not taken for an answer. Nothing is kept of a
// line that nobody stands in.
func TestTurnsWithoutBroker(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	l, err := connect(t.Context(), Dial{URL: srv.URL(), Name: "test"}, testKey(t, "k"))
	require.NoError(t, err)
	defer l.close()
	turns := newTurns(l, "w", time.Now)
	run := turns.For(Header{Run: "r", Group: "r", Rate: 100, RatePerServer: 100, InFlight: 1})
	done, ok := run.Turn(t.Context(), netip.MustParseAddr("192.0.2.1"))
	require.True(t, ok)
	done()
	require.Zero(t, run.Cut())
	srv.Close()
	for _, a := range []netip.Addr{{}, netip.MustParseAddr("192.0.2.1")} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, ok = run.Turn(ctx, a)
		cancel()
		require.False(t, ok)
	}
	require.Equal(t, int64(2), run.Cut())
	require.Empty(t, turns.queues)
}
