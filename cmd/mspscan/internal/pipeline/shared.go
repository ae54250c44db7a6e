package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"runtime"
	"sync"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// shared holds the facts about what several organisations of a portfolio lean on,
// so that each question is asked once for all of them. The facts lie in a
// temporary file and memory holds only where: it grows with the number of shared
// names, not with the number of organisations. It is safe for use by several
// goroutines, each working on an organisation.
type shared struct {
	seed     maphash.Seed
	alone    map[uint64]bool // declared names: by one inventory only
	sweeping chan struct{}   // held by the organisation that sweeps: the rate is for all
	now      func() time.Time

	mu     sync.Mutex
	file   *os.File
	remove bool // the file still has its name
	size   int64
	at     map[taskKey]place
	asking map[taskKey]chan struct{}
	stats  sharedStats
}

// sharedStats counts facts.
type sharedStats struct {
	Asked  int // asked for, shared or not
	Kept   int // of those, kept for others
	Reused int // taken over from what another organisation asked
}

// taskKey is a hash of a task and of what else decides its answer.
type taskKey [16]byte

type place struct {
	offset int64
	length int32
	at     int64 // Unix time of the fact
}

// freshPreflight is how long one look at the resolver counts for all
// organisations.
const freshPreflight = 10 * time.Minute

// newShared makes a store without facts; its file is in the folder dir.
func newShared(dir string, now func() time.Time) (*shared, error) {
	f, err := os.CreateTemp(dir, tempNames)
	if err != nil {
		return nil, fmt.Errorf("keep shared facts: %w", err)
	}
	s := &shared{
		seed: maphash.MakeSeed(), alone: map[uint64]bool{}, sweeping: make(chan struct{}, 1), now: now, file: f, remove: true,
		at: map[taskKey]place{}, asking: map[taskKey]chan struct{}{},
	}
	if runtime.GOOS != "windows" { // where a file has its name as long as it is open
		s.remove = os.Remove(f.Name()) != nil
	}
	return s, nil
}

func (s *shared) close() error {
	err := s.file.Close()
	if s.remove {
		err = errors.Join(err, ignoreMissing(os.Remove(s.file.Name())))
	}
	return err
}

// declare notes the names of an inventory: those that no other declares are not
// worth keeping.
func (s *shared) declare(inv *msp.Inventory) {
	names := map[msp.Name]bool{}
	note := func(lists ...[]msp.Name) {
		for _, list := range lists {
			for _, n := range list {
				names[n] = true
			}
		}
	}
	note(inv.Organisation.Domains, inv.Organisation.Hosts)
	for i := range inv.Providers {
		note(inv.Providers[i].Domains, inv.Providers[i].Hosts)
	}
	for n := range names {
		h := maphash.String(s.seed, string(n))
		_, seen := s.alone[h]
		s.alone[h] = !seen
	}
}

// keeps reports whether another organisation may ask the same: not of names below
// one that a single inventory declares.
func (s *shared) keeps(t fact.Task) bool {
	for n := t.Name; n != "" && n != msp.Root; n = n.Parent() {
		if alone, declared := s.alone[maphash.String(s.seed, string(n))]; declared {
			return !alone
		}
	}
	return true
}

// keyOf hashes a task. Consented tells answers apart that an owner's consent may
// change: none crosses from an organisation that has it to one that does not.
func keyOf(t fact.Task, consented bool) taskKey {
	raw, _ := json.Marshal([]any{t.Probe, t.Name, t.Type, t.Server, consented}) // strings and a bool can't fail
	sum := sha256.Sum256(raw)
	return taskKey(sum[:16])
}

// stake is one organisation's part in the facts of all.
type stake struct {
	store     *shared
	consented func(fact.Task) bool // the owner of the name allows what an active run does to it
}

// sharing runs the tasks of one organisation: what others asked for is taken
// over.
type sharing struct {
	*stake
	inner runner
}

// Run implements runner: tasks are answered from what is known, from what another
// organisation is asking at this moment, and the rest by the inner runner.
func (r sharing) Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error {
	for len(tasks) > 0 {
		known, mine, others := r.divide(tasks)
		err := r.takeOver(known, keep)
		if err == nil && len(mine) > 0 {
			err = r.inner.Run(ctx, mine, func(f fact.Fact) error { return errors.Join(r.put(f), keep(f)) })
		}
		r.release(mine)
		if err != nil {
			return err
		}
		tasks = tasks[:0:0]
		for t, done := range others {
			select {
			case <-done:
				tasks = append(tasks, t) // known now, or given up by who asked
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// takeOver hands on facts that are known.
func (r *stake) takeOver(tasks []fact.Task, keep func(fact.Fact) error) error {
	for _, t := range tasks {
		f, err := r.store.get(keyOf(t, r.consented(t)))
		if err == nil && f.Task != t {
			err = fmt.Errorf("shared fact is of %s %s, not of %s %s", f.Task.Probe, f.Task.Name, t.Probe, t.Name)
		}
		if err == nil {
			err = keep(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// divide takes what nobody asks for; others has the tasks that somebody does.
func (r *stake) divide(tasks []fact.Task) (known, mine []fact.Task, others map[fact.Task]chan struct{}) {
	s := r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	others = map[fact.Task]chan struct{}{}
	for _, t := range tasks {
		if !s.keeps(t) {
			mine = append(mine, t)
			continue
		}
		key := keyOf(t, r.consented(t))
		if p, ok := s.at[key]; ok && !s.stale(t, p) {
			known = append(known, t)
			s.stats.Reused++
			continue
		}
		if done, ok := s.asking[key]; ok {
			others[t] = done
			continue
		}
		s.asking[key] = make(chan struct{})
		mine = append(mine, t)
	}
	return known, mine, others
}

// stale reports whether a fact is too old to be taken over.
func (s *shared) stale(t fact.Task, p place) bool {
	return t.Probe == fact.ProbePreflight && s.now().Sub(time.Unix(p.at, 0)) > freshPreflight
}

func (s *shared) get(key taskKey) (f fact.Fact, err error) {
	s.mu.Lock()
	p := s.at[key]
	s.mu.Unlock()
	raw := make([]byte, p.length)
	if _, err = s.file.ReadAt(raw, p.offset); err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		return f, fmt.Errorf("read shared fact: %w", err)
	}
	return f, nil
}

// put keeps a fact that was asked for, if others may ask for it.
func (r *stake) put(f fact.Fact) error {
	s := r.store
	s.mu.Lock()
	s.stats.Asked++
	s.mu.Unlock()
	return r.keep(f)
}

// keep keeps a fact that others may ask for.
func (r *stake) keep(f fact.Fact) error {
	s := r.store
	if !s.keeps(f.Task) {
		return nil
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep shared fact: %w", err)
	}
	key := keyOf(f.Task, r.consented(f.Task))
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.file.WriteAt(raw, s.size); err != nil {
		return fmt.Errorf("keep shared fact: %w", err)
	}
	if _, twice := s.at[key]; !twice {
		s.stats.Kept++
	}
	s.at[key] = place{s.size, int32(len(raw)), f.At.Unix()} //nolint:gosec // a fact is far below 2 GiB
	s.size += int64(len(raw))
	return nil
}

// release lets those go on who wait for tasks.
func (r *stake) release(tasks []fact.Task) {
	s := r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tasks {
		key := keyOf(t, r.consented(t))
		if done, ok := s.asking[key]; ok {
			close(done)
			delete(s.asking, key)
		}
	}
}

// sweep waits for its turn to sweep.
func (s *shared) sweep(ctx context.Context) (done func(), err error) {
	select {
	case s.sweeping <- struct{}{}:
		return func() { <-s.sweeping }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
