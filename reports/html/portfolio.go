package html

import (
	"cmp"
	"fmt"
	"io"

	"mspscan/reports"
)

// Portfolio writes many organisations as one page: which is exposed most, how
// the grades fall, and who stands behind most of them.
type Portfolio struct{}

// Render writes the page. The same portfolio gives the same bytes.
func (Portfolio) Render(w io.Writer, p *reports.Portfolio) error {
	v := portfolioView{Portfolio: clean(p), Data: data{Findings: [][4]int{}, Anchors: []string{}, Groups: []simulation{}}}
	return write(w, "portfolio-head", "portfolio", &v, func(policy string) { v.Policy = policy })
}

type portfolioView struct {
	*reports.Portfolio
	Policy string
	Data   data
}

// gradeCount is how many organisations have a grade.
type gradeCount struct {
	Grade string
	Count int
}

// ByGrade counts organisations, the worst grade first; a dash is for those
// without one.
func (v *portfolioView) ByGrade() []gradeCount {
	var list []gradeCount
	for _, b := range reports.Bands() {
		list = append(list, gradeCount{b.Grade, v.Grades[b.Grade]})
	}
	if n := v.Grades["-"]; n > 0 {
		list = append(list, gradeCount{"–", n})
	}
	return list
}

// Widest gives the party behind most organisations, nil where none stands behind
// two.
func (v *portfolioView) Widest() *reports.PortfolioParty {
	if len(v.Parties) == 0 || len(v.Parties[0].Clients) < 2 {
		return nil
	}
	return &v.Parties[0]
}

// Shown gives the parties that the page has room for.
func (v *portfolioView) Shown() []reports.PortfolioParty { return head(v.Parties, mostRows) }

// Shares gives the parties by layer that the page has room for.
func (v *portfolioView) Shares() []reports.PortfolioShare { return head(v.Concentration, mostRows) }

// ByParty gives the parties whose findings changed, as far as there is room.
func (v *portfolioView) ByParty() []reports.PortfolioParty { return head(v.PartiesChanged(), mostRows) }

// Left says how many parties are not on the page, nothing where all are.
func (v *portfolioView) Left() string {
	if len(v.Parties) <= mostRows {
		return ""
	}
	return fmt.Sprintf("%d of %d rows: the workbook and the JSON report have all.", mostRows, len(v.Parties))
}

// Label names an organisation.
func (v *portfolioView) Label(o reports.PortfolioRow) string {
	return reports.Cut(cmp.Or(o.Name, o.ID), 200)
}

// Money gives an amount in the currency of an organisation.
func (v *portfolioView) Money(o reports.PortfolioRow, x float64) string {
	return reports.Money(o.Currency, x)
}

// Share gives an amount as a share of what an organisation's assets are worth,
// in percent.
func (v *portfolioView) Share(o reports.PortfolioRow, x float64) string { return share(x, o.Value) }
