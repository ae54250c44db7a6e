package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"mspscan/msp"
)

// PortfolioSchema names the JSON form of a Portfolio.
const PortfolioSchema = "mspscan/portfolio/v1"

// Portfolio is many organisations side by side: which is exposed most, and which
// party, of any rank, stands behind most of them.
type Portfolio struct {
	Schema        string            `json:"schema"`
	Tool          Tool              `json:"tool"`
	Now           string            `json:"now"`
	Organisations []PortfolioRow    `json:"organisations"` // by score, worst first, then id
	Parties       []PortfolioParty  `json:"parties"`       // by clients, most first, then id
	Changed       *PortfolioChanged `json:"changed"`       // null without a run before
	Grades        map[string]int    `json:"grades"`        // organisations by the grade of their worst provider
	Open          Counts            `json:"open"`
	Errors        []string          `json:"errors"`
}

// PortfolioRow is one organisation.
type PortfolioRow struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Currency   string    `json:"currency"`
	Value      float64   `json:"value"`
	Worst      string    `json:"worst_provider"`
	Grade      string    `json:"grade"`
	Score      msp.Range `json:"score"`
	Exposure   msp.Range `json:"exposure"`
	Open       Counts    `json:"open"`
	Providers  int       `json:"providers"`
	Undeclared int       `json:"undeclared"`
	Checks     int       `json:"checks"`
	Unknown    int       `json:"unknown"`
	New        int       `json:"new"`
	Reopened   int       `json:"reopened"`
	Fixed      int       `json:"fixed"`
}

// PortfolioParty is a party and the organisations that it stands behind, named
// alike over all inventories.
type PortfolioParty struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Clients  []string `json:"clients"`  // organisation ids, sorted
	Declared int      `json:"declared"` // organisations that declare it
	Rank     int      `json:"rank"`     // the closest
	Trust    []string `json:"trust"`    // what DNS shows of it, and "access" where it holds a door
	Share    float64  `json:"share"`    // of all organisations, 0 to 1
}

// WriteJSON writes the portfolio as JSON.
func (p *Portfolio) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("write portfolio: %w", err)
	}
	return nil
}

// WriteMarkdown writes the ranking and the parties behind most organisations.
func (p *Portfolio) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Portfolio of %s\n\nAs of %s.\n\n", plural(len(p.Organisations), "organisation"), day(p.Now))
	b.WriteString("| Organisation | Grade | Score | Exposure | Worst provider | Critical | High | Unknown |\n|---|---|--:|--:|---|--:|--:|--:|\n")
	for _, o := range p.Organisations {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %d | %d | %d |\n", cell(o.Name), o.Grade, Score(o.Score), MarkdownText(Money(o.Currency, o.Exposure.Hi)),
			cell(o.Worst), o.Open.Critical, o.Open.High, o.Unknown)
	}
	b.WriteString("\n## Who stands behind most of them\n\n| Party | Organisations | Share | Declared by | Rank | What |\n|---|--:|--:|--:|--:|---|\n")
	for i, q := range p.Parties {
		if i == 50 {
			fmt.Fprintf(&b, "\n%d more parties are in the JSON form.\n", len(p.Parties)-i)
			break
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f %% | %d | %d | %s |\n", cell(q.Name), len(q.Clients), 100*q.Share, q.Declared, q.Rank, cell(strings.Join(q.Trust, ", ")))
	}
	p.Changed.markdown(&b, 100)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write portfolio: %w", err)
	}
	return nil
}

// WriteSummary writes what matters of a portfolio for a terminal.
func (p *Portfolio) WriteSummary(w io.Writer, files []string) error {
	const most = 5
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "\nPortfolio of %s as of %s\n\nORGANISATION\tGRADE\tSCORE\tEXPOSURE\tWORST PROVIDER\tCRITICAL\tHIGH\n", plural(len(p.Organisations), "organisation"), day(p.Now))
	for _, o := range p.Organisations[:min(most, len(p.Organisations))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", Cut(TerminalText(o.Name), 40), o.Grade, Score(o.Score), TerminalText(Money(o.Currency, o.Exposure.Hi)), TerminalText(o.Worst), o.Open.Critical, o.Open.High)
	}
	fmt.Fprint(t, "\nSTANDS BEHIND\tORGANISATIONS\tDECLARED BY\tWHAT\n")
	for _, q := range p.Parties[:min(most, len(p.Parties))] {
		fmt.Fprintf(t, "%s\t%d of %d\t%d\t%s\n", Cut(TerminalText(q.Name), 40), len(q.Clients), len(p.Organisations), q.Declared, TerminalText(strings.Join(q.Trust, ", ")))
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
