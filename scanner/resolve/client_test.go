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
