package dnsx

import (
	"net"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// serve answers over UDP and TCP on one loopback port until the test ends and
// gives its address. A handler that returns nil stays silent.
func serve(t testing.TB, handle func(q *dns.Msg, tcp bool) *dns.Msg) string {
	t.Helper()
	pc, ln := listen(t)
	answer := func(w dns.ResponseWriter, q *dns.Msg) {
		if m := handle(q, w.LocalAddr().Network() == "tcp"); m != nil {
			_ = w.WriteMsg(m)
		}
	}
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: dns.HandlerFunc(answer)}, {Listener: ln, Handler: dns.HandlerFunc(answer)}} {
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go func() { _ = s.ActivateAndServe() }()
		<-up
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

// listen takes a port that is free over both transports.
func listen(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		ln, err := net.Listen("tcp", pc.LocalAddr().String())
		if err == nil {
			return pc, ln
		}
		require.NoError(t, pc.Close())
	}
	require.Fail(t, "no port is free over UDP and TCP")
	return nil, nil
}

// zone answers from records in zone file form; a name without any is NXDOMAIN.
// CNAME chains are followed as a recursive resolver does.
func zone(t testing.TB, lines ...string) func(*dns.Msg, bool) *dns.Msg {
	t.Helper()
	var rrs []dns.RR
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		require.NoError(t, err, line)
		rrs = append(rrs, rr)
	}
	soa, err := dns.NewRR("test. 300 IN SOA ns.test. host.test. 1 2 3 4 5")
	require.NoError(t, err)
	return func(q *dns.Msg, _ bool) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		name := q.Question[0].Name
		for range 8 {
			found, next := find(rrs, name, q.Question[0].Qtype)
			m.Answer = append(m.Answer, found...)
			if next == "" {
				break
			}
			name = next
		}
		if len(m.Answer) == 0 || m.Answer[len(m.Answer)-1].Header().Rrtype != q.Question[0].Qtype {
			m.Ns = []dns.RR{soa}
			if exists, _ := find(rrs, name, dns.TypeANY); len(exists) == 0 {
				m.Rcode = dns.RcodeNameError
			}
		}
		return m
	}
}

func find(rrs []dns.RR, name string, qtype uint16) (found []dns.RR, alias string) {
	for _, rr := range rrs {
		if !dns.IsSubDomain(rr.Header().Name, name) || dns.CountLabel(rr.Header().Name) != dns.CountLabel(name) {
			continue
		}
		if c, ok := rr.(*dns.CNAME); ok && qtype != dns.TypeCNAME && qtype != dns.TypeANY {
			return append(found, rr), c.Target
		}
		if rr.Header().Rrtype == qtype || qtype == dns.TypeANY {
			found = append(found, rr)
		}
	}
	return found, ""
}

// silent listens and never answers.
func silent(t testing.TB) string {
	return serve(t, func(*dns.Msg, bool) *dns.Msg { return nil })
}
