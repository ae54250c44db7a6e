package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func decode(t *testing.T, text string) *msp.Inventory {
	t.Helper()
	inv, diags := Decode([]File{{Name: "inventory.yaml", Data: []byte(text)}})
	require.NoError(t, diags.Err())
	return inv
}

func TestSampleIsTheWorkedExample(t *testing.T) {
	inv, diags := Decode([]File{{Name: "inventory.yaml", Data: Sample()}})
	require.Empty(t, diags)
	require.Equal(t, "3 providers, 3 relationships, 4 doors, 3 assets; 90 answers unknown", Summary(inv))
	require.Equal(t, "acme", inv.Organisation.ID)
	require.Equal(t, []msp.Name{"acme.example"}, inv.Organisation.Domains)
	require.Equal(t, msp.Money{Min: 4e6, Likely: 4e6, Max: 4e6, Known: true}, inv.Assets[0].Value)
	north := inv.Relationships[0]
	require.Equal(t, []string{"ad"}, north.Access[0].Reaches)
	require.Equal(t, msp.Unknown, north.Access[0].Controls[msp.MFA].Answer)
	require.Equal(t, msp.Yes, north.Access[0].Controls[msp.Logging].Answer)
	require.Equal(t, msp.Verified, north.Access[0].Controls[msp.Logging].Evidence)
	require.Equal(t, "SIEM rule 214", north.Access[0].Controls[msp.Logging].From)
	require.Equal(t, msp.Verified, north.Access[1].Controls[msp.MFA].Evidence)
	require.Equal(t, msp.Attested, north.Access[1].Controls[msp.JumpHost].Evidence)
	require.Equal(t, "northmsp", inv.Relationships[1].Customer)
	require.Empty(t, inv.Relationships[1].Access[0].Reaches)
	require.True(t, inv.Relationships[2].Contract.None)
	require.Equal(t, "ad-erp", inv.Internal[0].ID)
}

func TestStarterHasNoDiagnostic(t *testing.T) {
	_, diags := Decode([]File{{Name: "inventory.yaml", Data: Starter()}})
	require.Empty(t, diags)
}

// TestStarterShowsEveryKey holds the comments of the starter against the
// tables: what is commented out must decode too, and no key may be missing.
func TestStarterShowsEveryKey(t *testing.T) {
	text := string(Starter())
	g := newGrammar()
	places := g.places()
	for _, kind := range msp.AssessmentKinds() {
		delete(places, kind)
	}
	for key := range places {
		require.Contains(t, text, key+":", "the starter does not show %s", key)
	}
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if trimmed := strings.TrimLeft(line, " "); strings.HasPrefix(trimmed, "# ") && len(trimmed) < len(line) && strings.ContainsAny(trimmed[2:3], "abcdefghijklmnoprstuvwxyz") && strings.Contains(strings.SplitN(trimmed[2:], " ", 2)[0], ":") {
			line = strings.Replace(line, "# ", "", 1)
		}
		lines = append(lines, line)
	}
	inv := decode(t, strings.Join(lines, "\n"))
	require.True(t, inv.Relationships[0].Contract.LastAudit.Known())
	require.Len(t, inv.Relationships[0].Access[0].Controls, len(msp.AllControls()))
}

const small = `version: 1
organisation: {id: acme, name: Acme, currency: AUD, domains: [acme.example]}
assets: [{id: ad, name: AD, kind: identity}, {id: erp, name: ERP, kind: application}]
providers:
  - {id: north, name: North, kind: msp, domains: [north.example]%s}
  - {id: south, name: South, kind: msp, domains: [south.example]}
relationships:
  - provider: south
    service: s
    access: []
  - provider: north
    service: desktop
%s
`

// withProvider and withRelationship put keys into the small inventory.
func withProvider(keys string) string     { return fmt.Sprintf(small, ", "+keys, "") }
func withRelationship(keys string) string { return fmt.Sprintf(small, "", "    "+keys) }
func withControl(value string) string {
	return withRelationship("access: [{id: a, kind: vpn, controls: {mfa: " + value + "}}]")
}

func TestAnswers(t *testing.T) {
	for text, want := range map[string]msp.Reply{
		"yes": {Answer: msp.Yes}, "true": {Answer: msp.Yes}, "True": {Answer: msp.Yes}, `"yes"`: {Answer: msp.Yes}, "YES": {Answer: msp.Yes}, "on": {Answer: msp.Yes},
		"no": {Answer: msp.No}, "false": {Answer: msp.No}, "off": {Answer: msp.No}, "No": {Answer: msp.No},
		"unknown": {}, "?": {}, `"?"`: {}, "": {}, "~": {}, "null": {}, `""`: {},
		"{answer: yes}":                                {Answer: msp.Yes},
		"{answer: ?}":                                  {},
		"{answer: , evidence: attested}":               {},
		"{answer: yes, evidence: verified}":            {Answer: msp.Yes, Evidence: msp.Verified},
		"{answer: na, reason: console only}":           {Answer: msp.NA, Reason: "console only"},
		"{answer: no, source: mail, date: 2026-01-02}": {Answer: msp.No, From: "mail", Date: msp.Date{Year: 2026, Month: 1, Day: 2}},
	} {
		inv := decode(t, withControl(text))
		got := inv.Relationships[1].Access[0].Controls[msp.MFA]
		require.Equal(t, 13, got.Src.Pos.Line, text)
		got.Src = msp.Source{}
		require.Equal(t, want, got, text)
	}
}

func TestStatedNone(t *testing.T) {
	contract := func(keys string) msp.Contract {
		return decode(t, withRelationship("contract: "+keys)).Relationships[1].Contract
	}
	require.False(t, contract("").Stated)
	require.True(t, contract("none").None)
	c := contract("{ref: x}")
	require.True(t, c.Stated)
	require.False(t, c.None)
	require.False(t, c.IncidentNoticeHours.Known)
	require.False(t, c.Locations.Known)
	c = contract("{incident_notice_hours: none, subcontractor_notice_days: none, locations: []}")
	require.True(t, c.IncidentNoticeHours.None && c.IncidentNoticeHours.Known)
	require.True(t, c.SubcontractorNotice.None)
	require.True(t, c.Locations.Known)
	require.Empty(t, c.Locations.Values)
	c = contract("{incident_notice_hours: 0, subcontractor_notice_days: 30, locations: [AU, Singapore], scope: [ad]}")
	require.Equal(t, 0, c.IncidentNoticeHours.Value)
	require.True(t, c.IncidentNoticeHours.Known)
	require.Equal(t, []string{"AU", "Singapore"}, c.Locations.Values)
	require.Equal(t, []string{"ad"}, c.Scope.Values)

	for keys, want := range map[string]struct{ stated, known bool }{
		"purpose: x": {false, false}, "access:": {false, false}, "access: []": {true, false}, "access: none": {true, false}, "alternatives: []": {false, true},
	} {
		r := decode(t, withRelationship(keys)).Relationships[1]
		require.Equal(t, want.stated, r.AccessStated, keys)
		require.Equal(t, want.known, r.Alternatives.Known, keys)
	}
}

func TestFurtherKeys(t *testing.T) {
	inv := decode(t, withRelationship(`next_assessment: 2026-11-01
    contacts: {users: a@b.example, always: "1"}
    alternatives: [south, Some Other]
    egress: yes
    controls: {egress_filtering: no}
    access: [{id: a, kind: vpn, last_used: 2026-01-01, ended: 2026-02-01, shares: cred-1}]
internal: [{id: back, from: ad, reaches: [erp, north]}]`))
	r := inv.Relationships[1]
	require.Equal(t, "2026-11-01", r.NextAssessment.String())
	require.Equal(t, "a@b.example", r.Contacts.Users)
	require.Equal(t, []string{"south", "Some Other"}, r.Alternatives.Values)
	require.Equal(t, msp.Yes, r.Egress.Answer)
	require.Equal(t, msp.No, r.Controls[msp.EgressFiltering].Answer)
	require.Equal(t, "cred-1", r.Access[0].Shares)
	require.Equal(t, "2026-02-01", r.Access[0].Ended.String())
	require.Equal(t, msp.AccessInternal, inv.Internal[0].Kind)
	require.Equal(t, []string{"erp", "north"}, inv.Internal[0].Reaches)
}

func TestDefaults(t *testing.T) {
	inv := decode(t, "version: 1\norganisation: {id: acme, domains: [acme.example]}\nproviders: [{id: north, kind: msp}]\nrelationships: [{provider: north, service: s}]\n")
	require.Equal(t, "acme", inv.Organisation.Name)
	require.Equal(t, 2, inv.Organisation.EssentialEightTarget)
	require.Equal(t, "north", inv.Providers[0].Name)
	require.Equal(t, "acme", inv.Relationships[0].Customer)
	require.False(t, inv.Relationships[0].AccessStated)
}

func TestPositions(t *testing.T) {
	inv := decode(t, string(Sample()))
	north := inv.Providers[0]
	line := func(text string) int {
		return 1 + strings.Count(string(Sample()[:strings.Index(string(Sample()), text)]), "\n")
	}
	require.Equal(t, msp.Pos{File: "inventory.yaml", Line: line("id: northmsp"), Column: 5}, north.Src.Pos)
	require.Equal(t, line("country: AU"), north.Src.At("country").Line)
	require.Equal(t, 14, north.Src.At("country").Column)
	require.Equal(t, line("exit_plan"), inv.Relationships[0].Contract.ExitPlan.Src.Pos.Line)
	require.Equal(t, line("mfa: unknown"), inv.Relationships[0].Access[0].Controls[msp.MFA].Src.Pos.Line)
	require.Equal(t, line("id: north-vpn"), inv.Relationships[0].Access[1].Src.Pos.Line)
	require.Equal(t, north.Src.Pos, north.Src.At("risk_ratings"), "a key that is not there is the place of its mapping")
	require.Equal(t, line("providers:")+1, inv.Src.At("providers").Line)
}

// TestSameFromCRLFAndJSON holds that line ends and JSON do not change what is
// read.
func TestSameFromCRLFAndJSON(t *testing.T) {
	want := decode(t, string(Sample()))
	require.Equal(t, want, decode(t, strings.ReplaceAll(string(Sample()), "\n", "\r\n")))
	require.Equal(t, want, decode(t, "\ufeff"+string(Sample())))

	inv := decode(t, `{"version": 1, "organisation": {"id": "acme", "name": "A\u006dé\ud83d\ude00 \/ \"x\"", "domains": ["acme.example"]},
	"providers": [{"id": "p", "kind": "msp", "material": true, "answers": {"client_isolation": null}}], "relationships": [{"provider": "p", "service": "s"}]}`)
	require.Equal(t, `Amé😀 / "x"`, inv.Organisation.Name)
	require.Equal(t, msp.Yes, inv.Providers[0].Material.Answer)
	require.Equal(t, msp.Pos{File: "inventory.yaml", Line: 2, Column: 16}, inv.Providers[0].Src.Pos)
}

// TestShortDiagnostics checks what is refused or suspected, where, and what is
// said; each text is put into the small inventory.
func TestShortDiagnostics(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{withControl("na"), `13:49: mfa is answered na without a reason; write {answer: na, reason: why it does not apply}`},
		{withControl("{answer: na, reason: ' '}"), `13:49: mfa is answered na without a reason; add reason: why it does not apply`},
		{withControl("unkown"), `13:49: mfa is answered "unkown"; did you mean unknown? The answers are yes, no, unknown and na`}, //nolint:misspell // on purpose
		{withControl("1"), `13:49: mfa is answered "1"; write yes, no, unknown, or {answer: na, reason: …}`},
		{withControl("{evidence: verified}"), `13:49: an answer with its evidence has no answer; add answer: yes, no, unknown, or na with a reason`},
		{withControl("{answer: yes, evidence: verifid}"), `13:73: evidence "verifid" is not known; did you mean verified?`},
		{withControl("{answer: unknown, evidence: verified}"), `13:49: warning: mfa is unknown, yet its evidence is verified; write what the evidence shows`},
		{withProvider("country: UK"), `5:76: country "UK" is not known; did you mean GB? Or write a two-letter code of ISO 3166-1, such as AU`},
		{withProvider("country: Australia"), `5:76: country "Australia" is not known; write a two-letter code of ISO 3166-1, such as AU`},
		{withProvider("mfa: yes"), `5:67: unknown key "mfa" in a provider; mfa is a key of the controls of a door`},
		{withProvider("legal_id: {scheme: ABN, value: 51 824 753 557}"), `5:98: warning: ABN "51 824 753 557" has a wrong check digit; look it up in the register`},
		{withProvider("hosts: [co.uk]"), `5:75: "co.uk" is a public suffix, below which others register names; name the domain below it`},
		{withProvider("hosts: [acme.example]"), `5:75: warning: acme.example belongs to acme and to north; name it under its owner only`},
		{withProvider("hosts: [a.example:53]"), `5:75: hosts "a.example:53" is not a domain name: a name is labels joined by dots, without scheme, port, path, star or blanks; write a name such as acme.example, without scheme, port or path`},
		{withRelationship("contract: {starts: 2026-02-01, ends: 2026-01-01}"), `13:42: the contract ends on 2026-01-01, before it starts on 2026-02-01; correct one of the dates`},
		{withRelationship("contract: {starts: 0024-02-01}"), `13:24: warning: starts 0024-02-01 is an unlikely year; check it`},
		{withRelationship("contract: {incident_notice_hours: 1.5}"), `13:39: incident_notice_hours is "1.5"; write a whole number from 0 to 87600`},
		{withRelationship("logging: {retention_months: none}"), `13:33: retention_months is "none"; write a whole number from 0 to 1200`},
		{withRelationship("customer: ad"), `13:15: customer names "ad", which is no customer of the inventory; the ids are acme, north, south`},
		{withRelationship("customer: north"), `13:15: warning: provider north serves itself; name another customer`},
		{withRelationship("access: [{id: a, kind: vpn, reaches: [acme]}]"), `13:43: reaches names "acme", which is no asset of the inventory; leave reaches empty for a door into the whole customer`},
		{withRelationship("access: [{id: a, kind: vpn, reaches: ad}]"), `13:42: reaches is "ad"; write a list of ids: reaches: [ad]`},
		{withRelationship("access: [{id: ad, kind: vpn}]"), `13:19: warning: access id "ad" is also that of an asset on line 3; give the door an id of its own, so that paths and --close are read right`},
		{withRelationship("data_sensitivity: protcted"), `13:23: warning: data_sensitivity "protcted" is read as free text; did you mean protected?`},
		{withRelationship("purpose: \"a\\x1bb\""), `13:14: purpose holds the control character U+001B; remove it`},
		{withRelationship("service: desktop"), `13:5: the key service stands twice in a relationship, first on line 12; keep one`},
		{withRelationship("contract: &a none"), `13:15: an anchor: "&a"; write the value out where it is needed; text that begins with & needs quotes`},
		{withRelationship("<<: none"), `13:5: unknown key "<<" in a relationship; merge keys are not used; write the keys out`},
		{withRelationship("controls: {egress_filtering:no}"), `13:16: unknown key "egress_filtering:no" in the controls of a relationship; put a blank after the colon`},
		{"version: 1\norganisation: {id: acme}\nprovders: []\n", `3:1: unknown key "provders" in the inventory; did you mean providers?`},
		{"version: 1\norganisation: {id: acme}\nassets: [{id: acme, kind: data}]\n", `3:15: asset id "acme" is taken by an organisation on line 2; give each its own id`},
		{"version: 1\norganisation: {id: acme}\nassets: [{id: A B, kind: data}]\n", `3:15: id "A B" is not an id; write lower-case letters, digits and hyphens, such as a-b`},
		{"organisation: {id: acme}\n", `1:1: the inventory has no version; add version: the version of this format: 1`},
		{"version: 1\norganisation:\n", `2:14: organisation of the inventory is blank; write a value`},
		{"version: 1\norganisation: {id: acme}\nassets: [{id: a, kind: data, value: {min: 3, likely: 2, max: 9}}]\n", `3:37: the value has min 3, likely 2, max 9; min may not be over likely, nor likely over max`},
		{withProvider("frequency: 5%"), `5:78: frequency is "5%"; write compromises a year as a number from 0 to 365, such as 0.05 for once in 20 years`},
		{withProvider("frequency: -1"), `5:78: frequency is "-1"; write compromises a year as a number from 0 to 365, such as 0.05 for once in 20 years`},
		{withProvider("frequency: 366"), `5:78: frequency is "366"; write compromises a year as a number from 0 to 365, such as 0.05 for once in 20 years`},
		{withProvider("frequency: [1]"), `5:78: frequency is a list; write compromises a year as a number from 0 to 365, such as 0.05 for once in 20 years`},
		{withProvider("frequency: 5"), `5:78: warning: frequency 5 is more than one compromise a year; check it: once in 20 years is 0.05`},
		{withProvider("frequency: {min: 0.1, likely: 0.05, max: 0.2}"), `5:78: the frequency has min 0.1, likely 0.05, max 0.2; min may not be over likely, nor likely over max`},
		{withProvider("frequency: {likely: 0.05}"), `5:78: a frequency has no min; add min: the least often`},
		{withProvider("frequncy: 0.1"), `5:67: unknown key "frequncy" in a provider; did you mean frequency?`},
		{withProvider("fix_costs: {mfa: 1}"), `5:67: unknown key "fix_costs" in a provider; fix_costs is a key of an access item`},
		{withRelationship("fix_costs: {mfaa: 1}"), `13:17: unknown key "mfaa" in the costs of fixes; did you mean mfa?`},
		{withRelationship("fix_costs: {mfa: -1}"), `13:22: cost of mfa is "-1"; write a plain number of the currency's units, such as 4000000`},
		{withRelationship("fix_costs: {close: {min: 2, likely: 1, max: 3}}"), `13:24: the cost of close has min 2, likely 1, max 3; min may not be over likely, nor likely over max`},
		{withRelationship("fix_costs: 5000"), `13:16: the costs of fixes is "5000"; write its keys as a mapping: {close: …}`},
		{"version: 1\norganisation: {id: acme, fix_costs: {mfa: 1}}\n", `2:37: warning: a fix has a cost, the organisation has no currency; add currency, such as AUD, to the organisation`},
		{"version: 1\norganisation: {id: acme}\nassets: [{id: ad, kind: data}]\ninternal: [{id: i, from: ad, reaches: [ad], fix_costs: {close: 1}}]\n", `4:56: warning: a fix has a cost, the organisation has no currency; add currency, such as AUD, to the organisation`},
		{"version: 1\norganisation: {id: acme}\nassets: [{id: a, kind: data, value: .inf}]\n", `3:37: value is ".inf"; write a plain number of the currency's units, such as 4000000`},
	} {
		_, diags := Decode([]File{{Name: "i.yaml", Data: []byte(tc.text)}})
		require.Contains(t, "\n"+diags.Error()+"\n", "\ni.yaml:"+tc.want+"\n")
	}
}

// TestSyntaxErrorsDoNotHideOthers holds that one broken item leaves the
// problems of the others to be seen.
func TestSyntaxErrorsDoNotHideOthers(t *testing.T) {
	_, diags := Decode([]File{{Name: "i.yaml", Data: []byte(`version: 1
organisation: {id: acme, domains: [acme..example]}
providers:
  - {id: a, kind: msp, name: x: y}
  - {id: b, kind: mspp}
  - {id: c, kind: msp
relationships:
  - {provider: a, servce: x}
`)}})
	got := diags.Error()
	for _, want := range []string{`2:36: domains "acme..example"`, "4:", `5:19: kind "mspp" is not known; did you mean msp?`, "6:5: a bracket { that is not closed; close it"} {
		require.Contains(t, "\n"+got, "\ni.yaml:"+want)
	}
	require.NotContains(t, got, `names "a"`, "the provider was dropped, not forgotten")
}

func TestDecodeNothing(t *testing.T) {
	inv, diags := Decode(nil)
	require.Nil(t, inv)
	require.Error(t, diags.Err())
}

func TestFileNamesAreMadeHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"::error::x": "./::error::x:1:1: ", "##vso[x]": `./\x23\x23vso[x]:1:1: `, "a\x1b[31m\nb": `a\x1b[31m\nb:1:1: `,
	} {
		_, diags := Decode([]File{{Name: name, Data: []byte("x: 1\n")}})
		require.Contains(t, "\n"+diags.Error(), "\n"+want)
	}
}
