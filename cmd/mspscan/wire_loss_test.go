//go:build servers && linux

package main

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// lossZone holds n names: a third have an address, a third another record only,
// a third do not exist.
func lossZone(n int) string {
	var b strings.Builder
	for i := range n {
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "n%d A %s\n", i, lossAddress(i))
		case 1:
			fmt.Fprintf(&b, "n%d TXT x\n", i)
		}
	}
	return b.String()
}

func lossAddress(i int) string { return fmt.Sprintf("198.51.%d.%d", 100+i>>8&63, i&255) }

// lossVerdict says whether the answer about a name is right.
func lossVerdict(i int, a scanner.Answer) string {
	got := a.Outcome.String() + " " + a.Rcode
	for _, r := range a.Records {
		got += " " + r.Text()
	}
	want := [...]string{"present NOERROR " + lossAddress(i), "absent NOERROR", "absent NXDOMAIN"}[i%3]
	switch {
	case got == want:
		return "right"
	case a.Outcome == fact.Unknown:
		return "unknown"
	}
	return "wrong"
}

// TestWireLoss asks for names while packets are lost both ways, with the client's
// own settings but for how many questions it keeps open: of Unbound, and of the
// authoritative server.
func TestWireLoss(t *testing.T) {
	w := onWire(t)
	names := w.count(6000, 600)
	zones := below(map[string][]string{"loss.example": nil})
	zones["loss.example"] = lossZone(names)
	serveWire(t, zones)
	for _, share := range []int{0, 5, 10, 20, 30} {
		n := names
		if w.short && share != 30 {
			n = 100
		}
		w.lossRow(t, share, n, netip.Addr{}, "")
	}
	w.lossRow(t, 30, min(names, w.count(2000, 300)), netip.MustParseAddr(hostIn), "_server")
	w.lose(t, 0)
}

// lossRow asks for n names at one share of loss.
func (w wire) lossRow(t *testing.T, share, n int, server netip.Addr, suffix string) {
	w.lose(t, share)
	client, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{netip.MustParseAddrPort(resolverIn + ":53")}, Dial: w.dial,
		ResolverInFlight: 256, InFlight: 256, RatePerServer: -1,
	})
	require.NoError(t, err)
	start := time.Now()
	counts := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 256)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			a := client.Resolve(context.Background(), scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.loss.example", i)), Type: "A", Server: server})
			v := lossVerdict(i, a)
			mu.Lock()
			defer mu.Unlock()
			counts[v]++
			if v == "wrong" {
				t.Errorf("%d %% loss: n%d: %s %s %v", share, i, a.Outcome, a.Rcode, a.Records)
			}
		})
	}
	wg.Wait()
	key := fmt.Sprintf("loss_%d%s", share, suffix)
	right := math.Round(10000*float64(counts["right"])/float64(n)) / 100
	want := atLeast(99.5)
	tally(t, key+"_names", float64(n), told())
	tally(t, key+"_right_percent", right, want)
	tally(t, key+"_wrong", float64(counts["wrong"]), exactly(0))
	t.Logf("%d %% loss%s: %d names: %v in %.1f s", share, suffix, n, counts, took(start))
}
