package xlsx

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"mspscan/msp"
	"mspscan/reports"
)

// providers writes the sheet of providers, worst exposure first.
func (b *book) providers() error { return b.providersTable().write(b) }

func (b *book) providersTable() *table {
	t := &table{
		sheet: sheetProviders, title: "Providers", name: "tbl_providers", freeze: 2,
		note: "Sorted by exposure: what is reached if this one provider is compromised. Hi counts unanswered questions as no, lo as yes. Override a grade in yellow and say why.",
		columns: []column{
			{"Id", 14, plain, ""},
			{"Name", 26, wrapped, ""},
			{"Rank", 6, centred, ""},
			{"Declared", 9, centred, ""},
			{"Criticality", 11, plainE, "list_criticality"},
			{"Services", 22, wrapped, ""},
			{"Highest access", 14, wrapped, ""},
			{"Privileged", 10, centred, ""},
			{"Standing or just in time", 12, wrapped, ""},
			{"Assets reached", 26, wrapped, ""},
			{"Exposure hi", 16, money, ""},
			{"Exposure lo", 16, money, ""},
			{"Score hi", 7, decimal, ""},
			{"Score lo", 7, decimal, ""},
			{"Score grade", 7, centredC, ""},
			{"Tool grade", 7, centred, ""},
			{"Override grade", 9, centredE, "list_grade"},
			{"Reason", 18, wrappedE, ""},
			{"Effective grade", 9, centredC, ""},
			{"Critical", 8, numberC, ""},
			{"High", 6, numberC, ""},
			{"Medium", 8, numberC, ""},
			{"Low", 6, numberC, ""},
			{"Controls", 9, percent, ""},
			{"Previous score", 9, decimal, ""},
			{"Change", 8, decimalC, ""},
			{"Next review", 11, dateE, ""},
			{"Contract end", 11, dateOf, ""},
			{"Owner", 14, wrappedE, ""},
			{"Data", 12, wrapped, ""},
			{"Sub-providers", 18, wrapped, ""},
			{"Domains", 24, wrapped, ""},
			{"Last review", 11, dateOf, ""},
			{"Contract", 10, wrapped, ""},
			{"Findings", 11, linked, ""},
			{"Impact", 8, numberC, ""},
			{"Likelihood scanned", 10, number, ""},
			{"Likelihood now", 10, numberC, ""},
		},
		printed: "Owner",
		n:       len(b.r.Providers),
	}
	b.addAnnual(t)
	c := providerColumns{t: t}
	worst := b.worstSeverities()
	t.row = func(i, row int) []any { return b.providerRow(&b.r.Providers[i], row, c, worst) }
	t.dress = func(s *stream) error { return s.dressProviders(t) }
	return t
}

// providerColumns gives cells of a row by the column's title, for formulas.
type providerColumns struct{ t *table }

func (c providerColumns) at(title string, row int) string { return cellName(c.t.col(title), row) }

func (b *book) providerRow(p *reports.Provider, row int, c providerColumns, worst map[string]int) []any {
	var eHi, eLo, sHi, sLo, old any
	if p.Exposure != nil {
		eHi, eLo = p.Exposure.Hi, p.Exposure.Lo
	}
	if p.Score != nil {
		sHi, sLo = p.Score.Hi, p.Score.Lo
	}
	if p.Before != nil {
		old = p.Before.Hi
	}
	over, reason, owner := gradeReview(p)
	cells := []any{
		text(p.ID), text(p.Name), rankOf(p.Rank), yesNo(p.Declared), sentence(p.Criticality), lines(p.Services),
		sentence(p.HighestAccess), sentence(p.Privileged), sentence(p.Standing), text(strings.Join(p.Assets, ", ")),
		eHi, eLo,
	}
	printed, behind := b.annualCells(p, row, c)
	cells = append(append(cells, printed...),
		sHi, sLo, scoreGrade(p, row, c), text(cmp.Or(p.ToolGrade, p.Grade)), over, reason, effectiveGrade(p, row, c))
	for _, s := range []msp.Severity{msp.Critical, msp.High, msp.Medium, msp.Low} {
		cells = append(cells, countOf(p, s, row))
	}
	cells = append(cells,
		b.strength(p, row), old, change(p, row, c), date(p.NextReview), date(p.ContractEnds), owner)
	return append(append(cells, behind...),
		lines(p.Data), lines(p.SubProviders), lines(p.Domains), date(p.LastReview), text(p.Contract), b.findingLink(p), impact(p, row, c), max(1, worst[p.ID]), likelihood(p, row, c))
}

// rankOf shows 1, 2, …; nothing where no relationship leads.
func rankOf(rank int) any {
	if rank == 0 {
		return nil
	}
	return rank
}

func yesNo(yes bool) string {
	if yes {
		return "Yes"
	}
	return "No"
}

// bandFormula turns a score cell into one of five values by the named borders.
func bandFormula(cell string, e, d, c, b, a string) string {
	return fmt.Sprintf(`IF(%s>=band_E,%s,IF(%s>=band_D,%s,IF(%s>=band_C,%s,IF(%s>=band_B,%s,%s))))`, cell, e, cell, d, cell, c, cell, b, a)
}

// bandOf gives the position of a score's band, 5 for the worst.
func bandOf(score float64) int {
	for i, b := range reports.Bands() {
		if score >= b.From {
			return 5 - i
		}
	}
	return 1
}

// scoreGrade gives the grade of the score; a party that nobody declared has none:
// DNS shows a part of its access only.
func scoreGrade(p *reports.Provider, row int, c providerColumns) any {
	if p.Score == nil || !p.Declared {
		return nil
	}
	return live{bandFormula(c.at("Score hi", row), `"E"`, `"D"`, `"C"`, `"B"`, `"A"`), reports.Bands()[5-bandOf(p.Score.Hi)].Grade}
}

// effectiveGrade gives the override, else the grade of the score, capped while
// critical or high findings are open.
func effectiveGrade(p *reports.Provider, row int, c providerColumns) any {
	over, byScore := c.at("Override grade", row), c.at("Score grade", row)
	capped := fmt.Sprintf(`IF(AND(%s>0,%s<cap_critical),cap_critical,IF(AND(%s>0,%s<cap_high),cap_high,%s))`, c.at("Critical", row), byScore, c.at("High", row), byScore, byScore)
	if p.Score == nil || !p.Declared {
		return live{fmt.Sprintf(`IF(LEN(%s)>0,%s,"–")`, over, over), cmp.Or(p.Grade, "–")}
	}
	return live{fmt.Sprintf(`IF(LEN(%s)>0,%s,%s)`, over, over, capped), p.Grade}
}

// plainID reports whether an id may stand as a criterion of COUNTIFS: nothing in
// it is an operator or a wildcard.
func plainID(id string) bool { return idPattern().MatchString(id) }

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`) })

func countOf(p *reports.Provider, s msp.Severity, row int) any {
	n := p.Findings.Of(s)
	if !plainID(p.ID) {
		return n
	}
	return live{fmt.Sprintf(`COUNTIFS(f_provider,$A%d,f_effective,"%s",f_counts,"yes")`, row, severityWord(s)), n}
}

// strength gives the share of points that the provider's answers earn.
func (b *book) strength(p *reports.Provider, row int) any {
	got, of := b.at.points[p.ID][0], b.at.points[p.ID][1]
	if of == 0 || !plainID(p.ID) {
		return nil
	}
	return live{fmt.Sprintf(`IF(SUMIFS(c_of,c_provider,$A%d)=0,0,SUMIFS(c_points,c_provider,$A%d)/SUMIFS(c_of,c_provider,$A%d))`, row, row, row), got / of}
}

func change(p *reports.Provider, row int, c providerColumns) any {
	if p.Before == nil || p.Score == nil {
		return nil
	}
	return live{c.at("Score hi", row) + "-" + c.at("Previous score", row), p.Score.Hi - p.Before.Hi}
}

func (b *book) findingLink(p *reports.Provider) any {
	if _, ok := b.at.first[p.ID]; !ok {
		return nil
	}
	return "Go to first"
}

func impact(p *reports.Provider, row int, c providerColumns) any {
	if p.Score == nil {
		return nil
	}
	return live{bandFormula(c.at("Score hi", row), "5", "4", "3", "2", "1"), bandOf(p.Score.Hi)}
}

// likelihood is the worst open finding on the scale of the risk matrix.
func likelihood(p *reports.Provider, row int, c providerColumns) any {
	return live{fmt.Sprintf("IF(%s>0,5,IF(%s>0,4,IF(%s>0,3,IF(%s>0,2,1))))", c.at("Critical", row), c.at("High", row), c.at("Medium", row), c.at("Low", row)), likelihoodNow(p)}
}

// level puts a severity on the scale 1 to 5.
func level(s msp.Severity) int { return int(s) + 1 }

// worstSeverities gives the level of each provider's worst finding as scanned,
// waived ones too.
func (b *book) worstSeverities() map[string]int {
	worst := map[string]int{}
	for i := range b.r.Findings {
		f := &b.r.Findings[i]
		if f.State != msp.StateFixed {
			worst[f.Provider] = max(worst[f.Provider], level(f.Severity))
		}
	}
	return worst
}

func (s *stream) dressProviders(t *table) error {
	for i := range s.b.r.Providers {
		if first, ok := s.b.at.first[s.b.r.Providers[i].ID]; ok && s.links < maxLinks {
			if err := s.link(cellName(t.col("Findings"), firstRow+i), fmt.Sprintf("'%s'!A%d", sheetFindings, first), "Its worst finding"); err != nil {
				return err
			}
		}
	}
	override, reason, next := colName(t.col("Override grade")), t.col("Reason"), t.col("Next review")
	for _, m := range []struct{ ref, formula, fill, color string }{
		{t.ref(reason), fmt.Sprintf("AND(LEN($%s%d)>0,LEN($%s%d)=0)", override, firstRow, colName(reason), firstRow), alarm, alarmed},
		{t.ref(next), fmt.Sprintf("AND(LEN($%s%d)>0,$%s%d<run_date)", colName(next), firstRow, colName(next), firstRow), alarm, alarmed},
		{t.ref(t.col("Contract end")), fmt.Sprintf("AND(LEN($%s%d)>0,$%s%d<run_date)", colName(t.col("Contract end")), firstRow, colName(t.col("Contract end")), firstRow), alarm, alarmed},
		{t.ref(t.col("Declared")), fmt.Sprintf(`$%s%d="No"`, colName(t.col("Declared")), firstRow), "FCE3CF", "843C00"},
	} {
		if err := s.mark(m.ref, "", m.formula, m.fill, m.color); err != nil {
			return err
		}
	}
	for _, c := range []string{"Tool grade", "Override grade", "Effective grade"} {
		if err := s.grades(t.ref(t.col(c))); err != nil {
			return err
		}
	}
	return s.bar(t.ref(t.col("Score hi")))
}

// grades colours the grades of a range.
func (s *stream) grades(ref string) error {
	tones := []tone{toneOf(msp.Critical), toneOf(msp.High), toneOf(msp.Medium), toneOf(msp.Low), {"DFF0E4", "1C5A33", ""}}
	for i, b := range reports.Bands() {
		if err := s.mark(ref, "equal to", `"`+b.Grade+`"`, tones[i].fill, tones[i].text); err != nil {
			return err
		}
	}
	return nil
}

// gradeReview gives what a person entered on a provider before.
func gradeReview(p *reports.Provider) (over, reason, owner any) {
	v := p.Review
	if v == nil {
		return nil, nil, nil
	}
	if v.Grade != "" {
		over, reason = v.Grade, paragraphs(v.Reason)
	}
	return over, reason, filled(v.Owner)
}
