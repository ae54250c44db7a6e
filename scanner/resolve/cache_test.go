package resolve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// answerTo makes the answer that a world gives to a question.
func answerTo(q scanner.Question, ttl uint32) scanner.Answer {
	return scanner.Answer{
		Outcome: fact.Present, Rcode: "NOERROR", Records: []scanner.Record{{Name: q.Name, Type: "TXT", TTL: ttl, Fields: []string{"of " + string(q.Name)}}},
	}
}

func named(i int) scanner.Question {
	return scanner.Question{Name: msp.Name(fmt.Sprintf("n%06d.example", i)), Type: "TXT", RD: true}
}

// TestCacheBound asks for many more names than the bound holds, some over and
// over, by many callers: the answers are those of no bound at all, and what is
// kept stays within it.
func TestCacheBound(t *testing.T) {
	const bound = 100_000
	c := newCache(bound)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 3000 {
				q := named(random.IntN(1000) * random.IntN(2))
				a := c.get(context.Background(), q, func() (scanner.Answer, bool) { return answerTo(q, 60), true })
				if len(a.Records) != 1 || a.Records[0].Fields[0] != "of "+string(q.Name) {
					t.Errorf("%s: %v", q.Name, a)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, c.entries.size, bound)
	require.Greater(t, c.entries.size, bound/2)
	require.Len(t, c.entries.items, c.entries.order.Len())
}

// TestCacheEviction holds the order: what has outlived its TTL goes first,
// failures before all, then what was unused longest; within the bound nothing
// goes, whatever its TTL.
func TestCacheEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := weigh(named(0), answerTo(named(0), 0))
		c := newCache(8 * one)
		asked := 0
		get := func(i int, ttl uint32) {
			q := named(i)
			c.get(t.Context(), q, func() (scanner.Answer, bool) { asked++; return answerTo(q, ttl), true })
		}
		for i := range 8 {
			get(i, uint32(10+100*(i%2))) // even ones live for 10 s
		}
		time.Sleep(time.Hour)
		for i := range 8 {
			get(i, 0)
		}
		require.Equal(t, 8, asked, "a TTL alone costs nothing")

		c = newCache(8 * one)
		for i := range 8 {
			get(i, uint32(10+100*(i%2)))
		}
		get(0, 0) // used last, and still not kept
		time.Sleep(20 * time.Second)
		get(8, 60)
		asked = 0
		for _, i := range []int{1, 3, 5, 7, 8} {
			get(i, 60)
		}
		require.Zero(t, asked)
		require.NotContains(t, c.entries.items, named(2), "over, and unused longest")
		require.NotContains(t, c.entries.items, named(4))
		require.NotContains(t, c.entries.items, named(6))
		require.Contains(t, c.entries.items, named(0), "three were enough")

		c = newCache(8 * one)
		for i := range 9 {
			get(i, 600)
		}
		require.NotContains(t, c.entries.items, named(0))
		require.Contains(t, c.entries.items, named(3), "nothing is over: only the unused go")
	})
}

// TestCacheInFlight: a question that is being asked is not let go, so that nobody
// asks it twice at a time.
func TestCacheInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(2000)
		slow, asked := named(0), 0
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				a := c.get(t.Context(), slow, func() (scanner.Answer, bool) {
					asked++
					time.Sleep(time.Second)
					return answerTo(slow, 60), true
				})
				require.Len(t, a.Records, 1)
			})
		}
		synctest.Wait()
		for i := range 100 {
			q := named(i + 1)
			c.get(t.Context(), q, func() (scanner.Answer, bool) { return answerTo(q, 0), true })
		}
		wg.Wait()
		require.Equal(t, 1, asked)
	})
}

// TestLifetime holds what DNS says of how long answers hold.
func TestLifetime(t *testing.T) {
	soa := []scanner.Record{{Type: "SOA", TTL: 30}}
	for _, tt := range []struct {
		name string
		a    scanner.Answer
		want time.Duration
	}{
		{"failure", scanner.Answer{Reason: "timeout", Records: soa}, 0},
		{"denial", scanner.Answer{Outcome: fact.Absent, Authority: soa}, 30 * time.Second},
		{"least of all", scanner.Answer{Outcome: fact.Present, Records: []scanner.Record{{TTL: 90}, {TTL: 20}}, Authority: soa}, 20 * time.Second},
		{"empty", scanner.Answer{Outcome: fact.Present}, 0},
	} {
		require.Equal(t, tt.want, lifetime(tt.a), tt.name)
	}
}

// TestScopesBound: of too many budgets those go that were unused longest, and one
// that is spent stays spent.
func TestScopesBound(t *testing.T) {
	c, err := New(Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}, ScopeBudget: 2})
	require.NoError(t, err)
	in := func(i int) context.Context {
		return scanner.WithScope(context.Background(), fmt.Sprintf("s%d", i))
	}
	for range 2 {
		require.True(t, c.spend(in(0)))
	}
	require.False(t, c.spend(in(0)))
	for i := range 2 * maxScopes {
		require.True(t, c.spend(in(i+1)))
	}
	require.LessOrEqual(t, c.scopes.size, maxScopes+1)
	require.False(t, c.spend(in(0)))
	require.True(t, c.spend(in(2*maxScopes)))
	require.False(t, c.spend(in(2*maxScopes)), "the latest are known")
}

// TestServersBound: servers that were just used are never forgotten, others are.
func TestServersBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}})
		require.NoError(t, err)
		at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{9, byte(i >> 16), byte(i >> 8), byte(i)}) }
		first := c.serverAt(at(0))
		for i := range maxServers + 100 {
			c.serverAt(at(i))
		}
		require.Equal(t, maxServers+100, c.servers.size, "all of them may be at work")
		time.Sleep(serverIdle + time.Second)
		late := c.serverAt(at(1))
		c.serverAt(at(maxServers + 200))
		require.LessOrEqual(t, c.servers.size, maxServers)
		require.Same(t, late, c.serverAt(at(1)))
		require.NotSame(t, first, c.serverAt(at(0)))
	})
}
