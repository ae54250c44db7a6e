package bulk

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"mspscan/msp/fact"
)

// labelsEach is how many random labels are asked under a parent: one could be a
// name by chance, and some wildcards answer by turns.
const labelsEach = 3

// Wildcards is what random labels gave under each parent asked, by the parent's
// name in canonical form.
type Wildcards map[string]Wildcard

// Wildcard is what random labels under a parent gave for one type (RFC 4592).
type Wildcard struct {
	Outcome fact.Outcome // Present: they resolve; Absent: none does; Unknown: Reason
	Reason  string
	Addrs   []netip.Addr // of all of them, sorted
	Aliases []string     // last targets of their CNAME chains, sorted
	Varies  bool         // the labels did not all give the same
}

// Levels gives every parent of names that is apex or below it, deepest last, each
// once: where a wildcard could make those names up. A wildcard answers for what
// does not exist below its parent, at any depth, so each level has to be asked.
func Levels(apex string, names iter.Seq[string]) []string {
	apex = canonical(apex)
	seen := map[string]bool{apex: true}
	for name := range names {
		name = canonical(name)
		if !strings.HasSuffix(name, "."+apex) {
			continue
		}
		for at := parent(name); !seen[at]; at = parent(at) {
			seen[at] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b string) int {
		if d := strings.Count(a, ".") - strings.Count(b, "."); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

func canonical(name string) string {
	wire, ok := appendName(nil, name)
	if !ok {
		return strings.ToLower(strings.TrimSuffix(name, "."))
	}
	return nameText(wire)
}

// parent gives the name without its first label.
func parent(name string) string {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '.':
			return name[i+1:]
		}
	}
	return "."
}

// Wildcards asks random labels of type qtype under each parent. random gives the
// entropy of the labels. A parent whose labels could not all be asked is Unknown
// unless one of them resolves.
func (c *Client) Wildcards(ctx context.Context, parents []string, qtype uint16, random io.Reader) (Wildcards, Stats, error) {
	owner, names := map[string]string{}, make([]string, 0, labelsEach*len(parents))
	for _, p := range parents {
		for range labelsEach {
			label, err := randomLabel(random)
			if err != nil {
				return nil, Stats{}, fmt.Errorf("wildcards: %w", err)
			}
			name := label + "." + strings.TrimPrefix(canonical(p), ".")
			owner[name] = canonical(p)
			names = append(names, name)
		}
	}
	answers := map[string][]Answer{}
	stats, err := c.Run(ctx, each(names, qtype), func(a Answer) {
		a.Addrs, a.Message = slices.SortedFunc(slices.Values(a.Addrs), netip.Addr.Compare), nil
		answers[owner[a.Name]] = append(answers[owner[a.Name]], a)
	})
	if err != nil {
		return nil, stats, fmt.Errorf("wildcards: %w", err)
	}
	out := Wildcards{}
	for p, as := range answers {
		out[p] = joinLabels(as)
	}
	return out, stats, nil
}

func each(names []string, qtype uint16) iter.Seq[Question] {
	return func(yield func(Question) bool) {
		for _, n := range names {
			if !yield(Question{Name: n, Type: qtype}) {
				return
			}
		}
	}
}

// randomLabel gives 16 letters and digits: 80 bits.
func randomLabel(random io.Reader) (string, error) {
	var b [10]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw label: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])), nil
}

// joinLabels makes one verdict of the answers for a parent's labels. An alias is
// a wildcard's doing, whatever stands at its end.
func joinLabels(answers []Answer) Wildcard {
	w := Wildcard{Outcome: fact.Absent}
	for _, a := range answers {
		switch {
		case a.Outcome == fact.Present, a.Alias != "":
			w.Outcome, w.Reason = fact.Present, ""
		case a.Outcome != fact.Absent && w.Outcome == fact.Absent:
			w.Outcome, w.Reason = fact.Unknown, a.Reason
		}
		w.Addrs = append(w.Addrs, a.Addrs...)
		if a.Alias != "" {
			w.Aliases = append(w.Aliases, a.Alias)
		}
		first := answers[0]
		w.Varies = w.Varies || a.Outcome != first.Outcome || a.Alias != first.Alias || !slices.Equal(a.Addrs, first.Addrs)
	}
	slices.SortFunc(w.Addrs, netip.Addr.Compare)
	slices.Sort(w.Aliases)
	w.Addrs, w.Aliases = slices.Compact(w.Addrs), slices.Compact(w.Aliases)
	return w
}

// MadeUp reports whether a may come from a wildcard and not from records of its
// own: random labels beside it resolve, too, and to the same, or to something
// that varies. Where it could not be learnt whether they do, known is false.
func (w Wildcards) MadeUp(a Answer) (madeUp, known bool) {
	v, ok := w[parent(canonical(a.Name))]
	switch {
	case !ok || v.Outcome == fact.Unknown:
		return false, false
	case v.Outcome != fact.Present:
		return false, true
	case v.Varies:
		return true, true
	case a.Alias != "" || len(v.Aliases) > 0:
		return slices.Contains(v.Aliases, a.Alias), true
	case len(a.Addrs) == 0 && len(v.Addrs) == 0:
		return true, true // records of another type: not compared
	}
	for _, addr := range a.Addrs {
		if slices.Contains(v.Addrs, addr) {
			return true, true
		}
	}
	return false, true
}
