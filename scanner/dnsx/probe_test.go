package dnsx

import (
	"context"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

func ask(t *testing.T, name msp.Name, qtype string, resolvers ...string) (fact.Fact, fact.Second) {
	t.Helper()
	f := Probe(resolvers, nil).Run(context.Background(), scanner.Env{}, fact.Task{Probe: fact.ProbeSecond, Name: name, Type: qtype})
	var s fact.Second
	require.NoError(t, f.Decode(&s))
	require.Equal(t, name, s.Name)
	require.Equal(t, qtype, s.Type)
	return f, s
}

func records() []string {
	return []string{
		"acme.test. 300 IN A 192.0.2.7",
		"acme.test. 300 IN A 192.0.2.10",
		"acme.test. 300 IN AAAA 2001:DB8::A",
		"acme.test. 300 IN NS NS2.Acme.test.",
		"acme.test. 300 IN NS ns1.acme.test.",
		"acme.test. 300 IN MX 20 mx2.acme.test.",
		"acme.test. 300 IN MX 10 MX1.acme.test.",
		`acme.test. 300 IN TXT "v=spf1 -all"`,
		`acme.test. 300 IN TXT "two" "parts; with \"quotes\", a \\ and \195\164"`,
		`acme.test. 300 IN TXT ""`,
		"acme.test. 300 IN SOA ns1.acme.test. Host\\.Master.acme.test. 2026 7200 900 1209600 300",
		`acme.test. 300 IN CAA 0 issue "ca.test; policy=ev"`,
		`acme.test. 300 IN CAA 128 tbs "unknown"`,
		"acme.test. 300 IN DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A",
		"acme.test. 300 IN DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",
		"_25._tcp.mx1.acme.test. 300 IN TLSA 3 1 1 0C72AC70B745AC19998811B131D662C9AC69DBDBE7CB23E5B514B56664C5D3D6",
		"_sip._tcp.acme.test. 300 IN SRV 10 60 5060 Sip.acme.test.",
		"www.acme.test. 300 IN CNAME Hop.acme.test.",
		"hop.acme.test. 300 IN CNAME acme.test.",
		"dead.acme.test. 300 IN CNAME gone.acme.test.",
		"a.loop.test. 300 IN CNAME b.loop.test.",
		"b.loop.test. 300 IN CNAME a.loop.test.",
		"localhost. 300 IN A 192.0.2.99",
	}
}

// TestSameAsFirst holds that the second opinion speaks as the first does: what
// the strict client observes and what dnsx gives are equal for each type.
func TestSameAsFirst(t *testing.T) {
	addr := serve(t, zone(t, records()...))
	first, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(addr)}})
	require.NoError(t, err)
	asked := 0
	for _, qtype := range types() {
		for _, name := range []msp.Name{"acme.test", "www.acme.test", "dead.acme.test", "none.acme.test", "_25._tcp.mx1.acme.test", "_sip._tcp.acme.test"} {
			word := dns.TypeToString[qtype]
			a := first.Resolve(context.Background(), scanner.Question{Name: name, Type: word})
			require.Contains(t, []fact.Outcome{fact.Present, fact.Absent}, a.Outcome, "%s %s: %s", name, word, a.Reason)
			f, s := ask(t, name, word, addr)
			agree, known, why := fact.Agrees(a.Observe(name, word), s)
			require.True(t, known && agree, "%s %s: %v and %s", name, word, a.Observe(name, word), why)
			require.Equal(t, a.Outcome, f.Outcome)
			require.Equal(t, a.Observe(name, word).Values, s.Answers[0].Values, "byte for byte, sorted")
			asked += len(s.Answers[0].Values)
		}
	}
	require.Greater(t, asked, 30)
}

func TestOutcomes(t *testing.T) {
	truth := zone(t, records()...)
	good := serve(t, truth)
	lie := serve(t, zone(t, "acme.test. 300 IN A 203.0.113.66", "none.acme.test. 300 IN A 203.0.113.66"))
	rcode := func(code int) string {
		return serve(t, func(q *dns.Msg, _ bool) *dns.Msg { return new(dns.Msg).SetRcode(q, code) })
	}
	other := serve(t, func(q *dns.Msg, tcp bool) *dns.Msg {
		m := truth(q, tcp)
		m.Question[0].Name = "evil.test."
		return m
	})
	large := serve(t, func(q *dns.Msg, tcp bool) *dns.Msg {
		m := truth(q, tcp)
		if !tcp {
			m.Answer, m.Truncated = nil, true
		}
		return m
	})
	cut := serve(t, func(q *dns.Msg, tcp bool) *dns.Msg {
		m := truth(q, tcp)
		m.Answer, m.Truncated = nil, true
		return m
	})
	lame := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		m.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: "test.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "ns.test."}}
		return m
	})
	tests := []struct {
		name      string
		question  msp.Name
		resolvers []string
		outcome   fact.Outcome
		reason    string
		rcodes    []string
	}{
		{"present", "acme.test", []string{good}, fact.Present, "", []string{"NOERROR"}},
		{"present over TCP", "acme.test", []string{large}, fact.Present, "", []string{"NOERROR"}},
		{"nxdomain", "none.acme.test", []string{good}, fact.Absent, "", []string{"NXDOMAIN"}},
		{"nodata", "_sip._tcp.acme.test", []string{good}, fact.Absent, "", []string{"NOERROR"}},
		{"dangling", "dead.acme.test", []string{good}, fact.Absent, "", []string{"NXDOMAIN"}},
		{"loop", "a.loop.test", []string{good}, fact.Unknown, "cname_loop", []string{"NOERROR"}},
		{"servfail", "acme.test", []string{rcode(dns.RcodeServerFailure)}, fact.Unknown, "servfail", []string{"SERVFAIL"}},
		{"refused", "acme.test", []string{rcode(dns.RcodeRefused)}, fact.Unknown, "refused", []string{"REFUSED"}},
		{"strange rcode", "acme.test", []string{rcode(15)}, fact.Unknown, "rcode15", []string{"RCODE15"}},
		{"answer to something else", "acme.test", []string{other}, fact.Unknown, "mismatch", []string{""}},
		{"truncated twice", "acme.test", []string{cut}, fact.Unknown, "truncated", []string{""}},
		{"referral", "acme.test", []string{lame}, fact.Unknown, "referral", []string{"NOERROR"}},
		{"nobody there", "acme.test", []string{"127.0.0.1:1"}, fact.Unknown, "unreachable", []string{""}},
		{"no address", "acme.test", []string{"resolver.test"}, fact.Unknown, "bad_resolver", []string{""}},
		{"no resolver", "acme.test", nil, fact.Unknown, "no_resolver", []string{}},
		{"one that lies", "none.acme.test", []string{good, lie}, fact.Present, "", []string{"NOERROR", "NXDOMAIN"}},
		{"one that fails", "none.acme.test", []string{good, lame}, fact.Absent, "referral", []string{"NOERROR", "NXDOMAIN"}},
		{"the same twice", "acme.test", []string{good, good}, fact.Present, "", []string{"NOERROR"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, s := ask(t, tt.question, "A", tt.resolvers...)
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			rcodes := []string{}
			for _, a := range s.Answers {
				rcodes = append(rcodes, a.Rcode)
			}
			slices.Sort(rcodes)
			require.Equal(t, tt.rcodes, rcodes)
			for _, q := range f.Queries {
				require.Equal(t, tt.question.FQDN()+" A", q.Question)
				require.Contains(t, q.Dig(), "dig @127.0.0.1 -p ")
			}
		})
	}
	_, s := ask(t, "acme.test", "A", good, lie)
	obs := fact.Observation{Name: "acme.test", Type: "A", Rcode: "NOERROR", Values: []string{"192.0.2.10", "192.0.2.7"}}
	agree, known, why := fact.Agrees(obs, s)
	require.True(t, known)
	require.False(t, agree, "a lie is a disagreement")
	require.Contains(t, why, "203.0.113.66")
}

// TestTypes holds that nothing but plain questions is put: the library would
// take AXFR for a zone transfer.
func TestTypes(t *testing.T) {
	asked := make(chan uint16, 16)
	addr := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
		asked <- q.Question[0].Qtype
		return new(dns.Msg).SetReply(q)
	})
	for _, qtype := range []string{"AXFR", "IXFR", "ANY", "PTR", "", "a", "TYPE65280", "NONE"} {
		f, s := ask(t, "acme.test", qtype, addr)
		require.Equal(t, fact.Unknown, f.Outcome)
		require.Equal(t, "bad_question", f.Reason)
		require.Empty(t, s.Answers)
	}
	require.Empty(t, asked)
}

// TestDeadline holds that a dead resolver costs no more than the deadline, and
// that the call left behind ends by itself.
func TestDeadline(t *testing.T) {
	dead := silent(t)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	f := Probe([]string{dead}, nil).Run(ctx, scanner.Env{}, fact.Task{Probe: fact.ProbeSecond, Name: "acme.test", Type: "A"})
	require.Less(t, time.Since(start), time.Second)
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)
	require.Len(t, f.Queries, 1)
	for end := time.Now().Add(8 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}

// TestRetry holds that silence is asked twice and an answer once.
func TestRetry(t *testing.T) {
	dead := silent(t)
	f, s := ask(t, "acme.test", "A", dead)
	require.Equal(t, "timeout", s.Answers[0].Error)
	require.Len(t, f.Queries, tries)
	asked := make(chan string, 16)
	addr := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
		asked <- q.Question[0].Name
		return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	})
	ask(t, "acme.test", "A", addr)
	require.Len(t, asked, 1)
}

// TestNoHostsFile holds that the resolver is asked about a name that the hosts
// file of every machine has.
func TestNoHostsFile(t *testing.T) {
	_, s := ask(t, "localhost", "A", serve(t, zone(t, records()...)))
	require.Equal(t, []string{"192.0.2.99"}, s.Answers[0].Values)
}

// TestCanceled holds that an end from outside is no finding about the resolver.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := Probe([]string{silent(t)}, nil).Run(ctx, scanner.Env{}, fact.Task{Probe: fact.ProbeSecond, Name: "acme.test", Type: "A"})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "canceled", f.Reason)
}

// TestNoSocket holds that making the probes and loading the ranges opens no
// socket.
func TestNoSocket(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc here: open sockets cannot be counted")
	}
	before := sockets(t)
	Probe([]string{"192.0.2.53:53", "[2001:db8::53]:53"}, nil)
	CDNProbe()
	c, err := newClassifier()
	require.NoError(t, err)
	_, found := c.address("104.16.0.1")
	require.True(t, found)
	_, found = c.name("acme.edgekey.net")
	require.True(t, found)
	require.Equal(t, before, sockets(t))
}

func sockets(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// TestQuiet holds that the library writes nothing to standard output and error.
func TestQuiet(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, file
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	ask(t, "acme.test", "TXT", "127.0.0.1:1", serve(t, zone(t, records()...)))
	_, err = newClassifier()
	require.NoError(t, err)
	os.Stdout, os.Stderr = stdout, stderr
	info, err := file.Stat()
	require.NoError(t, err)
	require.Zero(t, info.Size())
}

// FuzzRead holds that no message makes read panic, that a failed answer has no
// values, and that what comes is sorted and free of doubles.
func FuzzRead(f *testing.F) {
	answer := zone(f, records()...)
	seeds := 0
	for _, qtype := range types() {
		q := new(dns.Msg).SetQuestion("acme.test.", qtype)
		raw, err := answer(q, false).Pack()
		require.NoError(f, err)
		f.Add(raw, "acme.test", dns.TypeToString[qtype])
		seeds++
	}
	require.NotZero(f, seeds)
	f.Fuzz(func(t *testing.T, raw []byte, name, qtype string) {
		msg := new(dns.Msg)
		if msg.Unpack(raw) != nil {
			return
		}
		number, ok := typeOf(qtype)
		if !ok {
			return
		}
		rcode, values, why := read(msg, nil, msp.Name(name), number)
		require.True(t, slices.IsSorted(values))
		if why != "" {
			require.Empty(t, values)
		} else {
			require.Contains(t, []string{"NOERROR", "NXDOMAIN"}, rcode)
		}
	})
}
