package rules

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/rules/subject"
)

// goodRule is a rule to spoil.
const goodRule = `id: own-rule
title: A rule of one's own
subject: access
summary: plain words
rationale: why
inputs: [controls.mfa]
params: {kinds: [rdp, ssh], months: 12}
when: access.controls.mfa == NO && access.kind in params.kinds
unknown: access.controls.mfa == UNKNOWN
severity:
  - {when: access.level == "control", is: high}
  - is: low
confidence: confirmed
message: >-
  {access.provider} has a door
  of kind {access.kind}.
question: Is it so? {missing}
expected: that it is not
remediation: close it
effort: low
references: [a source]
frameworks: {ISM: [ISM-1173]}
samples:
  - name: fires
    input: {kind: rdp, controls: {mfa: no}}
    want: finding
    severity: high
  - name: does not
    input: {kind: rdp}
    want: pass
  - name: open
    input: {controls: {mfa: unknown}}
    want: unknown
`

func loadText(files ...string) (*Set, error) {
	m := fstest.MapFS{}
	for i, text := range files {
		m[strings.Repeat("x", i)+"/own-rule.yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	if len(files) == 1 {
		m = fstest.MapFS{"own-rule.yaml": m["/own-rule.yaml"]}
	}
	return Load(m)
}

func TestGoodRuleLoads(t *testing.T) {
	s, err := loadText(goodRule)
	require.NoError(t, err)
	require.Empty(t, s.Lint(context.Background()))
	require.Equal(t, "own", s.Rules()[0].Family)
}

func TestBadRules(t *testing.T) {
	for _, tc := range []struct {
		name, old, new string
		want           string // problem, from its start
	}{
		{"misspelt field", "access.controls.mfa == NO &&", "access.controls.mfaa == NO &&", `own-rule.yaml:8:23: access.controls has no field "mfaa"; did you mean mfa?`},
		{"misspelt field of the view", "access.kind in", "access.kint in", `own-rule.yaml:8:43: access has no field "kint"; did you mean kind?`},
		{"misspelt variable", "when: access.controls.mfa", "when: acess.controls.mfa", `own-rule.yaml:8:7: unknown name "acess"; did you mean access?`},
		{"misspelt parameter", "params.kinds\n", "params.kind\n", `own-rule.yaml:8:51: unknown name "params.kind"; did you mean params.kinds?`},
		{"type error", "access.controls.mfa == NO", "access.controls.mfa > 3", `own-rule.yaml:8:27: found no matching overload for '_>_'`},
		{"no condition", "when: access.controls.mfa == NO && access.kind in params.kinds", "when: access.controls.mfa", `own-rule.yaml:8:7: the expression gives string, not true or false`},
		{"syntax", "== NO &&", "= NO &&", `own-rule.yaml:8:27: Syntax error`},
		{"in a text, second line", "of kind {access.kind}", "of kind {access.kint}", `own-rule.yaml:16:19: access has no field "kint"`},
		{"text without an end", "of kind {access.kind}.", "of kind {access.kind.", `own-rule.yaml:16:11: an expression in the text has no end`},
		{"text that cannot be shown", "{missing}", "{access.controls}", `own-rule.yaml:17:22: subject.Controls cannot be shown`},
		{"in a case", `access.level == "control"`, `access.levels == "control"`, `own-rule.yaml:11:19: access has no field "levels"; did you mean level?`},
		{"unknown severity", "is: high", "is: hihg", `own-rule.yaml:11:5: unknown severity "hihg"; did you mean high?`},
		{"unknown key", "remediation:", "remediaton:", `own-rule.yaml:19:1: unknown key "remediaton"; did you mean remediation?`},
		{"key twice", "effort: low", "effort: low\neffort: high", `own-rule.yaml:21:1: key "effort" stands twice`},
		{"unknown subject", "subject: access", "subject: acces", `own-rule.yaml:3:10: unknown subject "acces"; did you mean access?`},
		{"unknown input", "inputs: [controls.mfa]", "inputs: [control.mfa]", `own-rule.yaml:1:1: a access has no input "control.mfa"; did you mean controls.mfa?`},
		{"unknown framework", "frameworks: {ISM:", "frameworks: {ISMM:", `own-rule.yaml:22:14: unknown key "ISMM"; did you mean ISM?`},
		{"sample with a misspelt field", "input: {kind: rdp, controls: {mfa: no}}", "input: {kind: rdp, controls: {mfaa: no}}", `own-rule.yaml:25:35: access.controls has no field "mfaa"; did you mean mfa?`},
		{"sample of a wrong type", "input: {kind: rdp}", "input: {scope_known: perhaps}", `own-rule.yaml:29:26: access.scope_known: "perhaps" is no bool`},
		{"other id than the file", "id: own-rule", "id: other-rule", `own-rule.yaml:1:1: the file of rule "other-rule" has another name; name it other-rule.yaml`},
		{"question without unknown", "unknown: access.controls.mfa == UNKNOWN\n", "", `own-rule.yaml:1:1: one of unknown and question is missing`},
		{"alias", "summary: plain words", "summary: &a plain words", `own-rule.yaml:4:10: anchors and aliases are not read`},
		{"tag", "summary: plain words", "summary: !!str plain words", `own-rule.yaml:4:10: tags are not read`},
		{"second document", "id: own-rule", "---\nid: own-rule\n---", `own-rule.yaml:`},
		{"no YAML", "title: A rule", "title: [A rule", `own-rule.yaml:`},
		{
			"endless comprehension", "access.controls.mfa == NO && access.kind in params.kinds",
			"access.out_of_scope.all(a, access.out_of_scope.all(b, access.out_of_scope.all(c, access.out_of_scope.exists(d, a == b || c == d))))", `own-rule.yaml:8:7: the expression may never come to an end`,
		},
		{"each without key", "severity:\n", "each: access.out_of_scope\nseverity:\n", `own-rule.yaml:1:1: one of each and key is missing`},
		{"each that is no list", "severity:\n", "each: access.kind\nkey: item\nseverity:\n", `own-rule.yaml:10:7: each gives string, not a list`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Contains(t, goodRule, tc.old)
			_, err := loadText(strings.Replace(goodRule, tc.old, tc.new, 1))
			require.ErrorIs(t, err, ErrRules)
			var ps Problems
			require.True(t, errors.As(err, &ps))
			require.Contains(t, ps.Error(), tc.want)
			require.Regexp(t, `^own-rule\.yaml:\d+:\d+: `, ps[0].String())
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	text := strings.NewReplacer("access.controls.mfa == NO", "access.controls.mfaa == NO", "remediation:", "remediaton:", "kind {access.kind}", "kind {access.kin}").Replace(goodRule)
	_, err := loadText(text)
	var ps Problems
	require.True(t, errors.As(err, &ps))
	require.Len(t, ps, 4, "%v: the misspelt key is missing, too", ps)
}

func TestDuplicateID(t *testing.T) {
	_, err := Load(fstest.MapFS{"a/own-rule.yaml": {Data: []byte(goodRule)}, "b/own-rule.yaml": {Data: []byte(goodRule)}})
	require.ErrorContains(t, err, `b/own-rule.yaml:1:1: rule "own-rule" stands twice, first in a/own-rule.yaml:1:1`)
	clash := strings.ReplaceAll(goodRule, "own-rule", "access-without-mfa")
	_, err = Load(Embedded(), fstest.MapFS{"access-without-mfa.yaml": {Data: []byte(clash)}})
	require.ErrorContains(t, err, "stands twice")
}

func TestSampleThatDoesNotHold(t *testing.T) {
	s, err := loadText(strings.Replace(goodRule, "want: pass", "want: finding", 1))
	require.NoError(t, err)
	ps := s.Lint(context.Background())
	require.Len(t, ps, 2)
	require.Contains(t, ps.Error(), "own-rule.yaml:28:5: sample \"does not\" of own-rule does not hold: it is pass, the sample wants finding")
	require.Contains(t, ps.Error(), "own-rule.yaml:1:1: rule own-rule has no sample that must not fire")
}

// TestRunawayRuleIsStopped holds that a rule which loads and would run for ever
// on a hostile view costs no more than its limit, and is unknown.
func TestRunawayRuleIsStopped(t *testing.T) {
	text := strings.Replace(goodRule, "access.controls.mfa == NO && access.kind in params.kinds",
		"access.out_of_scope.all(a, access.out_of_scope.all(b, a != b + \"x\"))", 1)
	s, err := loadText(text)
	require.NoError(t, err)
	r := s.rules[0]
	view := r.kind.Neutral()
	list := make([]string, 5000)
	for i := range list {
		list[i] = strings.Repeat("y", 100)
	}
	setList(t, view, list)
	start := time.Now()
	verdict, _, err := r.judge(context.Background(), r.newVars(view, "2026-06-30"))
	require.Error(t, err)
	require.Contains(t, err.Error(), "cost limit")
	require.Equal(t, Unknown, verdict)
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestOverrides(t *testing.T) {
	o, err := ParseOverrides("mine.yaml", []byte("log-retention-short: {months: 18, grave: 9}\n"))
	require.NoError(t, err)
	s, err := LoadWith(Options{Overrides: o}, Embedded())
	require.NoError(t, err)
	require.NotEqual(t, embedded(t).Hash(), s.Hash())
	r, err := s.Rule("log-retention-short")
	require.NoError(t, err)
	failed := 0
	for i := range r.Samples {
		if r.try(context.Background(), &r.Samples[i]) != "" {
			failed++
		}
	}
	require.Equal(t, 2, failed, "twelve months no longer pass, six are grave")
	for _, tc := range []struct{ text, want string }{
		{"log-retention-shrt: {months: 1}", "mine.yaml:1:1: there is no rule \"log-retention-shrt\"; did you mean log-retention-short?"},
		{"log-retention-short: {month: 1}", "mine.yaml:1:30: rule log-retention-short has no parameter \"month\"; did you mean months?"},
		{"log-retention-short: {months: soon}", "mine.yaml:1:31: parameter \"months\" of log-retention-short is of another type"},
	} {
		o, err := ParseOverrides("mine.yaml", []byte(tc.text))
		require.NoError(t, err)
		_, err = LoadWith(Options{Overrides: o}, Embedded())
		require.ErrorContains(t, err, tc.want)
	}
	_, err = ParseOverrides("mine.yaml", []byte("- a"))
	require.ErrorIs(t, err, ErrRules)
}

func TestExplainSaysAll(t *testing.T) {
	s := embedded(t)
	for _, r := range s.Rules() {
		text, err := s.Explain(r.ID)
		require.NoError(t, err)
		for _, want := range append([]string{r.ID, r.Title, r.Severity.String(), "Samples", "How to fix"}, r.Frameworks["ISM"]...) {
			require.Contains(t, text, want, r.ID)
		}
		for _, line := range strings.Split(text, "\n") {
			require.LessOrEqual(t, len(line), 200)
		}
	}
	_, err := s.Explain("access-without-mfaa")
	require.ErrorContains(t, err, "did you mean access-without-mfa?")
}

func TestHashIsOfTheBytes(t *testing.T) {
	a, err := loadText(goodRule)
	require.NoError(t, err)
	b, err := loadText(goodRule)
	require.NoError(t, err)
	c, err := loadText(strings.Replace(goodRule, "plain words", "plain word", 1))
	require.NoError(t, err)
	require.Equal(t, a.Hash(), b.Hash())
	require.NotEqual(t, a.Hash(), c.Hash())
}

// FuzzLoad holds that no rule file makes the loader fail otherwise than by
// problems with a place, and that what loads can be tried.
func FuzzLoad(f *testing.F) {
	seeds := []string{goodRule, "", "id: x", "[", "- a\n- b", strings.ReplaceAll(goodRule, "NO", "{"), "id: &a x\nwhen: *a"}
	err := fs.WalkDir(Embedded(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && len(seeds) < 30 {
			raw, err := fs.ReadFile(Embedded(), name)
			seeds = append(seeds, string(raw))
			return err
		}
		return err
	})
	require.NoError(f, err)
	require.Greater(f, len(seeds), 10)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := loadText(text)
		if err != nil {
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("no place: %v", err)
			}
			for _, p := range ps {
				if p.Pos.Line < 1 || p.Pos.Column < 1 || p.Pos.File == "" {
					t.Fatalf("no place: %v", p)
				}
			}
			return
		}
		s.Test(context.Background())
	})
}

// setList gives an access view a long list.
func setList(t *testing.T, view any, list []string) {
	a, ok := view.(*subject.Access)
	require.True(t, ok)
	a.OutOfScope = list
}
