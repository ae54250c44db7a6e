package scantest_test

import (
	"context"
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

// The record sets that each fault is tried on.
func matrixQuestions() []scanner.Question {
	var out []scanner.Question
	for _, t := range []string{"A", "AAAA", "MX", "TXT", "NS", "SOA", "CAA", "DNSKEY"} {
		out = append(out, scanner.Question{Name: "zone.example", Type: t})
	}
	return append(out,
		scanner.Question{Name: "www.zone.example", Type: "A"},
		scanner.Question{Name: "_25._tcp.mail.zone.example", Type: "TLSA"},
	)
}

// The three ways to put a fault between client and server.
func matrixModes() []string { return []string{"udp", "tcp", "both"} }

func modeRules(mode, fault string) []scantest.Rule {
	switch mode {
	case "udp":
		return []scantest.Rule{{Below: matrixZone, Proto: "udp", Fault: fault}}
	case "tcp":
		return []scantest.Rule{{Below: matrixZone, Proto: "udp", Fault: "tc"}, {Below: matrixZone, Proto: "tcp", Fault: fault}}
	}
	return []scantest.Rule{{Below: matrixZone, Fault: fault}}
}

// matrixZone is where faults happen: what a resolver says of other names is sound.
const matrixZone = "zone.example"

func faultWorld(t testing.TB) *scantest.World {
	t.Helper()
	w, err := scantest.Load("testdata/faults")
	require.NoError(t, err)
	return w
}

func start(t testing.TB, w *scantest.World) *scantest.Net {
	t.Helper()
	n, err := w.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// impatient gives a client whose times are scaled for loopback.
func impatient(t testing.TB, n *scantest.Net, scale time.Duration) *resolve.Client {
	t.Helper()
	c, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{n.Resolver()}, Dial: n.Dial, Rate: -1, RatePerServer: -1, InFlight: 16,
		Timeout: 200 * scale, UDPWait: 60 * scale, NameTimeout: 1500 * scale,
	})
	require.NoError(t, err)
	return c
}

// verdict of one answer under a fault: truth, unknown, broken or what must never
// be: lie, absent.
func verdict(got, want scanner.Answer) string {
	switch got.Outcome {
	case fact.Unknown:
		return "unknown"
	case fact.Broken:
		return "broken"
	case fact.Absent:
		return "ABSENT"
	}
	if texts(got.Records) == texts(want.Records) {
		return "truth"
	}
	return "LIE"
}

// texts gives records without TTL, one a line.
func texts(rs []scanner.Record) string {
	var out []string
	for _, r := range rs {
		out = append(out, fmt.Sprint(r.Name, " ", r.Type, " ", r.Text()))
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// tally counts verdicts.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	bad    []string
}

func (c *tally) add(v, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[v]++
	if v == "LIE" || v == "ABSENT" {
		c.bad = append(c.bad, v+": "+what)
	}
}

func (c *tally) total() int {
	total := 0
	for _, n := range c.counts {
		total += n
	}
	return total
}

// TestFaultMatrix holds the client against each fault, record set, transport,
// through the resolver and at the server itself: truth or unknown, never a lie,
// never absent; and the truth wherever a careful client can get it.
func TestFaultMatrix(t *testing.T) {
	faults := scantest.Faults()
	require.GreaterOrEqual(t, len(faults), 60)
	w := faultWorld(t)
	for _, server := range []netip.Addr{{}, netip.MustParseAddr("192.0.2.53")} {
		who := "resolver"
		if server.IsValid() {
			who = "server"
		}
		t.Run(who, func(t *testing.T) {
			truths := truthOf(t, w, server)
			counts := &tally{counts: map[string]int{}}
			missed := matrixRun(t, w, cellsOf(faults, server), 32, 2*time.Millisecond, truths, counts)
			missed = matrixRun(t, w, missed, 16, 30*time.Millisecond, truths, counts) // the machine may be busy
			require.Empty(t, missed, "the truth is to be had here")
			require.Empty(t, counts.bad)
			total := counts.total()
			require.Equal(t, len(faults)*len(matrixModes())*len(matrixQuestions()), total)
			t.Logf("%s: %d faults x %d record sets x %d transports = %d cases: %v", who, len(faults), len(matrixQuestions()), len(matrixModes()), total, counts.counts)
		})
	}
}

func truthOf(t *testing.T, w *scantest.World, server netip.Addr) map[scanner.Question]scanner.Answer {
	t.Helper()
	n := start(t, w)
	c := client(t, n)
	out := map[scanner.Question]scanner.Answer{}
	for _, q := range matrixQuestions() {
		asked := q
		asked.Server = server
		a := c.Resolve(context.Background(), asked)
		require.Equal(t, fact.Present, a.Outcome, "%v: %s", q, a.Reason)
		out[q] = a
	}
	return out
}

// cell is one fault over one mode, on some record sets.
type cell struct {
	fault     scantest.Fault
	mode      string
	server    netip.Addr
	questions []scanner.Question
}

func cellsOf(faults []scantest.Fault, server netip.Addr) []cell {
	var out []cell
	for _, f := range faults {
		for _, mode := range matrixModes() {
			out = append(out, cell{f, mode, server, matrixQuestions()})
		}
	}
	return out
}

// matrixRun tries the cells, some at a time, with times in units of scale. It
// gives those where the truth was missed, which are not counted.
func matrixRun(t *testing.T, w *scantest.World, cells []cell, width int, scale time.Duration, truths map[scanner.Question]scanner.Answer, counts *tally) []cell {
	t.Helper()
	var mu sync.Mutex
	var missed []cell
	var wg sync.WaitGroup
	slots := make(chan struct{}, width)
	for _, c := range cells {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if again := c.run(t, w, scale, truths, counts); len(again) > 0 {
				mu.Lock()
				defer mu.Unlock()
				missed = append(missed, cell{c.fault, c.mode, c.server, again})
			}
		})
	}
	wg.Wait()
	return missed
}

// run asks all questions of the cell at once and gives those to ask again.
func (c cell) run(t *testing.T, w *scantest.World, scale time.Duration, truths map[scanner.Question]scanner.Answer, counts *tally) []scanner.Question {
	n, err := w.Start()
	if !assert.NoError(t, err) {
		return nil
	}
	defer func() { assert.NoError(t, n.Close()) }()
	for _, r := range modeRules(c.mode, c.fault.Name) {
		r.Server = c.server
		assert.NoError(t, n.Inject(r))
	}
	client := impatient(t, n, scale)
	client.Resolve(context.Background(), scanner.Question{Name: "warm-up.invalid", Type: "A"}) // as the preflight of a scan
	var mu sync.Mutex
	var again []scanner.Question
	var wg sync.WaitGroup
	for _, q := range c.questions {
		wg.Go(func() {
			asked := q
			asked.Server = c.server
			got := client.Resolve(context.Background(), asked)
			v := verdict(got, truths[q])
			if (v == "unknown" || v == "broken") && wantTruth(c.fault, c.mode, c.server) {
				mu.Lock()
				defer mu.Unlock()
				again = append(again, q)
				return
			}
			counts.add(v, fmt.Sprint(c.fault.Name, " ", c.mode, " ", q.Name, " ", q.Type, " ", got.Records))
		})
	}
	wg.Wait()
	return again
}

// wantTruth leaves out the referrals of a server: that is how parents answer.
func wantTruth(f scantest.Fault, mode string, server netip.Addr) bool {
	if server.IsValid() && (f.Name == "lame" || f.Name == "referral") {
		return false
	}
	switch mode {
	case "udp":
		return f.Truth.UDP()
	case "tcp":
		return f.Truth.TCP()
	}
	return f.Truth.Both()
}

// TestFaultsAgainstDenials holds the client against the same faults on names and
// types that do not exist: absent as it is, or unknown; never present, and never
// absent in the other way, as NXDOMAIN opens a finding that NODATA does not.
func TestFaultsAgainstDenials(t *testing.T) {
	w := faultWorld(t)
	questions := []scanner.Question{{Name: "none.zone.example", Type: "A"}, {Name: "mail.zone.example", Type: "MX"}, {Name: "none.zone.example", Type: "TXT"}}
	for _, server := range []netip.Addr{{}, netip.MustParseAddr("192.0.2.53")} {
		counts := &tally{counts: map[string]int{}}
		var wg sync.WaitGroup
		slots := make(chan struct{}, 32)
		for _, c := range cellsOf(scantest.Faults(), server) {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				c.questions = questions
				c.deny(t, w, counts)
			})
		}
		wg.Wait()
		require.Empty(t, counts.bad)
		require.Greater(t, counts.counts["truth"], 400)
		who := "resolver"
		if server.IsValid() {
			who = "server"
		}
		t.Logf("%s: %d faults x %d denials x %d transports less one record set = %d cases: %v", who, len(scantest.Faults()), len(questions), len(matrixModes()), counts.total(), counts.counts)
	}
}

// deny asks for what does not exist, with the fault of the cell.
func (c cell) deny(t *testing.T, w *scantest.World, counts *tally) {
	n, err := w.Start()
	if !assert.NoError(t, err) {
		return
	}
	defer func() { assert.NoError(t, n.Close()) }()
	for _, r := range modeRules(c.mode, c.fault.Name) {
		r.Server = c.server
		assert.NoError(t, n.Inject(r))
	}
	client := impatient(t, n, 2*time.Millisecond)
	client.Resolve(context.Background(), scanner.Question{Name: "warm-up.invalid", Type: "A"})
	var wg sync.WaitGroup
	for _, q := range c.questions {
		if c.fault.Name == "nxdomain-records" && q.Type == "MX" {
			continue // without records it is a sound NXDOMAIN
		}
		wg.Go(func() {
			q.Server = c.server
			got := client.Resolve(context.Background(), q)
			counts.add(denialVerdict(q, got), fmt.Sprint(c.fault.Name, " ", c.mode, " ", q.Name, " ", q.Type, " ", got.Rcode, " ", got.Records))
		})
	}
	wg.Wait()
}

// denialVerdict is verdict for a name or type that does not exist.
func denialVerdict(q scanner.Question, got scanner.Answer) string {
	want := "NXDOMAIN"
	if q.Type == "MX" {
		want = "NOERROR"
	}
	switch {
	case got.Outcome == fact.Unknown:
		return "unknown"
	case got.Outcome == fact.Broken:
		return "broken"
	case got.Outcome == fact.Absent && got.Rcode == want:
		return "truth"
	}
	return "LIE"
}

func TestFaultNames(t *testing.T) {
	n := start(t, faultWorld(t))
	seen := map[string]bool{}
	for _, f := range scantest.Faults() {
		require.False(t, seen[f.Name], f.Name)
		require.NotEmpty(t, f.Doc)
		seen[f.Name] = true
	}
	err := n.Inject(scantest.Rule{Fault: "dorp"})
	require.ErrorContains(t, err, `no fault "dorp"; known: drop, `)
}

// TestRuleNarrows: a rule hits the name, type and transport it names, and heals.
func TestRuleNarrows(t *testing.T) {
	n := start(t, faultWorld(t))
	require.NoError(t, n.Inject(scantest.Rule{Type: "TXT", Name: "zone.example", Fault: "servfail"}))
	ask := func(name msp.Name, qtype string) scanner.Answer {
		return client(t, n).Resolve(context.Background(), scanner.Question{Name: name, Type: qtype})
	}
	a := ask("zone.example", "TXT")
	require.Equal(t, fact.Unknown, a.Outcome)
	require.Equal(t, "servfail", a.Reason)
	require.Equal(t, "SERVFAIL", a.Rcode)
	require.Equal(t, fact.Present, ask("zone.example", "A").Outcome)
	require.Equal(t, fact.Absent, ask("host.zone.example", "TXT").Outcome)
	n.Heal()
	require.Equal(t, fact.Present, ask("zone.example", "TXT").Outcome)
}

// TestFaultsWithoutEDNS holds a client that had to leave EDNS out against the
// faults: the OPT record no longer guards the end of the message.
func TestFaultsWithoutEDNS(t *testing.T) {
	w := faultWorld(t)
	truths := truthOf(t, w, netip.Addr{})
	counts := &tally{counts: map[string]int{}}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 32)
	for _, f := range scantest.Faults() {
		if f.Name == "forged" || f.Name == "nxdomain-filtered" {
			continue // what gives these away stands in the OPT record
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			n, err := w.Start()
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, n.Close()) }()
			assert.NoError(t, n.Inject(scantest.Rule{Below: matrixZone, Plain: true, Fault: f.Name}))
			assert.NoError(t, n.Inject(scantest.Rule{Fault: "formerr-edns"}))
			c := impatient(t, n, time.Millisecond)
			for _, q := range matrixQuestions() {
				got := c.Resolve(context.Background(), q)
				counts.add(verdict(got, truths[q]), fmt.Sprint(f.Name, " ", q.Name, " ", q.Type, " ", got.Records))
			}
		})
	}
	wg.Wait()
	require.Empty(t, counts.bad)
	t.Logf("without EDNS: %v", counts.counts)
}
