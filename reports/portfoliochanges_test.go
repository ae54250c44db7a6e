package reports

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func TestPortfolioChanges(t *testing.T) {
	finding := func(id string, s msp.FindingState, v msp.Severity) Finding {
		return Finding{Finding: msp.Finding{ID: id, Rule: "r", State: s, Severity: v}}
	}
	member := func(id string, compared bool, list ...Finding) PortfolioMember {
		m := PortfolioMember{Report: &Report{Findings: list}, Compared: compared}
		m.Report.Organisation.ID = id
		return m
	}
	waived := finding("w", msp.StateNew, msp.Critical)
	waived.Waived = &msp.Waived{}
	c := changed([]PortfolioMember{
		member("b", true, finding("1", msp.StateSame, msp.Critical), finding("2", msp.StateFixed, msp.High), finding("3", msp.StateNew, msp.Low), waived),
		member("a", true, finding("4", msp.StateNew, msp.Critical), finding("5", msp.StateReopened, msp.Info), finding("6", msp.StateNotLookedAt, msp.High)),
		member("c", false, finding("7", msp.StateNone, msp.Critical)),
	})
	require.Equal(t, []string{"a", "b"}, c.Compared)
	require.Equal(t, []string{"c"}, c.Added)
	var order []string
	for _, f := range c.Changes {
		order = append(order, f.Organisation+f.ID)
	}
	require.Equal(t, []string{"a4", "b3", "a5", "b2", "a6"}, order, "new first, worst first")
	require.Equal(t, "2 organisations compared with the run before: 2 new, 1 reopened, 1 fixed, 1 not looked at. Without a run before: c.", c.Sentence())
	require.Nil(t, changed([]PortfolioMember{member("c", false)}))
}
