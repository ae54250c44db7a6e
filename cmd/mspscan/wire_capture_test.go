//go:build servers && linux

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// message is a packet of the cable that carries something: what a client sent to a
// server, or back.
type message struct {
	at       time.Time // by the kernel
	server   netip.AddrPort
	port     uint16 // the client's
	tcp      bool
	query    bool   // from the client
	question string // "name TYPE" of DNS; "" = none that can be read
	octets   int    // of the payload
	refused  bool   // by a reset, or by ICMP
	opens    bool   // the first of a connection
	seq      uint32
}

// recorder keeps every packet between the client's namespace and the servers.
type recorder struct {
	fd   int
	done chan struct{}

	mu   sync.Mutex
	list []message
	seen map[string]bool // segments, so that those sent again count once
}

// record starts to listen at the servers' end of the cable.
func record(t *testing.T) *recorder {
	t.Helper()
	link, err := net.InterfaceByName(serverEnd)
	require.NoError(t, err)
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(all))
	require.NoError(t, err)
	require.NoError(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}))
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20))
	require.NoError(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}))
	r := &recorder{fd: fd, done: make(chan struct{}), seen: map[string]bool{}}
	go r.listen()
	return r
}

// stop gives what was heard, in order.
func (r *recorder) stop() []message {
	time.Sleep(200 * time.Millisecond) // for what is on its way
	close(r.done)
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.list, func(a, b message) int { return a.at.Compare(b.at) })
	return r.list
}

func (r *recorder) listen() {
	defer unix.Close(r.fd)
	buf, oob := make([]byte, 1<<16), make([]byte, 256)
	for {
		select {
		case <-r.done:
			return
		default:
		}
		n, oobn, _, _, err := unix.Recvmsg(r.fd, buf, oob, 0)
		if err != nil {
			continue
		}
		if m, ok := parsePacket(buf[:n]); ok {
			m.at = stamp(oob[:oobn])
			r.keep(m)
		}
	}
}

func (r *recorder) keep(m message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.tcp {
		key := fmt.Sprint(m.server, m.port, m.query, m.seq, m.octets > 0, m.refused)
		if r.seen[key] {
			return
		}
		r.seen[key] = true
	}
	r.list = append(r.list, m)
}

// stamp reads the time that the kernel gives with a packet.
func stamp(oob []byte) time.Time {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Now()
	}
	for _, m := range list {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// parsePacket reads Ethernet, IPv4, and UDP or TCP. The server is the end with the
// lower port; ARP is no packet here.
func parsePacket(b []byte) (message, bool) {
	if len(b) < 34 || binary.BigEndian.Uint16(b[12:]) != unix.ETH_P_IP {
		return message{}, false
	}
	ip := b[14:]
	head := int(ip[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(ip[2:]))
	if total > len(ip) || len(ip) < head+8 {
		return message{}, false
	}
	from, to := netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
	body := ip[head:total]
	if ip[9] == unix.IPPROTO_ICMP {
		return parseRefusal(body)
	}
	sport, dport := binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
	m := message{query: from == netip.MustParseAddr(clientAt), tcp: ip[9] == unix.IPPROTO_TCP}
	m.server, m.port = netip.AddrPortFrom(to, dport), sport
	if !m.query {
		m.server, m.port = netip.AddrPortFrom(from, sport), dport
	}
	var payload []byte
	switch {
	case m.tcp && len(body) >= 20:
		payload = body[min(int(body[12]>>4)*4, len(body)):]
		m.seq, m.refused = binary.BigEndian.Uint32(body[4:]), body[13]&4 != 0
		m.opens = body[13]&0x12 == 2 // SYN without ACK
	case ip[9] == unix.IPPROTO_UDP:
		payload = body[8:]
	}
	m.octets = len(payload)
	if m.query && m.server.Port() == 53 {
		if m.tcp && len(payload) > 2 {
			payload = payload[2:]
		}
		m.question = questionOf(payload)
	}
	return m, true
}

// parseRefusal reads an ICMP message that nobody listens there (RFC 792).
func parseRefusal(b []byte) (message, bool) {
	if len(b) < 8+20+8 || b[0] != 3 {
		return message{}, false
	}
	ip := b[8:]
	head := int(ip[0]&0x0f) * 4
	if len(ip) < head+4 {
		return message{}, false
	}
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[16:20])), binary.BigEndian.Uint16(ip[head+2:]))
	return message{server: to, port: binary.BigEndian.Uint16(ip[head:]), tcp: ip[9] == unix.IPPROTO_TCP, refused: true}, true
}

// questionOf reads the question of a query as evidence writes it.
func questionOf(b []byte) string {
	if len(b) < 17 || binary.BigEndian.Uint16(b[4:]) != 1 {
		return ""
	}
	var labels []string
	at := 12
	for at < len(b) && b[at] != 0 {
		end := at + 1 + int(b[at])
		if end >= len(b) {
			return ""
		}
		labels = append(labels, strings.ToLower(string(b[at+1:end])))
		at = end
	}
	if at+5 > len(b) {
		return ""
	}
	number := binary.BigEndian.Uint16(b[at+1:])
	qtype, ok := map[uint16]string{
		1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 43: "DS",
		48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 252: "AXFR", 257: "CAA",
	}[number]
	if !ok {
		qtype = fmt.Sprintf("TYPE%d", number)
	}
	class := ""
	if binary.BigEndian.Uint16(b[at+3:]) == 3 {
		class = "CH "
	}
	return strings.Join(labels, ".") + ". " + class + qtype
}

// questions keeps the messages that ask something.
func questionsOf(list []message) []message {
	return slices.DeleteFunc(slices.Clone(list), func(m message) bool { return !m.query || m.question == "" })
}

// busiest gives the most questions that one server got within a second, and which.
func busiest(list []message) (most int, who netip.Addr) {
	byServer := map[netip.Addr][]time.Time{}
	for _, m := range list {
		byServer[m.server.Addr()] = append(byServer[m.server.Addr()], m.at)
	}
	for server, times := range byServer {
		first := 0
		for i, at := range times {
			for at.Sub(times[first]) >= time.Second {
				first++
			}
			if n := i - first + 1; n > most {
				most, who = n, server
			}
		}
	}
	return most, who
}

// widest gives the most questions that one server had open at a time: from the
// question to the answer on the same ports, or for wait where none came.
func widest(list []message, wait time.Duration) (most int, who netip.Addr) {
	type event struct {
		at   time.Time
		step int
	}
	events := map[netip.Addr][]event{}
	for i, m := range list {
		if !m.query || m.question == "" {
			continue
		}
		end := m.at.Add(wait)
		for _, a := range list[i+1:] {
			if a.at.After(end) {
				break
			}
			if !a.query && a.server == m.server && a.port == m.port && a.tcp == m.tcp && (a.octets > 0 || a.refused) {
				end = a.at
				break
			}
		}
		at := m.server.Addr()
		events[at] = append(events[at], event{m.at, 1}, event{end, -1})
	}
	for server, of := range events {
		slices.SortFunc(of, func(a, b event) int {
			if c := a.at.Compare(b.at); c != 0 {
				return c
			}
			return a.step - b.step
		})
		open := 0
		for _, e := range of {
			if open += e.step; open > most {
				most, who = open, server
			}
		}
	}
	return most, who
}
