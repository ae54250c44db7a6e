package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// PortfolioDiffSchema names the JSON form of a PortfolioDiff.
const PortfolioDiffSchema = "mspscan/portfoliodiff/v1"

// ReadPortfolio takes in a portfolio that WriteJSON wrote. Keys that this version
// does not know are left out.
func ReadPortfolio(r io.Reader) (*Portfolio, error) {
	return readOne(r, PortfolioSchema, func(p *Portfolio) string { return p.Schema })
}

// PortfolioDiff says what became of a portfolio: of its organisations, of the
// parties behind them and of each layer. What did not change is counted only.
// Lists are never null.
type PortfolioDiff struct {
	Schema        string               `json:"schema"`
	Old           PortfolioDay         `json:"old"`
	New           PortfolioDay         `json:"new"`
	Organisations []OrganisationChange `json:"organisations"` // added, gone, then changed by rise of the score
	Parties       []PartyChange        `json:"parties"`       // by clients won or lost, most first, then id
	Layers        []LayerChange        `json:"layers"`        // in the order of Portfolio
	Same          int                  `json:"same"`          // organisations in which nothing of this changed
}

// PortfolioDay names a portfolio by its day.
type PortfolioDay struct {
	Now           string `json:"now"`
	Organisations int    `json:"organisations"`
}

// OrganisationChange is an organisation before and after; null = not there.
type OrganisationChange struct {
	State  string        `json:"state"` // added, gone, changed
	ID     string        `json:"id"`
	Before *PortfolioRow `json:"before"`
	After  *PortfolioRow `json:"after"`
}

// PartyChange is a party before and after; null = not there.
type PartyChange struct {
	State  string          `json:"state"` // added, gone, changed
	ID     string          `json:"id"`
	Won    []string        `json:"won"`  // organisation ids that it stands behind now
	Lost   []string        `json:"lost"` // … and no longer
	Before *PortfolioParty `json:"before"`
	After  *PortfolioParty `json:"after"`
}

// LayerChange is a layer before and after; null = nobody used it.
type LayerChange struct {
	Layer  string          `json:"layer"`
	Before *PortfolioLayer `json:"before"`
	After  *PortfolioLayer `json:"after"`
}

// The states of what is compared.
const (
	stateAdded   = "added"
	stateGone    = "gone"
	stateChanged = "changed"
)

// ComparePortfolios says what changed from one portfolio to the next.
func ComparePortfolios(before, after *Portfolio) *PortfolioDiff {
	d := &PortfolioDiff{
		Schema: PortfolioDiffSchema, Old: PortfolioDay{before.Now, len(before.Organisations)}, New: PortfolioDay{after.Now, len(after.Organisations)},
		Organisations: []OrganisationChange{}, Parties: []PartyChange{}, Layers: []LayerChange{},
	}
	d.organisations(before.Organisations, after.Organisations)
	d.parties(before.Parties, after.Parties)
	d.layers(before.Layers, after.Layers)
	return d
}

func (d *PortfolioDiff) organisations(before, after []PortfolioRow) {
	old := map[string]*PortfolioRow{}
	for i := range before {
		old[before[i].ID] = &before[i]
	}
	for i := range after {
		now := &after[i]
		was := old[now.ID]
		delete(old, now.ID)
		switch {
		case was == nil:
			d.Organisations = append(d.Organisations, OrganisationChange{stateAdded, now.ID, nil, now})
		case was.moved(now):
			d.Organisations = append(d.Organisations, OrganisationChange{stateChanged, now.ID, was, now})
		default:
			d.Same++
		}
	}
	for id, was := range old {
		d.Organisations = append(d.Organisations, OrganisationChange{stateGone, id, was, nil})
	}
	slices.SortFunc(d.Organisations, func(a, b OrganisationChange) int {
		return cmp.Or(cmp.Compare(changeOrder(a.State), changeOrder(b.State)), cmp.Compare(b.rise(), a.rise()), cmp.Compare(a.ID, b.ID))
	})
}

func changeOrder(s string) int {
	return slices.Index([]string{stateAdded, stateGone, stateChanged}, s)
}

// moved reports whether what matters of an organisation is another than before.
func (o *PortfolioRow) moved(now *PortfolioRow) bool {
	return o.Score != now.Score || o.Exposure != now.Exposure || o.Grade != now.Grade || o.Worst != now.Worst || o.Open != now.Open ||
		o.Providers != now.Providers || o.Undeclared != now.Undeclared || o.Value != now.Value
}

// rise gives by how much the score went up.
func (c OrganisationChange) rise() float64 {
	if c.Before == nil || c.After == nil {
		return 0
	}
	return c.After.Score.Hi - c.Before.Score.Hi
}

// parties compares by id, then by number or domain: the id of a party is what most
// inventories call it, and can change.
func (d *PortfolioDiff) parties(before, after []PortfolioParty) {
	old, taken := map[string]int{}, make([]bool, len(before))
	for i := range before {
		old[before[i].ID] = i
	}
	for i := range after {
		now := &after[i]
		at, found := old[now.ID]
		if !found {
			at = slices.IndexFunc(before, func(p PortfolioParty) bool { return !idIn(after, p.ID) && p.alike(now) })
			found = at >= 0 && !taken[at]
		}
		if !found {
			d.Parties = append(d.Parties, PartyChange{State: stateAdded, ID: now.ID, Won: now.Clients, Lost: []string{}, After: now})
			continue
		}
		taken[at] = true
		was := &before[at]
		c := PartyChange{State: stateChanged, ID: now.ID, Won: less(now.Clients, was.Clients), Lost: less(was.Clients, now.Clients), Before: was, After: now}
		if len(c.Won)+len(c.Lost) > 0 || was.Touches != now.Touches || was.Stops != now.Stops || was.Declared != now.Declared {
			d.Parties = append(d.Parties, c)
		}
	}
	for i := range before {
		if !taken[i] {
			d.Parties = append(d.Parties, PartyChange{State: stateGone, ID: before[i].ID, Won: []string{}, Lost: before[i].Clients, Before: &before[i]})
		}
	}
	slices.SortFunc(d.Parties, func(a, b PartyChange) int {
		return cmp.Or(cmp.Compare(len(b.Won)+len(b.Lost), len(a.Won)+len(a.Lost)), cmp.Compare(changeOrder(a.State), changeOrder(b.State)), cmp.Compare(a.ID, b.ID))
	})
}

func idIn(list []PortfolioParty, id string) bool {
	return slices.ContainsFunc(list, func(p PortfolioParty) bool { return p.ID == id })
}

// alike reports whether two rows share a number or a domain.
func (p *PortfolioParty) alike(q *PortfolioParty) bool {
	shares := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
	}
	return shares(p.LegalIDs, q.LegalIDs) || shares(p.Domains, q.Domains)
}

// less gives what is in a and not in b, both sorted.
func less(a, b []string) []string {
	out := []string{}
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			out = append(out, s)
		}
	}
	return out
}

func (d *PortfolioDiff) layers(before, after []PortfolioLayer) {
	rows := map[string]*LayerChange{}
	at := func(layer string) *LayerChange {
		if rows[layer] == nil {
			rows[layer] = &LayerChange{Layer: layer}
		}
		return rows[layer]
	}
	for i := range before {
		at(before[i].Layer).Before = &before[i]
	}
	for i := range after {
		at(after[i].Layer).After = &after[i]
	}
	for _, c := range rows {
		if c.Before == nil || c.After == nil || *c.Before != *c.After {
			d.Layers = append(d.Layers, *c)
		}
	}
	slices.SortFunc(d.Layers, func(a, b LayerChange) int { return compareLayers(a.Layer, b.Layer) })
}

// WriteJSON writes the comparison as JSON.
func (d *PortfolioDiff) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write portfolio: %w", err)
	}
	return nil
}

// WriteTable writes the comparison for a person.
func (d *PortfolioDiff) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s as of %s, %d as of %s\n", plural(d.Old.Organisations, "organisation"), day(d.Old.Now), d.New.Organisations, day(d.New.Now))
	if len(d.Organisations) > 0 {
		fmt.Fprintln(t, "\nORGANISATION\tSTATE\tGRADE\tSCORE\tEXPOSURE\tCRITICAL\tHIGH")
	}
	for _, c := range d.Organisations {
		cells := []string{
			Cut(c.ID, 40), c.State, c.both(func(o *PortfolioRow) string { return cmp.Or(o.Grade, "–") }),
			c.both(func(o *PortfolioRow) string { return fmt.Sprintf("%.0f", o.Score.Hi) }), c.both(func(o *PortfolioRow) string { return Money(o.Currency, o.Exposure.Hi) }),
			c.both(func(o *PortfolioRow) string { return fmt.Sprint(o.Open.Critical) }), c.both(func(o *PortfolioRow) string { return fmt.Sprint(o.Open.High) }),
		}
		for _, s := range cells[:len(cells)-1] {
			fmt.Fprintf(t, "%s\t", TerminalText(s))
		}
		fmt.Fprintf(t, "%s\n", TerminalText(cells[len(cells)-1]))
	}
	if len(d.Parties) > 0 {
		fmt.Fprintln(t, "\nSTANDS BEHIND\tSTATE\tORGANISATIONS\tWON\tLOST")
	}
	const most = 20
	for _, c := range d.Parties[:min(most, len(d.Parties))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\n", TerminalText(Cut(c.name(), 40)), TerminalText(c.State), TerminalText(c.clients()), len(c.Won), len(c.Lost))
	}
	if n := len(d.Parties) - most; n > 0 {
		fmt.Fprintf(t, "%d more parties changed: see -o json\n", n)
	}
	if len(d.Layers) > 0 {
		fmt.Fprintln(t, "\nLAYER\tHHI BEFORE\tHHI NOW\tMOST LEAN ON\tREACHED\tSTOPPED")
	}
	for _, c := range d.Layers {
		none := PortfolioLayer{}
		was, now := cmp.Or(c.Before, &none), cmp.Or(c.After, &none)
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%s\t%d → %d\t%d → %d\n", TerminalText(LayerTitle(c.Layer)), was.HHI, now.HHI, TerminalText(Cut(now.LeaderName, 40)), was.Touched, now.Touched, was.Stopped, now.Stopped)
	}
	fmt.Fprintf(t, "\n%s without a change\n", plural(d.Same, "organisation"))
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// both writes a value before and after; one where they are the same or only one
// is there.
func (c OrganisationChange) both(of func(*PortfolioRow) string) string {
	switch {
	case c.Before == nil:
		return of(c.After)
	case c.After == nil:
		return of(c.Before)
	}
	if was, now := of(c.Before), of(c.After); was != now {
		return was + " → " + now
	}
	return of(c.After)
}

func (c PartyChange) name() string {
	if c.After != nil {
		return c.After.Name
	}
	return c.Before.Name
}

func (c PartyChange) clients() string {
	was, now := 0, 0
	if c.Before != nil {
		was = len(c.Before.Clients)
	}
	if c.After != nil {
		now = len(c.After.Clients)
	}
	return fmt.Sprintf("%d → %d", was, now)
}
