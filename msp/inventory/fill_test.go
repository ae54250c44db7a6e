package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

func fillNow() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

const fillTop = `version: 1
organisation: {id: acme, name: Acme, domains: [acme.example]}
assets: [{id: ad, kind: identity}]
`

// filled writes answers, given as key=answer|evidence|date|comment, and gives
// the inventory after.
func filled(t *testing.T, name, text string, answers ...string) (Filled, error) {
	t.Helper()
	var list []questionnaire.Answer
	for i, s := range answers {
		key, rest, _ := strings.Cut(s, "=")
		cells := append(strings.Split(rest, "|"), "", "", "")
		list = append(list, questionnaire.Answer{
			Key: key, Answer: cells[0], Evidence: cells[1], Date: cells[2], Comment: cells[3],
			Pos: msp.Pos{File: "a.csv", Line: i + 2, Column: 1},
		})
	}
	return Fill(File{Name: name, Data: []byte(text)}, list, fillNow())
}

const (
	mfa   = "n:access/a#controls.mfa"
	jit   = "n:access/a#controls.jit_pam"
	audit = "n:relationship/n>acme/desktop#contract.audit_right"
	sweep = "n:provider/n#answers.indicator_sweep"
)

func TestFillLayouts(t *testing.T) {
	const verified = "=yes|verified|2026-05-01|SIEM rule 7"
	for name, c := range map[string]struct {
		before, after string
		answers       []string
	}{
		"unknown in flow style": {
			"providers: [{id: n, kind: msp}] # ours\nrelationships:\n  - {provider: n, service: desktop, access: [{id: a, kind: vpn, controls: {mfa: unknown, logging: yes}}]}\n",
			"providers: [{id: n, kind: msp}] # ours\nrelationships:\n  - {provider: n, service: desktop, access: [{id: a, kind: vpn, controls: {mfa: yes, logging: yes}}]}\n",
			[]string{mfa + "=yes"},
		},
		"new keys in flow style": {
			"providers: [{id: n, kind: msp}]\nrelationships:\n  - {provider: n, service: desktop, access: [{id: a, kind: vpn, controls: {logging: yes}}]}\n",
			"providers: [{id: n, kind: msp, answers: {indicator_sweep: no}}]\nrelationships:\n  - {provider: n, service: desktop, access: [{id: a, kind: vpn, controls: {logging: yes, mfa: yes, jit_pam: {answer: na, reason: \"no, only once\"}}}], contract: {audit_right: yes}}\n",
			[]string{mfa + "=yes", jit + "=na|||no, only once", audit + "=YES", sweep + "=no"},
		},
		"block style, comments and blank lines": {
			`providers:
  # the one in town
  - id: n
    kind: msp

relationships:
- provider: n
  service: desktop   # all of it
  access:
  - id: a
    kind: vpn
    controls:
      mfa: ?    # ask them
      logging: yes

    # more to come

# the end
`,
			`providers:
  # the one in town
  - id: n
    kind: msp
    answers: {indicator_sweep: {answer: yes, evidence: verified, source: SIEM rule 7, date: 2026-05-01}}

relationships:
- provider: n
  service: desktop   # all of it
  access:
  - id: a
    kind: vpn
    controls:
      mfa: yes    # ask them
      logging: yes
      jit_pam: no
  contract: {audit_right: yes}

    # more to come

# the end
`,
			[]string{mfa + "=yes", jit + "=no", audit + "=yes", sweep + verified},
		},
		"blanks, empty mappings, no line end at the end": {
			"providers: [{id: n, kind: msp, answers: {}}]\nrelationships:\n  - provider: n\n    service: desktop\n    contract:\n    access:\n      - id: a\n        kind: vpn\n        controls:\n          mfa:",
			"providers: [{id: n, kind: msp, answers: {indicator_sweep: no}}]\nrelationships:\n  - provider: n\n    service: desktop\n    contract: {audit_right: yes}\n    access:\n      - id: a\n        kind: vpn\n        controls:\n          mfa: yes\n          jit_pam: no",
			[]string{mfa + "=yes", jit + "=no", audit + "=yes", sweep + "=no"},
		},
		"flow style over lines, with comments": {
			"providers:\n  - {id: n, kind: msp, name: \"N, the {first}\"}\nrelationships:\n  - provider: n\n    service: desktop\n    access:\n      - id: a\n        kind: vpn\n        controls: {\n          logging: yes, # it's on }\n        }\n",
			"providers:\n  - {id: n, kind: msp, name: \"N, the {first}\", answers: {indicator_sweep: no}}\nrelationships:\n  - provider: n\n    service: desktop\n    access:\n      - id: a\n        kind: vpn\n        controls: {\n          logging: yes, mfa: yes # it's on }\n        }\n",
			[]string{mfa + "=yes", sweep + "=no"},
		},
		"evidence that is too old": {
			"providers: [{id: n, kind: msp, answers: {indicator_sweep: {answer: yes, date: 2024-01-01}}}]\nrelationships:\n  - provider: n\n    service: desktop\n    contract:\n      audit_right:\n        answer: yes\n        date: 2023-01-01 # long ago\n      break_clause: yes\n",
			"providers: [{id: n, kind: msp, answers: {indicator_sweep: no}}]\nrelationships:\n  - provider: n\n    service: desktop\n    contract:\n      audit_right:\n        {answer: yes, evidence: verified, source: SIEM rule 7, date: 2026-05-01} # long ago\n      break_clause: yes\n",
			[]string{audit + verified, sweep + "=no"},
		},
		"numbers, days, lists, words, texts": {
			"providers: [{id: n, kind: msp, assessments: {irap: 2022-01-01}}]\nrelationships: [{provider: n, service: desktop, contract: {ref: C-1}}]\n",
			"providers: [{id: n, kind: msp, assessments: {irap: 2026-01-31}, answers: {essential_eight_level: 2}, contacts: {always: \"+61 2 5550 0100\"}}]\nrelationships: [{provider: n, service: desktop, contract: {ref: C-1, incident_notice_hours: 24, incident_notice_covers: [confirmed, suspected], locations: [AU, NZ], subcontractor_notice_days: none}, access: []}]\n",
			[]string{
				"n:provider/n#assessments.irap=2026-01-31", "n:provider/n#answers.essential_eight_level=2", "n:provider/n#contacts.always=+61 2 5550 0100",
				"n:relationship/n>acme/desktop#contract.incident_notice_hours=24", "n:relationship/n>acme/desktop#contract.incident_notice_covers=confirmed, Suspected",
				"n:relationship/n>acme/desktop#contract.locations=AU; NZ", "n:relationship/n>acme/desktop#contract.subcontractor_notice_days=None",
				"n:relationship/n>acme/desktop#access=no",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, end := range []string{"\n", "\r\n"} {
				before := strings.ReplaceAll(fillTop+c.before, "\n", end)
				got, err := filled(t, "i.yaml", before, c.answers...)
				require.NoError(t, err)
				require.Equal(t, strings.ReplaceAll(fillTop+c.after, "\n", end), string(got.Data))
				require.Equal(t, len(c.answers), got.Written)
				require.Empty(t, got.Conflicts)
				again, err := filled(t, "i.yaml", string(got.Data), c.answers...)
				require.NoError(t, err)
				require.Equal(t, got.Data, again.Data, "a second time changes nothing")
				require.Equal(t, len(c.answers), again.Same)
			}
		})
	}
}

func TestFillTellsConflicts(t *testing.T) {
	const text = fillTop + `providers: [{id: n, kind: msp, answers: {indicator_sweep: no}}, {id: o, kind: msp}]
relationships:
  - provider: n
    service: desktop
    contract: none
    access:
      - id: a
        kind: vpn
        controls:
          mfa: {answer: yes, evidence: verified, date: 2026-01-01}
          jit_pam:
            answer: yes
            # they promised
            date: 2020-01-01
`
	got, err := filled(t, "i.yaml", text, sweep+"=yes", audit+"=yes", mfa+"=no", jit+"=yes||2026-05-01", "n:access/a#controls.logging=yes", "n:access/a#controls.allow_list=", "n:access/a#controls.monitored=unknown")
	require.NoError(t, err)
	require.Equal(t, text+"          logging: yes\n", string(got.Data))
	require.Equal(t, 1, got.Written)
	require.Equal(t, `a.csv:2:9: the answer to answers.indicator_sweep of provider n differs from the inventory, which says no at i.yaml:4:59; the inventory was left as it is; settle it there by hand
a.csv:3:9: the answer to contract.audit_right of relationship n>acme/desktop differs from the inventory, which says "none" at i.yaml:8:15; the inventory was left as it is; settle it there by hand
a.csv:4:9: the answer to controls.mfa of access a differs from the inventory, which says yes at i.yaml:13:16; the inventory was left as it is; settle it there by hand
a.csv:5:9: the answer to controls.jit_pam of access a cannot be written into the inventory as it is laid out at i.yaml:10:9; write it there by hand: controls: jit_pam: {answer: yes, date: 2026-05-01}`, got.Conflicts.Error())
}

func TestFillRefuses(t *testing.T) {
	const text = fillTop + "providers: [{id: n, kind: msp}, {id: o, kind: msp}]\nrelationships: [{provider: n, service: desktop, access: [{id: a, kind: vpn}]}, {provider: o, service: x, access: []}]\n"
	for want, answers := range map[string][]string{
		`a.csv:2:1: "mfa" is not the key of a question`:                                          {"mfa=yes"},
		`a.csv:2:1: "n:access/a#controls.mfaa" is not the key`:                                   {"n:access/a#controls.mfaa=yes"},
		`a.csv:2:1: the inventory has no access "b"`:                                             {"n:access/b#controls.mfa=yes"},
		`a.csv:3:1: the question about provider "o" is not one for n`:                            {mfa + "=yes", "o:provider/o#answers.indicator_sweep=yes"},
		`a.csv:2:1: the question about access "a" is not one for o`:                              {"o:access/a#controls.mfa=yes"},
		`a.csv:2:1: the question about access "a" is not one for n`:                              {"n:access/a#reviewed=2026-01-01"},
		`a.csv:3:1: the question stands twice, first at a.csv:2:1`:                               {mfa + "=yes", mfa + "=no"},
		`a.csv:2:9: controls.mfa of a: the answer "yess" is not known; did you mean yes?`:        {mfa + "=yess"},
		`a.csv:2:10: controls.mfa of a: the evidence "verifid" is not known; did you mean verif`: {mfa + "=yes|verifid"},
		`a.csv:2:11: controls.mfa of a: "30/06/2026" is not a day; write it as YYYY-MM-DD`:       {mfa + "=yes||30/06/2026"},
		`a.csv:2:12: controls.mfa of a: na without a reason`:                                     {mfa + "=na"},
		`a.csv:2:9: controls.mfa of a: evidence without an answer`:                               {mfa + "=|verified"},
		`a.csv:2:10: last_used of a: this question takes an answer only`:                         {"n:access/a#last_used=2026-01-01|verified"},
		`a.csv:2:9: answers.essential_eight_level of n: the answer is "4"; write a whole number`: {"n:provider/n#answers.essential_eight_level=4"},
	} {
		_, err := filled(t, "i.yaml", text, answers...)
		require.ErrorContains(t, err, want)
	}
	_, err := filled(t, "i.csv", "x")
	require.ErrorContains(t, err, "i.csv:1:1: answers go into a YAML or JSON inventory")
	_, err = filled(t, "i.yaml", "version: 2\n", mfa+"=yes")
	require.ErrorContains(t, err, "i.yaml:1:10: ")
}

func TestFillJSON(t *testing.T) {
	const text = "{\"version\": 1, \"organisation\": {\"id\": \"acme\"},\n\t\"providers\": [{\"id\": \"n\", \"kind\": \"msp\"}],\n\t\"relationships\": [{\"provider\": \"n\", \"service\": \"desktop\", \"access\": [{\"id\": \"a\", \"kind\": \"vpn\", \"controls\": {\"mfa\": null}}]}]}\n"
	got, err := filled(t, "i.json", text, mfa+"=yes", jit+`=na|||a "quoted" \ reason`, sweep+"=no|verified", "n:provider/n#answers.essential_eight_level=2")
	require.NoError(t, err)
	require.Equal(t, "{\"version\": 1, \"organisation\": {\"id\": \"acme\"},\n\t\"providers\": [{\"id\": \"n\", \"kind\": \"msp\", \"answers\": {\"indicator_sweep\": {\"answer\": \"no\", \"evidence\": \"verified\"}, \"essential_eight_level\": 2}}],\n\t\"relationships\": [{\"provider\": \"n\", \"service\": \"desktop\", \"access\": [{\"id\": \"a\", \"kind\": \"vpn\", \"controls\": {\"mfa\": \"yes\", \"jit_pam\": {\"answer\": \"na\", \"reason\": \"a \\\"quoted\\\" \\\\ reason\"}}}]}]}\n", string(got.Data))
}

func TestFillNotesWhatAPersonMustEnter(t *testing.T) {
	const text = fillTop + "providers: [{id: n, kind: msp}]\nrelationships: [{provider: n, service: desktop}]\n"
	got, err := filled(t, "i.yaml", text, "n:relationship/n>acme/desktop#access=yes", "n:provider/n#baseline=We do.\nSince 2024.")
	require.NoError(t, err)
	require.Equal(t, text, string(got.Data))
	require.Equal(t, "a.csv:2:9: warning: yes to access of relationship n>acme/desktop; enter the details in the inventory by hand\na.csv:3:9: warning: the answer to baseline of provider n stays on record in the questionnaire; keep the file", got.Notes.Error())
}

func FuzzFill(f *testing.F) {
	seeds := []struct{ text, answer string }{
		{string(Sample()), "yes"},
		{fillTop + "providers: [{id: n, kind: msp, answers: {indicator_sweep: ~, }}]\n", "no"},
		{fillTop + "providers:\n- id: n\n  kind: msp\n  answers:\n    indicator_sweep:\n", "na"},
		{fillTop + "providers:\n- {id: n, kind: msp, name: 'a#b', # c\n  }\n", "yes"},
		{"\ufeff" + fillTop + "providers: [{\"id\": n, kind: msp, \"answers\":{}}]\r\n", "yes"},
		{`{"version":1,"organisation":{"id":"acme"},"providers":[{"id":"n","kind":"msp"}]}`, "no"},
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add([]byte(s.text), s.answer)
	}
	f.Fuzz(func(t *testing.T, data []byte, answer string) {
		inv, diags := Decode([]File{{Name: "i.yaml", Data: data}})
		if diags.Err() != nil || len(inv.Providers) == 0 {
			return
		}
		id := inv.Providers[0].ID
		list := []questionnaire.Answer{{Key: id + ":provider/" + id + "#answers.indicator_sweep", Answer: answer, Pos: msp.Pos{File: "a.csv", Line: 2, Column: 1}}}
		if answer == "na" {
			list[0].Comment = "why, \"so\""
		}
		got, err := Fill(File{Name: "i.yaml", Data: data}, list, fillNow())
		if err != nil {
			return
		}
		require.True(t, got.Written == 0 || len(got.Conflicts) == 0)
		if got.Written == 0 {
			require.Equal(t, data, got.Data)
			return
		}
		after, diags := Decode([]File{{Name: "i.yaml", Data: got.Data}})
		require.NoError(t, diags.Err())
		require.NotEqual(t, msp.Unknown, after.Providers[0].Answers.IndicatorSweep.Answer)
		require.Equal(t, len(inv.Relationships), len(after.Relationships))
	})
}
