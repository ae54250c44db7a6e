package xlsx

import (
	"fmt"

	"mspscan/msp"
	"mspscan/reports"
)

// changeTable lists what became of findings since the run before, the new ones
// first.
func changeTable(p *reports.Portfolio) *table {
	c := p.Changed
	t := &table{
		sheet: sheetChanged, title: "What changed since the run before", name: "tbl_changed", freeze: 2,
		note: "There is no run before: give one with --baseline.",
		columns: []column{
			{"State", 14, wrapped, ""},
			{"Severity", 10, centred, ""},
			{"Organisation", 20, wrapped, ""},
			{"Provider", 20, wrapped, ""},
			{"Rule", 28, wrapped, ""},
			{"Subject", 34, wrapped, ""},
			{"Finding", 80, wrapped, ""},
			{"Finding id", 18, wrapped, ""},
		},
	}
	if c == nil {
		c = &reports.PortfolioChanged{}
	} else {
		t.note, t.n = c.Sentence(), len(c.Changes)
	}
	if c.Left > 0 {
		t.note += fmt.Sprintf(" %d more changes are not listed.", c.Left)
	}
	t.row = func(i, _ int) []any {
		f := &c.Changes[i]
		return []any{
			f.StateWord(), f.Severity.String(), text(f.Organisation), text(f.Provider), text(f.Rule),
			text(string(f.Subject.Kind) + " " + f.Subject.ID), text(f.Message), text(f.ID),
		}
	}
	t.dress = func(s *stream) error {
		for _, v := range []msp.Severity{msp.Critical, msp.High, msp.Medium} {
			if err := s.mark(t.ref(t.col("Severity")), "equal to", fmt.Sprintf("%q", v.String()), toneOf(v).fill, toneOf(v).text); err != nil {
				return err
			}
		}
		return nil
	}
	return t
}
