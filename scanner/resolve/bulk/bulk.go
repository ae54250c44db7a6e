package bulk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/netip"
	"time"

	"mspscan/msp/fact"
)

// The record types that sweeps ask for (RFC 1035, RFC 3596). Any other may be
// asked by its number.
const (
	TypeA     uint16 = 1
	TypeNS    uint16 = 2
	TypeCNAME uint16 = 5
	TypeSOA   uint16 = 6
	TypeMX    uint16 = 15
	TypeTXT   uint16 = 16
	TypeAAAA  uint16 = 28
)

// Question is one name and type, class IN. Name is in presentation form as
// msp.Name (A-labels, escapes allowed), the final dot optional.
type Question struct {
	Name string
	Type uint16
}

// Answer is how a question ended, in the terms of fact.Outcome:
//
//   - Present: records of the type stand at the name or at the end of its aliases.
//   - Absent: denied by NXDOMAIN (RCode 3) or NODATA (RCode 0); SOA names the zone
//     whose SOA record backs the denial (RFC 2308 section 3), "" if the resolver
//     gives none.
//   - Broken: an answer that cannot work: cname_loop, cname_multiple.
//   - Unknown: timeout, servfail, refused or another rcode in lower case,
//     truncated, mismatch, malformed, lame, referral, incomplete (aliases lead on
//     and the answer ends), no_soa (a denial without proof), filtered (the
//     resolver answers by a policy of its own, RFC 8914), budget (too long a
//     chain), unreachable, canceled, bad_question.
//
// Addrs and Message are valid during the call that hands the answer over.
type Answer struct {
	Question
	Outcome  fact.Outcome
	Reason   string
	RCode    int            // of the latest reply; -1 = no reply came
	Addrs    []netip.Addr   // of A and AAAA questions, as they came
	Alias    string         // last target of the CNAME chain, "" if there is none
	SOA      string         // zone that backs a denial
	Referral bool           // Present by the delegation that a parent's server gave (only without recursion)
	Message  []byte         // the reply as it came; nil if none counts
	Resolver netip.AddrPort // that gave the latest reply, or was asked last
	Tries    int            // queries sent for the question
	TCP      bool           // the reply came over TCP
}

// Config says whom to ask and how hard. Zero values mean the defaults named.
type Config struct {
	Resolvers     []netip.AddrPort // at least one
	Authoritative bool             // they are authoritative servers: no recursion desired

	Rate        float64       // queries a second in all, retries included; 0 = no limit
	Window      int           // most queries in flight at one resolver; 0 = 8,192
	Sockets     int           // UDP sockets in use at a time for each resolver; 0 = 4
	Rotate      int           // queries after which a socket gives way to a new one on another port; 0 = 50,000
	Tries       int           // per question, the last over TCP; 0 = 8
	MinWait     time.Duration // before a query is taken for lost; 0 = 300 ms, 60 ms without recursion
	MaxWait     time.Duration // 0 = 3 s; the wait follows the resolver's round trips and doubles with each try
	TCPTimeout  time.Duration // of one exchange over TCP; 0 = 6 s
	Connections int           // over TCP at a time; 0 = 32
	Grace       time.Duration // that all resolvers may stay silent before questions fail at once; 0 = 10 s

	// Plain asks without batch system calls, as on systems that have none.
	Plain bool
	// Dial opens connections ("udp" or "tcp", "host:port"); nil = net.Dialer and,
	// unless Plain, sockets of the system's own.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Random gives the entropy for ids and order; nil = crypto/rand.
	Random io.Reader
}

// Stats counts what a run did.
type Stats struct {
	Questions, Present, Absent, Broken, Unknown int

	Queries    int           // datagrams sent
	TCP        int           // questions put over TCP
	Timeouts   int           // datagrams without a reply in time
	Errors     int           // replies such as SERVFAIL or REFUSED
	Stray      int           // datagrams dropped: no such id in flight, or another question
	Malformed  int           // replies to our questions that could not be read
	Ports      int           // sockets opened
	Elapsed    time.Duration // wall time
	PerServer  []ServerStats // in the order of Config.Resolvers
	MaxPending int           // most questions held at a time
}

// ServerStats is what a run saw of one resolver.
type ServerStats struct {
	Resolver netip.AddrPort
	Queries  int
	Replies  int
	Window   int           // at the end
	Cuts     int           // times the window was halved
	RTT      time.Duration // smoothed round trip (RFC 6298)
}

// Client asks in bulk. It is safe for concurrent use; each Run has sockets and
// windows of its own.
type Client struct {
	cfg Config
}

// New checks cfg. Nothing is sent before Run.
func New(cfg Config) (*Client, error) {
	if len(cfg.Resolvers) == 0 {
		return nil, errors.New("configure bulk client: no resolver given")
	}
	cfg.Resolvers = append([]netip.AddrPort(nil), cfg.Resolvers...)
	for i, r := range cfg.Resolvers {
		if !r.IsValid() || r.Port() == 0 {
			return nil, fmt.Errorf("configure bulk client: resolver %s: want address:port", r)
		}
		cfg.Resolvers[i] = netip.AddrPortFrom(r.Addr().Unmap(), r.Port())
	}
	return &Client{cfg: withDefaults(cfg)}, nil
}

func withDefaults(cfg Config) Config {
	wait := 300 * time.Millisecond
	if cfg.Authoritative {
		wait = 60 * time.Millisecond
	}
	cfg.Window = orDefault(cfg.Window, 8192)
	cfg.Sockets = orDefault(cfg.Sockets, 4)
	cfg.Rotate = orDefault(cfg.Rotate, 50_000)
	cfg.Tries = orDefault(cfg.Tries, 8)
	cfg.MinWait = orDefault(cfg.MinWait, wait)
	cfg.MaxWait = max(cfg.MinWait, orDefault(cfg.MaxWait, 3*time.Second))
	cfg.TCPTimeout = orDefault(cfg.TCPTimeout, 6*time.Second)
	cfg.Connections = orDefault(cfg.Connections, 32)
	cfg.Grace = orDefault(cfg.Grace, 10*time.Second)
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	cfg.Plain = cfg.Plain || cfg.Dial != nil
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	return cfg
}

func orDefault[T int | float64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Run puts all questions and hands each answer to done, once a question, in the
// order in which they end. Both questions and done are called by the goroutine
// that runs the look-ups: neither should block for long. When ctx ends, questions
// that were taken and not answered end Unknown (canceled), and the error wraps
// that of ctx; other errors mean that no socket could be opened.
func (c *Client) Run(ctx context.Context, questions iter.Seq[Question], done func(Answer)) (Stats, error) {
	r, err := newRun(ctx, c.cfg, done)
	if err != nil {
		return Stats{}, fmt.Errorf("bulk look-ups: %w", err)
	}
	defer r.close()
	for q := range questions {
		if !r.makeRoom() {
			break
		}
		r.take(q)
	}
	r.drain()
	if err := r.failure(); err != nil {
		return r.finalStats(), fmt.Errorf("bulk look-ups: %w", err)
	}
	return r.finalStats(), nil
}
