package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/review"
	"mspscan/reports"
)

// The states of a finding that formulas name. Only the first two count.
const (
	statusOpen     = "Open"
	statusProgress = "In progress"
	statusFixed    = "Fixed"
)

// list is a drop-down: a defined name and its values.
type list struct {
	name   string
	values []string
}

func choices() []list {
	var severities, grades, criticalities, statuses []string
	for _, s := range review.Statuses() {
		statuses = append(statuses, s.Word)
	}
	for _, s := range msp.Severities() {
		severities = append(severities, severityWord(s))
	}
	for _, b := range reports.Bands() {
		grades = append(grades, b.Grade)
	}
	for _, c := range msp.Criticalities() {
		criticalities = append(criticalities, sentence(c))
	}
	return []list{
		{"list_severity", severities},
		{"list_grade", grades},
		{"list_criticality", criticalities},
		{"list_status", statuses},
		{"list_answer", []string{"Yes", "No", "Unknown", "Not applicable"}},
		{"list_evidence", []string{"Verified", "Attested"}},
		{"list_yesno", []string{"yes", "no"}},
		{"list_horizon", []string{"30", "60", "90"}},
		{"list_progress", []string{"Planned", "In progress", "Done", "Dropped"}},
	}
}

// lists writes the hidden sheet behind the drop-downs, a column each.
func (b *book) lists() error {
	s, err := b.open(sheetLists)
	if err != nil {
		return err
	}
	all, longest := choices(), 0
	heads := make([]any, len(all))
	for i, l := range all {
		heads[i] = excelize.Cell{StyleID: b.style.id[head], Value: l.name}
		longest = max(longest, len(l.values))
	}
	if err := s.set(1, 0, heads...); err != nil {
		return err
	}
	for k := range longest {
		cells := make([]any, len(all))
		for i, l := range all {
			if k < len(l.values) {
				cells[i] = excelize.Cell{StyleID: b.style.id[plain], Value: listValue(l, k)}
			}
		}
		if err := s.set(2+k, 0, cells...); err != nil {
			return err
		}
	}
	return s.close()
}

// listValue gives days as numbers, so that they can be added to dates.
func listValue(l list, k int) any {
	if l.name == "list_horizon" {
		return 30 * (k + 1)
	}
	return l.values[k]
}

// defineNames names what formulas and drop-downs refer to.
func (b *book) defineNames() error {
	for i, l := range choices() {
		ref := fmt.Sprintf("'%s'!$%s$2:$%s$%d", sheetLists, colName(i+1), colName(i+1), 1+len(l.values))
		if err := b.define(l.name, ref, ""); err != nil {
			return err
		}
	}
	for i, p := range parameters() {
		if err := b.define(p.name, fixed(sheetMethod, 2, firstRow+i), ""); err != nil {
			return err
		}
	}
	if err := b.defineColumns(b.findingsTable(), map[string]string{
		"Provider id": "f_provider", "Effective severity": "f_effective", "Counts": "f_counts", "Status": "f_status",
	}); err != nil {
		return err
	}
	if err := b.defineColumns(b.controlsTable(), map[string]string{"Provider id": "c_provider", "Points": "c_points", "Of": "c_of"}); err != nil {
		return err
	}
	return b.defineColumns(b.providersTable(), map[string]string{
		"Rank": "p_rank", "Effective grade": "p_effective", "Exposure hi": "p_exposure", "Impact": "p_impact", "Likelihood scanned": "p_inherent", "Likelihood now": "p_residual",
	})
}

// defineColumns names columns of a table, in the order of the table.
func (b *book) defineColumns(t *table, names map[string]string) error {
	found := 0
	for i, c := range t.columns {
		name, ok := names[c.title]
		if !ok {
			continue
		}
		found++
		col := colName(i + 1)
		if err := b.define(name, fmt.Sprintf("'%s'!$%s$%d:$%s$%d", t.sheet, col, firstRow, col, t.last()), ""); err != nil {
			return err
		}
	}
	if found != len(names) {
		return fmt.Errorf("table %s has %d of %d columns to name", t.name, found, len(names))
	}
	return nil
}
