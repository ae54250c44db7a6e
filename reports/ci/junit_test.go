package ci_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports/ci"
)

type suites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Suites   []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Cases    []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Skipped *struct{} `xml:"skipped"`
			Failure *struct {
				Type string `xml:"type,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// TestJUnit holds that the counts add up, that no test case stands twice and
// that each has at most one outcome.
func TestJUnit(t *testing.T) {
	for name, r := range samples(t) {
		out := render(t, ci.JUnit{}, r)
		var doc suites
		require.NoError(t, xml.Unmarshal(out, &doc), name)
		tests, failures := 0, 0
		for _, s := range doc.Suites {
			require.Len(t, s.Cases, s.Tests)
			seen, failed, skipped := map[string]bool{}, 0, 0
			for _, c := range s.Cases {
				if name != "hostile" { // texts that are cut or blank there
					require.False(t, seen[c.Class+" "+c.Name], c.Name)
				}
				seen[c.Class+" "+c.Name] = true
				require.False(t, c.Failure != nil && c.Skipped != nil)
				if c.Failure != nil {
					failed++
					require.Contains(t, []string{"critical", "high", "medium", "low"}, c.Failure.Type)
				}
				if c.Skipped != nil {
					skipped++
				}
			}
			require.Equal(t, []int{s.Failures, s.Skipped}, []int{failed, skipped})
			tests, failures = tests+s.Tests, failures+s.Failures
		}
		require.Equal(t, []int{doc.Tests, doc.Failures}, []int{tests, failures})
	}
}

// TestJUnitOutcomes holds which finding fails, which is skipped and what
// passes.
func TestJUnitOutcomes(t *testing.T) {
	r := second(t)
	var doc suites
	require.NoError(t, xml.Unmarshal(render(t, ci.JUnit{}, r), &doc))
	outcome := map[string]string{}
	for _, s := range doc.Suites {
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				outcome[c.Class+"/"+c.Name] = "failed"
			case c.Skipped != nil:
				outcome[c.Class+"/"+c.Name] = "skipped"
			default:
				outcome[c.Class+"/"+c.Name] = "passed"
			}
		}
	}
	subjects := map[string]int{}
	key := func(provider, rule string, s msp.Subject) string {
		if provider == "" {
			provider = "ridgeline"
		}
		return provider + "." + rule + "/" + rule + ": " + string(s.Kind) + " " + s.ID
	}
	for _, f := range r.Findings {
		subjects[key(f.Provider, f.Rule, f.Subject)]++
	}
	want := 0
	for _, f := range r.Findings {
		k := key(f.Provider, f.Rule, f.Subject)
		if subjects[k] > 1 {
			continue
		}
		want++
		switch {
		case f.State == msp.StateFixed, f.Severity == msp.Info && f.Waived == nil:
			require.Equal(t, "passed", outcome[k], k)
		case f.Waived != nil:
			require.Equal(t, "skipped", outcome[k], k)
		default:
			require.Equal(t, "failed", outcome[k], k)
		}
	}
	require.Greater(t, want, 10)
	require.Equal(t, "skipped", outcome["cloudforge.provider-shared-core/provider-shared-core: provider cloudforge"], "a question is skipped, never passed")
	last := doc.Suites[len(doc.Suites)-1]
	require.Equal(t, "passed, by rule", last.Name)
	require.NotEmpty(t, last.Cases)
	require.True(t, strings.HasSuffix(last.Cases[0].Name, "passed for 3"), last.Cases[0].Name)
}
