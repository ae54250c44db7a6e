package scantest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// Rule makes a server misbehave. Zero fields match everything, except Server:
// the zero address is the resolver.
type Rule struct {
	Server netip.Addr
	Name   msp.Name // asked for
	Below  msp.Name // asked for, or a name above it
	Type   string   // asked for, "MX"
	Proto  string   // "udp" or "tcp"
	Plain  bool     // hit queries without EDNS only
	Fault  string   // one of Faults

	apply func(*exchange) []packet
}

// Fault is a way to misbehave.
type Fault struct {
	Name  string
	Doc   string
	Truth Truth // where a careful client still learns the truth

	apply func(*exchange) []packet
}

// Inject adds a rule; earlier rules win.
func (n *Net) Inject(r Rule) error {
	for _, f := range Faults() {
		if f.Name == r.Fault {
			r.apply = f.apply
			n.mu.Lock()
			defer n.mu.Unlock()
			n.rules = append(n.rules, r)
			return nil
		}
	}
	return fmt.Errorf("inject fault: no fault %q; known: %s", r.Fault, strings.Join(faultNames(), ", "))
}

// Heal removes all rules.
func (n *Net) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rules = nil
}

func faultNames() []string {
	var out []string
	for _, f := range Faults() {
		out = append(out, f.Name)
	}
	return out
}

func (r Rule) matches(s Seen) bool {
	return r.Server == s.Server && (r.Name == "" || r.Name == s.Name) && (r.Below == "" || s.Name.Within(r.Below)) &&
		(r.Type == "" || r.Type == s.Type) && (r.Proto == "" || r.Proto == s.Proto) && (!r.Plain || !s.EDNS)
}

// exchange is what a fault works on.
type exchange struct {
	req   *dns.Msg
	truth *dns.Msg
	tcp   bool
	nth   int // which query for this question over this transport
}

// way is how a packet leaves over TCP.
type way int

const (
	wayFramed way = iota // length and message
	wayRaw               // octets as they are
	wayHang              // nothing, connection open
	wayClose
	wayReset
)

// packet is one message to send.
type packet struct {
	data      []byte
	after     time.Duration
	elsewhere bool // from another port (UDP)
	way       way
	drip      time.Duration // between octets (TCP)
}

// honest is the truth as a good server sends it.
func honest(m, req *dns.Msg, tcp bool) []packet {
	data, err := pack(m, req, tcp)
	if err != nil {
		return nil
	}
	return []packet{{data: data}}
}

// truthful sends the truth.
func (x *exchange) truthful() []packet { return honest(x.truth.Copy(), x.req, x.tcp) }

// wire gives the truth as octets.
func (x *exchange) wire() []byte {
	if p := x.truthful(); len(p) == 1 {
		return p[0].data
	}
	return nil
}

// hang gives no answer.
func hang(tcp bool) []packet {
	if tcp {
		return []packet{{way: wayHang}}
	}
	return nil
}

// edit sends the truth after f changed the message.
func edit(f func(x *exchange, m *dns.Msg)) func(*exchange) []packet {
	return func(x *exchange) []packet {
		m := x.truth.Copy()
		f(x, m)
		return honest(m, x.req, x.tcp)
	}
}

// whole sends what f made of the message, however long it is.
func whole(f func(x *exchange, m *dns.Msg)) func(*exchange) []packet {
	return func(x *exchange) []packet {
		m := x.truth.Copy()
		f(x, m)
		return []packet{{data: packed(m)}}
	}
}

// patch sends the truth after f changed the octets.
func patch(f func(x *exchange, b []byte) []byte) func(*exchange) []packet {
	return func(x *exchange) []packet {
		return []packet{{data: f(x, x.wire())}}
	}
}

// rcode sends an empty answer with the code.
func rcode(code int) func(*exchange) []packet {
	return edit(func(_ *exchange, m *dns.Msg) {
		m.Rcode, m.Answer, m.Ns = code, nil, nil
	})
}

// unlessPlain applies f to queries with EDNS and tells the truth to others.
func unlessPlain(f func(*exchange) []packet) func(*exchange) []packet {
	return func(x *exchange) []packet {
		if x.req.IsEdns0() == nil {
			return x.truthful()
		}
		return f(x)
	}
}
