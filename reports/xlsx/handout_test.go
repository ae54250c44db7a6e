package xlsx_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

func handout(t testing.TB, r *reports.Report, id string, money bool) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, xlsx.Handout{Money: money}.Render(&b, r, id))
	return b.Bytes()
}

// gossip puts the names of all providers, in all cases, and an amount into the
// free texts of every finding, question and action.
func gossip(t testing.TB) *reports.Report {
	t.Helper()
	in, err := sample.Mining()
	require.NoError(t, err)
	r := reports.Build(in)
	var names []string
	for _, p := range r.Providers {
		names = append(names, p.ID, p.Name, strings.ToUpper(p.ID)+".", "("+strings.ToUpper(p.Name)+")")
		names = append(names, p.Domains...)
	}
	talk := " See " + strings.Join(names, ", ") + "; it is worth AUD 27.9M or aud 1,200,000."
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title, f.Message, f.Remediation, f.Expected = f.Title+talk, f.Message+talk, f.Remediation+talk, f.Expected+talk
		for k := range f.Evidence {
			f.Evidence[k].Summary += talk
			f.Evidence[k].Dig = append(f.Evidence[k].Dig, "dig"+talk)
		}
	}
	for i := range r.Questions {
		r.Questions[i].Text += talk
		r.Questions[i].Why += talk
	}
	for i := range r.Actions {
		r.Actions[i].Text += talk
	}
	for i := range r.Providers {
		r.Providers[i].Services = append(r.Providers[i].Services, "help"+talk)
	}
	return r
}

// TestHandoutIsDiscreet holds that a hand-out tells nothing of other providers
// and of money, in no part of the file.
func TestHandoutIsDiscreet(t *testing.T) {
	r, checked := gossip(t), 0
	for _, p := range r.Providers {
		if !p.Declared {
			continue
		}
		raw := handout(t, r, p.ID, false)
		all := strings.ToLower(partsText(t, raw))
		require.Contains(t, all, strings.ToLower(p.Name))
		require.Contains(t, all, "[another provider]")
		require.Contains(t, all, "[amount]")
		for _, q := range r.Providers {
			for _, name := range append([]string{q.ID, q.Name}, q.Domains...) {
				if q.ID == p.ID || strings.Contains(strings.ToLower(p.Name+" "+p.ID+" "+strings.Join(p.Domains, " ")), strings.ToLower(name)) || ownDependency(r, p.ID, q.ID) {
					continue
				}
				checked++
				word := regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(strings.ToLower(name)) + `($|[^\pL\pN])`)
				require.False(t, word.MatchString(all), "the hand-out of %s names %s", p.ID, name)
			}
		}
		require.NotRegexp(t, `(?i)aud [0-9]`, all, p.ID)
		require.True(t, bytes.Equal(raw, handout(t, r, p.ID, false)), "the same bytes")
	}
	require.Greater(t, checked, 100)
}

// ownDependency reports whether only p's own DNS shows q: that is p's affair.
func ownDependency(r *reports.Report, p, q string) bool {
	for _, d := range r.Dependencies {
		if d.From == p && d.To == q {
			other, _ := r.Provider(q)
			return !other.Declared
		}
	}
	return false
}

func TestHandoutTells(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	r := reports.Build(in)
	f := open(t, handout(t, r, "southern", false))
	require.Equal(t, []string{"Findings"}, f.GetSheetList())
	rows, err := f.GetRows("Findings")
	require.NoError(t, err)
	all := ""
	for _, row := range rows {
		all += strings.Join(row, " | ") + "\n"
	}
	for _, x := range r.Findings {
		if x.Provider == "southern" && x.Open() && !strings.HasPrefix(x.Rule, "graph-") {
			require.Contains(t, all, x.Title)
		}
		if x.Provider == "southern" && x.Waived != nil {
			require.NotContains(t, all, x.Message, "what is waived is not asked for")
		}
	}
	for _, want := range []string{"Is a second factor required for every use of southern-door?", "What we know", "What we ask you to do", "Open findings", "southern.example"} {
		require.Contains(t, all, want)
	}
	require.NotContains(t, all, "AUD")
	require.NotContains(t, all, "inventory.yaml", "no place in the client's files")
	with := open(t, handout(t, r, "southern", true))
	rows, err = with.GetRows("Findings")
	require.NoError(t, err)
	all = ""
	for _, row := range rows {
		all += strings.Join(row, " | ") + "\n"
	}
	require.Regexp(t, `If compromised.*AUD [0-9.]+M to AUD [0-9.]+M`, all)
}

func TestHandoutOfNobody(t *testing.T) {
	in, err := sample.Empty()
	require.NoError(t, err)
	require.ErrorContains(t, xlsx.Handout{}.Render(&bytes.Buffer{}, reports.Build(in), "nobody"), "there is no provider nobody")
}

// TestHandoutOfHostileText holds that hostile text breaks no hand-out.
func TestHandoutOfHostileText(t *testing.T) {
	in, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	r := reports.Build(in)
	for _, p := range r.Providers {
		all := partsText(t, handout(t, r, p.ID, false))
		require.NotContains(t, all, "<f>", "no formula")
		require.NotContains(t, all, `TargetMode="External"`)
	}
	require.Greater(t, len(r.Providers), 5)
}
