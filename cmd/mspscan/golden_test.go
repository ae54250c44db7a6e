package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/journal"
	"mspscan/rules"
)

// sampleNow is the day on which the sample is judged in tests.
const sampleNow = "2026-06-01T00:00:00Z"

// update is a pointer that flag sets once, before the tests begin.
var update = flag.Bool("update", false, "write the sample's journal and the golden reports anew")

// repoPath gives a path below the root of the repository.
func repoPath(t *testing.T, elem ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"..", ".."}, elem...)...))
	require.NoError(t, err)
	return path
}

// TestGolden renders the sample's journal in every format and compares the bytes.
// The workbook is compared by the text of its cells. -update writes them anew,
// after a new scan of the sample.
func TestGolden(t *testing.T) {
	record, golden := repoPath(t, "testdata", "ridgeline", "run.ndjson"), repoPath(t, "testdata", "golden")
	if *update {
		writeJournal(t, record, scanJournal(t))
	}
	first, second := renderAll(t, record), renderAll(t, record)
	require.Equal(t, len(first), len(second))
	for name, data := range first {
		require.True(t, bytes.Equal(data, second[name]), "%s: the same journal gives the same bytes", name)
	}
	first["ridgeline.xlsx.txt"] = dumpWorkbook(t, first["ridgeline.xlsx"])
	delete(first, "ridgeline.xlsx")
	for name, data := range first {
		file := filepath.Join(golden, name)
		if *update {
			require.NoError(t, os.MkdirAll(golden, 0o755))
			require.NoError(t, os.WriteFile(file, data, 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		sameLines(t, name, string(want), string(data))
	}
}

// renderAll reports on a journal in every format, by file name; ridgeline.txt is
// what the terminal shows.
func renderAll(t *testing.T, record string) map[string][]byte {
	t.Chdir(t.TempDir())
	args := []string{"report", record, "--now", sampleNow, "--color", "never"}
	for _, f := range []string{"json=ridgeline.json", "md=ridgeline.md", "dot=ridgeline.dot", "mermaid=ridgeline.mmd", "xlsx=ridgeline.xlsx"} {
		args = append(args, "-o", f)
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(context.Background(), args, strings.NewReader(""), &stdout, &stderr), stderr.String())
	require.Empty(t, stderr.String())
	out := map[string][]byte{"ridgeline.txt": stdout.Bytes()}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		out[f.Name()] = data
	}
	require.Len(t, out, 6)
	return out
}

// sameLines names the first line that differs: a report is too long to be shown.
func sameLines(t *testing.T, name, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := at(w, i), at(g, i)
		if a != b {
			t.Errorf("testdata/golden/%s:%d:\n want %s\n  got %s\nif the change is wanted: make golden", name, i+1, clip(a), clip(b))
			return
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(end of file)"
}

func clip(s string) string { return s[:min(len(s), 400)] }

// scanJournal scans the sample through the embedded server and gives the record
// without what differs from run to run.
func scanJournal(t *testing.T) *journal.Run {
	t.Chdir(repoPath(t))
	file := filepath.Join(t.TempDir(), "run.ndjson")
	args := []string{
		"scan", "testdata/ridgeline/inventory.yaml", "--zones", "testdata/ridgeline/zones", "--now", sampleNow, "--quiet", "--journal", file,
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(context.Background(), args, strings.NewReader(""), &stdout, &stderr), stderr.String())
	r, err := journal.Open(file)
	require.NoError(t, err)
	settle(t, r)
	return r
}

// settle sets times, durations and random labels to constants.
func settle(t *testing.T, r *journal.Run) {
	started, err := time.Parse(time.RFC3339, sampleNow)
	require.NoError(t, err)
	r.Header.ID, r.Header.Started, r.End.Finished = "ridgeline", started, started.Add(time.Second)
	for i, word := range r.Header.Command {
		if filepath.IsAbs(word) {
			r.Header.Command[i] = filepath.Base(word)
		}
	}
	label := regexp.MustCompile(`^[a-z2-7]{16}\.`)
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`) // of the embedded resolver, as the second opinion asks it
	for i := range r.Facts {
		f := &r.Facts[i]
		f.At, f.Data = started, port.ReplaceAll(f.Data, []byte("127.0.0.53:53"))
		for j := range f.Queries {
			q := &f.Queries[j]
			q.Millis, q.Question = 1, label.ReplaceAllString(q.Question, "random-label.")
			q.Server = port.ReplaceAllString(q.Server, "127.0.0.53:53")
		}
		f.Seal()
	}
}

// writeJournal replaces the committed record.
func writeJournal(t *testing.T, file string, r *journal.Run) {
	temporary := file + ".tmp"
	w, err := journal.Create(temporary, r.Header)
	require.NoError(t, err)
	for _, f := range r.Facts {
		require.NoError(t, w.Fact(f))
	}
	require.NoError(t, w.Close(&r.End))
	require.NoError(t, os.Chmod(temporary, 0o644))
	require.NoError(t, os.Rename(temporary, file))
}

// TestGoldenJournal holds the committed record against a new scan: the sample's
// zones, its inventory and the probes give the same facts.
func TestGoldenJournal(t *testing.T) {
	kept, err := journal.Open(repoPath(t, "testdata", "ridgeline", "run.ndjson"))
	require.NoError(t, err)
	fresh := scanJournal(t)
	require.Equal(t, kept.Header.InventorySHA256, fresh.Header.InventorySHA256, "the inventory has changed: make golden")
	require.Equal(t, kept.Header.Zones, fresh.Header.Zones, "the zone files have changed: make golden")
	require.NotEmpty(t, kept.Facts)
	was, is := factLines(kept.Facts), factLines(fresh.Facts)
	sameLines(t, "facts", strings.Join(was, "\n"), strings.Join(is, "\n"))
}

// factLines writes each fact on a line, without the queries: their number may
// differ by what the cache held.
func factLines(facts []fact.Fact) []string {
	var list []string
	for _, f := range facts {
		list = append(list, fmt.Sprintf("%s %s %s %s: %s %s %s", f.Task.Probe, f.Task.Name, f.Task.Type, f.Task.Server, f.Outcome, f.Reason, f.Data))
	}
	return list
}

// sampleReport is what the tests read of a JSON report.
type sampleReport struct {
	Findings []struct {
		ID, Rule, Severity, Message, Provider string
		Subject                               struct{ Kind, ID string }
	}
	Questions []struct {
		Rule    string
		Subject struct{ Kind, ID string }
	}
	Dependencies []struct {
		From, To string
		Declared bool
	}
	Rules []sampleRule
}

// sampleRule is how often a rule was judged, and how.
type sampleRule struct {
	ID, Subject string
	Judged      struct{ Pass, Fail, Unknown int }
}

func readReport(t *testing.T, data []byte) sampleReport {
	var r sampleReport
	require.NoError(t, json.Unmarshal(data, &r))
	require.NotEmpty(t, r.Rules)
	return r
}

// notInSample says which rules the sample cannot fire.
func notInSample() map[string]string {
	return map[string]string{
		"dns-drift":                "needs a previous run",
		"dns-lookalike":            "needs a sweep: testdata/planted has one",
		"dns-brand-on-dynamic-dns": "needs a sweep: testdata/planted has one",
		"dns-indicator-match":      "needs an indicator set",
		"dns-zone-transfer-open":   "needs --active",
		"dns-open-recursion":       "needs --active",
	}
}

// TestSampleCoversRules holds that the sample fires every rule of the packs at
// least once, avoids it by a near miss and leaves it unknown where it can be.
func TestSampleCoversRules(t *testing.T) {
	data, err := os.ReadFile(repoPath(t, "testdata", "golden", "ridgeline.json"))
	require.NoError(t, err)
	r := readReport(t, data)
	for _, rule := range r.Rules {
		if why, skip := notInSample()[rule.ID]; skip {
			require.Zero(t, rule.Judged.Fail, "%s fires, though it %s: take it off the list", rule.ID, why)
			continue
		}
		require.NotZero(t, rule.Judged.Fail, "%s is never fired by the sample", rule.ID)
		if rule.Subject == "organisation" {
			nearMissOfOrganisation(t, r, rule.ID)
		} else {
			require.NotZero(t, rule.Judged.Pass, "%s has no near miss in the sample", rule.ID)
		}
		if canBeUnknown(t, rule.ID) {
			require.NotZero(t, rule.Judged.Unknown, "%s is never left unknown by the sample", rule.ID)
		}
	}
}

// nearMissOfOrganisation: there is one organisation only, so the near miss is a
// party that a rule about it must not name.
func nearMissOfOrganisation(t *testing.T, r sampleReport, rule string) {
	avoided := map[string]string{
		"dns-undeclared-provider": "Microsoft 365", // declared, and DNS shows it
		"dns-shared-operator":     "Mimecast",      // behind one party only
	}[rule]
	require.NotEmpty(t, avoided, "%s: no near miss is named", rule)
	for _, f := range r.Findings {
		if f.Rule == rule {
			require.NotContains(t, f.Message, avoided, rule)
		}
	}
}

// canBeUnknown goes by the samples in the rule's file.
func canBeUnknown(t *testing.T, id string) bool {
	var text []byte
	err := fs.WalkDir(rules.Embedded(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Base(name) == id+".yaml" {
			text, err = fs.ReadFile(rules.Embedded(), name)
		}
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, text, "the file of rule %s", id)
	return strings.Contains(string(text), "want: unknown")
}
