package resolve

import (
	"context"
	"slices"
	"sync"

	"mspscan/scanner"
)

// cache keeps the answers of one run, failures included (RFC 9520), and lets
// one caller ask while the others wait.
type cache struct {
	mu      sync.Mutex
	entries map[scanner.Question]*entry
}

type entry struct {
	done   chan struct{}
	answer scanner.Answer
	keep   bool
}

// get gives the answer to q; ask runs at most once at a time for a question. An
// answer that ask says not to keep is its caller's alone: those who waited ask
// for themselves.
func (c *cache) get(ctx context.Context, q scanner.Question, ask func() (scanner.Answer, bool)) scanner.Answer {
	for {
		c.mu.Lock()
		e, ok := c.entries[q]
		if !ok {
			e = &entry{done: make(chan struct{})}
			c.entries[q] = e
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
	if !e.keep {
		c.mu.Lock()
		delete(c.entries, q)
		c.mu.Unlock()
	}
	return clone(e.answer)
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
