package reports

import (
	"fmt"
	"slices"
)

// The most rows of the lists that grow with the square of a large organisation.
// Nobody reads so many; findings are never cut.
const (
	mostQuestions = 5_000
	mostActions   = 5_000
	mostControls  = 20_000
)

// limit cuts the long lists, those rows that matter least, and says in the notes
// what it left out.
func (b *builder) limit() {
	r, o := b.r, &b.r.Omitted
	o.Pairs = b.in.Unlisted
	if o.Questions = len(r.Questions) - mostQuestions; o.Questions > 0 {
		r.Questions = r.Questions[:mostQuestions]
	}
	if o.Actions = len(r.Actions) - mostActions; o.Actions > 0 {
		r.Actions = r.Actions[:mostActions]
	}
	o.Controls = b.limitControls()
	o.Questions, o.Actions = max(0, o.Questions), max(0, o.Actions)
	notes := slices.Clone(r.Run.Notes)
	for _, n := range []struct {
		shown, left int
		what, which string
	}{
		{len(r.Questions), o.Questions, "questions", "those whose answers settle most"},
		{len(r.Actions), o.Actions, "actions", "the first of the plan"},
		{len(r.Controls), o.Controls, "controls", "those of the costliest providers"},
	} {
		if n.left > 0 {
			notes = append(notes, fmt.Sprintf("The report lists %d of %d %s: %s.", n.shown, n.shown+n.left, n.what, n.which))
		}
	}
	if o.Pairs > 0 {
		notes = append(notes, fmt.Sprintf("Paths are listed for those pairs of provider and asset that could cost most, and for no path of more than 32 doors; %d pairs are left out.", o.Pairs))
	}
	r.Run.Notes = notes
}

// limitControls keeps the controls of the providers of the highest exposure, in
// their order, and says how many rows it cut.
func (b *builder) limitControls() int {
	r := b.r
	if len(r.Controls) <= mostControls {
		return 0
	}
	rows := map[string]int{}
	for _, c := range r.Controls {
		rows[c.Provider]++
	}
	keep, left := map[string]bool{}, mostControls
	for _, p := range r.Providers {
		if n := rows[p.ID]; n > 0 && n <= left {
			keep[p.ID] = true
			left -= n
		}
	}
	all := len(r.Controls)
	r.Controls = slices.DeleteFunc(r.Controls, func(c Control) bool { return !keep[c.Provider] })
	return all - len(r.Controls)
}
