package xlsx_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/review"
	"mspscan/reports"
	"mspscan/reports/internal/sample"
)

// decided gives a person's decisions about some findings and providers.
func decided(r *reports.Report) review.Set {
	low, critical := msp.Low, msp.Critical
	var s review.Set
	for i := range r.Findings {
		switch f := &r.Findings[i]; i {
		case 0:
			s.Findings = append(s.Findings, review.Finding{ID: f.ID, Severity: &low, Reason: "isolated:\na tenant of its own", Owner: "Ops", Due: msp.Date{Year: 2026, Month: 7, Day: 31}})
		case 4:
			s.Findings = append(s.Findings, review.Finding{ID: f.ID, Status: review.StatusProgress})
		case len(r.Findings) - 1:
			s.Findings = append(s.Findings, review.Finding{ID: f.ID, Severity: &critical, Reason: "worse than it looks"})
		}
	}
	undeclared := r.Summary.Undeclared[0]
	s.Providers = []review.Provider{{ID: r.Providers[0].ID, Grade: "B", Reason: "the contract ends"}, {ID: r.Providers[1].ID, Owner: "Procurement"}, {ID: undeclared, Grade: "D", Reason: "known to us"}}
	return s
}

// TestReviewsAreShown holds that decisions stand in their yellow cells, that what
// is calculated follows and that the tool's judgement stays beside them.
func TestReviewsAreShown(t *testing.T) {
	made := books(t)
	was, now := made["mining"].report, made["reviewed"].report
	first := now.Findings[0]
	require.Equal(t, was.Findings[0].Severity, first.Severity, "the tool's severity stays")
	require.Equal(t, msp.Low, first.Effective())
	require.Equal(t, was.Summary.Open.Critical-1+1, now.Summary.Open.Critical)
	require.Equal(t, was.Summary.Open.Low+1, now.Summary.Open.Low)
	require.Equal(t, "B", now.Summary.Grade)
	require.Equal(t, was.Summary.Grade, now.Providers[0].ToolGrade)
	f := open(t, made["reviewed"].bytes)
	at := func(sheet, cell string) string {
		v, err := f.GetCellValue(sheet, cell)
		require.NoError(t, err)
		return v
	}
	for cell, want := range map[string]string{"F5": "▽ Low", "G5": "isolated:\na tenant of its own", "H5": "▽ Low", "N9": "In progress", "O9": "yes", "P5": "Ops", "Q5": "2026-07-31"} {
		require.Equal(t, want, at("Findings", cell), cell)
	}
	require.Equal(t, severityWord(first.Severity), at("Findings", "E5"))
	for cell, want := range map[string]string{"P5": was.Summary.Grade, "Q5": "B", "R5": "the contract ends", "S5": "B", "AC6": "Procurement"} {
		require.Equal(t, want, at("Providers", cell), cell)
	}
}

func severityWord(s msp.Severity) string {
	return map[msp.Severity]string{msp.Critical: "◆ Critical", msp.High: "▲ High", msp.Medium: "● Medium", msp.Low: "▽ Low", msp.Info: "○ Info"}[s]
}

// TestReviewRoundTrip holds that what a report shows of decisions is read back
// as it was.
func TestReviewRoundTrip(t *testing.T) {
	made := books(t)
	back := reviewIn(t, made["reviewed"].bytes)
	want := decided(made["mining"].report)
	require.Equal(t, plainSet(want), plainSet(back.Set))
	require.Empty(t, back.Waivers, "the waiver of the run is not made twice")
	require.Empty(t, back.Notes)
	require.True(t, reviewIn(t, made["mining"].bytes).Empty())
	require.True(t, reviewIn(t, made["empty"].bytes).Empty())
	require.True(t, reviewIn(t, made["hostile"].bytes).Empty())
}

func reviewIn(t testing.TB, raw []byte) review.Book {
	t.Helper()
	b, err := review.ReadBook(inventory.File{Name: "report.xlsx", Data: raw}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return b
}

// plainSet gives decisions without places, by id.
func plainSet(s review.Set) map[string]any {
	by := map[string]any{}
	for _, f := range s.Findings {
		f.Pos, f.About = msp.Pos{}, ""
		by["finding "+f.ID] = f
	}
	for _, p := range s.Providers {
		p.Pos = msp.Pos{}
		by["provider "+p.ID] = p
	}
	return by
}

// edited changes a workbook as a reviewer does.
func edited(t testing.TB, raw []byte) []byte {
	t.Helper()
	f := open(t, raw)
	for cell, v := range map[string]string{"F6": "● Medium", "G6": "only on site", "N7": "In progress", "P7": "J. Citizen", "N8": "Risk accepted", "S8": "CISO", "T8": "ends with the contract"} {
		require.NoError(t, f.SetCellStr("Findings", cell, v))
	}
	require.NoError(t, f.SetCellValue("Findings", "R8", time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)))
	require.NoError(t, f.SetCellStr("Providers", "Q6", "A"))
	require.NoError(t, f.SetCellStr("Providers", "R6", "leaves us"))
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	require.NoError(t, err)
	require.NoError(t, f.SetCellStyle("Findings", "R8", "R8", day))
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

// checkEdited holds that the edits came back and that the next run shows them.
func checkEdited(t testing.TB, r *reports.Report, back review.Book) {
	t.Helper()
	require.Len(t, back.Findings, 2)
	require.Len(t, back.Waivers, 1)
	w := back.Waivers[0]
	require.Equal(t, r.Findings[3].ID, w.Finding)
	require.Equal(t, "2026-09-30", w.Expires.String())
	require.Equal(t, "ends with the contract", w.Justification)
	in, err := sample.Mining()
	require.NoError(t, err)
	in.Reviews = back.Set
	next := reports.Build(in)
	require.Equal(t, msp.Medium, next.Findings[1].Effective())
	require.Equal(t, r.Findings[1].Severity, next.Findings[1].Severity)
	require.Equal(t, "A", next.Providers[1].Grade)
	require.Equal(t, "J. Citizen", next.Findings[2].Review.Owner)
}

func TestReviewOfEdits(t *testing.T) {
	b := books(t)["mining"]
	checkEdited(t, b.report, reviewIn(t, edited(t, b.bytes)))
}
