package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"mspscan/msp"
	"mspscan/msp/history"
	"mspscan/reports"
)

// DiffSchema names the JSON form of a comparison.
const DiffSchema = "mspscan/diff/v1"

// DiffFormats lists the formats of the diff command.
func DiffFormats() []string { return []string{"table", "json"} }

// Comparison is what two runs have in common and what not. Changes are sorted:
// what is new first, what stayed the same last.
type Comparison struct {
	Schema  string         `json:"schema"`
	Old     ComparedRun    `json:"old"`
	New     ComparedRun    `json:"new"`
	Counts  map[string]int `json:"counts"` // by state; each of the five is there
	Changes []ChangeRow    `json:"changes"`
}

// ComparedRun names a run.
type ComparedRun struct {
	File    string `json:"file"`
	ID      string `json:"id"`
	Started string `json:"started"`
}

// ChangeRow is a finding and what became of it. Was is its severity before,
// where that changed; Why says why a finding that is gone is not fixed.
type ChangeRow struct {
	State    msp.FindingState `json:"state"`
	Why      string           `json:"why"`
	ID       string           `json:"id"`
	Rule     string           `json:"rule"`
	Severity msp.Severity     `json:"severity"`
	Was      *msp.Severity    `json:"was"`
	Subject  msp.Subject      `json:"subject"`
	Provider string           `json:"provider"`
	Title    string           `json:"title"`
	Message  string           `json:"message"`
	Waived   *msp.Waived      `json:"waived"`
}

// Diff compares two runs, journals or reports, and writes what changed.
// With cfg.Gate.New a finding that the old run does not have fails it.
// Two portfolios are compared by what they count.
func Diff(ctx context.Context, cfg Config, s Streams, oldFile, newFile string) error {
	if a, b := isPortfolio(oldFile), isPortfolio(newFile); a || b {
		if a != b {
			return usage("%s and %s: one is a portfolio and the other a single organisation", oldFile, newFile)
		}
		return diffPortfolios(cfg, s, oldFile, newFile)
	}
	c, err := compareFiles(ctx, cfg, s, oldFile, newFile)
	if err != nil {
		return err
	}
	outs := cfg.Outputs
	if len(outs) == 0 {
		outs = []Output{{Format: "table", File: "-"}}
	}
	err = writeAll(outs, s.Out, func(o Output, w io.Writer) error {
		if o.Format == "json" {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(c)
		}
		return c.table(w)
	})
	if err != nil {
		return coded(CodeInternal, err)
	}
	unwaived := func(r ChangeRow) bool {
		return r.Waived == nil && (r.State == msp.StateNew || r.State == msp.StateReopened)
	}
	if cfg.Gate.New && slices.ContainsFunc(c.Changes, unwaived) {
		return &Error{Code: CodeGate}
	}
	return nil
}

func compareFiles(ctx context.Context, cfg Config, s Streams, oldFile, newFile string) (*Comparison, error) {
	j, err := newJudge(cfg)
	if err != nil {
		return nil, err
	}
	before, err := j.open(ctx, oldFile, nil)
	if err != nil {
		return nil, err
	}
	now, err := j.open(ctx, newFile, before)
	if err != nil {
		return nil, err
	}
	o, n := before.report, now.report
	if !cfg.Quiet {
		if o.Run.Started > n.Run.Started { // RFC 3339 in UTC
			fmt.Fprintf(s.Err, "%s (%s) is of a later time than %s (%s): did you mean them the other way round?\n",
				msp.Visible(oldFile), msp.Visible(o.Run.Started), msp.Visible(newFile), msp.Visible(n.Run.Started))
		}
		if o.Organisation.ID != n.Organisation.ID {
			fmt.Fprintf(s.Err, "the runs are of two organisations: %s and %s\n", msp.Visible(o.Organisation.ID), msp.Visible(n.Organisation.ID))
		}
	}
	c := newComparison(history.Compare(before.run, now.run), waivedIn(n))
	c.Old, c.New = ComparedRun{oldFile, o.Run.ID, o.Run.Started}, ComparedRun{newFile, n.Run.ID, n.Run.Started}
	return c, nil
}

// waivedIn gives the waivers of a report's findings by id.
func waivedIn(r *reports.Report) map[string]*msp.Waived {
	m := map[string]*msp.Waived{}
	for _, f := range r.Findings {
		m[f.ID] = f.Waived
	}
	return m
}

// states lists the states in the order in which they are shown.
func states() []msp.FindingState {
	return []msp.FindingState{msp.StateNew, msp.StateReopened, msp.StateFixed, msp.StateNotLookedAt, msp.StateSame}
}

func newComparison(changes []history.Change, waived map[string]*msp.Waived) *Comparison {
	c := &Comparison{Schema: DiffSchema, Counts: map[string]int{}, Changes: make([]ChangeRow, len(changes))}
	for _, s := range states() {
		c.Counts[string(s)] = 0
	}
	for i, ch := range changes {
		f := ch.Finding
		c.Counts[string(ch.State)]++
		c.Changes[i] = ChangeRow{
			State: ch.State, Why: ch.Why, ID: f.ID, Rule: f.Rule, Severity: f.Severity, Subject: f.Subject,
			Provider: f.Provider, Title: f.Title, Message: f.Message, Waived: cmp.Or(waived[f.ID], f.Waived),
		}
		if ch.Before != nil && ch.Before.Severity != f.Severity {
			was := ch.Before.Severity
			c.Changes[i].Was = &was
		}
	}
	slices.SortStableFunc(c.Changes, func(a, b ChangeRow) int {
		return cmp.Or(
			cmp.Compare(slices.Index(states(), a.State), slices.Index(states(), b.State)),
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject.ID, b.Subject.ID),
		)
	})
	return c
}

// table writes the changes for a person; of what stayed the same only the number
// and what changed in severity.
func (c *Comparison) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown := 0
	for _, r := range c.Changes {
		if r.State == msp.StateSame && r.Was == nil {
			continue
		}
		if shown++; shown == 1 {
			fmt.Fprintln(t, "STATE\tSEVERITY\tRULE\tSUBJECT\tWHAT")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", stateWords(r), severityWords(r), msp.Visible(r.Rule), msp.Visible(r.Subject.ID), msp.Visible(r.what()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if shown > 0 {
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%d new, %d reopened, %d fixed, %d not looked at, %d the same\n",
		c.Counts[string(msp.StateNew)], c.Counts[string(msp.StateReopened)], c.Counts[string(msp.StateFixed)],
		c.Counts[string(msp.StateNotLookedAt)], c.Counts[string(msp.StateSame)])
	return err
}

func stateWords(r ChangeRow) string {
	word := string(r.State)
	if r.State == msp.StateNotLookedAt {
		word = "not looked at"
	}
	if r.Waived != nil {
		word += " (waived)"
	}
	return word
}

func severityWords(r ChangeRow) string {
	if r.Was == nil {
		return r.Severity.String()
	}
	return r.Severity.String() + " (was " + r.Was.String() + ")"
}

// what gives the message on one line of bearable length.
func (r ChangeRow) what() string {
	if r.Why != "" {
		return r.Why
	}
	const most = 120
	text := []rune(cmp.Or(r.Message, r.Title))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}
