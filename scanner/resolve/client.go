package resolve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"mspscan/scanner"
)

// Config says whom to ask and how hard. Zero values mean the defaults named.
type Config struct {
	Resolvers []netip.AddrPort // recursive resolvers, in order; at least one

	// Dial opens every connection; nil = net.Dialer. The network is "udp" or
	// "tcp", the address "host:port".
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Random io.Reader // message ids; nil = crypto/rand

	// AllowPrivate lets queries go to addresses that DNS named and that are not
	// public (see Public). Resolvers are always asked.
	AllowPrivate bool

	Rate             float64 // queries a second overall; 0 = 500, negative = no limit
	RatePerServer    float64 // per authoritative address; 0 = 5, negative = no limit
	InFlight         int     // per authoritative address; 0 = 2
	ResolverInFlight int     // per resolver; 0 = 64

	// Turns shares the rates with other processes; nil = this one asks alone. The
	// limits above hold as well.
	Turns Turns

	Timeout     time.Duration // of one exchange, UDP and TCP together; 0 = 6 s
	UDPWait     time.Duration // for a datagram before the next try; 0 = a third of Timeout
	NameTimeout time.Duration // of all exchanges for one question; 0 = 20 s
	Tries       int           // per server and question; 0 = 4
	ScopeBudget int           // queries per scope (scanner.WithScope); 0 = 200

	CacheSize int // octets that kept answers may take, about; 0 = 64 MiB
}

// The default limits of Config.
const (
	DefaultRate          = 500.0
	DefaultRatePerServer = 5.0
	DefaultInFlight      = 2
)

// Turns says when a message may go, over all processes that share a limit.
type Turns interface {
	// Turn waits for the turn of one message to an authoritative server; the zero
	// address stands for any server, resolvers included. The caller calls done when
	// the exchange is over. ok is false if ctx ended first.
	Turn(ctx context.Context, server netip.Addr) (done func(), ok bool)
}

// The bounds that are not for configuration.
const (
	maxHops      = 11    // CNAME hops of one question, as Unbound and BIND
	ednsSize     = 1232  // DNS flag day 2020: no fragments
	maxMessage   = 65535 // octets, RFC 1035 section 4.2.2
	maxStreams   = 4     // connections to one resolver: from the fifth on Unbound gets impatient
	maxRedials   = 3     // after connections that were cut, in the last try
	breakerLimit = 20    // failures in a row that open a resolver's breaker
	deadAfter    = 3     // silent questions in a row after which a server gets one try

	defaultCache = 64 << 20
	maxServers   = 16384            // authoritative addresses remembered
	serverIdle   = 10 * time.Minute // unused for so long, one may be forgotten: longer than any task
	maxScopes    = 65536            // budgets remembered
)

// redialPause is how long to wait before dialling a server again that cut the
// connection.
const redialPause = 500 * time.Millisecond

// Client is a strict DNS client with the cache, the rates and the budgets of
// one run. It is safe for concurrent use.
type Client struct {
	cfg       Config
	resolvers []*server
	overall   *window
	buffers   sync.Pool

	mu      sync.Mutex
	servers *bounded[netip.Addr, *server]
	scopes  *bounded[string, *scope]

	cache *cache
}

// scope is what is spent of one budget.
type scope struct{ spent int }

// New checks cfg and gives a client. Nothing is sent before Resolve.
func New(cfg Config) (*Client, error) {
	if len(cfg.Resolvers) == 0 {
		return nil, errors.New("configure DNS client: no resolver given")
	}
	for _, r := range cfg.Resolvers {
		if !r.IsValid() || r.Port() == 0 {
			return nil, fmt.Errorf("configure DNS client: resolver %s: want address:port", r)
		}
	}
	cfg = withDefaults(cfg)
	c := &Client{
		cfg: cfg, overall: newWindow(cfg.Rate), servers: newBounded[netip.Addr, *server](maxServers),
		scopes: newBounded[string, *scope](maxScopes), cache: newCache(cfg.CacheSize),
	}
	c.buffers.New = func() any { return new([maxMessage]byte) }
	for _, r := range cfg.Resolvers {
		addr := netip.AddrPortFrom(r.Addr().Unmap(), r.Port())
		srv := &server{addr: addr, slots: make(chan struct{}, cfg.ResolverInFlight), streams: make(chan struct{}, maxStreams)}
		srv.breaker = &breaker{grace: cfg.NameTimeout / 2, ping: func(ctx context.Context) bool { return c.ping(ctx, srv) }}
		c.resolvers = append(c.resolvers, srv)
	}
	return c, nil
}

// ping asks a resolver for the name servers of the root, which it needs itself,
// over UDP and then over TCP.
func (c *Client) ping(ctx context.Context, srv *server) bool {
	s := &session{client: c, ctx: scanner.WithScope(ctx, ""), question: scanner.Question{RD: true}, class: dns.ClassINET, left: c.cfg.Timeout}
	q := s.query(".", dns.TypeNS, false)
	r, _, _ := s.timed(srv, q, false, c.cfg.UDPWait)
	if r == nil {
		r, _, _ = s.timed(srv, q, true, c.cfg.UDPWait)
	}
	return r != nil
}

func withDefaults(cfg Config) Config {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	cfg.Rate = orDefault(cfg.Rate, DefaultRate)
	cfg.RatePerServer = orDefault(cfg.RatePerServer, DefaultRatePerServer)
	cfg.InFlight = orDefault(cfg.InFlight, DefaultInFlight)
	cfg.ResolverInFlight = orDefault(cfg.ResolverInFlight, 64)
	cfg.Timeout = orDefault(cfg.Timeout, 6*time.Second)
	cfg.UDPWait = orDefault(cfg.UDPWait, cfg.Timeout/3)
	cfg.NameTimeout = orDefault(cfg.NameTimeout, 20*time.Second)
	cfg.Tries = orDefault(cfg.Tries, 4)
	cfg.ScopeBudget = orDefault(cfg.ScopeBudget, 200)
	cfg.CacheSize = orDefault(cfg.CacheSize, defaultCache)
	return cfg
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Resolve answers q, from the cache of the run if it was asked before. The
// slices of the answer may be shared between callers: read them only.
func (c *Client) Resolve(ctx context.Context, q scanner.Question) scanner.Answer {
	name, err := canonical(q.Name)
	if err != nil {
		return scanner.Answer{Reason: "bad_question"}
	}
	qtype, ok := typeNumber(q.Type)
	class, known := classNumber(q.Class)
	if !ok || !known || class != dns.ClassINET && !q.Server.IsValid() {
		return scanner.Answer{Reason: "bad_question"}
	}
	q.Name, q.Server = toName(name), q.Server.Unmap()
	if !q.Server.IsValid() {
		q.RD = true
	}
	return c.cache.get(ctx, q, func() (scanner.Answer, bool) {
		s := &session{client: c, ctx: ctx, question: q, class: class, left: c.cfg.NameTimeout}
		a := s.resolve(name, qtype)
		a.Queries, a.Notes = s.queries, s.notes
		return a, ctx.Err() == nil && a.Reason != "budget"
	})
}

// serverAt gives the state of an authoritative address, made at first use.
// Addresses that were not used for long are forgotten where there are too many.
func (c *Client) serverAt(a netip.Addr) *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	s, ok := c.servers.get(a)
	if !ok {
		c.servers.shrink(func(s *server) bool { return now.Sub(s.used) > serverIdle })
		s = &server{addr: netip.AddrPortFrom(a, 53), slots: make(chan struct{}, c.cfg.InFlight), rate: newWindow(c.cfg.RatePerServer)}
		c.servers.put(a, s, 1)
	}
	s.used = now
	return s
}

// spend takes one query from the budget of the scope of ctx; false = none left.
func (c *Client) spend(ctx context.Context) bool {
	key := scanner.Scope(ctx)
	if key == "" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.scopeOf(key)
	if s.spent >= c.cfg.ScopeBudget {
		return false
	}
	s.spent++
	return true
}

// Spent gives how many queries of a scope's budget are used.
func (c *Client) Spent(scope string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.scopes.get(scope); ok {
		return s.spent
	}
	return 0
}

// Charge raises what is used of a scope's budget to n, as others have used it.
func (c *Client) Charge(scope string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.scopeOf(scope)
	s.spent = max(s.spent, n)
}

// turn waits for the turn of one message to srv: its rate, the overall one, and
// those that are shared with other processes.
func (c *Client) turn(ctx context.Context, srv *server) (done func(), ok bool) {
	nothing := func() {}
	if !srv.rate.wait(ctx) || !c.overall.wait(ctx) {
		return nothing, false
	}
	if c.cfg.Turns == nil {
		return nothing, true
	}
	if _, ok := c.cfg.Turns.Turn(ctx, netip.Addr{}); !ok || srv.breaker != nil {
		return nothing, ok
	}
	return c.cfg.Turns.Turn(ctx, srv.addr.Addr())
}

// scopeOf gives the budget of a scope, made at first use. Of too many, those go
// that were not used for longest; one that is spent goes last. The caller holds
// the lock.
func (c *Client) scopeOf(key string) *scope {
	s, ok := c.scopes.get(key)
	if !ok {
		c.scopes.shrink(func(s *scope) bool { return s.spent < c.cfg.ScopeBudget }, func(*scope) bool { return true })
		s = &scope{}
		c.scopes.put(key, s, 1)
	}
	return s
}

// id draws a message id.
func (c *Client) id() (uint16, error) {
	var b [2]byte
	if _, err := io.ReadFull(c.cfg.Random, b[:]); err != nil {
		return 0, fmt.Errorf("draw message id: %w", err)
	}
	return uint16(b[0])<<8 | uint16(b[1]), nil
}

// classNumber reads a class: "" and IN are the Internet, CH is Chaosnet, where
// servers speak of themselves (RFC 4892).
func classNumber(s string) (uint16, bool) {
	switch s {
	case "", "IN":
		return dns.ClassINET, true
	case "CH":
		return dns.ClassCHAOS, true
	}
	return 0, false
}

// typeNumber reads "MX" or "TYPE65280".
func typeNumber(s string) (uint16, bool) {
	if t, ok := dns.StringToType[s]; ok {
		return t, t != dns.TypeNone
	}
	var t uint16
	if n, err := fmt.Sscanf(s, "TYPE%d", &t); err != nil || n != 1 || fmt.Sprintf("TYPE%d", t) != s {
		return 0, false
	}
	return t, t != 0
}
