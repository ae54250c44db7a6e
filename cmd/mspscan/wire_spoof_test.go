//go:build servers && linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

const (
	truthOfSpoof = "192.0.2.200"
	lieOfSpoof   = "203.0.113.66"
)

// slowResolver answers every question with the truth, over UDP and TCP, after a
// while in which lies may come before it.
func slowResolver(t *testing.T, at string, wait time.Duration) {
	t.Helper()
	serveBoth(t, at, func(query []byte, send func([]byte)) {
		time.AfterFunc(wait, func() { send(response(query, truthOfSpoof)) })
	}, func(c net.Conn) {
		defer c.Close()
		buf := make([]byte, 1500)
		if n, err := c.Read(buf); err == nil && n > 2 {
			m := response(buf[2:n], truthOfSpoof)
			_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...))
		}
	})
}

// response answers a query with one address.
func response(query []byte, address string) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end+5 > len(query) {
		return nil
	}
	m := append([]byte(nil), query[:end+5]...)
	m[2], m[3] = 0x81, 0x80                                // QR RD RA
	copy(m[4:12], []byte{0, 1, 0, 1, 0, 0, 0, 0})          // one question, one answer
	m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4) // A IN 60
	a := netip.MustParseAddr(address).As4()
	return append(m, a[:]...)
}

// packQuery packs a query without EDNS under an id.
func packQuery(name string, id uint16) []byte {
	m := binary.BigEndian.AppendUint16(nil, id)
	m = append(m, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for _, label := range msp.Name(name).Labels() {
		m = append(append(m, byte(len(label))), label...)
	}
	return append(m, 0, 0, 1, 0, 1)
}

// forger sends datagrams under any source address.
type forger struct {
	fd   int
	sent *atomic.Int64
}

func newForger(t *testing.T, sent *atomic.Int64) forger {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Close(fd)) })
	return forger{fd, sent}
}

// send forges one datagram; without a UDP checksum, as IPv4 allows.
func (f forger) send(from netip.AddrPort, port uint16, payload []byte) {
	p := make([]byte, 28, 28+len(payload))
	p[0], p[8], p[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(p[2:], uint16(28+len(payload)))
	src, dst := from.Addr().As4(), netip.MustParseAddr(clientAt).As4()
	copy(p[12:], src[:])
	copy(p[16:], dst[:])
	binary.BigEndian.PutUint16(p[20:], from.Port())
	binary.BigEndian.PutUint16(p[22:], port)
	binary.BigEndian.PutUint16(p[24:], uint16(8+len(payload)))
	if unix.Sendto(f.fd, append(p, payload...), 0, &unix.SockaddrInet4{Addr: dst}) == nil {
		f.sent.Add(1)
	}
}

// TestWireSpoof floods a client with forged answers while its resolver is slow: an
// attacker who knows the name and the moment and guesses port and id; and one who
// knows the port as well, or all but the question, or the source address.
func TestWireSpoof(t *testing.T) {
	w := onWire(t)
	server := netip.MustParseAddrPort(resolverIn + ":5353")
	slowResolver(t, server.String(), 40*time.Millisecond)
	var sent atomic.Int64
	goal := int64(w.count(10_000_000, 400_000))
	blind := spoofed(t, w, server, &sent, goal, guesses)
	knowing := spoofed(t, w, server, &sent, goal/10, nearMisses)
	perfect := func(f forger, at target, _ uint64) {
		f.send(at.server, at.port, response(packQuery(at.name, at.id), lieOfSpoof))
	}
	require.NotZero(t, spoofed(t, w, server, new(atomic.Int64), 10, perfect).lies, "an answer that is right in all but the address gets in: the forging works")
	tally(t, "spoof_packets", float64(sent.Load()), atLeast(float64(goal)))
	tally(t, "spoof_names", float64(blind.names+knowing.names), told())
	tally(t, "spoof_believed", float64(blind.lies+knowing.lies), exactly(0))
	tally(t, "spoof_names_missed", float64(blind.missed+knowing.missed), exactly(0))
	tally(t, "spoof_chance_of_one_guess_percent", float64(goal)*100/(65536*28232), told())
	t.Logf("%d forged packets: %d of %d names a lie, %d not learnt", sent.Load(), blind.lies+knowing.lies, blind.names+knowing.names, blind.missed+knowing.missed)
}

type spoofCount struct{ names, lies, missed int }

// target is what an attacker knows of a query that is open.
type target struct {
	server netip.AddrPort
	name   string
	port   uint16
	id     uint16
}

// guesses forges an answer under a port and an id at random.
func guesses(f forger, at target, n uint64) {
	m := response(packQuery(at.name, uint16(n)), lieOfSpoof)
	f.send(at.server, 32768+uint16(n>>16)%28232, m)
}

// nearMisses forges an answer that is wrong in one thing.
func nearMisses(f forger, at target, n uint64) {
	right := response(packQuery(at.name, at.id), lieOfSpoof)
	switch n % 6 {
	case 0: // another id
		f.send(at.server, at.port, response(packQuery(at.name, at.id+1+uint16(n>>8)%65535), lieOfSpoof))
	case 1: // another question
		f.send(at.server, at.port, response(packQuery("evil.example", at.id), lieOfSpoof))
	case 2: // another server
		f.send(netip.AddrPortFrom(netip.MustParseAddr("10.77.0.9"), 5353), at.port, right)
	case 3: // another port of the server
		f.send(netip.AddrPortFrom(at.server.Addr(), 53), at.port, right)
	case 4: // another port of the client
		f.send(at.server, at.port^1, right)
	case 5: // a query, not an answer
		right[2] &= 0x7f
		f.send(at.server, at.port, right)
	}
}

// idTap remembers the latest id that was drawn.
type idTap struct{ last atomic.Uint32 }

func (r *idTap) Read(b []byte) (int, error) {
	n, err := rand.Read(b)
	if n == 2 {
		r.last.Store(uint32(b[0])<<8 | uint32(b[1]))
	}
	return n, err
}

// spoofed asks for name after name, one at a time in each of a few clients, and
// forges answers until so many were sent.
func spoofed(t *testing.T, w wire, server netip.AddrPort, sent *atomic.Int64, goal int64, forge func(forger, target, uint64)) spoofCount {
	t.Helper()
	var total spoofCount
	var mu sync.Mutex
	var wg sync.WaitGroup
	until := sent.Load() + goal
	for k := range 4 {
		f := newForger(t, sent)
		wg.Go(func() {
			for i := 0; sent.Load() < until; i++ {
				name := fmt.Sprintf("n%d-%d-%d.spoof.example", goal, k, i)
				v := oneSpoofed(t, w, f, server, name, forge)
				mu.Lock()
				total.names++
				switch v {
				case lieOfSpoof:
					total.lies++
				case truthOfSpoof:
				default:
					total.missed++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total
}

// oneSpoofed asks for a name while answers are forged, and gives the address that
// was believed.
func oneSpoofed(t *testing.T, w wire, f forger, server netip.AddrPort, name string, forge func(forger, target, uint64)) string {
	tap := &idTap{}
	ports := make(chan uint16, 8)
	client, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{server}, Rate: -1, Random: tap,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := w.dial(ctx, network, address)
			if err == nil && network == "udp" {
				ports <- conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
			}
			return conn, err
		},
	})
	require.NoError(t, err)
	done := make(chan scanner.Answer)
	go func() {
		done <- client.Resolve(context.Background(), scanner.Question{Name: msp.Name(name), Type: "A"})
	}()
	at := target{server: server, name: name}
	at.port = <-ports
	at.id = uint16(tap.last.Load())
	var seed [8]byte
	_, _ = rand.Read(seed[:])
	for n := binary.BigEndian.Uint64(seed[:]); ; n += 0x9e3779b97f4a7c15 {
		select {
		case a := <-done:
			if a.Outcome != fact.Present {
				return a.Reason
			}
			return a.Records[0].Text()
		case at.port = <-ports:
			at.id = uint16(tap.last.Load())
		default:
			forge(f, at, n>>8)
		}
	}
}
