package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// planted is one line of expected.csv: what a rule must say of a subject.
type planted struct {
	inventory, subject, rule, want, severity, detail, why string
	line                                                  int
}

// verdicts of one scan, as the table is held against them.
type verdicts struct {
	findings []verdict
	open     map[[2]string]bool // rule and subject of the questions
	rules    map[string]bool    // in the packs
}

type verdict struct {
	rule, subject, severity, message string
	listed                           bool
}

// score counts one rule over all inventories.
type score struct{ found, planted, alarms, misses int }

// sweptInventory is the one that sweeps are run for.
const sweptInventory = "sweeps"

// TestPlanted scans a private Internet of planted exposures and near misses and
// holds every finding and every open question of the DNS and mail rules against
// the table: what is missing, and what is too much, fails.
func TestPlanted(t *testing.T) {
	dir := repoPath(t, "testdata", "planted")
	table := readPlanted(t, filepath.Join(dir, "expected.csv"))
	scores := map[string]*score{}
	for _, inventory := range inventories(table) {
		got := scanPlanted(t, dir, inventory, "--zones", filepath.Join(dir, "zones"))
		comparePlanted(t, inventory, table, got, scores)
	}
	printScores(t, scores)
	var total score
	for _, s := range scores {
		total.planted, total.misses = total.planted+s.planted, total.misses+s.misses
	}
	require.GreaterOrEqual(t, total.planted, 60, "planted exposures")
	require.GreaterOrEqual(t, total.misses, 60, "near misses")
}

// TestPlantedSweeps does the same for what sweeps find and avoid. Each inventory
// has an Internet of its own, in the folder of its name: one silent registry or
// wildcard leaves every sweep open.
func TestPlantedSweeps(t *testing.T) {
	dir := repoPath(t, "testdata", "planted")
	table := readPlanted(t, filepath.Join(dir, "expected-sweeps.csv"))
	scores := map[string]*score{}
	for _, inventory := range inventories(table) {
		got := scanPlanted(t, dir, inventory, "--zones", filepath.Join(dir, inventory), "--sweep", "all")
		comparePlanted(t, inventory, table, got, scores)
	}
	printScores(t, scores)
	for _, rule := range []string{"dns-lookalike", "dns-brand-on-dynamic-dns", "dns-remote-access-exposed"} {
		require.NotZero(t, scores[rule].planted, rule)
		require.NotZero(t, scores[rule].misses, rule)
	}
}

func readPlanted(t *testing.T, file string) []planted {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "inventory,subject,rule,want,severity,detail,why", strings.Join(lines[0], ","))
	var table []planted
	for i, l := range lines[1:] {
		p := planted{l[0], l[1], l[2], l[3], l[4], l[5], l[6], i + 2}
		require.Contains(t, []string{"finding", "pass", "unknown"}, p.want, "line %d", p.line)
		require.Equal(t, p.want == "finding", p.severity != "", "line %d: a finding has a severity", p.line)
		table = append(table, p)
	}
	return table
}

func inventories(table []planted) []string {
	seen := map[string]bool{}
	var list []string
	for _, p := range table {
		if !seen[p.inventory] {
			seen[p.inventory] = true
			list = append(list, p.inventory)
		}
	}
	return list
}

// scanPlanted scans one inventory and takes what the DNS and mail rules say.
func scanPlanted(t *testing.T, dir, inventory string, args ...string) *verdicts {
	file := filepath.Join(t.TempDir(), "report.json")
	args = append([]string{"scan", filepath.Join(dir, inventory+".yaml"), "--active", "--now", sampleNow, "--quiet", "-o", "json=" + file}, args...)
	if inventory == sweptInventory {
		args = append(args, "--sweep", "all")
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(context.Background(), args, strings.NewReader(""), &stdout, &stderr), stderr.String())
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	r := readReport(t, data)
	v := &verdicts{open: map[[2]string]bool{}, rules: map[string]bool{}}
	for _, rule := range r.Rules {
		v.rules[rule.ID] = true
	}
	for _, f := range r.Findings {
		if dnsRule(f.Rule) {
			v.findings = append(v.findings, verdict{rule: f.Rule, subject: f.Subject.ID, severity: f.Severity, message: f.Message})
		}
	}
	for _, q := range r.Questions {
		if dnsRule(q.Rule) {
			v.open[[2]string{q.Rule, q.Subject.ID}] = true
		}
	}
	return v
}

func dnsRule(id string) bool {
	return strings.HasPrefix(id, "dns-") || strings.HasPrefix(id, "mail-")
}

// comparePlanted holds one scan against the lines of its inventory.
func comparePlanted(t *testing.T, inventory string, table []planted, got *verdicts, scores map[string]*score) {
	expected := map[[2]string]bool{}
	for _, p := range table {
		if p.inventory != inventory {
			continue
		}
		where := fmt.Sprintf("expected.csv:%d: %s of %s (%s)", p.line, p.rule, p.subject, p.why)
		if p.rule != "*" {
			require.True(t, got.rules[p.rule], "%s: no such rule in the packs", where)
		}
		s := scoreOf(scores, p.rule)
		switch p.want {
		case "finding":
			s.planted++
			if hits := got.take(p); hits == 0 {
				t.Errorf("%s: not found; there is: %s", where, got.about(p))
			} else {
				s.found++
			}
		case "pass":
			s.misses++
			if got.has(p) || got.open[[2]string{p.rule, p.subject}] {
				s.alarms++
				t.Errorf("%s: should pass; there is: %s", where, got.about(p))
			}
		case "unknown":
			expected[[2]string{p.rule, p.subject}] = true
			if p.rule != "*" && (!got.open[[2]string{p.rule, p.subject}] || got.has(p)) {
				t.Errorf("%s: should be left open; there is: %s", where, got.about(p))
			}
		}
	}
	got.rest(t, inventory, expected, scores)
}

// rest names what no line of the table speaks of.
func (v *verdicts) rest(t *testing.T, inventory string, expected map[[2]string]bool, scores map[string]*score) {
	for _, f := range v.findings {
		if !f.listed {
			scoreOf(scores, f.rule).alarms++
			t.Errorf("%s.yaml: false alarm: %s of %s, %s: %s", inventory, f.rule, f.subject, f.severity, f.message)
		}
	}
	for q := range v.open {
		if !expected[q] && !expected[[2]string{"*", q[1]}] {
			t.Errorf("%s.yaml: %s of %s is left open, and nothing says that it should be", inventory, q[0], q[1])
		}
	}
}

// take marks the findings that a line speaks of and counts them. A line for
// "*.zone" takes all that no other line names.
func (v *verdicts) take(p planted) int {
	n := 0
	for i := range v.findings {
		f := &v.findings[i]
		if p.speaksOf(f) && f.severity == p.severity {
			f.listed = true
			n++
		}
	}
	return n
}

func (v *verdicts) has(p planted) bool {
	for i := range v.findings {
		if p.speaksOf(&v.findings[i]) {
			return true
		}
	}
	return false
}

func (p planted) speaksOf(f *verdict) bool {
	subject := p.subject == f.subject
	if zone, ok := strings.CutPrefix(p.subject, "*"); ok {
		subject = strings.HasSuffix(f.subject, zone)
	}
	return subject && p.rule == f.rule && strings.Contains(f.message, p.detail)
}

// about says what there is of a line's subject under its rule.
func (v *verdicts) about(p planted) string {
	var list []string
	for _, f := range v.findings {
		if f.rule == p.rule && f.subject == p.subject {
			list = append(list, f.severity+" "+f.message)
		}
	}
	if v.open[[2]string{p.rule, p.subject}] {
		list = append(list, "a question")
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, " | ")
}

func scoreOf(scores map[string]*score, rule string) *score {
	if scores[rule] == nil {
		scores[rule] = &score{}
	}
	return scores[rule]
}

func printScores(t *testing.T, scores map[string]*score) {
	var rules []string
	for r := range scores {
		if r != "*" {
			rules = append(rules, r)
		}
	}
	sort.Strings(rules)
	var all score
	for _, r := range rules {
		s := scores[r]
		t.Logf("%s: found %d of %d, false alarms %d of %d", r, s.found, s.planted, s.alarms, s.misses)
		all = score{all.found + s.found, all.planted + s.planted, all.alarms + s.alarms, all.misses + s.misses}
	}
	t.Logf("all: found %d of %d planted exposures, false alarms %d of %d near misses", all.found, all.planted, all.alarms, all.misses)
}
