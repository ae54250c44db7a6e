package reports

import (
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
)

// MarkdownLimit is the most that code hosts take as a step summary: 1 MiB less
// a reserve for what else a job writes there. A longer summary is dropped whole.
const MarkdownLimit = 1<<20 - 64<<10

// Markdown writes a summary for a job page or a merge request. Limit is the
// most bytes to write, 0 = MarkdownLimit: rows beyond it are left out and the
// text says how many.
type Markdown struct {
	Limit int
	Least msp.Severity // of the findings listed; the zero severity = medium
}

// Render implements Renderer.
func (m Markdown) Render(w io.Writer, r *Report) error {
	if m.Limit <= 0 {
		m.Limit = MarkdownLimit
	}
	if m.Least == msp.Info {
		m.Least = msp.Medium
	}
	d := markdown{r: r, limit: m.Limit, least: m.Least}
	d.head()
	d.findingCounts()
	d.providers()
	d.undeclared()
	d.layers()
	d.plan()
	d.byCost()
	d.questions()
	d.findings()
	d.coverage()
	if _, err := io.WriteString(w, d.b.String()); err != nil {
		return fmt.Errorf("write markdown: %w", err)
	}
	return nil
}

type markdown struct {
	least msp.Severity
	r     *Report
	limit int
	b     strings.Builder
}

func (d *markdown) money(v float64) string {
	return MarkdownText(Money(d.r.Organisation.Currency, v))
}

func (d *markdown) head() {
	fmt.Fprintf(&d.b, "# Provider exposure of %s\n\n", MarkdownText(Cut(d.r.Organisation.Name, 200)))
	if p := d.r.worst(); p != nil && p.Exposure.Hi > 0 {
		fmt.Fprintf(&d.b, "**%s is the costliest to lose: %s of %s is reached if it is compromised** (score %s of 100, grade %s).\n",
			cell(p.Name), d.money(p.Exposure.Hi), d.money(d.r.Organisation.Value), Score(*p.Score), p.Grade)
	}
	if p := d.r.worst(); p != nil && p.Annual != nil {
		fmt.Fprintf(&d.b, "%s.\n", MarkdownText(AnnualWords(d.r.Organisation.Currency, *p.Annual)))
	}
	if f := d.r.Summary.BestFix; f != nil {
		fmt.Fprintf(&d.b, "The one change worth most: %s. It cuts %s.\n", cell(strings.TrimRight(f.Text, ". ")), d.money(f.Reduction))
	}
	for i, line := range d.r.Summary.Explained() {
		if i == 0 {
			d.b.WriteString("\n**Is the obvious fix worth it?**\n\n")
		}
		fmt.Fprintf(&d.b, "- %s\n", MarkdownText(Cut(line, 2000)))
	}
	if !d.r.Run.Complete {
		d.b.WriteString("**The run did not end: what follows is partial.**\n")
	}
	fmt.Fprintf(&d.b, "\nAs of %s, mspscan %s.\n", day(d.r.Run.Now), MarkdownText(d.r.Tool.Version))
	for _, n := range d.r.Run.Notes {
		fmt.Fprintf(&d.b, "\n> %s\n", cell(n))
	}
}

// cell escapes outside text for a table cell, at most 300 characters.
func cell(s string) string { return MarkdownText(Cut(s, 300)) }

func (d *markdown) findingCounts() {
	d.b.WriteString("\n## Findings\n\n| Severity | Open | With waived |\n|---|--:|--:|\n")
	for _, s := range msp.Severities() {
		fmt.Fprintf(&d.b, "| %s %s | %d | %d |\n", SeverityMark(s), s, d.r.Summary.Open.Of(s), d.r.Summary.All.Of(s))
	}
	if m := d.r.Summary; m.Waived > 0 {
		fmt.Fprintf(&d.b, "\n%s%s.\n", plural(m.Waived, "waived finding"), withWaived(m.Grade, m.GradeAll))
	}
	if m := d.r.Summary; m.Before != nil {
		fmt.Fprintf(&d.b, "\n%d new, %d fixed and %d reopened since %s.\n", m.New, m.Fixed, m.Reopened, day(m.Before.Now))
	}
}

// table writes rows under a head until half of the limit is left for what
// follows, then says how many are missing; omitted ones are not in the report at
// all.
func (d *markdown) table(title, head string, n, most, omitted int, row func(int) string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(&d.b, "\n## %s\n\n%s\n", title, head)
	for i := range n {
		line := row(i)
		if i == most || d.b.Len()+len(line)+2048 > d.limit {
			fmt.Fprintf(&d.b, "\n%d more: see the workbook or the JSON report%s.\n", n-i, without(omitted))
			return
		}
		d.b.WriteString(line)
	}
}

// without says how many rows no report has.
func without(omitted int) string {
	if omitted == 0 {
		return ""
	}
	return fmt.Sprintf("; %d that matter least are in none", omitted)
}

func (d *markdown) providers() {
	var list []Provider
	for _, p := range d.r.Providers {
		if p.Declared {
			list = append(list, p)
		}
	}
	head, rule := "| Provider | Rank | Grade | Score | Exposure | Critical | High |", "|---|--:|---|--:|--:|--:|--:|"
	annual := d.r.HasAnnual()
	if annual {
		head, rule = head+" Times a year | Loss a year | From | To |", rule+"--:|--:|--:|--:|"
	}
	d.table("Providers", head+"\n"+rule, len(list), 10, 0, func(i int) string {
		p, score, exposure := list[i], "", ""
		if p.Score != nil {
			score, exposure = Score(*p.Score), d.money(p.Exposure.Hi)
		}
		row := fmt.Sprintf("| %s | %d | %s | %s | %s | %d | %d |", cell(p.Name), p.Rank, p.Grade, score, exposure, p.Findings.Critical, p.Findings.High)
		if a := p.Annual; annual && a != nil {
			row += fmt.Sprintf(" %.3g | %s | %s | %s |", a.Frequency.Mean, d.money(a.Loss.Hi), d.money(a.Least), d.money(a.Most))
		} else if annual {
			row += " | | | |"
		}
		return row + "\n"
	})
}

func (d *markdown) undeclared() {
	ids := d.r.Summary.Undeclared
	d.table("Seen in DNS, declared by nobody", "| Party | What it may do |\n|---|---|", len(ids), 20, 0, func(i int) string {
		p, _ := d.r.Provider(ids[i])
		return fmt.Sprintf("| %s | %s |\n", cell(p.Name), cell(joined(p.Services)))
	})
}

// layers writes on whom each layer hangs, outage beside compromise.
func (d *markdown) layers() {
	d.table("Concentration", layerHead, len(d.r.Layers), 12, 0, func(i int) string {
		l := d.r.Layers[i]
		return fmt.Sprintf("| %s | %d | %s | %d | %s | %.2f | %.2f |\n", cell(l.Text), len(l.Stops), Chance(l.Outage.Hi), len(l.Touches), Chance(l.Compromise), l.HHI, l.Excess)
	})
	if len(d.r.Layers) > 0 {
		fmt.Fprintf(&d.b, "\n%s\n", MarkdownText(LayerNote))
	}
}

const layerHead = "| Layer | Stopped by one of | Outage | Reached through one of | Compromise | HHI | HHI − 1/C |\n|---|--:|--:|--:|--:|--:|--:|"

// LayerNote says what the figures of a layer mean.
const LayerNote = "Outage and compromise are the chances that the layer stops, and that it is reached, if every company fails and is broken into with a chance of 1 in 100, each by itself: a second provider makes the first smaller and the second larger. HHI is 1 if all lean on one company; HHI − 1/C is 0 if each has one to itself."

// Chance writes a chance in percent, so that small ones still show.
func Chance(x float64) string {
	if x > 0 && x < 0.00005 {
		return "< 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", 100*x)
}

func (d *markdown) plan() {
	head, rule := "| Action | Provider | Closes | Cuts | Within |", "|---|---|--:|--:|--:|"
	priced := d.r.Priced()
	if priced {
		head, rule = head+" Costs | Rank by cost |", rule+"--:|--:|"
	}
	d.table("What to do first", head+"\n"+rule, len(d.r.Actions), 10, d.r.Omitted.Actions, func(i int) string {
		a, gain := d.r.Actions[i], ""
		if a.Gain > 0 {
			gain = d.money(a.Gain)
		}
		row := fmt.Sprintf("| %s | %s | %d | %s | %d days |", cell(a.Text), cell(joined(a.Providers)), len(a.Closes), gain, a.Horizon)
		if priced {
			row += d.costCells(a)
		}
		return row + "\n"
	})
}

// costCells says what an action costs and where it stands by what it cuts for it.
func (d *markdown) costCells(a Action) string {
	switch {
	case a.Kind != ActionFix:
		return " | |"
	case a.Cost == nil:
		return " not given | |"
	}
	return fmt.Sprintf(" %s | %d |", d.money(*a.Cost), a.RankByCost)
}

// byCost ranks the changes, then the sets of changes, whose cost is given.
func (d *markdown) byCost() {
	for _, sets := range []bool{false, true} {
		title := "Single changes by what they cut for their cost"
		if sets {
			title = "Sets of changes by what they cut for their cost"
		}
		list := d.r.FixesByCost(sets)
		d.table(title, "| Rank | Change | Cuts | Costs | Cut for each "+d.money(1)+" |\n|--:|---|--:|--:|--:|", len(list), 10, 0, func(i int) string {
			f, per := list[i], "costs nothing"
			if f.PerCost != nil {
				per = MarkdownText(PerCost(d.r.Organisation.Currency, *f.PerCost))
			}
			return fmt.Sprintf("| %d | %s | %s | %s | %s |\n", f.RankByCost, cell(f.Text), d.money(f.Reduction), d.money(*f.Cost), per)
		})
	}
	if d.r.Priced() {
		d.b.WriteString("\nChanges without a cost in the inventory (`fix_costs`) stand in the plan by what they cut, and not in these lists.\n")
	}
	if words := d.r.Sensitivity.Words; len(words) > 0 {
		d.b.WriteString("\n## How much the ranking hangs on the model\n\n")
		for _, w := range words {
			fmt.Fprintf(&d.b, "- %s\n", MarkdownText(Cut(w, 2000)))
		}
	}
}

func (d *markdown) questions() {
	d.table("Questions that are open", "| Question | Provider | If the answer is bad | Settles |\n|---|---|---|--:|", len(d.r.Questions), 10, d.r.Omitted.Questions, func(i int) string {
		q, worth := d.r.Questions[i], ""
		if q.Narrows > 0 {
			worth = d.money(q.Narrows)
		}
		return fmt.Sprintf("| %s | %s | %s | %s |\n", cell(q.Text), cell(q.Provider), q.WouldBeFinding, worth)
	})
}

func (d *markdown) findings() {
	var open []Finding
	for _, f := range d.r.Findings {
		if f.Open() && f.Effective() >= d.least {
			open = append(open, f)
		}
	}
	d.table("Worst findings", "| Severity | Finding | Subject | Rule | Id |\n|---|---|---|---|---|", len(open), 50, 0, func(i int) string {
		f := open[i]
		return fmt.Sprintf("| %s %s | %s | %s | %s | %s |\n", SeverityMark(f.Effective()), f.Effective(), cell(f.Title), MarkdownCode(Cut(f.Subject.ID, 100)), MarkdownCode(f.Rule), MarkdownCode(f.ID))
	})
}

func (d *markdown) coverage() {
	c := d.r.Coverage
	fmt.Fprintf(&d.b, "\n## Coverage\n\n%s: %d present, %d absent, %d broken, **%d unknown**. An unknown is not a pass.\n", plural(c.Checks, "DNS check"), c.Present, c.Absent, c.Broken, c.Unknown)
	fmt.Fprintf(&d.b, "Rules: %d passed, %d failed, %d unknown, %d not applicable.\n", c.Rules.Pass, c.Rules.Fail, c.Rules.Unknown, c.Rules.NotApplicable)
	for i, e := range d.r.Errors {
		if i == 10 {
			fmt.Fprintf(&d.b, "- %d more\n", len(d.r.Errors)-i)
			break
		}
		fmt.Fprintf(&d.b, "- %s\n", cell(e))
	}
}
