package register_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/catalog"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/reports/register"
)

// chained: a serves acme, b and c serve a, d serves b and c; d is also served by
// a (a circle) and serves acme itself under a contract of its own.
const chained = `version: 1
organisation: {id: acme, name: Acme, currency: AUD, domains: [acme.example]}
assets: [{id: ad, name: Directory, kind: identity, criticality: critical}, {id: crm, name: CRM, kind: application, criticality: low}]
providers:
  - {id: a, name: "=A Pty", kind: msp, country: AU, legal_id: {scheme: LEI, value: "LEI A"}, material: yes, contacts: {users: u, always: "+61 2"}, assessments: {irap: 2024-01-01, soc2: 2025-01-01}}
  - {id: b, name: B, kind: software, country: US, legal_id: {scheme: LEI, value: LEIB}, material: no}
  - {id: c, name: C, kind: cloud, legal_id: {scheme: LEI, value: LEIC}}
  - {id: d, name: D, kind: telecom, country: NZ, legal_id: {scheme: LEI, value: LEID}}
relationships:
  - provider: a
    service: desktop
    purpose: run it
    data_sensitivity: protected
    next_assessment: 2026-09-30
    alternatives: []
    contract: {ref: C-1, starts: 2024-01-01, ends: 2027-01-01, locations: [AU, NZ], exit_plan: no, audit_right: yes, last_audit: 2025-02-02, subcontractor_notice_days: none}
    access: [{id: x, kind: backup_admin, reaches: [ad]}]
  - {provider: b, customer: a, service: tools}
  - {provider: c, customer: a, service: hosting}
  - {provider: d, customer: b, service: lines}
  - {provider: d, customer: c, service: lines}
  - {provider: a, customer: d, service: desks}
  - {provider: d, customer: acme, service: line, contract: {ref: C-2}, access: []}
`

func load(t *testing.T, text string) *graph.Graph {
	inv, diags := inventory.Decode([]inventory.File{{Name: "i.yaml", Data: []byte(text)}})
	require.NoError(t, diags.Err())
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	return g
}

func rows(t register.Table, columns ...int) []string {
	var out []string
	for _, r := range t.Rows {
		var cells []string
		for _, c := range columns {
			cells = append(cells, r.Cells[c])
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

func TestISM1737(t *testing.T) {
	table, problems := register.ISM1737(load(t, chained).Inventory())
	require.Len(t, table.Header, 8)
	require.Equal(t, []string{
		"=A Pty|desktop|run it|protected|2026-09-30|C-1 from 2024-01-01 until 2027-01-01|u|+61 2",
		"D|line||||C-2||",
	}, rows(table, 0, 1, 2, 3, 4, 5, 6, 7), "services to the organisation only")
	require.Len(t, problems, 1)
	require.Equal(t, "the register row of d for line lacks: Purpose, Sensitivity or classification of data, Due date of next security assessment, Point of contact for users, 24/7 contact details", problems[0].What)
	require.Equal(t, 23, problems[0].Pos.Line)
}

func TestDORARanks(t *testing.T) {
	tables, _ := register.DORA(load(t, chained), "LEIX")
	require.Equal(t, []string{
		"C-1|S14|LEIA|1|",
		"C-1|S14|LEIB|2|LEIA",
		"C-1|S14|LEIC|2|LEIA",
		"C-1|S14|LEID|3|LEIB",
		"C-1|S14|LEID|3|LEIC", // a under d would be a circle
		"C-2|S10|LEID|1|",
		"C-2|S10|LEIA|2|LEID",
		"C-2|S10|LEIB|3|LEIA",
		"C-2|S10|LEIC|3|LEIA",
	}, rows(tables[2], 0, 1, 2, 4, 5))
	require.Equal(t, []string{"LEIA|=A Pty|AU", "LEIB|B|US", "LEIC|C|", "LEID|D|NZ"}, rows(tables[1], 0, 4, 7))
	require.Equal(t, []string{"C-1|LEIX|LEIA|S14|AU|Yes|AU|AU|High", "C-1|LEIX|LEIA|S14|AU|Yes|NZ|NZ|High", "C-2|LEIX|LEID|S10|NZ||||"}, rows(tables[0], 0, 1, 2, 5, 12, 13, 14, 15, 16))
	require.Equal(t, []string{"C-1|Not substitutable|2025-02-02|No|No", "C-2||||"}, rows(tables[3], 0, 4, 6, 7, 10))
	for _, table := range tables {
		for _, r := range table.Rows {
			require.Len(t, r.Cells, len(table.Header), table.Name)
		}
	}
}

func checks(problems []register.Problem) string {
	var out []string
	for _, p := range problems {
		if p.Check != 0 {
			out = append(out, fmt.Sprintf("%d %s", p.Check, strings.Join(strings.Fields(p.What)[:2], " ")))
		}
	}
	return strings.Join(out, "\n")
}

func TestDORALint(t *testing.T) {
	_, problems := register.DORA(load(t, chained), "LEIX")
	require.Equal(t, "805 B_02.02 c0050\n805 B_02.02 c0150\n805 B_02.02 c0160", checks(problems))
	_, problems = register.DORA(load(t, strings.NewReplacer(`legal_id: {scheme: LEI, value: LEIB}, `, "", "ref: C-2", "starts: 2024-01-01", `"LEI A"`, "LEID", "name: D,", "name: Other,").Replace(chained)), "")
	require.Equal(t, `805 B_02.02 c0010
805 B_02.02 c0020
805 B_02.02 c0050
805 B_02.02 c0150
805 B_02.02 c0160
805 B_05.01 c0010
805 B_05.01 c0020
806 B_05.01: the
805 B_05.02 c0010
805 B_05.02 c0030
805 B_07.01 c0010`, checks(problems))
}

// TestDORAKeepsPartiesWithoutCode holds that two subcontractors that nobody
// gave a number are two rows.
func TestDORAKeepsPartiesWithoutCode(t *testing.T) {
	text := strings.NewReplacer(`legal_id: {scheme: LEI, value: LEIB}, `, "", `, legal_id: {scheme: LEI, value: LEIC}`, "").Replace(chained)
	tables, _ := register.DORA(load(t, text), "")
	require.Len(t, tables[2].Rows, 9)
	require.Len(t, tables[1].Rows, 4)
}

func TestCPS230(t *testing.T) {
	table, problems := register.CPS230(load(t, chained))
	require.Equal(t, []string{
		"=A Pty|desktop|Yes|Directory||B, C, D|C-1|No",
		"=A Pty|desks|Yes||D|B, C, D||",
		"C|hosting|unknown||=A Pty|=A Pty, B, D||",
		"D|lines|unknown||B|=A Pty, B, C||",
		"D|lines|unknown||C|=A Pty, B, C||",
		"D|line|unknown|||=A Pty, B, C|C-2|",
	}, rows(table, 0, 2, 4, 6, 11, 12, 14, 20))
	require.Len(t, problems, 2)
	require.Equal(t, "nobody said whether provider c is material; it is listed as unknown", problems[0].What)
	for _, r := range table.Rows {
		require.Len(t, r.Cells, len(table.Header))
		require.NotEqual(t, "B", r.Cells[0], "stated as not material")
	}
}

func TestWriteCSVGuards(t *testing.T) {
	table, _ := register.ISM1737(load(t, chained).Inventory())
	var guarded, raw bytes.Buffer
	require.NoError(t, table.WriteCSV(&guarded, false))
	require.NoError(t, table.WriteCSV(&raw, true))
	require.Contains(t, guarded.String(), "\r\n'=A Pty,")
	require.Contains(t, raw.String(), "\r\n=A Pty,")
	back, err := csv.NewReader(&guarded).ReadAll()
	require.NoError(t, err)
	require.Len(t, back, 3)
	require.Equal(t, "'+61 2", back[1][7])
}
