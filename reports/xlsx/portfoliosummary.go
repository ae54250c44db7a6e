package xlsx

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
)

// The borders of concentration: the Herfindahl-Hirschman index of 0 to 10,000
// with the words of the Merger Guidelines of the US agencies (2023, 2.1).
const (
	hhiModerate = 1000
	hhiHigh     = 1800
	mostLayers  = 5 // on the summary
)

// summary writes the page that is read first: one printed page.
func (l *portfolio) summary(b *book) error {
	s, err := b.open(sheetSummary)
	if err != nil {
		return err
	}
	q := &portfolioPage{page: &page{stream: s}, portfolio: l}
	widths := []column{{width: wideColumn}}
	for range lastColumn - 1 {
		widths = append(widths, column{width: numberColumn})
	}
	if err := s.columns(widths); err != nil {
		return err
	}
	for _, part := range []func() error{q.top, q.figures, q.words, q.byGrade, q.bySeverity, q.worst, q.behind, q.problems} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := s.print(layout{one: true, area: fmt.Sprintf("$A$1:$%s$%d", colName(lastColumn), q.row)}); err != nil {
		return err
	}
	return s.close()
}

// portfolioPage is the summary of a portfolio.
type portfolioPage struct {
	*page
	*portfolio
}

func (q *portfolioPage) top() error {
	if err := q.next(26, q.cell("Provider exposure of "+plural(len(q.p.Organisations), "organisation"), title)); err != nil {
		return err
	}
	asOf, _, _ := strings.Cut(q.p.Now, "T")
	ways := []any{q.cell("→ Ranking", back), q.cell("→ Parties", back), q.cell(nil, back), q.cell("As of "+text(asOf), note)}
	if err := q.next(15, ways...); err != nil {
		return err
	}
	if err := q.link(cellName(1, q.row), "'"+sheetRanking+"'!A1", "All organisations"); err != nil {
		return err
	}
	return q.link(cellName(2, q.row), "'"+sheetParties+"'!A1", "All parties")
}

// figures writes what matters in big type.
func (q *portfolioPage) figures() error {
	if err := q.gap(); err != nil {
		return err
	}
	bad := q.p.Grades["D"] + q.p.Grades["E"]
	labels := []any{"GRADE D OR E", "CRITICAL", "HIGH", nil, "PARTIES", nil, "CONCENTRATION", nil}
	values := []any{
		live{`COUNTIFS(o_grade,"D")+COUNTIFS(o_grade,"E")`, bad},
		live{"SUM(o_critical)", q.p.Open.Critical},
		live{"SUM(o_high)", q.p.Open.High},
		nil,
		live{`COUNTIFS(q_share,">=0.5")`, q.halves()},
		nil,
		live{hhiFormula, q.hhi()},
		nil,
	}
	notes := []any{fmt.Sprintf("of %s", plural(len(q.p.Organisations), "organisation")), "findings open", "findings open", nil, "behind half or more", nil, "HHI of 10,000", nil}
	for i, source := range [][]any{labels, values, notes} {
		dress := []look{kpiLabel, kpiNumber, kpiNote}[i]
		cells := make([]any, lastColumn)
		for k := range cells {
			cells[k] = q.cell(source[k], dress)
		}
		if err := q.next([]float64{18, 30, 18}[i], cells...); err != nil {
			return err
		}
	}
	return nil
}

// hhiFormula is the sum of the squared shares of all parties in all that the
// organisations lean on, in parts of 10,000.
const hhiFormula = "IF(SUM(q_clients)=0,0,10000*SUMSQ(q_clients)/SUM(q_clients)^2)"

func (l *portfolio) hhi() float64 {
	sum, squares := 0.0, 0.0
	for _, q := range l.p.Parties {
		n := float64(len(q.Clients))
		sum, squares = sum+n, squares+n*n
	}
	if sum == 0 {
		return 0
	}
	return 10000 * squares / (sum * sum)
}

// halves counts the parties behind half of the organisations or more.
func (l *portfolio) halves() int {
	n := 0
	for _, q := range l.p.Parties {
		if q.Share >= 0.5 {
			n++
		}
	}
	return n
}

// words says in sentences what the figures mean.
func (q *portfolioPage) words() error {
	if err := q.gap(); err != nil {
		return err
	}
	for _, s := range q.sentences() {
		if err := q.say(s); err != nil {
			return err
		}
	}
	return nil
}

func (l *portfolio) sentences() []string {
	var list []string
	if len(l.p.Organisations) > 0 && l.p.Organisations[0].Grade != "" {
		o := l.p.Organisations[0]
		list = append(list, fmt.Sprintf("%s is the most exposed: if %s is compromised, %.0f of 100 of what it owns is expected to be reached.", text(reports.Cut(o.Name, 120)), text(reports.Cut(o.Worst, 80)), o.Score.Hi))
	}
	if len(l.p.Parties) > 0 && len(l.p.Parties[0].Clients) > 1 {
		q := l.p.Parties[0]
		list = append(list, fmt.Sprintf("%s stands behind %d of %d organisations; %d of them declared it.", text(reports.Cut(q.Name, 120)), len(q.Clients), len(l.p.Organisations), q.Declared))
	}
	if h := l.hhi(); h > 0 {
		word := "low"
		switch {
		case h > hhiHigh:
			word = "high"
		case h >= hhiModerate:
			word = "moderate"
		}
		list = append(list, fmt.Sprintf("Concentration is %s: the organisations lean on parties as if there were %.1f of equal weight. HHI below %d is low, above %d high.", word, 10000/h, hhiModerate, hhiHigh))
	}
	for _, layer := range l.p.Layers[:min(mostLayers, len(l.p.Layers))] {
		list = append(list, text(layer.Text))
	}
	return list
}

// byGrade counts organisations by the grade of their worst provider, live, beside
// a chart.
func (q *portfolioPage) byGrade() error {
	if err := q.heading("Organisations by grade", lastColumn); err != nil {
		return err
	}
	if err := q.heads("Grade of the worst provider", ">Number"); err != nil {
		return err
	}
	top := q.row
	for _, g := range append(gradeWords(), "–") {
		name, n := g, q.p.Grades[g]
		if g == "–" {
			name, n = "– not graded", q.p.Grades["-"]
		}
		if err := q.next(17, q.cell(name, strong), q.cell(live{fmt.Sprintf(`COUNTIFS(o_grade,"%s")`, g), n}, numberC)); err != nil {
			return err
		}
	}
	if err := q.next(17, q.cell("Total", strong), q.cell(live{fmt.Sprintf("SUM(B%d:B%d)", top+1, q.row), len(q.p.Organisations)}, numberC)); err != nil {
		return err
	}
	if err := q.grades(fmt.Sprintf("A%d:A%d", top+1, q.row-2)); err != nil {
		return err
	}
	if len(q.p.Organisations) == 0 {
		return nil
	}
	return q.distribution(top)
}

// distribution draws the organisations by grade as one bar.
func (q *portfolioPage) distribution(top int) error {
	chart := &excelize.Chart{
		Type: excelize.BarStacked, Dimension: excelize.ChartDimension{Width: 500, Height: 150}, Legend: excelize.ChartLegend{Position: "bottom", Font: chartFont()}, Overlap: ptr(100), GapWidth: ptr(uint(40)),
		PlotArea: excelize.ChartPlotArea{ShowVal: true}, XAxis: excelize.ChartAxis{None: true}, YAxis: excelize.ChartAxis{None: true},
	}
	alt := "Stacked bar chart: organisations by the grade of their worst provider:"
	colours := []string{toneOf(msp.Critical).chart, toneOf(msp.High).chart, toneOf(msp.Medium).chart, toneOf(msp.Low).chart, "4C9A6A"}
	for i, g := range gradeWords() {
		alt += fmt.Sprintf(" %s %d,", g, q.p.Grades[g])
		if q.p.Grades[g] > 0 {
			chart.Series = append(chart.Series, excelize.ChartSeries{
				Name: fmt.Sprintf("'%s'!$A$%d", sheetSummary, top+1+i), Values: fmt.Sprintf("'%s'!$B$%d:$B$%d", sheetSummary, top+1+i, top+1+i), Fill: solid(colours[i]),
			})
		}
	}
	if len(chart.Series) == 0 {
		return nil
	}
	return q.chart(cellName(3, top), chart, strings.TrimSuffix(alt, ",")+".", 12, 2)
}

// bySeverity adds up the open findings.
func (q *portfolioPage) bySeverity() error {
	if err := q.heading("Open findings over all organisations", lastColumn); err != nil {
		return err
	}
	if err := q.heads("", ">Critical", ">High", ">Medium", ">Low", ">Info", ">All"); err != nil {
		return err
	}
	cells := []any{q.cell("Open", strong)}
	for _, s := range msp.Severities() {
		cells = append(cells, q.cell(live{"SUM(o_" + s.String() + ")", q.p.Open.Of(s)}, numberC))
	}
	return q.next(17, append(cells, q.cell(live{fmt.Sprintf("SUM(B%d:F%d)", q.row+1, q.row+1), q.p.Open.Total()}, numberC))...)
}

// worst shows the most exposed organisations.
func (q *portfolioPage) worst() error {
	if err := q.heading("Organisations to look at first", lastColumn); err != nil {
		return err
	}
	if err := q.heads("Organisation", "^Grade", ">Score", ">Critical", ">High", " Provider", " ", " "); err != nil {
		return err
	}
	first, n := q.row+1, min(2*topN, len(q.p.Organisations))
	for i := range n {
		o := &q.p.Organisations[i]
		ref := func(title string) string {
			return "'" + sheetRanking + "'!" + cellName(q.ranking.col(title), firstRow+i)
		}
		grade := text(o.Grade)
		if grade == "" {
			grade = "–"
		}
		cells := []any{
			q.cell(text(reports.Cut(o.Name, 60)), strong), q.cell(live{ref("Grade"), grade}, centredC), q.cell(live{ref("Score hi"), o.Score.Hi}, decimalC),
			q.cell(live{ref("Critical"), o.Open.Critical}, numberC), q.cell(live{ref("High"), o.Open.High}, numberC), q.cell(" "+text(reports.Cut(o.Worst, 36)), plain), q.cell(nil, plain), q.cell(nil, plain),
		}
		if err := q.next(16, cells...); err != nil {
			return err
		}
	}
	if n == 0 {
		return q.next(16, q.cell("There is no organisation.", plain))
	}
	return q.grades(fmt.Sprintf("B%d:B%d", first, q.row))
}

// behind shows the parties that most organisations lean on.
func (q *portfolioPage) behind() error {
	if err := q.heading("Who stands behind most of them", lastColumn); err != nil {
		return err
	}
	if err := q.heads("Party", ">Clients", ">Share", ">Declared by", "^Rank", " What", " ", " "); err != nil {
		return err
	}
	n := min(2*topN, len(q.p.Parties))
	for i := range n {
		v := &q.p.Parties[i]
		ref := func(title string) string {
			return "'" + sheetParties + "'!" + cellName(q.parties.col(title), firstRow+i)
		}
		cells := []any{
			q.cell(text(reports.Cut(v.Name, 60)), strong), q.cell(live{ref("Organisations"), len(v.Clients)}, numberC), q.cell(v.Share, percent),
			q.cell(v.Declared, number), q.cell(rankOf(v.Rank), centred), q.cell(" "+text(reports.Cut(strings.Join(trusts(v), ", "), 44)), plain), q.cell(nil, plain), q.cell(nil, plain),
		}
		if err := q.next(16, cells...); err != nil {
			return err
		}
	}
	if n == 0 {
		return q.next(16, q.cell("No party stands behind any of them.", plain))
	}
	return nil
}

// problems names what went wrong without ending the run.
func (q *portfolioPage) problems() error {
	if len(q.p.Errors) == 0 {
		return nil
	}
	if err := q.heading("To note", lastColumn); err != nil {
		return err
	}
	for i, e := range q.p.Errors {
		if i == 2*topN {
			return q.say(fmt.Sprintf("%d more.", len(q.p.Errors)-i))
		}
		if err := q.say(text(reports.Cut(e, 300))); err != nil {
			return err
		}
	}
	return nil
}
