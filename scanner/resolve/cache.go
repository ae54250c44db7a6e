package resolve

import (
	"context"
	"slices"
	"sync"
	"time"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// cache keeps the answers of one run, failures included (RFC 9520), and lets
// one caller ask while the others wait. An answer counts for the whole run,
// whatever its TTL; where the answers grow beyond the bound, those whose TTL is
// over go first, then those unused longest, and are asked again if need be.
type cache struct {
	mu      sync.Mutex
	entries *bounded[scanner.Question, *entry]
}

type entry struct {
	done    chan struct{}
	over    bool // done is closed; under the lock of the cache
	answer  scanner.Answer
	keep    bool
	expires time.Time
}

func newCache(octets int) *cache {
	return &cache{entries: newBounded[scanner.Question, *entry](octets)}
}

// get gives the answer to q; ask runs at most once at a time for a question. An
// answer that ask says not to keep is its caller's alone: those who waited ask
// for themselves.
func (c *cache) get(ctx context.Context, q scanner.Question, ask func() (scanner.Answer, bool)) scanner.Answer {
	for {
		c.mu.Lock()
		e, ok := c.entries.get(q)
		if !ok {
			e = &entry{done: make(chan struct{})}
			c.entries.put(q, e, 0)
			c.mu.Unlock()
			return c.fill(q, e, ask)
		}
		c.mu.Unlock()
		select {
		case <-e.done:
			if e.keep {
				return clone(e.answer)
			}
		case <-ctx.Done():
			return scanner.Answer{Reason: stopped(ctx)}
		}
	}
}

func (c *cache) fill(q scanner.Question, e *entry, ask func() (scanner.Answer, bool)) scanner.Answer {
	defer close(e.done)
	e.answer, e.keep = ask()
	now := time.Now()
	e.expires = now.Add(lifetime(e.answer))
	c.mu.Lock()
	defer c.mu.Unlock()
	e.over = true
	if !e.keep {
		c.entries.drop(q)
		return e.answer
	}
	c.entries.put(q, e, weigh(q, e.answer))
	c.entries.shrink(
		func(e *entry) bool { return e.over && now.After(e.expires) },
		func(e *entry) bool { return e.over },
	)
	return clone(e.answer)
}

// lifetime gives how long DNS says that an answer holds: the least TTL of what
// it is made of (RFC 2308 section 5 for denials); of a failure, no time at all.
func lifetime(a scanner.Answer) time.Duration {
	if a.Outcome == fact.Unknown {
		return 0
	}
	least, found := uint32(0), false
	for _, list := range [][]scanner.Record{a.Records, a.Authority} {
		for _, r := range list {
			if !found || r.TTL < least {
				least, found = r.TTL, true
			}
		}
	}
	return time.Duration(least) * time.Second
}

// weigh gives about how many octets of memory an answer takes.
func weigh(q scanner.Question, a scanner.Answer) int {
	const header, perQuery = 512, 256 // of the structs and the text in them
	w := header + len(q.Name) + perQuery*len(a.Queries) + 128*len(a.Chain)
	for _, list := range [][]scanner.Record{a.Records, a.Signatures, a.Authority, a.Additional} {
		for _, r := range list {
			w += 96 + len(r.Name)
			for _, f := range r.Fields {
				w += 16 + len(f)
			}
		}
	}
	return w
}

// clone copies the slices so that a caller who appends does no harm.
func clone(a scanner.Answer) scanner.Answer {
	a.Records, a.Chain = slices.Clone(a.Records), slices.Clone(a.Chain)
	a.Signatures = slices.Clone(a.Signatures)
	a.Authority, a.Additional = slices.Clone(a.Authority), slices.Clone(a.Additional)
	a.EDE, a.Notes, a.Queries = slices.Clone(a.EDE), slices.Clone(a.Notes), slices.Clone(a.Queries)
	return a
}

// stopped gives the reason why ctx is over.
func stopped(ctx context.Context) string {
	if ctx.Err() == context.DeadlineExceeded {
		return "timeout"
	}
	return "canceled"
}
