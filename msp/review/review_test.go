package review_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/review"
	"mspscan/msp/strict"
	"mspscan/msp/waiver"
)

func now() time.Time { return time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC) }

func findingTitles() []any {
	return []any{"Finding", "Rule", "Subject", "State", "Override", "Reason", "Effective severity", "Status", "Owner", "Due", "Waived until", "Approved by", "Justification"}
}

// book makes a workbook with the sheets of a report, rows from row 5 on.
func book(t testing.TB, findings, providers, waivers [][]any) inventory.File {
	t.Helper()
	f := excelize.NewFile()
	for i, s := range []struct {
		name   string
		titles []any
		rows   [][]any
	}{
		{"Findings", findingTitles(), findings},
		{"Providers", []any{"Id", "Name", "Override grade", "Reason", "Owner"}, providers},
		{"Waivers", []any{"Rule", "Subject", "State", "Findings", "Reason", "Justification", "Approved by", "Expires"}, waivers},
	} {
		if i == 0 {
			require.NoError(t, f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			require.NoError(t, err)
		}
		require.NoError(t, f.SetCellStr(s.name, "A1", s.name))
		require.NoError(t, f.SetSheetRow(s.name, "A4", &s.titles))
		for k, row := range s.rows {
			for i := range row {
				if row[i] == "" {
					row[i] = nil // an empty cell
				}
			}
			require.NoError(t, f.SetSheetRow(s.name, fmt.Sprintf("A%d", 5+k), &row))
		}
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	require.NoError(t, f.Close())
	return inventory.File{Name: "r.xlsx", Data: b.Bytes()}
}

// edit gives a row of Findings with some cells filled in.
func edit(id string, cells ...string) []any {
	row := []any{id, "a-rule", "a-subject", "New", "", "", "▲ High", "Open", "", "", "", "", ""}
	for i := 0; i+1 < len(cells); i += 2 {
		for k, title := range findingTitles() {
			if title == cells[i] {
				row[k] = cells[i+1]
			}
		}
	}
	return row
}

func TestReadBook(t *testing.T) {
	b, err := review.ReadBook(book(t, [][]any{
		edit("f3"),
		edit("f2", "Override", "▽ Low", "Reason", "two lines\nof it", "Status", "In progress", "Owner", " J.  Citizen ", "Due", "2026-07-31"),
		edit("f1", "Status", "Fixed"),
		edit("f0", "Status", "Fixed", "State", "Fixed"),
		edit("f4", "Status", "False positive", "Justification", "a decoy", "Approved by", "CISO", "Waived until", "2027-06-01"),
		edit("f5", "Status", "Risk accepted", "Justification", "as before", "Approved by", "CISO", "Waived until", "2026-09-30"),
		edit("f6", "Reason", "of nothing"),
		edit("f7"),
	}, [][]any{
		{"north", "North", "B", "isolated", ""}, {"south", "South", "", "", "Ops"}, {"west", "West", "", "", ""},
	}, [][]any{
		{"a-rule", "a-subject", "Active", "f5\nf7", "Risk accepted", "as before", "CISO", "2026-09-30"},
		{"a-rule", "a-subject", "Expired", "f1", "Risk accepted", "", "", ""},
	}), now())
	require.NoError(t, err)
	low := msp.Low
	require.Len(t, b.Findings, 2)
	require.Equal(t, "f1", b.Findings[0].ID)
	require.Equal(t, review.StatusFixed, b.Findings[0].Status)
	got := b.Findings[1]
	got.Pos = msp.Pos{}
	require.Equal(t, review.Finding{
		ID: "f2", Severity: &low, Reason: "two lines\nof it", Status: review.StatusProgress, Owner: "J. Citizen",
		Due: msp.Date{Year: 2026, Month: 7, Day: 31}, About: "a-rule on a-subject",
	}, got)
	require.Len(t, b.Providers, 2)
	require.Equal(t, "B", b.Providers[0].Grade)
	require.Equal(t, "Ops", b.Providers[1].Owner)
	require.Len(t, b.Waivers, 1, "what a waiver of the run says already is not said again")
	require.Equal(t, "f4", b.Waivers[0].Finding)
	require.Equal(t, "false_positive", b.Waivers[0].Reason)
	require.Len(t, b.Notes, 2)
	require.Contains(t, b.Notes[0].What, "the reason in F11 belongs to no override")
	require.Contains(t, b.Notes[1].What, "H12 says that finding f7 counts, and a waiver of the run still covers it")
}

func TestReadBookRefuses(t *testing.T) {
	one := func(cells ...string) inventory.File { return book(t, [][]any{edit("f1", cells...)}, nil, nil) }
	for want, f := range map[string]inventory.File{
		"r.xlsx[Findings]:5:6: the override in E5 has no reason; say why in F5":                                     one("Override", "▽ Low"),
		`r.xlsx[Findings]:5:5: E5 holds "grave", which is no severity; choose one of the list`:                      one("Override", "grave", "Reason", "x"),
		`r.xlsx[Findings]:5:8: H5 holds "Done", which is no status`:                                                 one("Status", "Done"),
		`r.xlsx[Findings]:5:10: J5 holds "soon", which is no day`:                                                   one("Due", "soon"),
		"r.xlsx[Findings]:5:13: H5 says Risk accepted, and justification is empty; fill in M5":                      one("Status", "Risk accepted", "Approved by", "CISO", "Waived until", "2026-09-30"),
		"r.xlsx[Findings]:5:12: H5 says Risk accepted, and approved by is empty; fill in L5":                        one("Status", "Risk accepted", "Justification", "x", "Waived until", "2026-09-30"),
		"r.xlsx[Findings]:5:11: H5 says Risk accepted, and waived until is empty; fill in K5":                       one("Status", "Risk accepted", "Justification", "x", "Approved by", "CISO"),
		"r.xlsx[Findings]:5:11: K5 is more than 365 days off; write 2027-06-01 or earlier":                          one("Status", "Risk accepted", "Justification", "x", "Approved by", "CISO", "Waived until", "2027-06-02"),
		"r.xlsx[Findings]:5:6: F5 holds 4001 characters; at most 4000 are kept":                                     one("Override", "▽ Low", "Reason", strings.Repeat("x", 4001)),
		"r.xlsx[Findings]:6:1: f1 stands twice; keep one row":                                                       book(t, [][]any{edit("f1"), edit("f1")}, nil, nil),
		"r.xlsx[Findings]:5:9: I5 is filled in a row without an id":                                                 book(t, [][]any{edit("", "Owner", "me")}, nil, nil),
		`r.xlsx[Providers]:5:3: C5 holds "F", which is no grade`:                                                    book(t, nil, [][]any{{"north", "", "F", "x", ""}}, nil),
		"r.xlsx[Providers]:5:4: the override in C5 has no reason; say why in D5":                                    book(t, nil, [][]any{{"north", "", "B", "", ""}}, nil),
		"r.xlsx[Findings]:4:1: the column Override is missing; leave the columns as they were":                      renamed(t, "E4", "Overruled"),
		"r.xlsx[Findings]:4:9: the column Status stands twice; keep one":                                            renamed(t, "I4", "Status"),
		"r.xlsx[Findings]:1:1: the sheet has no header with Finding and Rule; use the workbook as mspscan wrote it": renamed(t, "B4", "Rool"),
	} {
		_, err := review.ReadBook(f, now())
		var list inventory.Diagnostics
		require.ErrorAs(t, err, &list, want)
		require.ErrorContains(t, err, want)
	}
}

// TestFormulas holds that formulas of our own columns need no stored value, and
// those of a decision do.
func TestFormulas(t *testing.T) {
	for cell, want := range map[string]string{"G5": "", "E5": "r.xlsx[Findings]:5:5: the cell holds a formula without a result; write the value"} {
		f, err := excelize.OpenReader(bytes.NewReader(book(t, [][]any{edit("f1")}, nil, nil).Data))
		require.NoError(t, err)
		require.NoError(t, f.SetCellFormula("Findings", cell, `"low"`))
		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		require.NoError(t, f.Close())
		_, err = review.ReadBook(inventory.File{Name: "r.xlsx", Data: b.Bytes()}, now())
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}

// renamed gives a book with another title in a cell of Findings.
func renamed(t *testing.T, cell, title string) inventory.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book(t, [][]any{edit("f1")}, nil, nil).Data))
	require.NoError(t, err)
	require.NoError(t, f.SetCellStr("Findings", cell, title))
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	require.NoError(t, f.Close())
	return inventory.File{Name: "r.xlsx", Data: b.Bytes()}
}

// TestColumnsMayMove holds that a sorted or rearranged sheet is read all the same.
func TestColumnsMayMove(t *testing.T) {
	f := excelize.NewFile()
	for i, s := range []string{"Findings", "Providers", "Waivers"} {
		if i == 0 {
			require.NoError(t, f.SetSheetName("Sheet1", s))
		} else {
			_, err := f.NewSheet(s)
			require.NoError(t, err)
		}
	}
	titles := findingTitles()
	row := edit("f1", "Override", "low", "Reason", "moved")
	for i, k := 0, len(titles)-1; i < k; i, k = i+1, k-1 {
		titles[i], titles[k], row[i], row[k] = titles[k], titles[i], row[k], row[i]
	}
	require.NoError(t, f.SetSheetRow("Findings", "B2", &titles))
	require.NoError(t, f.SetSheetRow("Findings", "B9", &row))
	require.NoError(t, f.SetSheetRow("Providers", "A4", &[]any{"Id", "Name", "Override grade", "Reason", "Owner"}))
	require.NoError(t, f.SetSheetRow("Waivers", "A4", &[]any{"Rule", "Subject", "State", "Findings", "Reason", "Justification", "Approved by", "Expires"}))
	var raw bytes.Buffer
	require.NoError(t, f.Write(&raw))
	b, err := review.ReadBook(inventory.File{Name: "r.xlsx", Data: raw.Bytes()}, now())
	require.NoError(t, err)
	require.Len(t, b.Findings, 1)
	require.Equal(t, "moved", b.Findings[0].Reason)
}

func TestYAMLRoundTrip(t *testing.T) {
	high := msp.High
	for _, s := range []string{"plain", "yes", "2026-01-01", "#x", "- a", "{a: b}", "line one\nline two", "ends with colon:", "'q' \"q\"", "a: b # c", "| pipe", "&a *b !c", "💥 wide", "null", "~", "1e3", "%d", "@x", "tab in\nmany\n\nlines"} {
		in := review.Set{
			Findings:  []review.Finding{{ID: "f1", Severity: &high, Reason: s, Status: "in_progress", Owner: strings.ReplaceAll(s, "\n", " "), Due: msp.Date{Year: 2026, Month: 2, Day: 3}, About: s}, {ID: "f2", Status: "fixed"}},
			Providers: []review.Provider{{ID: "no", Grade: "A", Reason: s}, {ID: "p2", Owner: "x"}},
		}
		text, err := in.YAML()
		require.NoError(t, err)
		out, err := review.Parse("r.yaml", text)
		require.NoError(t, err, string(text))
		for i := range out.Findings {
			require.NotZero(t, out.Findings[i].Pos.Line)
			out.Findings[i].Pos, out.Findings[i].About = msp.Pos{}, in.Findings[i].About
		}
		for i := range out.Providers {
			out.Providers[i].Pos = msp.Pos{}
		}
		require.Equal(t, in, out, string(text))
	}
	text, err := review.Set{}.YAML()
	require.NoError(t, err)
	out, err := review.Parse("r.yaml", text)
	require.NoError(t, err)
	require.True(t, out.Empty())
}

func TestParseRefuses(t *testing.T) {
	for data, want := range map[string]string{
		"- {finding: a, severity: low}":                      "r.yaml:1:3: the severity is overruled without a reason; add reason:",
		"- {finding: a, severity: low, reason: ''}":          "r.yaml:1:39: the severity is overruled without a reason; say why",
		"- {finding: a, reason: x}":                          "r.yaml:1:24: a reason without a severity",
		"- {finding: a, grade: B}":                           "r.yaml:1:23: a review of a finding has no grade",
		"- {provider: a, due: 2026-01-01}":                   "r.yaml:1:22: a review of a provider has no due",
		"- {provider: a, grade: F, reason: x}":               `unknown grade "F"; write one of A, B, C, D, E`,
		"- {finding: a, status: risk_accepted}":              `unknown status "risk_accepted"; write one of open, in_progress, fixed`,
		"- {finding: a, provider: b}":                        "a review is of one finding or one provider",
		"- {owner: b}":                                       "a review is of one finding or one provider",
		"- {finding: a, owner: x}\n- {finding: a, owner: y}": "r.yaml:2:3: finding a is reviewed twice",
		"- {finding: a, severty: low}":                       `unknown key "severty" of a review; did you mean severity?`,
		"- {finding: a, due: 2026-13-01}":                    "is not a date",
	} {
		_, err := review.Parse("r.yaml", []byte(data))
		var list strict.Problems
		require.ErrorAs(t, err, &list, data)
		require.ErrorContains(t, err, want)
	}
}

func TestWaiverYAML(t *testing.T) {
	list := []waiver.Waiver{{Rule: "a-rule", Subject: "north>acme/x", Finding: "0123", Reason: "risk_accepted", Justification: "yes", ApprovedBy: "no", Expires: msp.Date{Year: 2026, Month: 9, Day: 30}}}
	text, err := review.WaiverYAML(list)
	require.NoError(t, err)
	out, err := waiver.Parse("w.yaml", text)
	require.NoError(t, err, string(text))
	require.Len(t, out, 1)
	require.Equal(t, "0123", out[0].Finding)
	require.Equal(t, "yes", out[0].Justification)
	require.NoError(t, waiver.Check(out, []string{"a-rule"}, now()))
}

func TestAgainst(t *testing.T) {
	s := review.Set{
		Findings:  []review.Finding{{ID: "there", Status: "fixed"}, {ID: "gone", Owner: "x"}, {ID: "gone2", Status: "fixed"}, {ID: "closed", Status: "fixed"}, {ID: "kept", Owner: "x"}},
		Providers: []review.Provider{{ID: "north"}, {ID: "nobody"}},
	}
	list := s.Against([]msp.Finding{{ID: "there"}, {ID: "closed", State: msp.StateFixed}, {ID: "kept"}}, []string{"north"})
	require.Len(t, list, 3)
	require.Contains(t, list[0].What, "calls finding there fixed, and it is still there")
	require.Contains(t, list[1].What, "finding gone matches nothing")
	require.Contains(t, list[2].What, "provider nobody matches nothing")
}

// FuzzParse holds that what is accepted is written and read again the same.
func FuzzParse(f *testing.F) {
	seeds := []string{"- {finding: a, severity: low, reason: b}", "- {provider: a, grade: B, reason: |-\n    x\n    y\n  }", "- finding: a\n  status: fixed\n  due: 2026-01-02\n", "[]", "- {provider: x, owner: 'a: b'}"}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		set, err := review.Parse("f", []byte(data))
		if err != nil {
			return
		}
		text, err := set.YAML()
		require.NoError(t, err)
		again, err := review.Parse("f", text)
		require.NoError(t, err, string(text))
		require.Len(t, again.Findings, len(set.Findings))
		for i, a := range again.Findings {
			require.Equal(t, set.Findings[i].Reason, a.Reason)
			require.Equal(t, set.Findings[i].Due, a.Due)
		}
		require.Len(t, again.Providers, len(set.Providers))
	})
}

// FuzzReadBook holds that no bytes make the reader of workbooks panic.
func FuzzReadBook(f *testing.F) {
	good := book(f, [][]any{edit("f1", "Override", "▽ Low", "Reason", "x")}, [][]any{{"north", "North", "B", "x", ""}}, nil)
	seeds := [][]byte{good.Data, good.Data[:len(good.Data)/2], []byte("PK\x03\x04")}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := review.ReadBook(inventory.File{Name: "r.xlsx", Data: data}, now())
		if err == nil {
			_, err = b.YAML()
			require.NoError(t, err)
		}
	})
}
