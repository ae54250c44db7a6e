package xlsx

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
)

// addAnnual adds the columns of a loss a year, where somebody gave a frequency: the
// loss where it is printed, for which wide columns give way, its range behind.
func (b *book) addAnnual(t *table) {
	if !b.r.HasAnnual() {
		return
	}
	t.insert("Exposure lo", []column{{"Times a year", 7, smallE, ""}, {"Loss a year hi", 13, moneyC, ""}})
	t.insert("Owner", []column{{"Loss a year lo", 14, moneyC, ""}, {"Least loss a year", 14, money, ""}, {"Most loss a year", 14, money, ""}})
	t.columns[t.col("Assets reached")-1].width -= 6
	t.columns[t.col("Services")-1].width -= 3
	t.columns[t.col("Reason")-1].width -= 3
	t.note += " Loss a year is the frequency of the inventory times the exposure; losses do not add up."
}

// annualCells gives them for a provider, those that are printed and those behind;
// the frequency may be changed and the loss follows.
func (b *book) annualCells(p *reports.Provider, row int, c providerColumns) (printed, behind []any) {
	a := p.Annual
	switch {
	case !b.r.HasAnnual():
		return nil, nil
	case a == nil:
		return []any{nil, nil}, []any{nil, nil, nil}
	}
	often, mean := c.at("Times a year", row), a.Frequency.Mean
	times := func(title string, money float64) live { return live{often + "*" + c.at(title, row), mean * money} }
	return []any{mean, times("Exposure hi", p.Exposure.Hi)}, []any{times("Exposure lo", p.Exposure.Lo), a.Least, a.Most}
}

// moneyWords says on the summary what the worst provider is expected to cost a
// year, where the inventory says how often, and whether the obvious fix is worth it.
func (b *book) moneyWords() []string {
	r, currency := b.r, text(b.r.Organisation.Currency)
	var list []string
	if len(r.Providers) > 0 && r.Providers[0].Annual != nil {
		list = append(list, reports.AnnualWords(currency, *r.Providers[0].Annual)+".")
	}
	for _, line := range r.Summary.Explained() {
		list = append(list, text(reports.Cut(line, 1000)))
	}
	return list
}

// costColumns are the columns of what actions cost; none where nobody gave a cost.
func (b *book) costColumns() []column {
	if !b.r.Priced() {
		return nil
	}
	return []column{
		{"Cost", 13, moneyE, ""},
		{"Cut for each 1 spent", 9, hundredthC, ""},
		{"Rank by cost", 7, centredC, ""},
	}
}

// costCells gives them for an action. The cost may be changed and the rank
// follows.
func (b *book) costCells(a *reports.Action, t *table, row int) []any {
	if !b.r.Priced() {
		return nil
	}
	if a.Kind != reports.ActionFix {
		return []any{nil, nil, nil}
	}
	at := func(title string) string { return cellName(t.col(title), row) }
	all := func(title string) string {
		c := colName(t.col(title))
		return fmt.Sprintf("$%s$%d:$%s$%d", c, firstRow, c, t.last())
	}
	cost, per := any(nil), any("–")
	if a.Cost != nil {
		cost = *a.Cost
		if per = "free"; *a.Cost > 0 {
			per = a.Gain / *a.Cost
		}
	}
	rank := any("–")
	if a.Cost != nil {
		rank = b.rankByCost(a)
	}
	return []any{
		cost,
		live{fmt.Sprintf(`IF(LEN(%s)=0,"–",IF(%s=0,"free",%s/%s))`, at("Cost"), at("Cost"), at("Exposure gain"), at("Cost")), per},
		live{fmt.Sprintf(`IF(LEN(%s)=0,"–",IF(%s=0,1,COUNTIF(%s,0)+RANK(%s,%s)))`, at("Cost"), at("Cost"), all("Cost"), at("Cut for each 1 spent"), all("Cut for each 1 spent")), rank},
	}
}

// rankByCost ranks an action as the formula does: what costs nothing first, then
// by what each unit of cost cuts; equals share a rank.
func (b *book) rankByCost(a *reports.Action) int {
	rank := 1
	for i := range b.r.Actions {
		o := &b.r.Actions[i]
		if o.Cost == nil || *a.Cost == 0 {
			continue
		}
		if *o.Cost == 0 || o.Gain / *o.Cost > a.Gain / *a.Cost {
			rank++
		}
	}
	return rank
}

// fixes writes the changes and sets of changes in both rankings.
func (b *book) fixes() error {
	t := &table{
		sheet: sheetFixes, title: "Fixes", name: "tbl_fixes", freeze: 2,
		note: "Two rankings: by what a change cuts, whatever it costs, and by what it cuts for each unit of its cost. Single changes and sets are ranked apart; a set was computed whole. A change without a cost in the inventory is ranked by what it cuts only.",
		columns: []column{
			{"Rank by cut", 7, centred, ""},
			{"Change", 60, wrapped, ""},
			{"Changes", 9, number, ""},
			{"Measured on", 20, wrapped, ""},
			{"Exposure before", 15, money, ""},
			{"Exposure after", 15, money, ""},
			{"Cuts", 15, money, ""},
			{"Share cut", 8, percent, ""},
			{"Cost", 13, money, ""},
			{"Cut for each 1 spent", 9, hundredth, ""},
			{"Rank by cost", 7, centred, ""},
			{"Remark", 30, wrapped, ""},
			{"Id", 34, wrapped, ""},
		},
	}
	list, ranks := b.rankedFixes()
	t.n = len(list)
	t.row = func(i, _ int) []any {
		f := &list[i]
		_, on := b.partyOf(f.Provider)
		share := 0.0
		if f.Before > 0 {
			share = f.Reduction / f.Before
		}
		var cost, per, byCost any
		if f.Cost != nil {
			cost, per, byCost = *f.Cost, "free", f.RankByCost
		}
		if f.PerCost != nil {
			per = *f.PerCost
		}
		return []any{ranks[i], text(f.Text), len(f.IDs), on, f.Before, f.After, f.Reduction, share, cost, per, byCost, remark(f), lines(f.IDs)}
	}
	return t.write(b)
}

// rankedFixes gives single changes, then sets, by what they cut, with their place.
func (b *book) rankedFixes() (list []msp.Fix, ranks []int) {
	for _, sets := range []bool{false, true} {
		var some []msp.Fix
		for _, f := range b.r.Fixes {
			if len(f.IDs) > 1 == sets {
				some = append(some, f)
			}
		}
		sortByCut(some)
		for i := range some {
			list, ranks = append(list, some[i]), append(ranks, i+1)
		}
	}
	return list, ranks
}

func remark(f *msp.Fix) string {
	var list []string
	if len(f.NoCost) > 0 {
		list = append(list, "No cost given for "+text(strings.Join(f.NoCost, ", ")))
	}
	if f.Heuristic {
		list = append(list, "Heuristic: not every set was tried")
	}
	return strings.Join(list, ". ")
}

// sensitivity writes the ranking of providers beside what it would be if the
// numbers of the model were wrong.
func (b *book) sensitivity() error {
	s := &b.r.Sensitivity
	share := fmt.Sprintf("%.0f %%", 100*s.Share)
	t := &table{
		sheet: sheetSensitivity, title: "Sensitivity", name: "tbl_sensitivity", freeze: 2,
		note: "Rank and exposure of each provider if every number of the transmission tables were " + share + " lower or higher, and the least and most if one of them were. Unknown answers count as no.",
		columns: []column{
			{"Id", 16, plain, ""},
			{"Provider", 34, wrapped, ""},
			{"Rank", 6, centred, ""},
			{"Exposure", 16, money, ""},
			{"Rank, all lower", 8, centred, ""},
			{"Exposure, all lower", 16, money, ""},
			{"Rank, all higher", 8, centred, ""},
			{"Exposure, all higher", 16, money, ""},
			{"Best rank", 7, centred, ""},
			{"Worst rank", 7, centred, ""},
			{"Least exposure", 16, money, ""},
			{"Most exposure", 16, money, ""},
		},
		n: len(s.Providers), omitted: s.LeftOut,
	}
	t.row = func(i, _ int) []any {
		p := &s.Providers[i]
		id, name := b.partyOf(p.Provider)
		return []any{id, name, p.Rank, p.Exposure, p.RankDown, p.Down, p.RankUp, p.Up, p.BestRank, p.WorstRank, p.Least, p.Most}
	}
	t.below = func(st *stream) error { return st.sensitivityWords(t.last() + 2) }
	return t.write(b)
}

// sensitivityWords says below the table what it comes to, and which numbers change
// the ranking.
func (s *stream) sensitivityWords(row int) error {
	st, r := s.b.style.id, &s.b.r.Sensitivity
	if len(r.Words) == 0 {
		return nil
	}
	if err := s.set(row, 20, excelize.Cell{StyleID: st[section], Value: "In words"}, excelize.Cell{StyleID: st[section]}); err != nil {
		return err
	}
	for _, words := range r.Words {
		row++
		if err := s.set(row, 15, excelize.Cell{StyleID: st[note], Value: text(words)}); err != nil {
			return err
		}
	}
	if len(r.Swings) == 0 {
		return nil
	}
	row += 2
	if err := s.set(row, 20, excelize.Cell{StyleID: st[section], Value: "Numbers that change the ranking"}, excelize.Cell{StyleID: st[section]}); err != nil {
		return err
	}
	for i, w := range r.Swings {
		row++
		words := fmt.Sprintf("With %s the order is %s", w.Words(), s.b.orderOf(w.Order))
		if i == mostSwings {
			words = fmt.Sprintf("%d more: the JSON report has them", len(r.Swings)-i)
		}
		if err := s.set(row, 15, excelize.Cell{StyleID: st[note], Value: text(words)}); err != nil {
			return err
		}
		if i == mostSwings {
			break
		}
	}
	return nil
}

// mostSwings is how many runs are listed.
const mostSwings = 40

func (b *book) orderOf(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		_, names[i] = b.partyOf(id)
	}
	return strings.Join(names, ", ")
}

// tables writes the transmission tables on the Method sheet.
func (s *stream) tables(row int) error {
	b, st := s.b, s.b.style.middle
	m := &b.r.Model
	if m.Version == "" {
		return nil
	}
	heading := "Transmission tables " + text(m.Version) + ": built in"
	if !m.BuiltIn {
		heading = "Transmission tables " + text(m.Version) + ": NOT those built in"
	}
	line := func(look look, cells ...any) error {
		row++
		out := make([]any, len(cells))
		for i, c := range cells {
			l := look
			if _, ok := c.(float64); ok {
				l = hundredth
			}
			out[i] = excelize.Cell{StyleID: st[l], Value: c}
		}
		return s.set(row, 15, out...)
	}
	row--
	if err := line(section, heading, nil, nil); err != nil {
		return err
	}
	for _, words := range []string{
		"SHA-256 " + m.SHA256,
		"Expert judgement; --model FILE replaces any number. The sheet Sensitivity shows what hangs on them.",
		"A door opens with the probability of its kind, times 1 less the share of the strongest control of each family.",
	} {
		if err := line(note, words); err != nil {
			return err
		}
	}
	for _, x := range m.Base {
		if err := line(plain, "Door: "+sentence(x.Kind), x.Share, "opens with this probability when it has no controls"); err != nil {
			return err
		}
	}
	for _, c := range m.Controls {
		words := "family " + c.Family
		for _, k := range c.ByKind {
			words += fmt.Sprintf("; %.4g on a door of kind %s", k.Share, sentence(k.Kind))
		}
		if err := line(plain, "Control: "+sentence(c.Control), c.Share, "taken off a door; "+words); err != nil {
			return err
		}
	}
	for _, e := range []struct {
		name  string
		share float64
	}{{"verified", m.Verified}, {"attested", m.Attested}, {"older than 24 months", m.Expired}} {
		if err := line(plain, "Evidence: "+e.name, e.share, "of a control's share counts"); err != nil {
			return err
		}
	}
	return nil
}
