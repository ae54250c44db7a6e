package xlsx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/review"
	"mspscan/reports"
)

// findings writes the sheet of findings: one row each, judgements on the right.
func (b *book) findings() error { return b.findingsTable().write(b) }

func (b *book) findingsTable() *table {
	t := &table{
		sheet: sheetFindings, title: "Findings", name: "tbl_findings", freeze: 1,
		note: "Yellow: override the severity and say why, set status, owner and due date. Grey follows by itself, and so do Providers, Risk matrix and Summary.",
		columns: []column{
			{"Finding", 17, wrapped, ""},
			{"Provider", 20, wrapped, ""},
			{"Rule", 22, wrapped, ""},
			{"Title", 26, wrapped, ""},
			{"Severity", 11, plain, ""},
			{"Override", 11, plainE, "list_severity"},
			{"Reason", 18, wrappedE, ""},
			{"Effective severity", 11, plainC, ""},
			{"Confidence", 10, plain, ""},
			{"Subject", 20, wrapped, ""},
			{"Evidence", 64, wrapped, ""},
			{"Remediation", 50, wrapped, ""},
			{"State", 9, plain, ""},
			{"Status", 13, plainE, "list_status"},
			{"Counts", 7, centredC, ""},
			{"Owner", 12, wrappedE, ""},
			{"Due", 11, dateE, ""},
			{"Waived until", 11, dateE, ""},
			{"Approved by", 14, wrappedE, ""},
			{"Justification", 26, wrappedE, ""},
			{"Provider id", 13, plain, ""},
			{"Effort", 8, plain, ""},
			{"Path", 26, wrapped, ""},
			{"Expected", 28, wrapped, ""},
			{"Observed at", 17, timeOf, ""},
			{"References", 44, wrapped, ""},
			{"Frameworks", 34, wrapped, ""},
			{"First seen", 11, dateOf, ""},
			{"Last seen", 11, dateOf, ""},
		},
		printed: "Due", tall: 7,
		n: len(b.r.Findings),
	}
	severity, override, status := colName(t.col("Severity")), colName(t.col("Override")), colName(t.col("Status"))
	t.row = func(i, row int) []any { return b.findingRow(&b.r.Findings[i], row, severity, override, status) }
	t.dress = func(s *stream) error { return s.dressFindings(t) }
	return t
}

func (b *book) findingRow(f *reports.Finding, row int, severity, override, status string) []any {
	id, name := b.partyOf(f.Provider)
	word, state := severityWord(f.Severity), statusOf(f)
	counts := "no"
	if f.Open() {
		counts = "yes"
	}
	n := strconv.Itoa(row)
	until, by, why := any(nil), any(nil), any(nil)
	if f.Waived != nil {
		until, by, why = date(f.Waived.Expires.String()), filled(f.Waived.ApprovedBy), paragraphs(f.Waived.Justification)
	}
	over, reason, owner, due := reviewed(f)
	return []any{
		text(f.ID), name, text(f.Rule), text(f.Title), word, over, reason,
		live{"IF(LEN(" + override + n + ")=0," + severity + n + "," + override + n + ")", severityWord(f.Effective())},
		sentence(string(f.Confidence)), text(f.Subject.ID), evidence(f), text(f.Remediation), sentence(string(f.State)), state,
		live{`IF(OR(` + status + n + `="` + statusOpen + `",` + status + n + `="` + statusProgress + `"),"yes","no")`, counts},
		owner, due, until, by, why,
		id, sentence(f.Effort), text(f.Path), text(f.Expected), moment(f.ObservedAt), lines(f.References), frameworks(f.Frameworks), date(f.FirstSeen), date(f.LastSeen),
	}
}

// partyOf gives id and name for a finding's provider; without one it is the
// organisation's own.
func (b *book) partyOf(id string) (string, string) {
	if id == "" {
		return text(b.r.Organisation.ID), text(b.r.Organisation.Name)
	}
	if row, ok := b.at.rowOf[id]; ok {
		return text(id), text(b.r.Providers[row-firstRow].Name)
	}
	return text(id), text(id)
}

// reviewed gives what a person entered on a finding before.
func reviewed(f *reports.Finding) (over, reason, owner, due any) {
	v := f.Review
	if v == nil {
		return nil, nil, nil, nil
	}
	if v.Severity != nil {
		over, reason = severityWord(*v.Severity), paragraphs(v.Reason)
	}
	return over, reason, filled(v.Owner), date(v.Due.String())
}

// statusOf gives the state of a finding: fixed by fresh evidence, waived, or as a
// person set it.
func statusOf(f *reports.Finding) string {
	switch {
	case f.State == msp.StateFixed:
		return statusFixed
	case f.Waived != nil:
		return waivedAs(f.Waived.Reason)
	case f.Review != nil && f.Review.Status == review.StatusProgress:
		return statusProgress
	}
	return statusOpen
}

// waivedAs gives the status that a waiver stands for.
func waivedAs(reason string) string {
	for _, s := range review.Statuses() {
		if s.Waive != "" && s.Waive == reason {
			return s.Word
		}
	}
	return "Risk accepted"
}

// evidence gives the message, what was seen and the commands that show it again.
func evidence(f *reports.Finding) string {
	list := []string{f.Message}
	for _, e := range f.Evidence {
		where := ""
		if e.Location != nil && e.Location.Known() {
			where = " (" + e.Location.String() + ")"
		}
		if e.Summary+where != "" && e.Summary != f.Message {
			list = append(list, e.Summary+where)
		}
		list = append(list, e.Dig...)
	}
	return lines(list)
}

// frameworks gives a line a framework, sorted.
func frameworks(m map[string][]string) string {
	list := make([]string, 0, len(m))
	for name, ids := range m {
		list = append(list, name+": "+strings.Join(ids, ", "))
	}
	slices.Sort(list)
	return lines(list)
}

// dressFindings colours severities, asks for a reason and greys what does not
// count.
func (s *stream) dressFindings(t *table) error {
	for _, c := range []string{"Severity", "Override", "Effective severity"} {
		if err := s.severities(t.ref(t.col(c))); err != nil {
			return err
		}
	}
	override, reason, counts := colName(t.col("Override")), t.col("Reason"), colName(t.col("Counts"))
	missing := fmt.Sprintf("AND(LEN($%s%d)>0,LEN($%s%d)=0)", override, firstRow, colName(reason), firstRow)
	if err := s.mark(t.ref(reason), "", missing, alarm, alarmed); err != nil {
		return err
	}
	return s.mark(t.ref(t.col("Title")), "", fmt.Sprintf(`$%s%d="no"`, counts, firstRow), band, grey)
}

// severities colours the severity words of a range.
func (s *stream) severities(ref string) error {
	for _, v := range msp.Severities() {
		tone := toneOf(v)
		if err := s.mark(ref, "equal to", `"`+severityWord(v)+`"`, tone.fill, tone.text); err != nil {
			return err
		}
	}
	return nil
}
