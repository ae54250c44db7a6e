package pipeline

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
)

// The severity that a reviewer decided is the one that gates and files show.
func TestReviewedSeverityCounts(t *testing.T) {
	high := msp.High
	f := reports.Finding{Review: &reports.FindingReview{Severity: &high, Reason: "seen before"}}
	f.ID, f.Severity, f.State = "f1", msp.Low, msp.StateNew
	r := &reports.Report{Findings: []reports.Finding{f}}

	v := reports.Verdict{}
	Gate{FailOn: "high", New: true}.byState(&v, r)
	require.Equal(t, CodeGate, v.Code)

	var csv bytes.Buffer
	require.NoError(t, reports.CSV{}.Render(&csv, r))
	require.Contains(t, csv.String(), "high")
	require.NotContains(t, csv.String(), "low")
}
