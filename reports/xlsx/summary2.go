package xlsx

import (
	"cmp"
	"fmt"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
)

// firstSeverityRow gives the row of Critical in the table of findings by
// severity, which stands below a number of paragraphs known beforehand.
func (p *page) firstSeverityRow() int {
	r := p.b.r
	n := len(r.Run.Notes)
	if len(r.Providers) > 0 && r.Providers[0].Exposure != nil {
		n++
	}
	if r.Summary.BestFix != nil {
		n++
	}
	n += len(p.b.moneyWords())
	if len(r.Summary.Undeclared) > 0 {
		n++
	}
	const above = 6 // title, way back, gap, three rows of figures
	return above + 1 + n + 3 + 1
}

// severityTable counts findings by severity, live, beside the doughnut.
func (p *page) severityTable() error {
	if err := p.heading("Findings by severity", lastColumn); err != nil {
		return err
	}
	top := p.row + 1
	sum := p.b.r.Summary
	names := []string{"Severity", ">Open", ">All"}
	if sum.Before != nil {
		names = append(names, ">Before")
	}
	if err := p.heads(names...); err != nil {
		return err
	}
	for _, s := range msp.Severities() {
		word := severityWord(s)
		cells := []any{
			p.cell(word, strong),
			p.cell(live{fmt.Sprintf(`COUNTIFS(f_effective,"%s",f_counts,"yes")`, word), sum.Open.Of(s)}, numberC),
			p.cell(live{fmt.Sprintf(`COUNTIFS(f_effective,"%s")-COUNTIFS(f_effective,"%s",f_status,"%s")`, word, word, statusFixed), sum.All.Of(s)}, numberC),
		}
		if sum.Before != nil {
			cells = append(cells, p.cell(sum.Before.Open.Of(s), number))
		}
		if err := p.next(16, cells...); err != nil {
			return err
		}
	}
	first, last := top+1, p.row
	if err := p.next(16, p.cell("Total", strong), p.cell(live{fmt.Sprintf("SUM(B%d:B%d)", first, last), sum.Open.Total()}, numberC),
		p.cell(live{fmt.Sprintf("SUM(C%d:C%d)", first, last), sum.All.Total()}, numberC)); err != nil {
		return err
	}
	if err := p.severities(fmt.Sprintf("A%d:A%d", first, last)); err != nil {
		return err
	}
	changed := "All includes what was waived. No previous run to compare with."
	if sum.Before != nil {
		changed = fmt.Sprintf("All includes what was waived. %d new, %d fixed, %d reopened since.", sum.New, sum.Fixed, sum.Reopened)
	}
	if err := p.next(16, p.cell(changed, note)); err != nil {
		return err
	}
	if sum.Open.Total() == 0 {
		return nil
	}
	return p.doughnut(top, first, last)
}

// doughnut shows the open findings by severity.
func (p *page) doughnut(top, first, last int) error {
	points := make([]excelize.ChartDataPoint, 0, 5)
	for i, s := range msp.Severities() {
		points = append(points, excelize.ChartDataPoint{Index: i, Fill: solid(toneOf(s).chart)})
	}
	alt := fmt.Sprintf("Doughnut chart: open findings by severity, %s. The numbers stand in the table beside it.", inWords(p.b.r.Summary.Open))
	return p.chart(cellName(5, top), &excelize.Chart{
		Type: excelize.Doughnut, HoleSize: 62, VaryColors: ptr(true),
		Series: []excelize.ChartSeries{{
			Name: fmt.Sprintf("'%s'!$B$%d", sheetSummary, top), Categories: fmt.Sprintf("'%s'!$A$%d:$A$%d", sheetSummary, first, last), Values: fmt.Sprintf("'%s'!$B$%d:$B$%d", sheetSummary, first, last), DataPoint: points,
		}},
		Dimension: excelize.ChartDimension{Width: 310, Height: 170},
		Legend:    excelize.ChartLegend{Position: "right", Font: chartFont()},
		PlotArea:  excelize.ChartPlotArea{ShowVal: false},
	}, alt, 12, 2)
}

func solid(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func chartFont() *excelize.Font { return &excelize.Font{Family: "Arial", Size: 8, Color: ink} }

func inWords(c reports.Counts) string {
	return fmt.Sprintf("%d critical, %d high, %d medium, %d low, %d info", c.Critical, c.High, c.Medium, c.Low, c.Info)
}

// chart adds a chart without a frame, with a text for those who do not see it.
func (p *page) chart(cell string, c *excelize.Chart, alt string, x, y int) error {
	p.b.lint.picture(p.sheet, alt)
	c.Format = excelize.GraphicOptions{AltText: alt, OffsetX: x, OffsetY: y, Positioning: "oneCell", PrintObject: ptr(true), Locked: ptr(true)}
	c.Border = excelize.LineOptions{Type: excelize.LineNone}
	if err := p.b.f.AddChart(p.sheet, cell, c); err != nil {
		return fmt.Errorf("add chart: %w", err)
	}
	return nil
}

// gradeTable counts providers by rank and effective grade, live.
func (p *page) gradeTable() error {
	if err := p.heading("Providers by rank and grade", lastColumn); err != nil {
		return err
	}
	heads := []string{"Rank"}
	for _, g := range reports.Bands() {
		heads = append(heads, ">"+g.Grade)
	}
	if err := p.heads(append(heads, ">Not graded", ">All")...); err != nil {
		return err
	}
	for _, r := range []struct{ name, criterion string }{{"1: serves the organisation", "1"}, {"2 and deeper: serves a provider", `">=2"`}, {"No relationship leads to it", `""`}} {
		cells := []any{p.cell(r.name, strong)}
		for _, g := range append(gradeWords(), "–") {
			n := p.b.graded(r.criterion, g)
			cells = append(cells, p.cell(live{fmt.Sprintf(`COUNTIFS(p_rank,%s,p_effective,"%s")`, r.criterion, g), n}, numberC))
		}
		cells = append(cells, p.cell(live{fmt.Sprintf("SUM(B%d:G%d)", p.row+1, p.row+1), p.b.ranked(r.criterion)}, numberC))
		if err := p.next(16, cells...); err != nil {
			return err
		}
	}
	return nil
}

func gradeWords() []string {
	var list []string
	for _, b := range reports.Bands() {
		list = append(list, b.Grade)
	}
	return list
}

// ranked counts the providers of a rank.
func (b *book) ranked(criterion string) int {
	n := 0
	for _, g := range append(gradeWords(), "–") {
		n += b.graded(criterion, g)
	}
	return n
}

// graded counts providers as the formulas of gradeTable do.
func (b *book) graded(criterion, grade string) int {
	n := 0
	for _, p := range b.r.Providers {
		have := cmp.Or(p.Grade, "–")
		inRank := criterion == "1" && p.Rank == 1 || criterion == `">=2"` && p.Rank >= 2 || criterion == `""` && p.Rank == 0
		if inRank && have == grade {
			n++
		}
	}
	return n
}

// topProviders shows the five worst with a bar of their findings.
func (p *page) topProviders() error {
	if err := p.heading("Five providers to look at first", lastColumn); err != nil {
		return err
	}
	if err := p.heads("Provider", "^Grade", ">Exposure", ">Score", ">Critical", ">High", ">Medium", ">Low"); err != nil {
		return err
	}
	head, n := p.row, 0
	t := p.b.providersTable()
	for i := range p.b.r.Providers {
		v := &p.b.r.Providers[i]
		if n == topN || v.Exposure == nil {
			break
		}
		n++
		ref := func(title string) string { return "'" + sheetProviders + "'!" + cellName(t.col(title), firstRow+i) }
		cells := []any{p.cell(text(reports.Cut(v.Name, 60)), strong), p.cell(live{ref("Effective grade"), v.Grade}, centredC), p.cell(live{ref("Exposure hi"), v.Exposure.Hi}, shortMoney), p.cell(live{ref("Score hi"), v.Score.Hi}, decimalC)}
		for _, s := range []msp.Severity{msp.Critical, msp.High, msp.Medium, msp.Low} {
			cells = append(cells, p.cell(live{ref(sentence(s.String())), v.Findings.Of(s)}, numberC))
		}
		if err := p.next(16, cells...); err != nil {
			return err
		}
	}
	if n == 0 {
		return p.next(16, p.cell("No declared provider could be weighed.", plain))
	}
	if err := p.grades(fmt.Sprintf("B%d:B%d", head+1, head+n)); err != nil {
		return err
	}
	return p.stacked(head, n)
}

// stacked draws the open findings of the top providers as stacked bars.
func (p *page) stacked(head, n int) error {
	const rows, height = 8, 17.0
	chart := &excelize.Chart{
		Type: excelize.BarStacked, Dimension: excelize.ChartDimension{Width: 855, Height: 170}, Legend: excelize.ChartLegend{Position: "bottom", Font: chartFont()}, Overlap: ptr(100), GapWidth: ptr(uint(45)),
		XAxis: excelize.ChartAxis{ReverseOrder: true, Font: *chartFont()}, YAxis: excelize.ChartAxis{None: true},
	}
	alt := "Stacked bar chart: open findings by severity of the providers above."
	for k, s := range []msp.Severity{msp.Critical, msp.High, msp.Medium, msp.Low} {
		col := colName(5 + k)
		chart.Series = append(chart.Series, excelize.ChartSeries{
			Name: fmt.Sprintf("'%s'!$%s$%d", sheetSummary, col, head), Categories: fmt.Sprintf("'%s'!$A$%d:$A$%d", sheetSummary, head+1, head+n),
			Values: fmt.Sprintf("'%s'!$%s$%d:$%s$%d", sheetSummary, col, head+1, col, head+n), Fill: solid(toneOf(s).chart),
		})
	}
	for i := range n {
		v := p.b.r.Providers[i]
		alt += fmt.Sprintf(" %s: %s.", text(reports.Cut(v.Name, 60)), inWords(v.Findings))
	}
	if err := p.chart(cellName(1, p.row+1), chart, alt, 2, 4); err != nil {
		return err
	}
	for range rows {
		if err := p.next(height); err != nil {
			return err
		}
	}
	return nil
}

// topActions shows the first lines of the action plan.
func (p *page) topActions() error {
	if err := p.heading("Five actions to take first", lastColumn); err != nil {
		return err
	}
	if err := p.heads("Action", ">Cuts", ">Together", ">Closes", ">Days", " Effort", "Provider", " "); err != nil {
		return err
	}
	for i := range p.b.r.Actions {
		if i == topN {
			break
		}
		a := &p.b.r.Actions[i]
		words := text(reports.Cut(a.Text, 150))
		names := ""
		if len(a.Providers) > 0 {
			names = text(reports.Cut(a.Providers[0], 22))
		}
		if err := p.next(float64(wraps(words, wideColumn))*lineRoom+4, p.cell(words, wrapped), p.cell(positive(a.Gain), shortMoney0), p.cell(positive(a.Cumulative), shortMoney0),
			p.cell(len(a.Closes), number), p.cell(a.Horizon, number), p.cell(" "+sentence(a.Effort), plain), p.cell(names, plain), p.cell(nil, plain)); err != nil {
			return err
		}
	}
	if len(p.b.r.Actions) == 0 {
		return p.next(16, p.cell("Nothing to do was found.", plain))
	}
	return nil
}

// coverage says how much was looked at.
func (p *page) coverage() error {
	if err := p.heading("How sure are we", lastColumn); err != nil {
		return err
	}
	c := p.b.r.Coverage
	if err := p.say(fmt.Sprintf("DNS: %d checks; %d present, %d absent, %d broken; %d could not be answered. What could not be answered is not a pass.", c.Checks, c.Present, c.Absent, c.Broken, c.Unknown)); err != nil {
		return err
	}
	return p.say(fmt.Sprintf("Rules: %d judgements passed, %d failed, %d need an answer, %d do not apply. Questions open: %d.", c.Rules.Pass, c.Rules.Fail, c.Rules.Unknown, c.Rules.NotApplicable, len(p.b.r.Questions)+p.b.r.Omitted.Questions))
}
