package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteMarkdown writes the ranking, the parties behind most organisations, how
// concentrated each layer is and what changed.
func (p *Portfolio) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Portfolio of %s\n\nAs of %s.\n\n", plural(len(p.Organisations), "organisation"), day(p.Now))
	b.WriteString("| Organisation | Grade | Score | Exposure | Worst provider | Critical | High | Unknown |\n|---|---|--:|--:|---|--:|--:|--:|\n")
	for _, o := range p.Organisations {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %d | %d | %d |\n", cell(o.Name), o.Grade, Score(o.Score), MarkdownText(Money(o.Currency, o.Exposure.Hi)),
			cell(o.Worst), o.Open.Critical, o.Open.High, o.Unknown)
	}
	p.behindMarkdown(&b)
	p.layersMarkdown(&b)
	p.Changed.markdown(&b, 100)
	p.partyChangesMarkdown(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write portfolio: %w", err)
	}
	return nil
}

func (p *Portfolio) behindMarkdown(b *strings.Builder) {
	b.WriteString("\n## Who stands behind most of them\n\n| Party | Organisations | Share | Declared by | Rank | Compromise reaches | Outage stops | What |\n|---|--:|--:|--:|--:|--:|--:|---|\n")
	for i, q := range p.Parties {
		if i == 50 {
			fmt.Fprintf(b, "\n%d more parties are in the JSON form.\n", len(p.Parties)-i)
			break
		}
		fmt.Fprintf(b, "| %s | %d | %.0f %% | %d | %d | %d | %d | %s |\n", cell(q.Name), len(q.Clients), 100*q.Share, q.Declared, q.Rank, q.Touches, q.Stops, cell(strings.Join(q.Trust, ", ")))
	}
}

func (p *Portfolio) layersMarkdown(b *strings.Builder) {
	if len(p.Layers) == 0 {
		return
	}
	b.WriteString("\n## Concentration\n\n| Layer | Organisations | Parties | Most lean on | Compromise reaches | Outage stops | HHI | HHI − 1/C |\n|---|--:|--:|---|--:|--:|--:|--:|\n")
	for _, l := range p.Layers {
		fmt.Fprintf(b, "| %s | %d | %d | %s | %d | %d | %.3f | %.3f |\n", cell(l.Text), l.Organisations, l.Parties, cell(l.LeaderName), l.Touched, l.Stopped, l.HHI, l.Excess)
	}
	fmt.Fprintf(b, "\n%s\n", MarkdownText(PortfolioLayerNote))
}

// PortfolioLayerNote says what the figures of a layer mean.
const PortfolioLayerNote = "A compromise reaches whoever uses a company at all, directly or through others; an outage stops only those who have no other. HHI is 1 if all lean on one company; HHI − 1/C is 0 if each organisation had one to itself."

// partyChangesMarkdown counts what became of the findings on each party.
func (p *Portfolio) partyChangesMarkdown(b *strings.Builder) {
	list := p.PartiesChanged()
	if len(list) == 0 {
		return
	}
	b.WriteString("\n### By provider\n\n| Party | Organisations | New | Reopened | Fixed | Not looked at |\n|---|--:|--:|--:|--:|--:|\n")
	for _, q := range list[:min(50, len(list))] {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d |\n", cell(q.Name), len(q.Clients), q.New, q.Reopened, q.Fixed, q.NotLookedAt)
	}
	if n := len(list) - 50; n > 0 {
		fmt.Fprintf(b, "\n%d more parties are in the JSON form.\n", n)
	}
}

// WriteSummary writes what matters of a portfolio for a terminal.
func (p *Portfolio) WriteSummary(w io.Writer, files []string) error {
	const most = 5
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "\nPortfolio of %s as of %s\n\nORGANISATION\tGRADE\tSCORE\tEXPOSURE\tWORST PROVIDER\tCRITICAL\tHIGH\n", plural(len(p.Organisations), "organisation"), day(p.Now))
	for _, o := range p.Organisations[:min(most, len(p.Organisations))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", Cut(TerminalText(o.Name), 40), o.Grade, Score(o.Score), TerminalText(Money(o.Currency, o.Exposure.Hi)), TerminalText(o.Worst), o.Open.Critical, o.Open.High)
	}
	fmt.Fprint(t, "\nSTANDS BEHIND\tORGANISATIONS\tDECLARED BY\tBREAK-IN REACHES\tFAILURE STOPS\tWHAT\n")
	for _, q := range p.Parties[:min(most, len(p.Parties))] {
		fmt.Fprintf(t, "%s\t%d of %d\t%d\t%d\t%d\t%s\n", Cut(TerminalText(q.Name), 40), len(q.Clients), len(p.Organisations), q.Declared, q.Touches, q.Stops, TerminalText(strings.Join(q.Trust, ", ")))
	}
	if p.Changed != nil {
		fmt.Fprintf(t, "\n%s\n", TerminalText(p.Changed.Sentence()))
	}
	if len(files) > 0 {
		fmt.Fprintf(t, "\nWritten: %s\n", TerminalText(strings.Join(files, ", ")))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}
