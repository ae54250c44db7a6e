package probes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

func TestAll(t *testing.T) {
	list := All(Deps{More: []scanner.Probe{{Name: "aaa"}}})
	require.Equal(t, "aaa", list[0].Name)
	for i, p := range list[1:] {
		require.Greater(t, p.Name, list[i].Name, "sorted, each name once")
		require.NotEmpty(t, p.Doc, p.Name)
		require.NotNil(t, p.Run, p.Name)
		require.Equal(t, p.Name == fact.ProbeTransfer || p.Name == fact.ProbeRecursion || p.Name == fact.ProbeVersion, p.Active, p.Name)
	}
	for _, name := range []string{
		fact.ProbeDelegation, fact.ProbeHosts, fact.ProbeMX, fact.ProbeSPF, fact.ProbeDMARC, fact.ProbeCAA, fact.ProbeDNSSEC,
		fact.ProbeTokens, fact.ProbeRegistered, fact.ProbeDKIM, fact.ProbeMTASTS, fact.ProbeTLSRPT, fact.ProbeDANE,
		fact.ProbeWildcard, fact.ProbeTransfer, fact.ProbeRecursion, fact.ProbeAgree, fact.ProbeVersion,
	} {
		_, ok := ByName(list, name)
		require.True(t, ok, name)
	}
	p, ok := ByName(list, fact.ProbeCAA)
	require.True(t, ok)
	require.Equal(t, fact.ProbeCAA, p.Name)
	_, ok = ByName(list, "nothing")
	require.False(t, ok)
}
