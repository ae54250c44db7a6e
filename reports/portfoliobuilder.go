package reports

import (
	"cmp"
	"maps"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// PortfolioMember is one report with what tells its parties apart over all
// inventories.
type PortfolioMember struct {
	Report   *Report
	Compared bool                          // with a run before
	Mark     func(party string) graph.Mark // of a declared provider or one that DNS shows
}

// PortfolioBuilder joins reports one after another. Of each it keeps a row, four
// bytes a party and what changed, within bounds: no report stays in memory. It is
// for one goroutine.
type PortfolioBuilder struct {
	out     Portfolio
	changed changes
	joiner  *graph.Joiner
	parties []gathered // by handle of the joiner
	ids     []string   // of the organisations, in the order of Add
}

// gathered is what the members show of the parties with one mark.
type gathered struct {
	name     string // the first in order
	rank     int    // the closest
	declared int
	trust    []string
	clients  []int32 // places in ids
}

// NewPortfolioBuilder gives a builder without members.
func NewPortfolioBuilder() *PortfolioBuilder {
	return &PortfolioBuilder{
		out:    Portfolio{Schema: PortfolioSchema, Grades: map[string]int{}, Organisations: []PortfolioRow{}, Parties: []PortfolioParty{}},
		joiner: graph.NewJoiner(),
	}
}

// BuildPortfolio joins reports. The order of members does not matter.
func BuildPortfolio(members []PortfolioMember, errors []string) *Portfolio {
	b := NewPortfolioBuilder()
	for _, m := range members {
		b.Add(m)
	}
	return b.Build(errors)
}

// Add takes in a member. The order of members does not matter.
func (b *PortfolioBuilder) Add(m PortfolioMember) {
	row := portfolioRow(m.Report)
	b.out.Tool, b.out.Now = m.Report.Tool, max(b.out.Now, m.Report.Run.Now)
	b.out.Organisations = append(b.out.Organisations, row)
	b.out.Grades[cmp.Or(row.Grade, "-")]++
	b.out.Open = addCounts(b.out.Open, row.Open)
	b.changed.take(m)
	b.gather(m)
}

// gather adds one organisation to the parties that stand behind it.
func (b *PortfolioBuilder) gather(m PortfolioMember) {
	trust := map[string][]string{}
	for _, d := range m.Report.Dependencies {
		trust[d.To] = append(trust[d.To], string(d.Trust))
	}
	place := len(b.ids)
	b.ids = append(b.ids, m.Report.Organisation.ID)
	for _, p := range m.Report.Providers {
		mark := m.Mark(p.ID)
		if mark.Entry == "" && mark.Legal == "" && len(mark.Domains) == 0 && mark.Name == "" {
			mark.Name = p.ID // of a name without letters that a slug keeps
		}
		h := b.joiner.Add(place, mark, p.Declared)
		if h == len(b.parties) {
			b.parties = append(b.parties, gathered{name: p.Name, rank: p.Rank})
		}
		g := &b.parties[h]
		g.name = min(g.name, p.Name)
		if p.Declared {
			g.declared++
			trust[p.ID] = append(trust[p.ID], "access")
		}
		g.rank = closest(g.rank, p.Rank)
		g.trust = merged(g.trust, trust[p.ID])
		g.clients = append(g.clients, int32(place)) //nolint:gosec // fewer organisations than that
	}
}

// Build gives the portfolio of the members so far. Errors are sorted.
func (b *PortfolioBuilder) Build(errors []string) *Portfolio {
	p := b.out
	p.Errors = append([]string{}, errors...)
	slices.Sort(p.Errors)
	p.Changed, p.Grades = b.changed.build(), maps.Clone(p.Grades)
	p.Organisations = slices.Clone(p.Organisations)
	slices.SortFunc(p.Organisations, func(x, y PortfolioRow) int {
		return cmp.Or(cmp.Compare(y.Score.Hi, x.Score.Hi), cmp.Compare(x.ID, y.ID))
	})
	p.Parties = b.join()
	slices.SortFunc(p.Parties, func(x, y PortfolioParty) int {
		return cmp.Or(cmp.Compare(len(y.Clients), len(x.Clients)), cmp.Compare(x.ID, y.ID))
	})
	return &p
}

// join makes one party of the marks that are one.
func (b *PortfolioBuilder) join() []PortfolioParty {
	whole := map[string]*gathered{}
	for h, key := range b.joiner.Keys() {
		from := &b.parties[h]
		to := whole[key]
		if to == nil {
			to = &gathered{name: from.name, rank: from.rank}
			whole[key] = to
		}
		to.name, to.rank = min(to.name, from.name), closest(to.rank, from.rank)
		to.declared += from.declared
		to.trust = merged(to.trust, from.trust)
		to.clients = append(to.clients, from.clients...)
	}
	list := make([]PortfolioParty, 0, len(whole))
	for key, g := range whole {
		slices.Sort(g.clients)
		g.clients = slices.Compact(g.clients)
		clients := make([]string, len(g.clients))
		for i, place := range g.clients {
			clients[i] = b.ids[place]
		}
		slices.Sort(clients)
		list = append(list, PortfolioParty{
			ID: key, Name: g.name, Clients: clients, Declared: g.declared, Rank: g.rank, Trust: g.trust,
			Share: float64(len(clients)) / float64(len(b.ids)),
		})
	}
	return list
}

// closest gives the lower of two ranks of which 0 is none.
func closest(a, b int) int {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// merged adds words to a sorted list that has each once.
func merged(list, more []string) []string {
	for _, w := range more {
		if at, found := slices.BinarySearch(list, w); !found {
			list = slices.Insert(list, at, w)
		}
	}
	return list
}

// changes gathers what became of findings. It keeps the gravest.
type changes struct {
	out  PortfolioChanged
	left int
}

// take adds the changes of a member.
func (c *changes) take(m PortfolioMember) {
	id := m.Report.Organisation.ID
	if !m.Compared {
		c.out.Added = append(c.out.Added, id)
		return
	}
	c.out.Compared = append(c.out.Compared, id)
	for i := range m.Report.Findings {
		c.out.add(id, &m.Report.Findings[i])
	}
	if len(c.out.Changes) > 4*MaxPortfolioChanges {
		c.cut()
	}
}

// cut sorts the changes and leaves out those beyond the bound.
func (c *changes) cut() {
	slices.SortFunc(c.out.Changes, func(a, b PortfolioChange) int {
		return cmp.Or(cmp.Compare(stateOrder(a.State), stateOrder(b.State)), cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID))
	})
	if over := len(c.out.Changes) - MaxPortfolioChanges; over > 0 {
		c.left += over
		clear(c.out.Changes[MaxPortfolioChanges:])
		c.out.Changes = c.out.Changes[:MaxPortfolioChanges]
	}
}

// build gives the changes of all members; nil if none was compared.
func (c *changes) build() *PortfolioChanged {
	if len(c.out.Compared) == 0 {
		return nil
	}
	c.cut()
	out := c.out
	out.Left = c.left
	out.Compared, out.Added = sorted(out.Compared), sorted(out.Added)
	out.Changes = append([]PortfolioChange{}, out.Changes...)
	return &out
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return out
}

func portfolioRow(r *Report) PortfolioRow {
	row := PortfolioRow{
		ID: r.Organisation.ID, Name: r.Organisation.Name, Currency: r.Organisation.Currency, Value: r.Organisation.Value,
		Worst: r.Summary.Worst, Grade: r.Summary.Grade, Open: r.Summary.Open, Undeclared: len(r.Summary.Undeclared),
		Checks: r.Coverage.Checks, Unknown: r.Coverage.Unknown, New: r.Summary.New, Fixed: r.Summary.Fixed,
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.State == msp.StateReopened && f.Waived == nil {
			row.Reopened++
		}
	}
	for _, p := range r.Providers {
		if p.Declared {
			row.Providers++
		}
		if p.ID == r.Summary.Worst && p.Score != nil && p.Exposure != nil {
			row.Score, row.Exposure = *p.Score, *p.Exposure
		}
	}
	return row
}

func addCounts(a, b Counts) Counts {
	return Counts{a.Critical + b.Critical, a.High + b.High, a.Medium + b.Medium, a.Low + b.Low, a.Info + b.Info}
}
