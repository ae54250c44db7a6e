package reports

import (
	"cmp"
	"maps"
	"math"
	"reflect"
	"slices"

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
	uses    directUses
}

// gathered is what the members show of the parties with one mark.
type gathered struct {
	name     string // the first in order
	rank     int    // the closest
	declared int
	trust    []string
	domains  []string
	legal    []string
	clients  []int32             // places in ids
	cents    map[string][2]int64 // currency -> exposure hi and lo: whole numbers add up the same in any order
	stands   map[string]standing // by layer
	open     Counts
	changes  changeCounts
}

// NewPortfolioBuilder gives a builder without members.
func NewPortfolioBuilder() *PortfolioBuilder {
	return &PortfolioBuilder{
		out:    Portfolio{Schema: PortfolioSchema, Grades: map[string]int{}, Organisations: []PortfolioRow{}, Parties: []PortfolioParty{}},
		joiner: graph.NewJoiner(),
		uses:   directUses{direct: map[directKey]int{}, own: map[ownPart]int{}, users: map[string]int{}},
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

// handles gives the handle of each party of one member by its id there.
type handles struct {
	b     *PortfolioBuilder
	m     PortfolioMember
	place int
	at    map[string]int
}

// of finds or adds a party.
func (h *handles) of(id, name string, rank int, declared bool) int {
	if at, ok := h.at[id]; ok {
		return at
	}
	mark := h.m.Mark(id)
	if mark.Entry == "" && mark.Legal == "" && len(mark.Domains) == 0 && mark.Name == "" {
		mark.Name = id // of a name without letters that a slug keeps
	}
	at := h.b.joiner.Add(h.place, mark, declared)
	if at == len(h.b.parties) {
		g := gathered{name: name, rank: rank, legal: unique([]string{mark.Legal})}
		for _, d := range mark.Domains {
			g.domains = merged(g.domains, []string{string(d)})
		}
		h.b.parties = append(h.b.parties, g)
	}
	h.at[id] = at
	return at
}

// gather adds one organisation to the parties that stand behind it.
func (b *PortfolioBuilder) gather(m PortfolioMember) {
	trust := map[string][]string{}
	for _, d := range m.Report.Dependencies {
		trust[d.To] = append(trust[d.To], string(d.Trust))
	}
	h := &handles{b: b, m: m, place: len(b.ids), at: map[string]int{}}
	b.ids = append(b.ids, m.Report.Organisation.ID)
	for _, p := range m.Report.Providers {
		g := &b.parties[h.of(p.ID, p.Name, p.Rank, p.Declared)]
		g.name = min(g.name, p.Name)
		if p.Declared {
			g.declared++
			trust[p.ID] = append(trust[p.ID], "access")
		}
		if p.Exposure != nil {
			g.add(m.Report.Organisation.Currency, [2]int64{wholeCents(p.Exposure.Hi), wholeCents(p.Exposure.Lo)})
		}
		g.rank = closest(g.rank, p.Rank)
		g.trust = merged(g.trust, trust[p.ID])
		g.clients = append(g.clients, int32(h.place)) //nolint:gosec // fewer organisations than that
	}
	h.stand()
	h.findings()
}

// add adds an amount of exposure.
func (g *gathered) add(currency string, cents [2]int64) {
	if g.cents == nil {
		g.cents = map[string][2]int64{}
	}
	sum := g.cents[currency]
	g.cents[currency] = [2]int64{sum[0] + cents[0], sum[1] + cents[1]}
}

func wholeCents(x float64) int64 { return int64(math.Round(x * 100)) }

// findings counts what is open on each party, and what became of what was.
func (h *handles) findings() {
	for i := range h.m.Report.Findings {
		f := &h.m.Report.Findings[i]
		at, ok := h.at[f.Provider]
		if !ok || f.Waived != nil {
			continue
		}
		g := &h.b.parties[at]
		if f.Open() {
			g.open.add(f.Effective())
		}
		if h.m.Compared {
			g.changes.add(f.State)
		}
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
	keys := b.joiner.Keys()
	var shares []PortfolioShare
	p.Parties, shares = b.join(keys)
	slices.SortFunc(p.Parties, func(x, y PortfolioParty) int {
		return cmp.Or(cmp.Compare(len(y.Clients), len(x.Clients)), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(shares, func(x, y PortfolioShare) int {
		return cmp.Or(compareLayers(x.Layer, y.Layer), cmp.Compare(y.C, x.C), cmp.Compare(y.I, x.I), cmp.Compare(x.Party, y.Party))
	})
	p.Layers = b.uses.layers(keys, shares, len(b.ids))
	p.Concentration = slices.DeleteFunc(shares, func(s PortfolioShare) bool { return s.C < 2 })
	fill(reflect.ValueOf(&p).Elem())
	return &p
}

// join makes one party of the marks that are one, and counts its part in layers.
func (b *PortfolioBuilder) join(keys []string) ([]PortfolioParty, []PortfolioShare) {
	whole := map[string]*gathered{}
	for h, key := range keys {
		from := &b.parties[h]
		to := whole[key]
		if to == nil {
			to = &gathered{name: from.name, rank: from.rank}
			whole[key] = to
		}
		to.take(from)
	}
	list, shares := make([]PortfolioParty, 0, len(whole)), []PortfolioShare{}
	for key, g := range whole {
		p := PortfolioParty{
			ID: key, Name: g.name, Domains: g.domains, LegalIDs: g.legal, Clients: b.named(g.clients), Declared: g.declared, Rank: g.rank, Trust: g.trust, Open: g.open,
			New: g.changes.created, Reopened: g.changes.reopened, Fixed: g.changes.fixed, NotLookedAt: g.changes.notLookedAt,
		}
		p.Share = float64(len(p.Clients)) / float64(len(b.ids))
		for _, c := range slices.Sorted(maps.Keys(g.cents)) {
			p.Exposure = append(p.Exposure, PortfolioMoney{c, float64(g.cents[c][0]) / 100, float64(g.cents[c][1]) / 100})
		}
		shares = append(shares, p.standings(g.stands, len(b.ids))...)
		if len(p.Clients) > 0 { // else nothing but an alternative's name
			list = append(list, p)
		}
	}
	return list, shares
}

// take adds what is known under another mark.
func (g *gathered) take(from *gathered) {
	g.name, g.rank = min(g.name, from.name), closest(g.rank, from.rank)
	g.declared += from.declared
	g.trust, g.domains, g.legal = merged(g.trust, from.trust), merged(g.domains, from.domains), merged(g.legal, from.legal)
	g.clients = append(g.clients, from.clients...)
	for currency, cents := range from.cents {
		g.add(currency, cents)
	}
	for layer, s := range from.stands {
		g.stand(layer, s)
	}
	g.open = addCounts(g.open, from.open)
	g.changes = g.changes.plus(from.changes)
}

// named gives the ids of places, sorted, each once.
func (b *PortfolioBuilder) named(places []int32) []string {
	places = once(places)
	list := make([]string, len(places))
	for i, place := range places {
		list[i] = b.ids[place]
	}
	slices.Sort(list)
	return list
}

// once sorts a copy and drops repeats.
func once(list []int32) []int32 {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
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
	var c changeCounts
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Waived == nil {
			c.add(f.State)
		}
	}
	row.Reopened, row.NotLookedAt = c.reopened, c.notLookedAt
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
