package waiver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/waiver"
)

func at(s string) time.Time {
	day, err := msp.ParseDate(s)
	if err != nil {
		return time.Time{}
	}
	return day.Time().Add(13 * time.Hour)
}

const good = `# accepted in the board meeting
- rule: contract-no-exit
  subject: northmsp>acme/managed-desktop
  reason: risk_accepted
  justification: |
    The exit plan is being written.
    It is due in July.
  approved_by: J. Citizen
  expires: 2026-09-30
- {rule: dns-caa-absent, subject: acme.example, finding: 0a1b2c3d, reason: not_applicable, justification: no certificates, approved_by: CISO, expires: 2026-07-01}
`

func TestParse(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte(good))
	require.NoError(t, err)
	require.Len(t, list, 2)
	w := list[0]
	require.Equal(t, "contract-no-exit", w.Rule)
	require.Equal(t, "northmsp>acme/managed-desktop", w.Subject)
	require.Equal(t, "The exit plan is being written.\nIt is due in July.", w.Justification)
	require.Equal(t, "2026-09-30", w.Expires.String())
	require.Equal(t, "w.yaml:2:3", w.Pos.String())
	require.Equal(t, "0a1b2c3d", list[1].Finding)
}

func TestParseEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "[]\n", "---\n"} {
		list, err := waiver.Parse("w.yaml", []byte(text))
		require.NoError(t, err, text)
		require.Empty(t, list)
	}
}

// with gives the good flow item with one piece of it replaced.
func with(old, text string) string {
	item := "- {rule: dns-caa-absent, subject: acme.example, reason: not_applicable, justification: why, approved_by: CISO, expires: 2026-07-01}\n"
	return strings.Replace(item, old, text, 1)
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"misspelt key":     {with("reason:", "raeson:"), `w.yaml:1:49: unknown key "raeson" of a waiver; did you mean reason?`},
		"unknown key":      {with("reason:", "because: x, reason:"), `unknown key "because" of a waiver; write one of rule, subject`},
		"misspelt reason":  {with("not_applicable", "not_aplicable"), `unknown reason "not_aplicable"; did you mean not_applicable?`},
		"unknown reason":   {with("not_applicable", "whatever"), `write one of false_positive, risk_accepted`},
		"bad date":         {with("2026-07-01", "2026-02-30"), `w.yaml:1:121: expires "2026-02-30" is not a date; write a day as YYYY-MM-DD`},
		"no expiry":        {with(", expires: 2026-07-01", ""), `w.yaml:1:3: the waiver has no expires; add expires: a day at most 365 days off`},
		"blank approver":   {with("CISO", ""), `approved_by is blank; write who answers for it`},
		"null":             {with("why", "~"), `justification is blank`},
		"a list":           {with("acme.example", "[acme.example]"), `subject is a list; write the finding's subject.id`},
		"control":          {with("acme.example", `"acme\x07"`), `subject holds a line end or control character`},
		"key twice":        {with("reason:", "rule: x, reason:"), `the key rule stands twice in a waiver`},
		"twice":            {with("", "") + with("", ""), `w.yaml:2:3: rule dns-caa-absent on subject acme.example is waived twice, first on line 1`},
		"not a list":       {"rule: x\n", `w.yaml:1:1: the file is a mapping, not a list of waivers`},
		"item is a text":   {"- rule\n", `w.yaml:1:3: a waiver is a single value`},
		"alias":            {"- &a {rule: x}\n- *a\n", `anchors and aliases are not read`},
		"tag":              {"- !x {rule: x}\n", `tags are not read`},
		"two documents":    {"[]\n---\n[]\n", `there is a second document`},
		"not YAML":         {"- {rule: x\n- y\n", `w.yaml:2:1: not YAML: `},
		"not text":         {"\xff\xfe", `the file is not text in UTF-8`},
		"deep":             {"- {rule: [[[[[[[[[[x]]]]]]]]]]}\n", `nested deeper than 8 levels`},
		"hostile key":      {"- {\"a\\e[31m\": x}\n", `unknown key "a\x1b[31m"`},
		"brackets":         {strings.Repeat("[", 100_000), `not YAML`},
		"too large":        {strings.Repeat("#", waiver.MaxFile+1), `the file is larger than 1 MiB`},
		"value too long":   {with("why", strings.Repeat("y", 4001)), `justification is too long`},
		"merge of a graph": {with("rule: dns-caa-absent", "<<: x"), `unknown key "<<"`},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := waiver.Parse("w.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.want)
			require.Nil(t, list)
		})
	}
}

func TestParseGivesAllProblems(t *testing.T) {
	_, err := waiver.Parse("w.yaml", []byte("- {rule: a, raeson: b}\n- {expires: soon}\n"))
	var ps waiver.Problems
	require.ErrorAs(t, err, &ps)
	require.Len(t, ps, 1+4+1+5, "%v", err)
}

func TestCheck(t *testing.T) {
	rules := []string{"dns-caa-absent", "contract-no-exit"}
	list, err := waiver.Parse("w.yaml", []byte(good+with("dns-caa-absent", "dns-caa-abscent")+with("2026-07-01", "2027-06-02")))
	require.NoError(t, err)
	err = waiver.Check(list, rules, at("2026-06-01"))
	require.ErrorContains(t, err, `w.yaml:11:10: unknown rule "dns-caa-abscent"; did you mean dns-caa-absent?`)
	require.ErrorContains(t, err, `w.yaml:12:121: the waiver expires on 2027-06-02, more than 365 days after 2026-06-01; write 2027-06-01 or earlier`)
	require.NoError(t, waiver.Check(list[:2], rules, at("2026-06-01")))
	require.NoError(t, waiver.Check(list[3:], rules, at("2026-06-02")), "365 days are allowed")
}

func finding(id, rule, subject string) msp.Finding {
	return msp.Finding{ID: id, Rule: rule, Subject: msp.Subject{ID: subject}}
}

func TestApply(t *testing.T) {
	w := func(rule, subject, finding, expires string) waiver.Waiver {
		day, err := msp.ParseDate(expires)
		require.NoError(t, err)
		return waiver.Waiver{Rule: rule, Subject: subject, Finding: finding, Reason: "risk_accepted", Expires: day}
	}
	findings := []msp.Finding{finding("f2", "a", "x"), finding("f1", "a", "x"), finding("f3", "b", "x"), finding("f4", "a", "xy")}
	questions := []msp.Question{{Rule: "c", Subject: msp.Subject{ID: "x"}}}
	for name, c := range map[string]struct {
		list   []waiver.Waiver
		waived string
		states []string
	}{
		"all of a rule on a subject": {[]waiver.Waiver{w("a", "x", "", "2026-06-01")}, "f1 f2", []string{"active f1 f2"}},
		"one finding":                {[]waiver.Waiver{w("a", "x", "f1", "2026-06-01")}, "f1", []string{"active f1"}},
		"expired":                    {[]waiver.Waiver{w("a", "x", "", "2026-05-31")}, "", []string{"expired f1 f2"}},
		"expired, one is held":       {[]waiver.Waiver{w("a", "x", "", "2026-05-31"), w("a", "x", "f2", "2026-07-01")}, "f2", []string{"expired f1", "active f2"}},
		"the narrow one holds":       {[]waiver.Waiver{w("a", "x", "f1", "2026-07-01"), w("a", "x", "", "2026-07-01")}, "f1 f2", []string{"active f1", "active f2"}},
		"unmatched":                  {[]waiver.Waiver{w("b", "y", "", "2026-07-01"), w("b", "X", "", "2026-07-01")}, "", []string{"unmatched", "unmatched"}},
		"another finding":            {[]waiver.Waiver{w("a", "x", "f3", "2026-07-01")}, "", []string{"unmatched"}},
		"not judged":                 {[]waiver.Waiver{w("c", "x", "", "2026-07-01")}, "", []string{"not_judged"}},
		"expired and gone":           {[]waiver.Waiver{w("c", "x", "", "2026-01-01")}, "", []string{"expired"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, outcomes := waiver.Apply(c.list, findings, questions, at("2026-06-01"))
			require.Len(t, got, len(findings), "waived findings stay")
			require.Equal(t, c.waived, waived(got))
			var states []string
			for _, o := range outcomes {
				states = append(states, strings.TrimSpace(string(o.State)+" "+strings.Join(o.Findings, " ")))
			}
			require.Equal(t, c.states, states)
			for _, f := range findings {
				require.Nil(t, f.Waived, "the input stays as it was")
			}
		})
	}
}

func waived(list []msp.Finding) string {
	var ids []string
	for _, id := range []string{"f1", "f2", "f3", "f4"} {
		for _, f := range list {
			if f.ID == id && f.Waived != nil {
				ids = append(ids, id)
			}
		}
	}
	return strings.Join(ids, " ")
}

func FuzzParse(f *testing.F) {
	seeds := []string{good, with("", ""), "- {raeson: x, expires: soon}\n", "[]", "- &a [*a]", "{{{{", "- rule: |\n   x\n  subject: \"\\u202e\"\n"}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := waiver.Parse("w.yaml", data)
		if err != nil {
			require.Nil(t, list)
			for _, line := range strings.Split(err.Error(), "\n") {
				require.Regexp(t, `^w\.yaml:[1-9][0-9]*:[1-9][0-9]*: .`, line)
			}
			return
		}
		for _, w := range list {
			require.True(t, w.Expires.Known() && w.Rule != "" && w.Subject != "" && w.Justification != "" && w.ApprovedBy != "")
			require.Contains(t, waiver.Reasons(), w.Reason)
		}
		require.NotPanics(t, func() { _ = fmt.Sprint(waiver.Check(list, []string{"a"}, at("2026-06-01"))) })
	})
}
