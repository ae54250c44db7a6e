package ci_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/ci"
	"mspscan/reports/internal/sample"
)

func build(t testing.TB, in reports.Input, err error) *reports.Report {
	t.Helper()
	require.NoError(t, err)
	return reports.Build(in)
}

func mining(t testing.TB) *reports.Report {
	in, err := sample.Mining()
	return build(t, in, err)
}

// second gives a run with a finding of each state and each reason of a waiver.
func second(t testing.TB) *reports.Report {
	in, err := sample.Mining()
	require.NoError(t, err)
	in.Previous = mining(t)
	states := []msp.FindingState{msp.StateNew, msp.StateSame, msp.StateFixed, msp.StateReopened, msp.StateNotLookedAt}
	reasons := []string{"false_positive", "risk_accepted", "mitigated_elsewhere", "not_applicable", "provider_disputed"}
	for i := range in.Findings {
		in.Findings[i].State = states[i%len(states)]
		if i < len(reasons) {
			in.Findings[i].Waived = &msp.Waived{Reason: reasons[i], Justification: "It is so.", ApprovedBy: "J. Citizen", Expires: msp.Date{Year: 2026, Month: 9, Day: 30}}
			in.Findings[i].State = msp.StateSame
		}
	}
	return reports.Build(in)
}

// hostileTexts gives the texts of the shared pack, if it is here, and our own.
func hostileTexts(t testing.TB) []string {
	t.Helper()
	texts := []string{
		"=1+1", "\x1b[31mred\x1b[0m", "\u009b31m", "a\u202eb", "::error::x", "##[error]x", "##vso[task.complete]", "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "{0}", "{{1}}",
		"<img src=x onerror=alert(1)>", "]]>", "<![CDATA[", "&amp;", "a|b", "`code`", "line\nline", "\r\n::error::x", "%0A::error::x", "a,line=9,title=x::y", "\xff\xfe", "nul\x00nul", "\ufffe\uffff",
		strings.Repeat("x", 70_000), "", " ", "\\", "C:\\x\\y", "../../etc/passwd", "\u2028::error::x",
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "badinputs", "hostile_strings.json"))
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

// hostile puts every hostile text into every text of a report that comes from
// outside, also those that the sample leaves alone.
func hostile(t testing.TB) *reports.Report {
	texts := hostileTexts(t)
	in, err := sample.Hostile(texts)
	require.NoError(t, err)
	for i := range in.Findings {
		s := texts[i%len(texts)]
		f := &in.Findings[i]
		f.Location = msp.Pos{File: s, Line: 1 + i, Column: i % 3}
		f.Evidence[0].Location = &msp.Pos{File: s, Line: 7}
		if i%2 == 0 {
			f.Waived = &msp.Waived{Reason: s, Justification: s, ApprovedBy: s}
		}
	}
	for i := range in.Questions {
		in.Questions[i].Why, in.Questions[i].Subject.Kind = texts[i%len(texts)], msp.SubjectKind(texts[i%len(texts)])
	}
	return reports.Build(in)
}

// samples gives one report of each kind.
func samples(t testing.TB) map[string]*reports.Report {
	empty, err := sample.Empty()
	require.NoError(t, err)
	many, err := sample.Many(200, 5)
	require.NoError(t, err)
	return map[string]*reports.Report{
		"mining": mining(t), "empty": reports.Build(empty), "many": reports.Build(many), "hostile": hostile(t), "second": second(t),
	}
}

func render(t testing.TB, f reports.Renderer, r *reports.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.Render(&b, r))
	return b.Bytes()
}

// TestSameBytes holds that rendering is a function of the report and leaves it
// alone.
func TestSameBytes(t *testing.T) {
	for name, r := range samples(t) {
		before := render(t, reports.JSON{}, r)
		for _, f := range ci.Formats() {
			require.True(t, bytes.Equal(render(t, f.Renderer, r), render(t, f.Renderer, r)), "%s of %s", f.Name, name)
		}
		require.True(t, bytes.Equal(before, render(t, reports.JSON{}, r)), name)
	}
}

// TestNoControls holds for every format that no byte moves a cursor, turns text
// around or starts a command of a CI system, and that the file is UTF-8.
func TestNoControls(t *testing.T) {
	checks := 0
	r := hostile(t)
	for _, f := range ci.Formats() {
		out := render(t, f.Renderer, r)
		require.True(t, utf8.Valid(out), f.Name)
		for i, line := range strings.Split(string(out), "\n") {
			checks++
			require.Equal(t, line, strings.TrimRight(line, "\r"), f.Name)
			if bad := strings.IndexFunc(line, control); bad >= 0 {
				t.Fatalf("%s:%d: %q", f.Name, i+1, line[max(0, bad-20):min(len(line), bad+20)])
			}
			require.NotContains(t, line, "##[", f.Name)
			require.NotContains(t, line, "##vso", f.Name)
			if trimmed := strings.TrimSpace(line); f.Name != "github" {
				require.False(t, strings.HasPrefix(trimmed, "::"), "%s:%d %.80s", f.Name, i+1, line)
			}
		}
	}
	t.Logf("%d lines checked", checks)
}

func control(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfffe || r == 0xffff
}

// TestEveryFindingIsThere holds that waived findings stay in every format, and
// that nothing is lost.
func TestEveryFindingIsThere(t *testing.T) {
	r := second(t)
	for _, f := range ci.Formats() {
		if f.Name == "github" {
			continue // ten of a kind
		}
		out := string(render(t, f.Renderer, r))
		for _, n := range r.Findings {
			if n.State == msp.StateFixed && slices.Contains([]string{"sarif", "gitlab"}, f.Name) {
				require.NotContains(t, out, quoted(f.Name, n.ID)+`"`, f.Name)
				continue
			}
			require.Contains(t, out, quoted(f.Name, n.ID), f.Name)
		}
	}
}

// quoted gives an id as a format writes it.
func quoted(format, id string) string {
	if format == "junit" {
		return strings.ReplaceAll(id, ">", "&gt;")
	}
	b, _ := json.Marshal(id)
	return strings.TrimSuffix(string(b), `"`)
}

func TestGitLab(t *testing.T) {
	for name, r := range samples(t) {
		var list []struct {
			Description string `json:"description"`
			Check       string `json:"check_name"`
			Fingerprint string `json:"fingerprint"`
			Severity    string `json:"severity"`
			Location    struct {
				Path  string `json:"path"`
				Lines struct {
					Begin int `json:"begin"`
				} `json:"lines"`
			} `json:"location"`
		}
		require.NoError(t, strict(render(t, ci.GitLab{}, r), &list), name)
		require.NotNil(t, list, "an empty report is an empty list")
		seen := map[string]bool{}
		for _, i := range list {
			require.False(t, seen[i.Fingerprint], "GitLab drops a second finding of the same fingerprint")
			seen[i.Fingerprint] = true
			require.Contains(t, []string{"info", "minor", "major", "critical", "blocker"}, i.Severity)
			require.Positive(t, i.Location.Lines.Begin)
			require.NotEmpty(t, i.Location.Path)
			require.NotEmpty(t, i.Fingerprint)
		}
	}
	var list []map[string]any
	require.NoError(t, json.Unmarshal(render(t, ci.GitLab{}, second(t)), &list))
	require.Equal(t, 5, strings.Count(fmt.Sprint(list), "Waived until 2026-09-30"))
}

// strict decodes JSON and refuses keys that v does not have.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func TestGitHub(t *testing.T) {
	for name, r := range samples(t) {
		counts := map[string]int{}
		for _, line := range strings.Split(strings.TrimSuffix(string(render(t, ci.GitHub{}, r)), "\n"), "\n") {
			if name == "empty" {
				require.Empty(t, line)
				continue
			}
			require.Regexp(t, `^::(error|warning|notice) (file=[^:,]*,line=[0-9]+,col=[0-9]+,)?title=[^:,]*::.`, line, name)
			command, _, _ := strings.Cut(line[2:], " ")
			counts[command]++
			require.NotRegexp(t, `%[^20-9]|%2[^5C]`, strings.NewReplacer("%0A", "", "%0D", "", "%3A", "").Replace(line), name)
		}
		for command, n := range counts {
			require.LessOrEqual(t, n, 10, "%s of %s", command, name)
		}
	}
	require.Contains(t, string(render(t, ci.GitHub{}, mining(t))), "::error file=inventory.yaml,line=40,col=7,title=critical%3A Access without a second factor::PilbaraNet Telecom signs in")
	require.Regexp(t, `::notice title=mspscan::[0-9]+ more findings`, string(render(t, ci.GitHub{}, build2(sample.Many(200, 5)))))
}

func build2(in reports.Input, err error) *reports.Report {
	if err != nil {
		return nil
	}
	return reports.Build(in)
}

// TestDefectDojo holds that there are only keys which the Generic Findings
// Import takes: it refuses a file with any other.
func TestDefectDojo(t *testing.T) {
	allowed := strings.Fields(`title severity description date mitigation impact steps_to_reproduce references active verified false_p out_of_scope
		risk_accepted under_review is_mitigated unique_id_from_tool vuln_id_from_tool component_name service file_path line effort_for_fixing
		static_finding dynamic_finding tags`)
	for name, r := range samples(t) {
		var doc struct {
			Name, Type, Version string
			Findings            []map[string]any
		}
		require.NoError(t, strict(render(t, ci.DefectDojo{}, r), &doc), name)
		require.Len(t, doc.Findings, len(r.Findings), name)
		for i, f := range doc.Findings {
			for key := range f {
				require.Contains(t, allowed, key)
			}
			require.LessOrEqual(t, utf8.RuneCountInString(f["title"].(string)), 511)
			require.NotEmpty(t, f["title"])
			require.NotEmpty(t, f["description"])
			require.Contains(t, []string{"Info", "Low", "Medium", "High", "Critical"}, f["severity"])
			require.Equal(t, r.Findings[i].Open(), f["active"])
			require.Equal(t, r.Findings[i].Waived != nil, f["false_p"] == true || f["risk_accepted"] == true || f["out_of_scope"] == true || f["under_review"] == true)
		}
	}
}

func TestOCSF(t *testing.T) {
	for name, r := range samples(t) {
		out := render(t, ci.OCSF{}, r)
		list := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(out) == 0 {
			list = nil
		}
		require.Len(t, list, len(r.Findings)+len(r.Questions), name)
		for _, line := range list {
			checkOCSF(t, line)
		}
	}
}

// checkOCSF holds what version 1.3.0 of the schema requires of the class
// Compliance Finding and of the objects in it.
func checkOCSF(t *testing.T, line string) {
	t.Helper()
	var e map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &e))
	for _, key := range strings.Fields("activity_id category_uid class_uid compliance finding_info metadata severity_id time type_uid") {
		require.Contains(t, e, key)
	}
	object := func(key string) map[string]any { return e[key].(map[string]any) }
	require.EqualValues(t, 2003, e["class_uid"])
	require.EqualValues(t, 2, e["category_uid"])
	require.InDelta(t, 200300+e["activity_id"].(float64), e["type_uid"], 0)
	require.Contains(t, []any{1.0, 2.0, 3.0}, e["activity_id"])
	require.Contains(t, []any{0.0, 1.0, 2.0, 3.0, 4.0, 5.0}, e["severity_id"])
	require.Contains(t, []any{1.0, 3.0, 4.0}, e["status_id"])
	require.Contains(t, []any{1.0, 2.0, 3.0}, object("compliance")["status_id"])
	require.NotEmpty(t, object("compliance")["standards"])
	require.NotEmpty(t, object("finding_info")["uid"])
	require.EqualValues(t, 1, object("finding_info")["analytic"].(map[string]any)["type_id"])
	require.Equal(t, "1.3.0", object("metadata")["version"])
	require.NotEmpty(t, object("metadata")["product"].(map[string]any)["vendor_name"])
	require.Positive(t, e["time"])
}
