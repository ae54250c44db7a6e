package reports

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/graph"
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
	c := changed(
		member("b", true, finding("1", msp.StateSame, msp.Critical), finding("2", msp.StateFixed, msp.High), finding("3", msp.StateNew, msp.Low), waived),
		member("a", true, finding("4", msp.StateNew, msp.Critical), finding("5", msp.StateReopened, msp.Info), finding("6", msp.StateNotLookedAt, msp.High)),
		member("c", false, finding("7", msp.StateNone, msp.Critical)),
	)
	require.Equal(t, []string{"a", "b"}, c.Compared)
	require.Equal(t, []string{"c"}, c.Added)
	var order []string
	for _, f := range c.Changes {
		order = append(order, f.Organisation+f.ID)
	}
	require.Equal(t, []string{"a4", "b3", "a5", "b2", "a6"}, order, "new first, worst first")
	require.Equal(t, "2 organisations compared with the run before: 2 new, 1 reopened, 1 fixed, 1 not looked at. Without a run before: c.", c.Sentence())
	require.Nil(t, changed(member("c", false)))
}

func changed(members ...PortfolioMember) *PortfolioChanged {
	return BuildPortfolio(members, nil).Changed
}

// TestPortfolioChangesBounded holds the list to its bound while it is gathered,
// with the same left out in any order of members.
func TestPortfolioChangesBounded(t *testing.T) {
	const each = MaxPortfolioChanges / 2
	var members []PortfolioMember
	for i := range 11 {
		m := PortfolioMember{Report: &Report{}, Compared: true}
		m.Report.Organisation.ID = fmt.Sprintf("o%02d", i)
		for k := range each {
			f := Finding{Finding: msp.Finding{ID: fmt.Sprint(k), Rule: "r", State: msp.StateFixed, Severity: msp.Severity(1 + (i+k)%5)}}
			m.Report.Findings = append(m.Report.Findings, f)
		}
		members = append(members, m)
	}
	c := changed(members...)
	require.Equal(t, 11*each, c.Fixed)
	require.Len(t, c.Changes, MaxPortfolioChanges)
	require.Equal(t, 11*each-MaxPortfolioChanges, c.Left)
	slices.Reverse(members)
	require.Equal(t, c, changed(members...))
}

// TestPortfolioBuilder holds that the order of members does not matter and that a
// builder goes on after Build.
func TestPortfolioBuilder(t *testing.T) {
	mark := func(party string) graph.Mark {
		return graph.Mark{Domains: []msp.Name{msp.Name(party + ".example")}, Name: party}
	}
	var members []PortfolioMember
	for i := range 30 {
		r := &Report{}
		r.Organisation.ID = fmt.Sprintf("o%02d", i)
		for k := range 1 + i%3 {
			id := fmt.Sprintf("p%d", (i+k)%7)
			r.Providers = append(r.Providers, Provider{ID: id, Name: fmt.Sprintf("Name %d", i%4), Rank: (i + k) % 3, Declared: k == 0})
			r.Dependencies = append(r.Dependencies, Dependency{To: id, Trust: msp.TrustControl})
		}
		members = append(members, PortfolioMember{Report: r, Mark: mark})
	}
	want := BuildPortfolio(members, []string{"b", "a"})
	require.Equal(t, []string{"a", "b"}, want.Errors)
	require.Len(t, want.Parties, 7)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(members), func(i, k int) { members[i], members[k] = members[k], members[i] })
		b := NewPortfolioBuilder()
		for i, m := range members {
			if i == 10 {
				require.Len(t, b.Build(nil).Organisations, 10)
			}
			b.Add(m)
		}
		require.Equal(t, want, b.Build([]string{"a", "b"}))
	}
}
