package reports_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/internal/sample"
)

func mining(t *testing.T) *reports.Report {
	t.Helper()
	in, err := sample.Mining()
	require.NoError(t, err)
	return reports.Build(in)
}

// reportsOf gives one report of each sample.
func reportsOf(t *testing.T) map[string]*reports.Report {
	t.Helper()
	empty, err := sample.Empty()
	require.NoError(t, err)
	one, err := sample.Many(1, 3)
	require.NoError(t, err)
	many, err := sample.Many(200, 5)
	require.NoError(t, err)
	hostile, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	priced, err := sample.Priced()
	require.NoError(t, err)
	second, err := sample.Mining()
	require.NoError(t, err)
	second.Previous = mining(t)
	return map[string]*reports.Report{
		"mining": mining(t), "empty": reports.Build(empty), "one": reports.Build(one), "many": reports.Build(many),
		"hostile": reports.Build(hostile), "second": reports.Build(second), "priced": reports.Build(priced),
	}
}

func encode(t *testing.T, r *reports.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.JSON{}.Render(&b, r))
	return b.Bytes()
}

func TestJSONKeepsItsSchema(t *testing.T) {
	text, err := reports.Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, c.AddResource("report.json", doc))
	schema, err := c.Compile("report.json")
	require.NoError(t, err)
	for name, r := range reportsOf(t) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(t, r)))
		require.NoError(t, err, name)
		require.NoError(t, schema.Validate(value), name)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"schema":"mspscan/report/v1"}`))
	require.NoError(t, err)
	require.Error(t, schema.Validate(value), "a report without its parts is refused")
}

func TestJSONHasNoNullLists(t *testing.T) {
	for name, r := range reportsOf(t) {
		for key, v := range nulls(t, encode(t, r)) {
			require.Contains(t, []string{"score", "exposure", "score_before", "best_fix", "before", "waived"}, v, "%s: %s", name, key)
		}
	}
}

// nulls gives every place where JSON says null, with the key.
func nulls(t *testing.T, text []byte) map[string]string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	found := map[string]string{}
	var walk func(at, key string, v any)
	walk = func(at, key string, v any) {
		switch x := v.(type) {
		case nil:
			found[at] = key
		case []any:
			for _, e := range x {
				walk(at+"[]", key, e)
			}
		case map[string]any:
			for k, e := range x {
				walk(at+"."+k, k, e)
			}
		}
	}
	walk("", "", v)
	return found
}

// TestOrder holds that the same facts give the same bytes, however the lists of
// the input are ordered.
func TestOrder(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	want := encode(t, reports.Build(in))
	require.Equal(t, string(want), string(encode(t, reports.Build(in))), "building leaves its input alone")
	reverse(in.Findings)
	reverse(in.Exposures)
	reverse(in.Paths)
	reverse(in.Questions)
	reverse(in.Counts)
	reverse(in.Rules)
	require.Equal(t, string(want), string(encode(t, reports.Build(in))))
}

func reverse[T any](list []T) {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
}

func TestCoverageCounts(t *testing.T) {
	c := mining(t).Coverage
	require.Equal(t, 6, c.Checks)
	require.Equal(t, c.Checks, c.Present+c.Absent+c.Broken+c.Unknown)
	require.Equal(t, []int{3, 1, 1, 1}, []int{c.Present, c.Absent, c.Broken, c.Unknown})
	require.Equal(t, c.NotApplicable, c.Rules.NotApplicable)
}

func TestSummaryCounts(t *testing.T) {
	r := mining(t)
	s := r.Summary
	require.Equal(t, "southern", s.Worst)
	require.Equal(t, 1, s.Waived)
	require.Equal(t, s.All.Total(), s.Open.Total()+s.Waived)
	require.Equal(t, s.All.Total(), len(r.Findings))
	require.Len(t, s.Undeclared, 3)
	require.Contains(t, s.Undeclared, "mailfilter.test")
	require.Equal(t, []string{"southern-door.jit_pam=yes"}, s.BestFix.IDs)
	for _, p := range r.Providers {
		require.Equal(t, p.Declared, p.Score != nil, p.ID)
	}
}

func TestGrade(t *testing.T) {
	grades := map[string]string{}
	for _, p := range mining(t).Providers {
		grades[p.ID] = p.Grade
	}
	require.Equal(t, "E", grades["southern"])
	require.Equal(t, "A", grades["paydirt"])
	require.Equal(t, "D", grades["watchtower"], "a critical finding caps a low score")
	in, err := sample.Many(1, 1)
	require.NoError(t, err)
	r := reports.Build(in)
	require.Equal(t, "C", r.Providers[0].Grade, "a high finding caps a low score")
	require.Contains(t, r.Providers[0].GradeWhy, "Capped at C: 1 high finding open. The score alone would give A.")
	require.Empty(t, grades["mailfilter.test"])
}

func TestPlanAddsUpWhereComputed(t *testing.T) {
	plan := mining(t).Actions
	require.Equal(t, reports.ActionFix, plan[0].Kind)
	require.InDelta(t, 14_503_600, plan[0].Cumulative, 0)
	require.InDelta(t, 17_700_000, plan[1].Cumulative, 0, "the pair was computed whole")
	require.Zero(t, plan[2].Cumulative, "three together were not")
	seen := map[string]bool{}
	for _, a := range plan {
		for _, id := range a.Closes {
			require.False(t, a.Kind == reports.ActionRemedy && seen[id], "%s is closed by a fix already", id)
			seen[id] = true
		}
	}
}

func TestPathsKnowTheirSinglePoints(t *testing.T) {
	for _, p := range mining(t).Paths {
		if p.Provider == "rmmworks" {
			require.Equal(t, []string{"rmmworks-door", "southern-door"}, p.Single)
			require.Equal(t, 3, p.SharedBy)
			return
		}
	}
	t.Fatal("the path is listed")
}

func TestGate(t *testing.T) {
	r := mining(t)
	limit := func(s string) reports.Limit {
		l, err := reports.ParseLimit(s)
		require.NoError(t, err)
		return l
	}
	for _, c := range []struct {
		failOn, unknown string
		code            int
	}{
		{"", "", 0}, {"never", "", 0}, {"critical", "", 1}, {"low", "", 1}, {"", "0", 3}, {"", "1", 0}, {"", "10%", 3}, {"", "17%", 0}, {"high", "0", 1},
	} {
		v, err := reports.Gate(r, c.failOn, limit(c.unknown))
		require.NoError(t, err)
		require.Equal(t, c.code, v.Code, "%+v", c)
		require.Equal(t, c.code == 0, len(v.Reasons) == 0)
	}
	r.Run.Complete = false
	for unknown, code := range map[string]int{"": 0, "50": 3, "99%": 3, "100%": 0} {
		v, err := reports.Gate(r, "", limit(unknown))
		require.NoError(t, err)
		require.Equal(t, code, v.Code, "a run that was cut, %q allowed", unknown)
	}
	_, err := reports.Gate(r, "urgent", reports.Limit{})
	require.ErrorContains(t, err, "known: critical")
	for _, bad := range []string{"x", "-1", "101%", "NaN%", "%"} {
		_, err := reports.ParseLimit(bad)
		require.Error(t, err, bad)
	}
}

func TestGateLeavesWaivedOut(t *testing.T) {
	in, err := sample.Empty()
	require.NoError(t, err)
	in.Findings = []msp.Finding{{ID: "f", Severity: msp.Critical, Waived: &msp.Waived{Reason: "risk_accepted"}}}
	v, err := reports.Gate(reports.Build(in), "low", reports.Limit{})
	require.NoError(t, err)
	require.Zero(t, v.Code)
}

// hostileTexts gives the texts of the shared pack, if it is here, and our own.
func hostileTexts(t testing.TB) []string {
	t.Helper()
	texts := []string{
		"=1+1", "+1", "-1", "@x", "\tx", "\r=1", "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", "\u009b31m", "a\u202eb", "\u200b=1",
		"::error::x", "##[error]x", "##vso[task.complete]", "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "a|b|c", "`code`", "``", "@user #12 http://evil.example www.evil.example",
		"_x000D_", "line\nline", "\xff\xfe", "nul\x00nul", strings.Repeat("x", 70_000), strings.Repeat("𝒳", 20_000), "", " ", "'=1", "javascript:alert(1)", "~~x~~ **b** # h\n# h",
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "shared", "badinputs", "hostile_strings.json"))
	if err != nil {
		t.Log("the shared pack of hostile texts is not here; using the own list alone")
		return texts
	}
	var items []any
	require.NoError(t, json.Unmarshal(raw, &items))
	for _, it := range items {
		switch v := it.(type) {
		case string:
			texts = append(texts, v)
		case map[string]any:
			texts = append(texts, strings.Repeat(v["text"].(string), int(v["times"].(float64))))
		}
	}
	return texts
}
