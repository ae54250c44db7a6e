package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

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

// TestBareDenial: a denial without an SOA is believed of a resolver that never
// gives one, and of no other.
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
		"proves":           {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 3, soa) }, "unknown(no_soa)"},
		"proves nothing":   {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 3) }, "absent"},
		"empty control":    {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 0) }, "absent"},
		"servfail control": {func(q *dns.Msg, _ bool) *dns.Msg { return resolver(q, 2) }, "unknown(no_soa)"},
		"forgets": {func(q *dns.Msg, tcp bool) *dns.Msg {
			if asked++; asked == 1 {
				return resolver(q, 3, soa)
			}
			return resolver(q, 3)
		}, "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			c := against(t, gives(tt.control))
			require.Equal(t, tt.want+" NOERROR [no_soa]", brief(ask(c, "a.example", "A")))
			require.Equal(t, tt.want+" NXDOMAIN [no_soa]", brief(ask(c, "gone.example", "A")))
		})
	}
}

// TestBareDenialElsewhere: with several resolvers, another one settles a denial
// without an SOA.
func TestBareDenialElsewhere(t *testing.T) {
	const soa = "ns:. 60 IN SOA ns. h. 1 1 1 1 1"
	always := func(rcode int, records ...string) handler {
		return func(q *dns.Msg, _ bool) *dns.Msg {
			if dns.IsSubDomain("invalid.", q.Question[0].Name) {
				return resolver(q, 3, soa)
			}
			return resolver(q, rcode, records...)
		}
	}
	bare := always(3)
	for name, tt := range map[string]struct {
		others []handler
		want   string
	}{
		"nobody else":        {nil, "unknown(no_soa) NXDOMAIN [no_soa]"},
		"proves it":          {[]handler{always(3, soa)}, "absent NXDOMAIN [no_soa]"},
		"proves the type":    {[]handler{always(0, soa)}, "absent NOERROR [no_soa]"},
		"has it":             {[]handler{always(0, "a.example. 60 IN A 192.0.2.1")}, "present NOERROR 192.0.2.1 [no_soa]"},
		"leads on":           {[]handler{always(0, "a.example. 60 IN CNAME b.example.", "b.example. 60 IN A 192.0.2.1")}, "present NOERROR >b.example 192.0.2.1 [no_soa]"},
		"leads in a circle":  {[]handler{always(0, "a.example. 60 IN CNAME a.example.")}, "broken(cname_loop) NOERROR >a.example [no_soa]"},
		"denies as barely":   {[]handler{bare}, "unknown(no_soa) NXDOMAIN [no_soa]"},
		"fails":              {[]handler{always(2)}, "unknown(no_soa) NXDOMAIN [no_soa]"},
		"fails, then proves": {[]handler{always(2), always(3, soa)}, "absent NXDOMAIN [no_soa]"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, brief(ask(against(t, append([]handler{bare}, tt.others...)...), "a.example", "A")))
		})
	}
}

// TestPolicy: what a resolver says that it answers by a policy proves nothing.
func TestPolicy(t *testing.T) {
	const soa = "ns:. 60 IN SOA ns. h. 1 1 1 1 1"
	for code, want := range map[uint16]string{
		dns.ExtendedErrorCodeForgedAnswer: "unknown(filtered)", dns.ExtendedErrorCodeBlocked: "unknown(filtered)",
		dns.ExtendedErrorCodeCensored: "unknown(filtered)", dns.ExtendedErrorCodeFiltered: "unknown(filtered)",
		dns.ExtendedErrorCodeProhibited:  "unknown(filtered)",
		dns.ExtendedErrorCodeStaleAnswer: "absent", dns.ExtendedErrorCodeSynthesized: "absent",
	} {
		a := ask(against(t, func(q *dns.Msg, _ bool) *dns.Msg {
			m := resolver(q, 3, soa)
			m.SetEdns0(1232, false)
			m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: code}}
			return m
		}), "a.example", "A")
		require.Equal(t, want+" NXDOMAIN", brief(a), code)
		require.Len(t, a.EDE, 1)
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
					cfg.Timeout, cfg.UDPWait, cfg.NameTimeout = 300*time.Millisecond, 100*time.Millisecond, time.Second
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

// TestPlainOfASpeaker: a resolver that speaks EDNS and answers without only is
// asked once more, as it cannot say then that it filters.
func TestPlainOfASpeaker(t *testing.T) {
	const soa = "ns:. 60 IN SOA ns. h. 1 1 1 1 1"
	withOPT := func(m *dns.Msg, options ...dns.EDNS0) *dns.Msg {
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = options
		return m
	}
	for name, tt := range map[string]struct {
		overTCP handler
		want    string
	}{
		"says so": {func(q *dns.Msg, _ bool) *dns.Msg {
			return withOPT(resolver(q, 3, soa), &dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeBlocked})
		}, "unknown(filtered) NXDOMAIN"},
		"says no more": {func(q *dns.Msg, _ bool) *dns.Msg { return withOPT(resolver(q, 3, soa)) }, "absent NXDOMAIN"},
		"is silent":    {func(*dns.Msg, bool) *dns.Msg { return nil }, "absent NXDOMAIN"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := against(t, func(q *dns.Msg, tcp bool) *dns.Msg {
				switch {
				case dns.IsSubDomain("invalid.", q.Question[0].Name):
					return withOPT(resolver(q, 3, soa))
				case tcp:
					return tt.overTCP(q, tcp)
				case q.IsEdns0() != nil:
					return nil
				}
				return resolver(q, 3, soa)
			})
			require.Equal(t, fact.Absent, ask(c, "x.invalid", "A").Outcome)
			a := ask(c, "a.example", "A")
			require.Equal(t, tt.want, brief(a), name)
			var asked []string
			for _, q := range a.Queries {
				asked = append(asked, strings.TrimSpace(q.Proto+" "+q.Options))
			}
			require.Equal(t, []string{"udp", "udp", "udp +noedns", "tcp"}, asked, name)
		})
	}
}
