package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
)

type fates = map[string]msp.FindingState

// TestBaseline follows a finding over runs: there, not looked at, fixed, back.
func TestBaseline(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(name, baseline, zones, mfa string, gate Gate) (*reports.Report, error) {
		r, said, err := scanned(t, Config{Zones: zones, Journal: in(name + ".ndjson"), Baseline: baseline, Gate: gate, Quiet: true}, mfa)
		require.NotNil(t, r, "%v %s", err, said)
		f, createErr := os.Create(in(name + ".json"))
		require.NoError(t, createErr)
		require.NoError(t, reports.JSON{}.Render(f, r))
		require.NoError(t, f.Close())
		return r, err
	}
	const spf, mfa, drift = "mail-spf-softfail acme.test", "access-without-mfa vpn", "dns-drift acme.test"
	rules := []string{"mail-spf-softfail", "access-without-mfa", "dns-drift"}
	plain, strict := world(t, ""), world(t, "", "~all", "-all", "mx.filter.test.", "mx.other.test.")

	first, err := run("1", "", plain, "no", Gate{})
	require.NoError(t, err)
	require.Equal(t, fates{spf: "", mfa: ""}, statesOf(first, rules...), "without a baseline there is no state")

	same, err := run("2", in("1.ndjson"), plain, "no", Gate{New: true})
	require.NoError(t, err)
	require.Equal(t, fates{spf: msp.StateSame, mfa: msp.StateSame}, statesOf(same, rules...))
	require.Contains(t, same.Run.Notes, "Compared with run "+first.Run.ID+" of "+first.Run.Started+".")

	blind, err := run("3", in("2.ndjson"), world(t, "192.0.2.52 servfail\n"), "unknown", Gate{New: true, FailOn: "critical"})
	require.NoError(t, err)
	require.Equal(t, fates{spf: msp.StateNotLookedAt, mfa: msp.StateNotLookedAt}, statesOf(blind, rules...), "SERVFAIL closes nothing")
	require.Positive(t, blind.Summary.Open.Low, "it is open still")

	fixed, err := run("4", in("3.json"), strict, "yes", Gate{})
	require.NoError(t, err)
	require.Equal(t, fates{spf: msp.StateFixed, mfa: msp.StateFixed}, statesOf(fixed, rules...), "a report as baseline, which shows no drift")
	require.GreaterOrEqual(t, fixed.Summary.Fixed, 2)

	moved, err := run("5", in("1.ndjson"), strict, "no", Gate{New: true, FailOn: "high"})
	require.Equal(t, fates{spf: msp.StateFixed, mfa: msp.StateSame, drift: msp.StateNew}, statesOf(moved, rules...))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, CodeGate, e.Code, "drift is new and high")

	back, err := run("6", in("4.json"), plain, "no", Gate{New: true, FailOn: "never"})
	require.NoError(t, err)
	require.Equal(t, fates{spf: msp.StateReopened, mfa: msp.StateReopened}, statesOf(back, rules...))
	require.GreaterOrEqual(t, back.Summary.Reopened, 2)

	diff := compare(t, in("1.ndjson"), in("5.ndjson"))
	require.Equal(t, diff.Counts["same"]+diff.Counts["not_looked_at"]+diff.Counts["fixed"], len(first.Findings))
	require.Positive(t, diff.Counts["new"])
	for _, name := range []string{"1.ndjson", "1.json", "5.json"} {
		self := compare(t, in(name), in(name))
		require.Equal(t, len(self.Changes)-self.Counts["fixed"], self.Counts["same"]+self.Counts["reopened"], "%s against itself: %v", name, self.Counts)
	}
	require.Zero(t, compare(t, in("1.ndjson"), in("1.json")).Counts["new"], "a journal and its report are one run")
	require.Equal(t, compare(t, in("1.ndjson"), in("1.json")).Counts["same"], len(first.Findings))
}

func compare(t *testing.T, old, new string) Comparison {
	var out, errs bytes.Buffer
	require.NoError(t, Diff(context.Background(), Config{Outputs: []Output{{"json", "-"}}}, Streams{Out: &out, Err: &errs}, old, new))
	require.Empty(t, errs.String())
	var c Comparison
	require.NoError(t, json.Unmarshal(out.Bytes(), &c))
	require.Equal(t, DiffSchema, c.Schema)
	n := 0
	for _, count := range c.Counts {
		n += count
	}
	require.Equal(t, len(c.Changes), n)
	return c
}

// TestReportWithBaseline holds that report gives what the scan gave.
func TestReportWithBaseline(t *testing.T) {
	dir := t.TempDir()
	old, new, feed := filepath.Join(dir, "old.ndjson"), filepath.Join(dir, "new.ndjson"), filepath.Join(dir, "feed.csv")
	require.NoError(t, os.WriteFile(feed, []byte("domain,source,date\nfilter.test,CERT Example,2026-01-02\ncom,CERT Example,2026\n"), 0o600))
	_, _, err := scanned(t, Config{Zones: world(t, ""), Journal: old, Quiet: true}, "no")
	require.NoError(t, err)
	cfg := Config{Zones: world(t, "", "~all", "-all"), Journal: new, Baseline: old, Indicators: []string{feed}}
	r, said, err := scanned(t, cfg, "yes")
	require.NoError(t, err)
	require.Contains(t, said, feed+":3:1: ")
	require.NoError(t, os.Remove(feed), "the set stands in the journal")
	require.Equal(t, fates{"dns-indicator-match acme.test": msp.StateNew}, statesOf(r, "dns-indicator-match"))
	var want, got bytes.Buffer
	require.NoError(t, reports.JSON{}.Render(&want, r))
	require.NoError(t, Report(context.Background(), Config{Baseline: old, Outputs: []Output{{"json", "-"}}, Quiet: true}, Streams{Out: &got, Err: &bytes.Buffer{}}, new))
	require.Equal(t, want.String(), got.String())
	var without bytes.Buffer
	require.NoError(t, Report(context.Background(), Config{Outputs: []Output{{"json", "-"}}, Quiet: true}, Streams{Out: &without, Err: &bytes.Buffer{}}, new))
	require.NotEqual(t, want.String(), without.String())

	text, err := os.ReadFile(old)
	require.NoError(t, err)
	ancient := write(t, dir, "ancient.ndjson", regexp.MustCompile(`"started":"20[0-9]{2}`).ReplaceAllString(string(text), `"started":"2001`))
	err = Report(context.Background(), Config{Baseline: new, Quiet: true}, Streams{Out: &got, Err: &bytes.Buffer{}}, ancient)
	require.True(t, isUsage(err), "a baseline of a later time: %v", err)
	var out, warned bytes.Buffer
	require.NoError(t, Diff(context.Background(), Config{}, Streams{Out: &out, Err: &warned}, new, ancient))
	require.Contains(t, warned.String(), "the other way round")
}

func isUsage(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == CodeUsage
}

func TestBaselineRefuses(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"schema": "other/v1"}`), 0o600))
	zones := world(t, "")
	for name, cfg := range map[string]Config{
		"no file":         {Baseline: filepath.Join(dir, "none.json")},
		"another schema":  {Baseline: bad},
		"new, no run":     {Gate: Gate{New: true}},
		"no indicators":   {Indicators: []string{filepath.Join(dir, "none.csv")}},
		"not indicators":  {Indicators: []string{bad}},
		"unfit indicator": {Indicators: []string{write(t, dir, "com.csv", "domain\ncom\n")}},
	} {
		cfg.Zones = zones
		r, _, err := scanned(t, cfg, "no")
		require.Nil(t, r, name)
		require.True(t, isUsage(err), "%s: %v", name, err)
	}
}

func write(t *testing.T, dir, name, text string) string {
	name = filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestDiffTable(t *testing.T) {
	was := msp.Medium
	c := Comparison{Counts: map[string]int{"new": 1, "same": 2, "not_looked_at": 1}, Changes: []ChangeRow{
		{State: msp.StateNew, Severity: msp.High, Rule: "r", Subject: msp.Subject{ID: "a\x1b[31m.test"}, Message: "hostile\nline", Waived: &msp.Waived{}},
		{State: msp.StateNotLookedAt, Severity: msp.Low, Rule: "s", Why: "no clean answer"},
		{State: msp.StateSame, Severity: msp.High, Was: &was, Rule: "t", Title: "T"},
		{State: msp.StateSame, Severity: msp.High, Rule: "hidden"},
	}}
	var b bytes.Buffer
	require.NoError(t, c.table(&b))
	require.Equal(t, `STATE          SEVERITY           RULE  SUBJECT         WHAT
new (waived)   high               r     a\x1b[31m.test  hostile\nline
not looked at  low                s                     no clean answer
same           high (was medium)  t                     T

1 new, 0 reopened, 0 fixed, 1 not looked at, 2 the same
`, b.String())
	b.Reset()
	require.NoError(t, (&Comparison{Counts: map[string]int{}}).table(&b))
	require.Equal(t, "0 new, 0 reopened, 0 fixed, 0 not looked at, 0 the same\n", b.String())
}
