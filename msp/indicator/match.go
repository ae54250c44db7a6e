package indicator

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Hit is an observed name or address that an indicator names. Host is the
// watched name that it concerns; Match sets it to the name that the fact is
// about.
type Hit struct {
	Host      msp.Name `json:"host"`
	Set       string   `json:"set"`
	Indicator string   `json:"indicator"`
	Source    string   `json:"source"`
	Published string   `json:"published"` // YYYY, YYYY-MM or YYYY-MM-DD; "" = not said
	Observed  string   `json:"observed"`  // the name or address as DNS gave it
	How       string   `json:"how"`       // what it is in the record, such as "CNAME target"
	Fact      string   `json:"fact"`      // id
}

// Match finds what sets say of facts, as of now: an indicator whose time has run
// out (valid_until) is off. A name matches the indicator that it equals or lies
// below: who holds a name holds all names below it. The closest one counts, and
// a withdrawn one ends the search. An address matches the address, or the
// network that holds it. Hits are sorted, each once.
func Match(sets []Set, facts []fact.Fact, now time.Time) []Hit {
	var list []Hit
	for _, s := range sets {
		x := newIndex(s, now)
		for _, f := range facts {
			for _, o := range observed(f) {
				if e := x.find(o); e != nil {
					list = append(list, Hit{
						Host: f.Task.Name, Set: s.Name, Indicator: e.Value(), Source: e.Source, Published: e.Published,
						Observed: o.text(), How: o.how, Fact: f.ID,
					})
				}
			}
		}
	}
	slices.SortFunc(list, compareHits)
	return slices.Compact(list)
}

func compareHits(a, b Hit) int {
	return cmp.Or(
		cmp.Compare(a.Host, b.Host), cmp.Compare(a.Set, b.Set), cmp.Compare(a.Indicator, b.Indicator),
		cmp.Compare(a.Observed, b.Observed), cmp.Compare(a.How, b.How), cmp.Compare(a.Fact, b.Fact),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Published, b.Published),
	)
}

// index finds the entry that speaks of a name or an address.
type index struct {
	names    map[msp.Name]*Entry
	networks map[netip.Prefix]*Entry
	bits     []int // the lengths of prefixes in use, longest first
}

func newIndex(s Set, now time.Time) *index {
	x := &index{names: map[msp.Name]*Entry{}, networks: map[netip.Prefix]*Entry{}}
	for i := range s.Entries {
		e := &s.Entries[i]
		switch {
		case !e.Until.IsZero() && !now.Before(e.Until):
		case e.Name != "":
			x.names[e.Name] = better(x.names[e.Name], e)
		default:
			x.networks[e.Prefix] = better(x.networks[e.Prefix], e)
			if !slices.Contains(x.bits, e.Prefix.Bits()) {
				x.bits = append(x.bits, e.Prefix.Bits())
			}
		}
	}
	slices.SortFunc(x.bits, func(a, b int) int { return b - a })
	return x
}

// better chooses between two entries of one value: withdrawn beats all, then the
// one published first, then the one by the first source.
func better(a, b *Entry) *Entry {
	switch {
	case a == nil:
		return b
	case a.Withdrawn != b.Withdrawn:
		if b.Withdrawn {
			return b
		}
		return a
	case cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.Source, b.Source)) <= 0:
		return a
	}
	return b
}

func (x *index) find(o observation) *Entry {
	var e *Entry
	if o.name != "" {
		e = x.findName(o.name)
	} else {
		e = x.findAddress(o.addr)
	}
	if e == nil || e.Withdrawn {
		return nil
	}
	return e
}

func (x *index) findName(n msp.Name) *Entry {
	if len(x.names) == 0 {
		return nil
	}
	for at := n; at != msp.Root && at != ""; at = at.Parent() {
		if e := x.names[at]; e != nil {
			return e
		}
	}
	return nil
}

func (x *index) findAddress(a netip.Addr) *Entry {
	for _, bits := range x.bits {
		if p, err := a.Prefix(bits); err == nil {
			if e := x.networks[p]; e != nil {
				return e
			}
		}
	}
	return nil
}

// Without leaves out names that shared reports as given to anybody by a service,
// such as the apex of a dynamic-DNS service: they say nothing of who uses them.
func (s Set) Without(shared func(msp.Name) bool) Set {
	kept := make([]Entry, 0, len(s.Entries))
	s.Why = slices.Clone(s.Why)
	for _, e := range s.Entries {
		if e.Name == "" || !shared(e.Name) {
			kept = append(kept, e)
			continue
		}
		s.Unfit++
		if len(s.Why) < maxListed {
			s.Why = append(s.Why, Problem{e.Pos, string(e.Name) + " is a service that gives names to anybody"})
		}
	}
	s.Entries = kept
	return s
}
