package dnsx

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"github.com/projectdiscovery/dnsx/libs/dnsx"
	"github.com/projectdiscovery/retryabledns"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// The bounds of one question to one resolver. The library gives up by itself
// after 2 s for each of dialling, writing and reading, over UDP and then once
// more over TCP, so that no call lives on for long behind the deadline.
const (
	tries      = 2
	tryTimeout = 5 * time.Second
)

// client asks one resolver.
type client struct {
	shown string // address:port, in evidence
	lib   *dnsx.DNSX
	err   error // why it cannot ask
}

// newClient makes a client of a resolver given as address:port. It opens no
// socket.
func newClient(resolver string) client {
	c := client{shown: resolver}
	if _, c.err = netip.ParseAddrPort(resolver); c.err != nil {
		return c
	}
	c.lib, c.err = dnsx.New(dnsx.Options{
		BaseResolvers: []string{"udp:" + resolver},
		MaxRetries:    1,
		QuestionTypes: []uint16{dns.TypeA},
		Hostsfile:     false,
	})
	return c
}

// ask puts one question, once more if no answer comes, and gives what was said
// and the exchanges.
func (c client) ask(ctx context.Context, name msp.Name, qtype uint16) (fact.SecondAnswer, []fact.Query) {
	answer := fact.SecondAnswer{Resolver: c.shown}
	if c.err != nil {
		answer.Error = "bad_resolver"
		return answer, nil
	}
	var queries []fact.Query
	for range tries {
		start := time.Now()
		msg, err := c.patiently(ctx, name, qtype)
		answer.Rcode, answer.Values, answer.Error = read(msg, err, name, qtype)
		queries = append(queries, c.evidence(name, qtype, msg, answer, time.Since(start)))
		if msg != nil || ctx.Err() != nil {
			break
		}
	}
	return answer, queries
}

// patiently is once, again and again for a while where this process has as many
// files open as it may: others are closed soon.
func (c client) patiently(ctx context.Context, name msp.Name, qtype uint16) (*dns.Msg, error) {
	const patience, pause = 2 * time.Second, 20 * time.Millisecond
	for end := time.Now().Add(patience); ; {
		msg, err := c.once(ctx, name, qtype)
		if !outOfSockets(err) || time.Now().After(end) {
			return msg, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// outOfSockets reports whether the limit on open files stopped a call.
func outOfSockets(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS)
}

// once makes the call of the library in a goroutine of its own and leaves it
// behind when the time is over: it ends by itself soon after.
func (c client) once(ctx context.Context, name msp.Name, qtype uint16) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	type result struct {
		data *retryabledns.DNSData
		err  error
	}
	options := *c.lib.Options
	options.QuestionTypes = []uint16{qtype}
	lib := *c.lib
	lib.Options = &options
	done := make(chan result, 1)
	go func() {
		data, err := lib.QueryOne(name.FQDN())
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		if r.data == nil || r.data.RawResp == nil {
			return nil, r.err
		}
		return r.data.RawResp, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// evidence is the exchange as it is kept. The library does not say whether it
// went on over TCP.
func (c client) evidence(name msp.Name, qtype uint16, msg *dns.Msg, a fact.SecondAnswer, took time.Duration) fact.Query {
	q := fact.Query{
		Server: c.shown, Proto: "udp", Question: name.FQDN() + " " + dns.TypeToString[qtype], Rcode: a.Rcode,
		Millis: float64(took.Microseconds()) / 1000, Error: a.Error, Options: "+bufsize=4096",
	}
	if msg != nil {
		q.Rcode, q.Flags = rcodeText(msg.Rcode), flags(msg.MsgHdr)
	}
	return q
}

func flags(h dns.MsgHdr) string {
	var set []string
	for _, f := range []struct {
		on   bool
		word string
	}{
		{h.Response, "qr"},
		{h.Authoritative, "aa"},
		{h.Truncated, "tc"},
		{h.RecursionDesired, "rd"},
		{h.RecursionAvailable, "ra"},
		{h.AuthenticatedData, "ad"},
		{h.CheckingDisabled, "cd"},
	} {
		if f.on {
			set = append(set, f.word)
		}
	}
	return strings.Join(set, " ")
}

func rcodeText(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return fmt.Sprintf("RCODE%d", rcode)
}
