package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Joiner finds out which parties of many inventories are one and the same. Two
// are joined where they have a catalogue entry, a legal id or a domain in
// common; a name alone joins only parties of which nothing else is known. It
// rather leaves one party in two rows than takes two for one: parties that one
// inventory declares side by side, or with two numbers of one scheme, stay apart,
// and what points to both of them joins nobody. Nor does a domain that several
// name behind different first ones: it may be their mail service's.
type Joiner struct {
	marks []joined
	index map[string]int
}

type joined struct {
	mark        Mark
	inventories []int // that declare it, each once
}

// NewJoiner gives a Joiner without parties.
func NewJoiner() *Joiner { return &Joiner{index: map[string]int{}} }

// Add notes a party of an inventory and gives its handle, the same for the same
// mark. Inventories are numbered by the caller, each added in one piece; declared
// is false for what only DNS shows.
func (j *Joiner) Add(inventory int, m Mark, declared bool) int {
	key := fmt.Sprintf("%q", []any{m.Entry, m.Legal, m.Domains, m.Name, m.Country})
	h, ok := j.index[key]
	for ok && declared && j.marks[h].in(inventory) { // a twin in the same inventory
		key += "|"
		h, ok = j.index[key]
	}
	if !ok {
		h = len(j.marks)
		j.index[key] = h
		j.marks = append(j.marks, joined{mark: m})
	}
	if declared {
		j.marks[h].inventories = append(j.marks[h].inventories, inventory)
	}
	return h
}

// in reports whether the inventory that is being added has the mark already.
func (m *joined) in(inventory int) bool {
	n := len(m.inventories)
	return n > 0 && m.inventories[n-1] == inventory
}

// Keys gives for each handle the key of its party: the same for handles of one
// party, unlike for any two others. It does not hang on the order of Add.
func (j *Joiner) Keys() []string {
	whole := make([]int, len(j.marks))
	for i := range whole {
		whole[i] = i
	}
	slices.SortStableFunc(whole, func(a, b int) int { return compareMarks(j.marks[a].mark, j.marks[b].mark) })
	var groups [][]int
	for _, group := range j.components(whole, Mark.tokens) {
		if j.clash(group) {
			groups = append(groups, j.split(group)...)
		} else {
			groups = append(groups, group)
		}
	}
	return j.label(groups)
}

// split takes a group apart that cannot be one party: the strongest token of each
// joins, and if that won't do, nothing.
func (j *Joiner) split(group []int) [][]int {
	var out [][]int
	for _, part := range j.components(group, func(m Mark) []string { return m.tokens()[:min(1, len(m.tokens()))] }) {
		if !j.clash(part) {
			out = append(out, part)
			continue
		}
		for _, h := range part {
			out = append(out, []int{h})
		}
	}
	return out
}

// tokens gives what a mark joins by, the strongest first.
func (m Mark) tokens() []string {
	var list []string
	if m.Entry != "" {
		list = append(list, "entry "+m.Entry)
	}
	if m.Legal != "" {
		list = append(list, "legal "+m.Legal)
	}
	for _, d := range m.Domains {
		list = append(list, "domain "+string(d))
	}
	if len(list) == 0 && m.Name != "" {
		list = append(list, "name "+m.Name+" "+m.Country)
	}
	return list
}

// components groups handles that share a token which points to one party only.
// Groups and their members keep the order of the list.
func (j *Joiner) components(list []int, tokens func(Mark) []string) [][]int {
	holders := map[string][]int{}
	for _, h := range list {
		for _, t := range tokens(j.marks[h].mark) {
			holders[t] = append(holders[t], h)
		}
	}
	root := map[int]int{}
	find := func(h int) int {
		for at, ok := root[h]; ok; at, ok = root[h] {
			h = at
		}
		return h
	}
	for token, group := range holders {
		if j.clash(group) || j.vague(token, group) {
			continue
		}
		for _, h := range group[1:] {
			if a, b := find(group[0]), find(h); a != b {
				root[max(a, b)] = min(a, b)
			}
		}
	}
	at := map[int]int{}
	var groups [][]int
	for _, h := range list {
		r := find(h)
		i, ok := at[r]
		if !ok {
			i = len(groups)
			at[r], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], h)
	}
	return groups
}

// vague reports whether a token is a domain behind two different first domains.
func (j *Joiner) vague(token string, group []int) bool {
	name, ok := strings.CutPrefix(token, "domain ")
	first := ""
	for _, h := range group {
		if d := j.marks[h].mark.Domains; ok && string(d[0]) != name {
			if first != "" && first != string(d[0]) {
				return true
			}
			first = string(d[0])
		}
	}
	return false
}

// clash reports whether handles cannot be one party: one inventory declares two
// of them, they bear two numbers of one scheme, or two entries of the catalogue.
func (j *Joiner) clash(group []int) bool {
	seen, schemes, entry := map[int]bool{}, map[string]string{}, ""
	for _, h := range group {
		m := &j.marks[h]
		for _, i := range m.inventories {
			if seen[i] {
				return true
			}
			seen[i] = true
		}
		if scheme, number, ok := strings.Cut(m.mark.Legal, " "); ok {
			if old := schemes[scheme]; old != "" && old != number {
				return true
			}
			schemes[scheme] = number
		}
		if m.mark.Entry != "" && entry != "" && m.mark.Entry != entry {
			return true
		}
		entry = cmp.Or(entry, m.mark.Entry)
	}
	return false
}

// label names each group: by its entry, else the domain that most inventories
// name first, else its number or name. Where a name is taken, the next in order
// gets a number behind it.
func (j *Joiner) label(groups [][]int) []string {
	keys, taken := make([]string, len(j.marks)), map[string]bool{}
	for _, group := range groups {
		base := j.nameOf(group)
		key := base
		for n := 2; taken[key]; n++ {
			key = fmt.Sprintf("%s (%d)", base, n)
		}
		taken[key] = true
		for _, h := range group {
			keys[h] = key
		}
	}
	return keys
}

func (j *Joiner) nameOf(group []int) string {
	votes, best, other := map[string]int{}, "", ""
	for _, h := range group {
		m := &j.marks[h]
		if m.mark.Entry != "" {
			return m.mark.Entry
		}
		if len(m.mark.Domains) > 0 {
			votes[string(m.mark.Domains[0])] += len(m.inventories)
		}
		other = cmp.Or(other, m.mark.Legal, m.mark.Name)
	}
	for d, n := range votes {
		if best == "" || n > votes[best] || n == votes[best] && d < best {
			best = d
		}
	}
	return cmp.Or(best, other, "unnamed")
}

func compareMarks(a, b Mark) int {
	return cmp.Or(
		cmp.Compare(a.Entry, b.Entry), slices.Compare(a.Domains, b.Domains), cmp.Compare(a.Legal, b.Legal),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Country, b.Country),
	)
}
