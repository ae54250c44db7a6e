package inventory

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// asCSV gives the CSV files of a YAML inventory.
func asCSV(t *testing.T, text []byte) []File {
	t.Helper()
	sheets, err := Sheets(File{Name: "inventory.yaml", Data: text})
	require.NoError(t, err)
	var files []File
	for _, s := range sheets {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		require.NoError(t, w.WriteAll(s.Rows))
		files = append(files, File{Name: s.Name + ".csv", Data: b.Bytes()})
	}
	return files
}

// placeless removes every place from a value, so that inventories from
// different files can be compared.
func placeless(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[msp.Source]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			placeless(v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 && v.CanSet() {
			v.SetZero() // empty and absent read the same but for lists that say which
		}
		for i := range v.Len() {
			placeless(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			r, ok := v.MapIndex(k).Interface().(msp.Reply)
			if !ok {
				continue
			}
			r.Src = msp.Source{}
			if reflect.ValueOf(r).IsZero() {
				v.SetMapIndex(k, reflect.Value{}) // unknown, said or not
			} else {
				v.SetMapIndex(k, reflect.ValueOf(r))
			}
		}
		if v.Len() == 0 && v.CanSet() {
			v.SetZero()
		}
	case reflect.Pointer:
		placeless(v.Elem())
	}
}

func requireSame(t *testing.T, want, got *msp.Inventory) {
	t.Helper()
	placeless(reflect.ValueOf(want))
	placeless(reflect.ValueOf(got))
	require.Equal(t, want, got)
}

// everything is an inventory with every key and form.
const everything = `version: 1
organisation: {id: acme, name: "Acme; Mining, \"Ltd\"", currency: AUD, domains: [acme.example, acme2.example], hosts: [portal.acme.example], defensive_domains: [acne.example, acme-it.example], essential_eight_target: 3, frequency: 0.02, fix_costs: {close: 1, mfa: 15000, jit_pam: {min: 1, likely: 2, max: 3}}, consent: {active_probes: yes, by: me, until: 2027-01-01}}
assets:
  - {id: ad, name: "=1+1", kind: identity, criticality: critical, value: 4000000}
  - {id: erp, name: ERP, kind: application, value: {min: 3000000, likely: 5000000.5, max: 9e6}}
  - {id: third, kind: other}
providers:
  - id: north
    name: "North 'MSP'"
    kind: msp
    domains: [north.example]
    defensive_domains: [n0rth.example]
    legal_id: {scheme: ABN, value: "51 824 753 556"}
    country: AU
    contacts: {users: "a@b.example", always: "+61 2 5550 0100"}
    material: {answer: yes, evidence: verified, source: "board, minutes; page 3", date: 2026-01-02}
    risk_rating: medium
    assessments: {irap: 2025-11-03, other: 2024-01-01}
    answers: {indicator_sweep: yes, client_isolation: {answer: na, reason: "one client\nonly"}, essential_eight_level: 0, credential_abuse_detection: no}
    consent: {active_probes: {answer: no, evidence: verified}, reference: "mail"}
    frequency: {min: 0, likely: .05, max: 1e-1}
  - {id: tool, name: Tool, kind: software, assessments: none}
relationships:
  - provider: north
    customer: acme
    service: "desktop, managed"
    purpose: |
      run the fleet
      in two lines
    data_sensitivity: protected
    dns_services: [mail, web]
    contract: {ref: C-17, starts: 2024-07-01, ends: 2027-06-30, scope: [ad, erp], incident_notice_hours: none, incident_notice_covers: [confirmed, admin_network], audit_right: yes,
      last_audit: 2025-02-10, subcontractor_notice_days: 30, break_clause: {answer: yes, evidence: verified, date: 2026-01-01}, exit_plan: no, locations: [AU, "Perth, WA"], shared_responsibility: unknown, flow_down: yes}
    logging: {retention_months: 6, customer_access: no}
    next_assessment: 2026-11-01
    contacts: {users: x}
    alternatives: [tool, "Other, Inc"]
    egress: {answer: yes, source: netflow}
    controls: {egress_filtering: {answer: no, date: 2026-01-01}}
    fix_costs: {egress_filtering: 2000}
    access:
      - {id: rmm, kind: rmm_agent, reaches: [ad, erp], reviewed: 2026-01-15, last_used: 2026-01-16, ended: 2027-01-17, shares: cred-1, fix_costs: {close: 0}, controls: {mfa: no, logging: {answer: yes, evidence: verified, source: "rule 214"}}}
      - {id: vpn, kind: vpn, controls: {jump_host: {answer: na, reason: none there}, monitored: yes}}
  - {provider: north, customer: acme, service: second, contract: none, alternatives: [], access: []}
  - {provider: tool, customer: north, service: third, contract: {locations: [], incident_notice_covers: [], scope: []}}
internal:
  - {id: ad-erp, from: ad, reaches: [erp, north], kind: internal, shares: cred-1, controls: {segmentation: no}, fix_costs: {segmentation: {min: 1, likely: 1, max: 2}}}
`

func TestRoundTripThroughCSV(t *testing.T) {
	for _, text := range []string{everything, string(Sample()), string(Starter())} {
		files := asCSV(t, []byte(text))
		got, diags := Decode(files)
		require.NoError(t, diags.Err())
		requireSame(t, decode(t, text), got)
	}
}

func TestCSVPlaces(t *testing.T) {
	files := asCSV(t, Sample())
	inv, diags := Decode(files)
	require.Empty(t, diags)
	require.Equal(t, "access.csv", inv.Relationships[0].Access[1].Src.Pos.File)
	require.Equal(t, 3, inv.Relationships[0].Access[1].Src.Pos.Line)
	require.Equal(t, msp.Pos{File: "providers.csv", Line: 2, Column: 1}, inv.Providers[0].Src.Pos)
	require.Equal(t, msp.Pos{File: "assets.csv", Line: 4, Column: 1}, inv.Assets[2].Src.Pos)
}

// TestCSVDiagnostics changes one file of the sample and looks at what is said.
func TestCSVDiagnostics(t *testing.T) {
	for _, tc := range []struct{ file, old, new, want string }{
		{"access.csv", "northmsp,acme,managed desktop,north-rmm", "northmps,acme,managed desktop,north-rmm", `access.csv:2:1: provider names "northmps", which is no provider of the inventory; did you mean northmsp?`},
		{"access.csv", "northmsp,acme,managed desktop,north-rmm", "northmsp,acme,manged desktop,north-rmm", `access.csv:2:1: provider "northmsp" has no relationship with this customer and service; write both as on the sheet relationships`},
		{"access.csv", "northmsp,acme,managed desktop,north-rmm", ",acme,managed desktop,north-rmm", `access.csv:2:2: access "north-rmm" names no provider; fill the column provider`},
		{"access.csv", "rmm_agent", "rmm_agnt", `access.csv:2:41: kind "rmm_agnt" is not known; did you mean rmm_agent?`},
		{"access.csv", "controls.mfa", "controls.mfaa", `did you mean controls.mfa?`},
		{"access.csv", "controls.jit_pam", "controls.mfa", `the column controls.mfa stands twice in access; keep one`},
		{"access.csv", "rmm_agent", "rmm\"_agent", `access.csv:2:44: not readable as CSV: bare " in non-quoted`},
		{"providers.csv", "northmsp.example", "north\xe9.example", `is not UTF-8; save the file as UTF-8`},
		{"relationships.csv", "none,", "none,C-1,", `contract.ref is filled, yet contract is "none"; empty one of the two`},
		{"organisation.csv", "\n1,", "\n2,", `organisation.csv:2:1: version is "2"; this release reads version: 1`},
		{"assets.csv", "erp,ERP", "ad,ERP", `assets.csv:3:1: asset id "ad" is taken by an asset on line 2; give each its own id`},
		{"assets.csv", "5000000,,,", "5000000,,,,,x", `a cell beyond the last column holds "x"`},
	} {
		files := asCSV(t, Sample())
		for i := range files {
			if files[i].Name == tc.file {
				require.Contains(t, string(files[i].Data), tc.old)
				files[i].Data = bytes.Replace(files[i].Data, []byte(tc.old), []byte(tc.new), 1)
			}
		}
		inv, diags := Decode(files)
		require.Nil(t, inv, tc.new)
		require.Contains(t, diags.Error(), tc.want)
	}
}

func TestCSVForms(t *testing.T) {
	org := "id,name,domains\nacme,Acme,\"acme.example\nacme2.example\"\n"
	providers := "ID;Kind;Assessments.IRAP\nnorth;msp;2026-01-01\n;;\n"
	relationships := "provider,service\nnorth,desktop\n"
	access := "provider,id,kind,reaches,controls.mfa\nnorth,rmm,rmm_agent,ad,?\nnorth,rmm,rmm_agent,erp,\n"
	assets := "\ufeffid,kind,name\r\nad,identity,'=A1\r\nerp,data,\"a \"\"b\"\"\"\r\n"
	inv, diags := Decode([]File{
		{Name: "d/Organisation.csv", Data: []byte(org)},
		{Name: `d\providers.csv`, Data: []byte(providers)},
		{Name: "relationships.CSV", Data: []byte(relationships)},
		{Name: "access.csv", Data: []byte(access)},
		{Name: "assets.csv", Data: []byte(assets)},
		{Name: "read me.csv", Data: []byte("hello\n")},
	})
	require.NoError(t, diags.Err())
	require.Contains(t, diags.Error(), `read me.csv:1:1: warning: "read me" is no sheet`)
	require.Equal(t, []msp.Name{"acme.example", "acme2.example"}, inv.Organisation.Domains)
	require.Equal(t, "=A1", inv.Assets[0].Name)
	require.Equal(t, `a "b"`, inv.Assets[1].Name)
	require.Len(t, inv.Relationships[0].Access, 1)
	require.Equal(t, []string{"ad", "erp"}, inv.Relationships[0].Access[0].Reaches)
	require.True(t, inv.Providers[0].Assessments[0].Date.Known())

	for name, text := range map[string]string{"inventory.csv": "colour,shape\n", "acces.csv": "id\n", "access.csv": "", "assets.csv": ",,,\n,,,\n"} {
		inv, diags := Decode([]File{{Name: name, Data: []byte(text)}})
		require.Nil(t, inv)
		require.Contains(t, diags.Error(), name+":1:1: ")
		require.False(t, strings.Contains(diags.Error(), "goroutine"))
	}
}

func FuzzCSV(f *testing.F) {
	sheets, err := Sheets(File{Name: "inventory.yaml", Data: Sample()})
	require.NoError(f, err)
	require.NotEmpty(f, sheets)
	for _, s := range sheets {
		var b bytes.Buffer
		require.NoError(f, csv.NewWriter(&b).WriteAll(s.Rows))
		f.Add(s.Name+".csv", b.Bytes())
	}
	f.Add("assets.csv", []byte("id;kind\n'=1;\"a\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if format(name) == "csv" {
			checkDecode(t, name, data)
		}
	})
}

func TestAssessmentsStatedNone(t *testing.T) {
	text := "version: 1\norganisation: {id: acme, name: A}\nproviders:\n  - {id: a, kind: msp, assessments: none}\n  - {id: b, kind: msp}\n"
	inv := decode(t, text)
	require.NotNil(t, inv.Providers[0].Assessments, "stated as none")
	require.Empty(t, inv.Providers[0].Assessments)
	require.Nil(t, inv.Providers[1].Assessments, "not answered")
}
