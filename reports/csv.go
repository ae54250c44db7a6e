package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// CSV writes the findings, a row each, for spreadsheets and ticket systems
// (RFC 4180, UTF-8). Cells that a spreadsheet would take for a formula are
// guarded by an apostrophe; Raw leaves all text as it is, for machines.
type CSV struct {
	Raw bool
}

// Render implements Renderer.
func (c CSV) Render(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	rows := [][]string{{
		"id", "provider", "rule", "severity", "confidence", "subject_kind", "subject", "title", "message", "evidence", "expected", "remediation", "effort",
		"references", "state", "first_seen", "last_seen", "waived_reason", "waived_until", "location",
	}}
	for i := range r.Findings {
		rows = append(rows, c.row(&r.Findings[i]))
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

func (c CSV) row(f *Finding) []string {
	var seen []string
	for _, e := range f.Evidence {
		seen = append(seen, e.Summary)
	}
	reason, until := "", ""
	if f.Waived != nil {
		reason, until = f.Waived.Reason, f.Waived.Expires.String()
	}
	cells := []string{
		f.ID, f.Provider, f.Rule, f.Effective().String(), string(f.Confidence), string(f.Subject.Kind), f.Subject.ID, f.Title, f.Message, strings.Join(seen, "; "),
		f.Expected, f.Remediation, f.Effort, strings.Join(f.References, "; "), string(f.State), f.FirstSeen, f.LastSeen, reason, until, f.Location.String(),
	}
	if !c.Raw {
		for i := range cells {
			cells[i] = CSVCell(cells[i])
		}
	}
	return cells
}
