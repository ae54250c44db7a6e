package queue

import (
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// entry is a unit that is not answered in full.
type entry struct {
	unit    Unit
	open    map[fact.Task]bool // its tasks without a fact
	attempt int                // how often it was published anew
	sent    bool               // it stands in the queue, or a worker has it
}

// book is what a coordinator knows of the tasks of one round. It is not safe for
// concurrent use, and it knows neither network nor clock.
type book struct {
	run     string
	entries map[string]*entry    // by the unit's id
	owner   map[fact.Task]string // the unit of each task without a fact
	unsent  []string             // ids in the order in which they are published
	queued  int                  // units that are sent and not answered in full
	spent   map[msp.Name]int     // queries of each scope's budget
}

// newBook groups tasks into units: the tasks of one name, in order, so many at
// once as a unit holds.
func newBook(run string, tasks []fact.Task, spent map[msp.Name]int) *book {
	b := &book{run: run, entries: map[string]*entry{}, owner: map[fact.Task]string{}, spent: spent}
	tasks = slices.Clone(tasks)
	slices.SortFunc(tasks, func(x, y fact.Task) int {
		switch {
		case x.Name != y.Name && x.Name < y.Name, x.Name == y.Name && x.Less(y):
			return -1
		case x == y:
			return 0
		}
		return 1
	})
	tasks = slices.Compact(tasks)
	for len(tasks) > 0 {
		n := 1
		for n < len(tasks) && n < maxTasks && tasks[n].Name == tasks[0].Name {
			n++
		}
		b.add(tasks[:n])
		tasks = tasks[n:]
	}
	return b
}

// add enters a unit of tasks of one name.
func (b *book) add(tasks []fact.Task) {
	name := tasks[0].Name
	u := Unit{Protocol: protocol, ID: unitID(b.run, name, tasks), Name: name, Tasks: slices.Clone(tasks)}
	e := &entry{unit: u, open: map[fact.Task]bool{}}
	for _, t := range tasks {
		e.open[t] = true
		b.owner[t] = u.ID
	}
	b.entries[u.ID] = e
	b.unsent = append(b.unsent, u.ID)
}

// left gives how many tasks have no fact.
func (b *book) left() int { return len(b.owner) }

// next gives the next unit to publish; nil if none is waiting.
func (b *book) next() *entry {
	for len(b.unsent) > 0 {
		e, ok := b.entries[b.unsent[0]]
		b.unsent = b.unsent[1:]
		if ok && !e.sent {
			return e
		}
	}
	return nil
}

// sent notes that a unit is in the queue.
func (b *book) markSent(e *entry) {
	if !e.sent {
		e.sent = true
		b.queued++
	}
}

// again puts a unit back: it was not published, or got lost.
func (b *book) again(e *entry, lost bool) {
	if e.sent {
		e.sent = false
		b.queued--
	}
	if lost {
		e.attempt++
	}
	b.unsent = append(b.unsent, e.unit.ID)
}

// outstanding reports whether a task has no fact.
func (b *book) outstanding(t fact.Task) bool {
	_, ok := b.owner[t]
	return ok
}

// answered takes the fact of a task off the list.
func (b *book) answered(t fact.Task) {
	id, ok := b.owner[t]
	if !ok {
		return
	}
	delete(b.owner, t)
	e := b.entries[id]
	delete(e.open, t)
	if len(e.open) == 0 {
		b.drop(e)
	}
}

func (b *book) drop(e *entry) {
	if e.sent {
		b.queued--
	}
	delete(b.entries, e.unit.ID)
}

// paid notes how much of a name's budget of queries is used.
func (b *book) paid(name msp.Name, spent int) { b.spent[name] = max(b.spent[name], spent) }

// dead handles a unit that was handed out too often. One of several tasks is
// split, so that only the task that does the harm is given up; of a single task
// it gives the task.
func (b *book) dead(id string) (poisoned []fact.Task, split bool) {
	e, ok := b.entries[id]
	if !ok {
		return nil, false
	}
	var open []fact.Task
	for t := range e.open {
		open = append(open, t)
	}
	slices.SortFunc(open, func(x, y fact.Task) int {
		if x.Less(y) {
			return -1
		}
		return 1
	})
	if len(e.unit.Tasks) == 1 {
		return open, false
	}
	b.drop(e)
	for _, t := range open {
		b.add([]fact.Task{t})
	}
	return nil, true
}

// missing gives the sent units that are not in the queue, in the order of ids.
func (b *book) missing(queued map[string]bool) []string {
	var list []string
	for id, e := range b.entries {
		if e.sent && !queued[id] {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}
