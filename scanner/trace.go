package scanner

import (
	"context"
	"net/netip"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Trace asks questions for one probe and keeps every exchange as evidence. It is
// a Resolver itself, safe for use by several goroutines; a part of the work that
// runs beside others takes its own Trace and is joined by Merge, so that the
// order of the evidence does not hang on who was faster.
type Trace struct {
	resolver Resolver

	mu       sync.Mutex
	queries  []fact.Query
	observed []fact.Observation
}

// NewTrace starts an empty trace over r.
func NewTrace(r Resolver) *Trace { return &Trace{resolver: r} }

// Resolve asks q and keeps the exchanges.
func (t *Trace) Resolve(ctx context.Context, q Question) Answer {
	a := t.resolver.Resolve(ctx, q)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries = append(t.queries, a.Queries...)
	return a
}

// Look asks the recursive resolvers and, if the answer is clean, keeps the
// record set as an observation that a second opinion can repeat.
func (t *Trace) Look(ctx context.Context, name msp.Name, qtype string) Answer {
	a := t.Resolve(ctx, Question{Name: name, Type: qtype})
	t.Keep(a, name, qtype)
	return a
}

// Keep takes the answer of a recursive resolver as an observation, if it is
// clean.
func (t *Trace) Keep(a Answer, name msp.Name, qtype string) {
	if a.Outcome != fact.Present && a.Outcome != fact.Absent {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.observed = append(t.observed, a.Observe(name, qtype))
}

// AskServer asks one authoritative server, without recursion desired.
func (t *Trace) AskServer(ctx context.Context, server netip.Addr, name msp.Name, qtype string) Answer {
	return t.Resolve(ctx, Question{Name: name, Type: qtype, Server: server})
}

// Branch gives an empty trace over the same resolver.
func (t *Trace) Branch() *Trace { return NewTrace(t.resolver) }

// Merge appends what a branch kept.
func (t *Trace) Merge(branch *Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries = append(t.queries, branch.queries...)
	t.observed = append(t.observed, branch.observed...)
}

// MergeQueries appends the exchanges that a branch kept and drops what it observed.
func (t *Trace) MergeQueries(branch *Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries = append(t.queries, branch.queries...)
}

// Fact closes the trace: the fact of task with its data and the evidence.
func (t *Trace) Fact(task fact.Task, o fact.Outcome, reason string, data any) fact.Fact {
	f, err := fact.New(task, o, reason, data)
	if err != nil {
		f = fact.Fact{Task: task, Reason: "internal: " + err.Error()}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Queries, f.Observed = t.queries, t.observed
	return f
}
