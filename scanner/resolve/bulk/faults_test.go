package bulk_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner/resolve"
	"mspscan/scanner/resolve/bulk"
	"mspscan/scanner/scantest"
)

// faultQuestions asks for what is there, and last for what is not.
func faultQuestions() []bulk.Question {
	return []bulk.Question{
		{Name: "zone.example", Type: bulk.TypeA},
		{Name: "zone.example", Type: bulk.TypeAAAA},
		{Name: "zone.example", Type: bulk.TypeMX},
		{Name: "zone.example", Type: bulk.TypeTXT},
		{Name: "zone.example", Type: bulk.TypeNS},
		{Name: "zone.example", Type: bulk.TypeSOA},
		{Name: "www.zone.example", Type: bulk.TypeA},
		{Name: "zone.example", Type: 257},
		{Name: "none.zone.example", Type: bulk.TypeA},
		{Name: "mail.zone.example", Type: bulk.TypeMX},
	}
}

const firstAbsent = 8 // of faultQuestions

// inBulk asks a resolver in bulk, with times for loopback.
func inBulk(t *testing.T, at netip.AddrPort, plain bool, questions ...bulk.Question) map[bulk.Question]bulk.Answer {
	c, err := bulk.New(bulk.Config{
		Resolvers: []netip.AddrPort{at}, Plain: plain, Tries: 3,
		MinWait: 60 * time.Millisecond, MaxWait: 120 * time.Millisecond, TCPTimeout: 200 * time.Millisecond, Grace: time.Second,
	})
	assert.NoError(t, err)
	got := map[bulk.Question]bulk.Answer{}
	_, err = c.Run(context.Background(), slices.Values(questions), func(a bulk.Answer) {
		a.Addrs, a.Message = slices.Clone(a.Addrs), nil
		got[a.Question] = a
	})
	assert.NoError(t, err)
	return got
}

// TestFaultMatrix holds the bulk client against every fault over UDP, over TCP and
// over both: what is there is never denied. What it takes for present is no
// evidence before the strict client has confirmed it, so that is held to it here.
func TestFaultMatrix(t *testing.T) {
	w, err := scantest.Load("../../scantest/testdata/faults")
	require.NoError(t, err)
	var mu sync.Mutex
	counts := map[string]int{}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for _, f := range scantest.Faults() {
		for mode, rules := range map[string][]scantest.Rule{
			"udp": {{Proto: "udp", Fault: f.Name}}, "both": {{Fault: f.Name}},
			"tcp": {{Proto: "udp", Fault: "tc"}, {Proto: "tcp", Fault: f.Name}},
		} {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				n, err := w.Start()
				if !assert.NoError(t, err) {
					return
				}
				defer func() { assert.NoError(t, n.Close()) }()
				for _, r := range rules {
					r.Below = "zone.example"
					assert.NoError(t, n.Inject(r))
				}
				got := inBulk(t, n.Resolver(), mode == "tcp", faultQuestions()...)
				for i, q := range faultQuestions() {
					a, there := got[q], i < firstAbsent
					assert.False(t, there && a.Outcome == fact.Absent, "%s %s: %s %d is denied: %+v", f.Name, mode, q.Name, q.Type, a)
					sound := f.Name == "nxdomain-records" && !there // a sound NXDOMAIN
					assert.False(t, !there && !sound && a.Outcome == fact.Present && confirmed(t, n, a), "%s %s: %s is made up: %+v", f.Name, mode, q.Name, a)
					mu.Lock()
					counts[a.Outcome.String()]++
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	require.Greater(t, counts["present"], 800)
	require.Greater(t, counts["absent"], 200)
	t.Logf("bulk: %d faults x %d questions x 3 transports: %v", len(scantest.Faults()), len(faultQuestions()), counts)
}

// confirmed asks the strict client the same.
func confirmed(t *testing.T, n *scantest.Net, a bulk.Answer) bool {
	strict, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{n.Resolver()}, Rate: -1, Timeout: 400 * time.Millisecond, NameTimeout: 2 * time.Second})
	assert.NoError(t, err)
	return bulk.Confirm(context.Background(), strict, a).Outcome == fact.Present
}

// TestWithoutFault: the truth, through both kinds of sockets.
func TestWithoutFault(t *testing.T) {
	w, err := scantest.Load("../../scantest/testdata/faults")
	require.NoError(t, err)
	for _, plain := range []bool{false, true} {
		n, err := w.Start()
		require.NoError(t, err)
		got := inBulk(t, n.Resolver(), plain, faultQuestions()...)
		for i, q := range faultQuestions() {
			a := got[q]
			require.Equal(t, i < firstAbsent, a.Outcome == fact.Present, "%+v", a)
			if i < firstAbsent {
				require.True(t, confirmed(t, n, a), "%+v", a)
			} else {
				require.Equal(t, "zone.example", a.SOA)
			}
		}
		require.NoError(t, n.Close())
	}
}

// TestConfirmRefuses: a name that is none is no evidence.
func TestConfirmRefuses(t *testing.T) {
	a := bulk.Confirm(context.Background(), nil, bulk.Answer{Question: bulk.Question{Name: "a..b"}})
	require.Equal(t, fact.Unknown, a.Outcome)
	require.Equal(t, "bad_question", a.Reason)
}

func TestTypeText(t *testing.T) {
	var words []string
	for _, n := range []uint16{bulk.TypeA, bulk.TypeNS, bulk.TypeCNAME, bulk.TypeSOA, bulk.TypeMX, bulk.TypeTXT, bulk.TypeAAAA, 257} {
		words = append(words, bulk.TypeText(n))
	}
	require.Equal(t, "A NS CNAME SOA MX TXT AAAA TYPE257", strings.Join(words, " "))
}

// TestWildcards finds what a zone makes up, at every level where names stand.
func TestWildcards(t *testing.T) {
	w, err := scantest.Load("testdata/wild")
	require.NoError(t, err)
	n, err := w.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close()) }()
	names := []string{"a.wild.example", "b.sub.wild.example.", "c.alias.wild.example", "elsewhere.test", "x.y.none.wild.example"}
	levels := bulk.Levels("Wild.example.", slices.Values(names))
	require.Equal(t, []string{"wild.example", "alias.wild.example", "none.wild.example", "sub.wild.example", "y.none.wild.example"}, levels)
	c, err := bulk.New(bulk.Config{Resolvers: []netip.AddrPort{n.Resolver()}, MinWait: 60 * time.Millisecond})
	require.NoError(t, err)
	got, _, err := c.Wildcards(context.Background(), levels, bulk.TypeA, strings.NewReader(strings.Repeat("abcdefghijklmnopqrstuvwxyz012345", 200)))
	require.NoError(t, err)
	require.Equal(t, fact.Absent, got["wild.example"].Outcome)
	require.Equal(t, fact.Absent, got["none.wild.example"].Outcome)
	require.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.9")}, got["sub.wild.example"].Addrs)
	require.Equal(t, []string{"target.wild.example"}, got["alias.wild.example"].Aliases)
	_, _, err = c.Wildcards(context.Background(), levels, bulk.TypeA, strings.NewReader("short"))
	require.Error(t, err, fmt.Sprint(got))
}

// TestMadeUp tells a wildcard's answers from records of their own.
func TestMadeUp(t *testing.T) {
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	w := bulk.Wildcards{
		"none.example":    {Outcome: fact.Absent},
		"unknown.example": {Outcome: fact.Unknown},
		"address.example": {Outcome: fact.Present, Addrs: []netip.Addr{one}},
		"alias.example":   {Outcome: fact.Present, Aliases: []string{"target.example"}},
		"varies.example":  {Outcome: fact.Present, Varies: true},
		"bare.example":    {Outcome: fact.Present},
		`a\.b.example`:    {Outcome: fact.Absent},
	}
	for _, tt := range []struct {
		name  string
		addrs []netip.Addr
		alias string
		want  string // made up, known
	}{
		{"x.none.example", []netip.Addr{one}, "", "false true"},
		{"x.unknown.example", []netip.Addr{one}, "", "false false"},
		{"x.elsewhere.example", []netip.Addr{one}, "", "false false"},
		{"x.address.example", []netip.Addr{two, one}, "", "true true"},
		{"X.Address.example.", []netip.Addr{two}, "", "false true"},
		{"x.alias.example", []netip.Addr{one}, "target.example", "true true"},
		{"x.alias.example", []netip.Addr{one}, "", "false true"},
		{"x.address.example", []netip.Addr{one}, "other.example", "false true"},
		{"x.varies.example", nil, "", "true true"},
		{"x.bare.example", nil, "", "true true"},
		{`x.a\.b.example`, nil, "", "false true"},
		{"example", nil, "", "false false"},
	} {
		madeUp, known := w.MadeUp(bulk.Answer{Question: bulk.Question{Name: tt.name}, Addrs: tt.addrs, Alias: tt.alias})
		require.Equal(t, tt.want, fmt.Sprint(madeUp, " ", known), tt.name)
	}
}

// TestNames: escapes are kept, and what is no name is not asked.
func TestNames(t *testing.T) {
	w, err := scantest.Load("testdata/wild")
	require.NoError(t, err)
	n, err := w.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close()) }()
	good := []string{`a\.b.wild.example`, `x\032y.wild.example.`, `\065\\.sub.wild.example`, "NS.Wild.Example"}
	bad := []string{"", "a..b", ".", strings.Repeat("a", 64) + ".example", strings.Repeat("abcdefg.", 40), `a\`, `a\25`, `a\999.example`}
	var questions []bulk.Question
	for _, name := range append(slices.Clone(good), bad...) {
		questions = append(questions, bulk.Question{Name: name, Type: bulk.TypeA})
	}
	got := inBulk(t, n.Resolver(), false, questions...)
	var outcomes []string
	for _, q := range questions[:len(good)] {
		outcomes = append(outcomes, got[q].Outcome.String())
	}
	require.Equal(t, []string{"absent", "absent", "present", "present"}, outcomes)
	for _, q := range questions[len(good):] {
		if q.Name != "." {
			require.Equal(t, "bad_question", got[q].Reason, q.Name)
		}
	}
}

// TestAuthoritative asks a parent's server for delegations, and for what it refers
// or does not have.
func TestAuthoritative(t *testing.T) {
	w, err := scantest.Load("testdata/wild")
	require.NoError(t, err)
	n, err := w.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close()) }()
	c, err := bulk.New(bulk.Config{
		Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53")}, Authoritative: true, Dial: n.Dial, Rate: 400,
		MinWait: 100 * time.Millisecond, Tries: 3, TCPTimeout: 300 * time.Millisecond,
	})
	require.NoError(t, err)
	got := map[string]string{}
	_, err = c.Run(context.Background(), slices.Values([]bulk.Question{
		{Name: "cut.wild.example", Type: bulk.TypeNS},
		{Name: "host.cut.wild.example", Type: bulk.TypeA},
		{Name: "ns.wild.example", Type: bulk.TypeA},
		{Name: "gone.wild.example", Type: bulk.TypeA},
		{Name: "other.example", Type: bulk.TypeA},
		{Name: "c.alias.wild.example", Type: bulk.TypeA},
		{Name: "loop.wild.example", Type: bulk.TypeA},
		{Name: "away.wild.example", Type: bulk.TypeA},
	}), func(a bulk.Answer) { got[a.Name] = strings.TrimSpace(a.Outcome.String() + " " + a.Reason) })
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"cut.wild.example": "present", "host.cut.wild.example": "unknown referral", "ns.wild.example": "present", "gone.wild.example": "absent",
		"other.example": "unknown refused", "c.alias.wild.example": "present", "loop.wild.example": "broken cname_loop", "away.wild.example": "unknown incomplete",
	}, got)
}

// TestEnds: a run that is stopped, and one whose resolver is not there, leave
// everything unknown.
func TestEnds(t *testing.T) {
	_, err := bulk.New(bulk.Config{})
	require.ErrorContains(t, err, "no resolver given")
	_, err = bulk.New(bulk.Config{Resolvers: []netip.AddrPort{{}}})
	require.ErrorContains(t, err, "want address:port")
	for _, plain := range []bool{false, true} {
		c, err := bulk.New(bulk.Config{
			Resolvers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}, Plain: plain, Tries: 2,
			MinWait: 20 * time.Millisecond, MaxWait: 40 * time.Millisecond, TCPTimeout: 100 * time.Millisecond, Grace: 200 * time.Millisecond,
		})
		require.NoError(t, err)
		reasons := map[string]int{}
		questions := func(yield func(bulk.Question) bool) {
			for i := range 200 {
				if !yield(bulk.Question{Name: fmt.Sprintf("n%d.example", i), Type: bulk.TypeA}) {
					return
				}
			}
		}
		_, err = c.Run(context.Background(), questions, func(a bulk.Answer) { reasons[a.Outcome.String()]++ })
		require.NoError(t, err)
		require.Equal(t, map[string]int{"unknown": 200}, reasons)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = c.Run(ctx, questions, func(a bulk.Answer) { require.Equal(t, "canceled", a.Reason) })
		require.ErrorIs(t, err, context.Canceled)
	}
}
