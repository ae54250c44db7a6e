package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
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
	"mspscan/scanner/scantest"
)

const zone = `@ 300 SOA ns h 1 1 1 1 60
@ NS ns
@ NS ns2
ns A 192.0.2.1
ns2 A 192.0.2.2
@ A 198.51.100.1
@ MX 10 mx
www CNAME host
host A 198.51.100.2
*.wild A 198.51.100.3
`

func world(t testing.TB) *scantest.Net {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "z.example.zone"), []byte(zone), 0o600))
	w, err := scantest.Load(dir)
	require.NoError(t, err)
	n, err := w.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// newClient gives a client of n with long times, so that a busy machine does no
// harm, after change. What is about time is tested on a clock of its own.
func newClient(t testing.TB, n *scantest.Net, change func(*resolve.Config)) *resolve.Client {
	t.Helper()
	cfg := resolve.Config{
		Resolvers: []netip.AddrPort{n.Resolver()}, Dial: n.Dial, Rate: -1, RatePerServer: -1,
		Timeout: time.Minute, UDPWait: 20 * time.Second, NameTimeout: 2 * time.Minute,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := resolve.New(cfg)
	require.NoError(t, err)
	return c
}

// handler answers one query; nil = no answer.
type handler func(q *dns.Msg, tcp bool) *dns.Msg

// pipe gives a Dial that ends at the handlers, by address, without a network. In
// a synctest bubble it runs on the bubble's clock.
func pipe(hs map[string]handler) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(_ context.Context, network, address string) (net.Conn, error) {
		h, ok := hs[address]
		if !ok {
			return nil, errors.New("no route")
		}
		near, far := net.Pipe()
		go answer(far, h, network == "tcp")
		return near, nil
	}
}

// answer reads one query from c and writes what h says.
func answer(c net.Conn, h handler, tcp bool) {
	defer func() { _ = c.Close() }()
	conn := &dns.Conn{Conn: c}
	buf := make([]byte, 65535)
	if tcp {
		if _, err := io.ReadFull(c, buf[:2]); err != nil {
			return
		}
	}
	n, err := c.Read(buf)
	q := new(dns.Msg)
	if err != nil || q.Unpack(buf[:n]) != nil {
		return
	}
	m := h(q, tcp)
	if m == nil {
		_, _ = io.Copy(io.Discard, c) // silent until the client gives up
		return
	}
	if tcp {
		_ = conn.WriteMsg(m)
		return
	}
	if raw, err := m.Pack(); err == nil {
		_, _ = c.Write(raw)
	}
}

// resolver makes an answer of a recursive resolver from texts, "ns:" before
// those of the authority section.
func resolver(q *dns.Msg, rcode int, records ...string) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	m.RecursionAvailable, m.Rcode = true, rcode
	for _, text := range records {
		rest, ns := strings.CutPrefix(text, "ns:")
		rr, err := dns.NewRR(rest)
		if err != nil {
			return nil
		}
		if ns {
			m.Ns = append(m.Ns, rr)
		} else {
			m.Answer = append(m.Answer, rr)
		}
	}
	return m
}

// against gives a client that asks the handlers as its resolvers.
func against(t testing.TB, hs ...handler) *resolve.Client {
	t.Helper()
	cfg := resolve.Config{Rate: -1}
	routes := map[string]handler{}
	for i, h := range hs {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(200 + i)}), 53)
		cfg.Resolvers = append(cfg.Resolvers, addr)
		routes[addr.String()] = h
	}
	cfg.Dial = pipe(routes)
	c, err := resolve.New(cfg)
	require.NoError(t, err)
	return c
}

func ask(c *resolve.Client, name msp.Name, qtype string) scanner.Answer {
	return c.Resolve(context.Background(), scanner.Question{Name: name, Type: qtype})
}

func TestNewRefuses(t *testing.T) {
	_, err := resolve.New(resolve.Config{})
	require.ErrorContains(t, err, "no resolver given")
	_, err = resolve.New(resolve.Config{Resolvers: []netip.AddrPort{{}}})
	require.ErrorContains(t, err, "want address:port")
	_, err = resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}})
	require.ErrorContains(t, err, "want address:port")
}

func TestResolversAreListed(t *testing.T) {
	one, two := netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[2001:db8::1]:5353")
	c, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{one, two}})
	require.NoError(t, err)
	require.Equal(t, []netip.AddrPort{one, two}, c.Resolvers())
}

func TestBadQuestions(t *testing.T) {
	c := newClient(t, world(t), nil)
	for _, q := range []scanner.Question{
		{Name: "", Type: "A"}, {Name: "a..b", Type: "A"}, {Name: msp.Name(strings.Repeat("a", 64)), Type: "A"}, {Name: "z.example", Type: "NOPE"}, {Name: "z.example"},
	} {
		a := c.Resolve(context.Background(), q)
		require.Equal(t, fact.Unknown, a.Outcome)
		require.Equal(t, "bad_question", a.Reason)
		require.Empty(t, a.Queries)
	}
	require.Equal(t, "bad_question", c.Transfer(context.Background(), netip.MustParseAddr("192.0.2.1"), "").Reason)
}

// TestEvidence: each exchange is kept and can be repeated with dig.
func TestEvidence(t *testing.T) {
	n := world(t)
	require.NoError(t, n.Inject(scantest.Rule{Type: "MX", Proto: "udp", Fault: "garbage"}))
	require.NoError(t, n.Inject(scantest.Rule{Type: "CAA", Fault: "formerr-edns"}))
	server := netip.MustParseAddr("192.0.2.1")
	require.NoError(t, n.Inject(scantest.Rule{Server: server, Type: "TXT", Fault: "refused"}))
	c := newClient(t, n, nil)
	at := "@127.0.0.1 -p " + fmt.Sprint(n.Resolver().Port()) + " "
	for _, tt := range []struct {
		q    scanner.Question
		want []string // "dig line; rcode; flags; error"
	}{
		{scanner.Question{Name: "z.example", Type: "A"}, []string{"dig " + at + "z.example. A; NOERROR; qr rd ra; "}},
		{scanner.Question{Name: "Z.Example", Type: "AAAA", DO: true}, []string{"dig " + at + "+dnssec z.example. AAAA; NOERROR; qr rd ra; "}},
		{scanner.Question{Name: "z.example", Type: "A", CD: true}, []string{"dig " + at + "+cd z.example. A; NOERROR; qr rd ra cd; "}},
		{scanner.Question{Name: "z.example", Type: "MX"}, []string{
			"dig " + at + "z.example. MX; ; ; mismatch", "dig " + at + "+tcp z.example. MX; NOERROR; qr rd ra; ",
		}},
		{scanner.Question{Name: "z.example", Type: "CAA"}, []string{
			"dig " + at + "z.example. CAA; FORMERR; qr rd ra; ", "dig " + at + "+noedns z.example. CAA; NOERROR; qr rd ra; ",
		}},
		{scanner.Question{Name: "z.example", Type: "A", Server: server}, []string{"dig @192.0.2.1 +norec z.example. A; NOERROR; qr aa; "}},
		{scanner.Question{Name: "z.example", Type: "TXT", Server: server}, []string{
			"dig @192.0.2.1 +norec z.example. TXT; REFUSED; qr aa; ", "dig @192.0.2.1 +tcp +norec z.example. TXT; REFUSED; qr aa; ",
		}},
	} {
		a := c.Resolve(context.Background(), tt.q)
		var got []string
		for _, e := range a.Queries {
			require.Positive(t, e.Millis)
			got = append(got, strings.Join([]string{e.Dig(), e.Rcode, e.Flags, e.Error}, "; "))
		}
		require.Equal(t, tt.want, got)
	}
}

// TestCache: a question is asked once however many ask it, failures too.
func TestCache(t *testing.T) {
	n := world(t)
	require.NoError(t, n.Inject(scantest.Rule{Type: "MX", Fault: "delay"}))
	require.NoError(t, n.Inject(scantest.Rule{Type: "TXT", Fault: "servfail"}))
	c := newClient(t, n, nil)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			a := ask(c, []msp.Name{"z.example", "Z.EXAMPLE"}[i%2], []string{"MX", "TXT"}[i/2%2])
			a.Records = append(a.Records, scanner.Record{Name: "mine.example"})
			a.Queries[0].Server = "mine"
		})
	}
	wg.Wait()
	require.Len(t, n.Queries(), 3, "one for MX, UDP and TCP for TXT")
	a := ask(c, "z.example", "MX")
	require.Len(t, a.Records, 1)
	require.NotEqual(t, "mine", a.Queries[0].Server)
	for _, q := range []scanner.Question{{CD: true}, {DO: true}, {Look: 1}, {Server: netip.MustParseAddr("192.0.2.1")}} {
		before := len(n.Queries())
		q.Name, q.Type = "z.example", "MX"
		c.Resolve(context.Background(), q)
		require.Len(t, n.Queries(), before+1, "%+v is another question", q)
	}
}

// TestCanceled: who stops is told so; who waited asks again; nothing is kept.
func TestCanceled(t *testing.T) {
	n := world(t)
	require.NoError(t, n.Inject(scantest.Rule{Type: "A", Fault: "drop"}))
	c := newClient(t, n, func(cfg *resolve.Config) {
		cfg.UDPWait = time.Minute
		cfg.Timeout = time.Minute
		cfg.NameTimeout = time.Minute
	})
	ctx, cancel := context.WithCancel(context.Background())
	stop, halt := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer halt()
	first := make(chan scanner.Answer, 1)
	go func() { first <- c.Resolve(ctx, scanner.Question{Name: "z.example", Type: "A"}) }()
	require.Eventually(t, func() bool { return len(n.Queries()) == 1 }, 30*time.Second, time.Millisecond)
	a := c.Resolve(stop, scanner.Question{Name: "z.example", Type: "A"})
	require.Equal(t, "timeout", a.Reason)
	n.Heal()
	second := make(chan scanner.Answer, 1)
	go func() { second <- ask(c, "z.example", "A") }()
	cancel()
	require.Equal(t, "canceled", (<-first).Reason)
	require.Equal(t, fact.Present, (<-second).Outcome)
}

// TestSilentNamesLeaveTheResolverAlive: a resolver that keeps silent about names
// whose servers are dead is asked about others all the same, however late.
func TestSilentNamesLeaveTheResolverAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pings atomic.Int64
		c := against(t, func(q *dns.Msg, _ bool) *dns.Msg {
			switch name := q.Question[0].Name; {
			case name == ".":
				pings.Add(1)
				return resolver(q, 0, ". 60 IN NS a.root-servers.net.")
			case dns.IsSubDomain("good.example.", name):
				return resolver(q, 0, name+" 60 IN A 192.0.2.1")
			}
			return nil
		})
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() { ask(c, msp.Name(fmt.Sprintf("n%d.dead.example", i)), "A") })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		for i := range 60 {
			wg.Go(func() { ask(c, msp.Name(fmt.Sprintf("m%d.dead.example", i)), "A") })
		}
		time.Sleep(200 * time.Millisecond)
		for i := range 20 {
			wg.Go(func() {
				require.Equal(t, fact.Present, ask(c, msp.Name(fmt.Sprintf("n%d.good.example", i)), "A").Outcome)
			})
		}
		wg.Wait()
		require.Positive(t, pings.Load())
	})
}

// TestPrivateAddresses: no packet goes to an address that is not public.
func TestPrivateAddresses(t *testing.T) {
	n := world(t)
	var dialled atomic.Int64
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return nil, errors.New("no route")
	}
	c := newClient(t, n, func(cfg *resolve.Config) { cfg.Dial = dial })
	for _, s := range []string{"10.0.0.1", "127.0.0.1", "224.0.0.1", "::ffff:10.0.0.1", "fe80::1", "169.254.169.254", "::"} {
		q := scanner.Question{Name: "z.example", Type: "A", Server: netip.MustParseAddr(s)}
		a := c.Resolve(context.Background(), q)
		require.Equal(t, fact.Unknown, a.Outcome)
		require.Equal(t, "private_address", a.Reason)
		require.Equal(t, "private_address", c.Transfer(context.Background(), q.Server, "z.example").Reason)
	}
	require.Zero(t, dialled.Load())
	c = newClient(t, n, func(cfg *resolve.Config) { cfg.Dial, cfg.AllowPrivate = dial, true })
	a := c.Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "A", Server: netip.MustParseAddr("::ffff:10.0.0.1")})
	require.Equal(t, "unreachable", a.Reason)
	require.Positive(t, dialled.Load())
	require.Equal(t, "10.0.0.1:53", a.Queries[0].Server, "IPv4 inside IPv6 is IPv4")
}

func TestSeveralResolvers(t *testing.T) {
	good := func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 0, "z.example. 60 IN A 192.0.2.1") }
	silent := func(*dns.Msg, bool) *dns.Msg { return nil }
	fails := func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, dns.RcodeServerFailure) }
	refuses := func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, dns.RcodeRefused) }
	for name, tt := range map[string]struct {
		resolvers []handler
		outcome   fact.Outcome
		reason    string
		queries   int
	}{
		"first answers":           {[]handler{good, silent}, fact.Present, "", 1},
		"first silent":            {[]handler{silent, good}, fact.Present, "", 2},
		"first fails":             {[]handler{fails, good}, fact.Present, "", 2},
		"first refuses":           {[]handler{refuses, good}, fact.Present, "", 2},
		"two fail, third answers": {[]handler{fails, refuses, good}, fact.Present, "", 3},
		"all fail":                {[]handler{fails, fails}, fact.Unknown, "servfail", 4},
		"one fails, one silent":   {[]handler{silent, fails}, fact.Unknown, "servfail", 6},
		"all silent":              {[]handler{silent, silent}, fact.Unknown, "timeout", 8},
		"one silent":              {[]handler{silent}, fact.Unknown, "timeout", 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := ask(against(t, tt.resolvers...), "z.example", "A")
			require.Equal(t, tt.outcome, a.Outcome, name)
			require.Equal(t, tt.reason, a.Reason, name)
			require.Len(t, a.Queries, tt.queries, name)
			if tt.reason == "timeout" {
				require.Equal(t, "tcp", a.Queries[tt.queries-1].Proto, "the last try is over TCP")
				require.Empty(t, a.Rcode)
			}
		})
	}
}

// TestChains: what a resolver says of a chain, in one reply or in several.
func TestChains(t *testing.T) {
	const soa = "ns:b.example. 60 IN SOA ns.b.example. h.b.example. 1 1 1 1 1"
	long := func(n int) handler {
		return func(q *dns.Msg, _ bool) *dns.Msg {
			var i int
			if _, err := fmt.Sscanf(q.Question[0].Name, "c%d.example.", &i); err == nil && i == n {
				return resolver(q, 0, q.Question[0].Name+" 60 IN A 192.0.2.1")
			}
			return resolver(q, 0, fmt.Sprintf("%s 60 IN CNAME c%d.example.", q.Question[0].Name, i+1))
		}
	}
	byName := func(m map[string][]string, rcode map[string]int) handler {
		return func(q *dns.Msg, _ bool) *dns.Msg {
			name := strings.ToLower(q.Question[0].Name)
			return resolver(q, rcode[name], m[name]...)
		}
	}
	for name, tt := range map[string]struct {
		handler handler
		want    string // outcome(reason) rcode >chain records notes
	}{
		"in one reply":  {byName(map[string][]string{"a.example.": {"a.example. 60 IN CNAME b.example.", "b.example. 60 IN A 192.0.2.1"}}, nil), "present NOERROR >b.example 192.0.2.1"},
		"out of order":  {byName(map[string][]string{"a.example.": {"b.example. 60 IN A 192.0.2.1", "a.example. 60 IN CNAME b.example."}}, nil), "present NOERROR >b.example 192.0.2.1"},
		"in upper case": {byName(map[string][]string{"a.example.": {"A.EXAMPLE. 60 IN CNAME B.example.", "b.EXAMPLE. 60 IN A 192.0.2.1"}}, nil), "present NOERROR >b.example 192.0.2.1"},
		"in two replies": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example."}, "b.example.": {"b.example. 60 IN A 192.0.2.1"},
		}, nil), "present NOERROR >b.example 192.0.2.1"},
		"to NODATA":   {byName(map[string][]string{"a.example.": {"a.example. 60 IN CNAME b.example.", soa}}, nil), "absent NOERROR >b.example"},
		"to NXDOMAIN": {byName(map[string][]string{"a.example.": {"a.example. 60 IN CNAME b.example.", soa}}, map[string]int{"a.example.": 3}), "absent NXDOMAIN >b.example"},
		"NXDOMAIN in the second reply": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example."}, "b.example.": {soa},
		}, map[string]int{"b.example.": 3}), "absent NXDOMAIN >b.example"},
		"SERVFAIL in the second reply": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example."},
		}, map[string]int{"b.example.": 2}), "unknown(servfail) SERVFAIL >b.example"},
		"circle over two replies": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example."}, "b.example.": {"b.example. 60 IN CNAME a.example."},
		}, nil), "broken(cname_loop) NOERROR >b.example >a.example"},
		"records of others are not used": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example.", "c.example. 60 IN A 203.0.113.66"}, "b.example.": {"b.example. 60 IN A 192.0.2.1"},
		}, nil), "present NOERROR >b.example 192.0.2.1"},
		"alias with other data": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example.", "a.example. 60 IN A 203.0.113.66", "b.example. 60 IN A 192.0.2.1"},
		}, nil), "present NOERROR >b.example 192.0.2.1 [cname_and_other_data]"},
		"the same alias twice": {byName(map[string][]string{
			"a.example.": {"a.example. 60 IN CNAME b.example.", "a.example. 61 IN CNAME b.example.", "b.example. 60 IN A 192.0.2.1"},
		}, nil), "present NOERROR >b.example 192.0.2.1"},
		"two aliases":      {byName(map[string][]string{"a.example.": {"a.example. 60 IN CNAME b.example.", "a.example. 60 IN CNAME c.example."}}, nil), "broken(cname_multiple) NOERROR"},
		"DNAME alone":      {byName(map[string][]string{"a.example.": {"example. 60 IN DNAME b.test.", "a.b.test. 60 IN A 192.0.2.1"}}, nil), "present NOERROR >a.b.test 192.0.2.1"},
		"empty, no SOA":    {byName(nil, nil), "absent NOERROR [no_soa]"},
		"NXDOMAIN, no SOA": {byName(nil, map[string]int{"a.example.": 3}), "absent NXDOMAIN [no_soa]"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, brief(ask(against(t, tt.handler), "a.example", "A")))
		})
	}
	require.Equal(t, fact.Present, ask(against(t, long(11)), "c0.example", "A").Outcome)
	a := ask(against(t, long(12)), "c0.example", "A")
	require.Equal(t, fact.Unknown, a.Outcome)
	require.Equal(t, "budget", a.Reason)
	require.Len(t, a.Queries, 12)
}

// TestBareDenial: an empty answer without an SOA is believed of a resolver that
// never gives one, and of no other.
func TestBareDenial(t *testing.T) {
	const soa = "ns:. 60 IN SOA ns. h. 1 1 1 1 1"
	gives := func(control func(q *dns.Msg, tcp bool) *dns.Msg) handler {
		return func(q *dns.Msg, tcp bool) *dns.Msg {
			if dns.IsSubDomain("invalid.", q.Question[0].Name) {
				return control(q, tcp)
			}
			return resolver(q, map[string]int{"gone.example.": 3}[q.Question[0].Name])
		}
	}
	asked := 0
	for name, tt := range map[string]struct {
		control func(q *dns.Msg, tcp bool) *dns.Msg
		want    string
	}{
		"proves":           {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 3, soa) }, "unknown(no_soa) NOERROR [no_soa]"},
		"proves nothing":   {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 3) }, "absent NOERROR [no_soa]"},
		"empty control":    {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 0) }, "absent NOERROR [no_soa]"},
		"servfail control": {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 2) }, "unknown(no_soa) NOERROR [no_soa]"},
		"forgets": {func(q *dns.Msg, tcp bool) *dns.Msg {
			if asked++; asked == 1 {
				return resolver(q, 3, soa)
			}
			return resolver(q, 3)
		}, "absent NOERROR [no_soa]"},
	} {
		t.Run(name, func(t *testing.T) {
			c := against(t, gives(tt.control))
			require.Equal(t, tt.want, brief(ask(c, "a.example", "A")))
			require.Equal(t, "absent NXDOMAIN [no_soa]", brief(ask(c, "gone.example", "A")))
		})
	}
}

// brief gives an answer as a line.
func brief(a scanner.Answer) string {
	out := a.Outcome.String()
	if a.Reason != "" {
		out += "(" + a.Reason + ")"
	}
	out += " " + a.Rcode
	for _, h := range a.Chain {
		out += " >" + string(h.To)
	}
	for _, r := range a.Records {
		out += " " + r.Text()
	}
	if len(a.Notes) > 0 {
		out += fmt.Sprint(" ", a.Notes)
	}
	return out
}

// TestDenials: what proves that something is not there, and what does not.
func TestDenials(t *testing.T) {
	const soa = "ns:example. 60 IN SOA ns.example. h.example. 1 1 1 1 1"
	over := func(udp, tcp handler) handler {
		return func(q *dns.Msg, overTCP bool) *dns.Msg {
			if overTCP {
				return tcp(q, true)
			}
			return udp(q, false)
		}
	}
	say := func(rcode int, change func(*dns.Msg), records ...string) handler {
		return func(q *dns.Msg, _ bool) *dns.Msg {
			m := resolver(q, rcode, records...)
			if change != nil {
				change(m)
			}
			return m
		}
	}
	truth := say(0, nil, "a.example. 60 IN A 192.0.2.1")
	for name, tt := range map[string]struct {
		handler handler
		want    string
	}{
		"NODATA":                        {say(0, nil, soa), "absent NOERROR"},
		"NXDOMAIN":                      {say(3, nil, soa), "absent NXDOMAIN"},
		"NXDOMAIN without recursion":    {say(3, func(m *dns.Msg) { m.RecursionAvailable = false }, soa), "unknown(lame) NXDOMAIN"},
		"NODATA, RD not copied":         {say(0, func(m *dns.Msg) { m.RecursionDesired = false }, soa), "unknown(lame) NOERROR"},
		"no recursion but authority":    {say(3, func(m *dns.Msg) { m.RecursionAvailable, m.Authoritative = false, true }, soa), "absent NXDOMAIN"},
		"referral":                      {say(0, nil, "ns:example. 60 IN NS ns.example."), "unknown(referral) NOERROR"},
		"SOA of another zone":           {say(0, nil, "ns:other. 60 IN SOA ns.other. h.other. 1 1 1 1 1"), "unknown(malformed) NOERROR"},
		"SOA below the name":            {say(0, nil, "ns:b.a.example. 60 IN SOA ns. h. 1 1 1 1 1"), "unknown(malformed) NOERROR"},
		"the record in the authority":   {say(0, nil, soa, "ns:a.example. 60 IN A 192.0.2.9"), "unknown(malformed) NOERROR"},
		"NXDOMAIN beside the record":    {say(3, nil, "a.example. 60 IN A 192.0.2.9", soa), "unknown(malformed) NXDOMAIN"},
		"records of another type":       {say(0, nil, `a.example. 60 IN TXT "x"`, soa), "unknown(mismatch) NOERROR"},
		"empty over UDP, truth on TCP":  {over(say(0, nil), truth), "present NOERROR 192.0.2.1"},
		"NXDOMAIN without SOA over UDP": {over(say(3, nil), truth), "present NOERROR 192.0.2.1"},
		"empty over UDP, TCP silent":    {over(say(0, nil), func(*dns.Msg, bool) *dns.Msg { return nil }), "unknown(timeout)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			require.Equal(t, tt.want, strings.TrimSpace(brief(ask(against(t, tt.handler), "a.example", "A"))), name)
		})
	}
}

// TestAuthority: what an authoritative server must say to be believed.
func TestAuthority(t *testing.T) {
	n := world(t)
	server := netip.MustParseAddr("192.0.2.1")
	for name, tt := range map[string]struct {
		rules []scantest.Rule
		want  string
	}{
		"well":                {nil, "present NOERROR 198.51.100.1"},
		"refused, UDP alone":  {[]scantest.Rule{{Proto: "udp", Fault: "refused"}}, "present NOERROR 198.51.100.1"},
		"refused on both":     {[]scantest.Rule{{Fault: "refused"}}, "unknown(refused) REFUSED"},
		"servfail on both":    {[]scantest.Rule{{Fault: "servfail"}}, "unknown(servfail) SERVFAIL"},
		"refused, no TCP":     {[]scantest.Rule{{Proto: "udp", Fault: "refused"}, {Proto: "tcp", Fault: "tcp-hang"}}, "unknown(timeout)"},
		"refused, TCP resets": {[]scantest.Rule{{Proto: "udp", Fault: "refused"}, {Proto: "tcp", Fault: "tcp-reset"}}, "unknown(unreachable)"},
		"silent":              {[]scantest.Rule{{Fault: "drop"}}, "unknown(timeout)"},
		"truncated on both":   {[]scantest.Rule{{Fault: "tc"}}, "unknown(truncated)"},
	} {
		t.Run(name, func(t *testing.T) {
			n.Heal()
			for _, r := range tt.rules {
				r.Server = server
				require.NoError(t, n.Inject(r))
			}
			hurry := func(cfg *resolve.Config) {
				if strings.HasSuffix(tt.want, "(timeout)") {
					cfg.Timeout, cfg.UDPWait = 300*time.Millisecond, 100*time.Millisecond
				}
			}
			a := newClient(t, n, hurry).Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "A", Server: server})
			require.Equal(t, tt.want, strings.TrimSpace(brief(a)))
			require.Equal(t, tt.want == "unknown(truncated)", a.TC)
		})
	}
}

// TestAD: the bit counts only if each reply of the chain had it.
func TestAD(t *testing.T) {
	signed := map[string]bool{"a.example.": true, "b.example.": true, "c.example.": false}
	next := map[string]string{"a.example.": "b.example.", "x.example.": "a.example.", "y.example.": "c.example."}
	h := func(q *dns.Msg, _ bool) *dns.Msg {
		name := q.Question[0].Name
		m := resolver(q, 0, name+" 60 IN A 192.0.2.1")
		if to, ok := next[name]; ok {
			m = resolver(q, 0, name+" 60 IN CNAME "+to)
		}
		m.AuthenticatedData = q.AuthenticatedData && signed[name]
		return m
	}
	signed["y.example."] = true
	c := against(t, h)
	require.True(t, ask(c, "b.example", "A").AD)
	require.True(t, ask(c, "a.example", "A").AD)
	require.False(t, ask(c, "c.example", "A").AD)
	require.False(t, ask(c, "x.example", "A").AD, "the first hop was not secure")
	require.False(t, ask(c, "y.example", "A").AD, "the second was not")
}

// TestEDNS: what a server does not take is left out, but never where the answer
// would then read as unsigned.
func TestEDNS(t *testing.T) {
	n := world(t)
	for _, f := range []string{"formerr-edns", "formerr-bare", "notimp-edns", "badvers"} {
		n.Heal()
		require.NoError(t, n.Inject(scantest.Rule{Fault: f}))
		c := newClient(t, n, nil)
		a := ask(c, "z.example", "A")
		require.Equal(t, fact.Present, a.Outcome, f)
		require.Equal(t, []string{"edns_broken"}, a.Notes, f)
		a = c.Resolve(context.Background(), scanner.Question{Name: "z.example", Type: "A", DO: true})
		require.Equal(t, fact.Unknown, a.Outcome, f)
		for _, e := range a.Queries {
			require.Contains(t, e.Options, "+dnssec", f)
		}
	}
}

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
