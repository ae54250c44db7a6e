package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/waiver"
	"mspscan/reports"
)

// loadWaivers reads the waiver file; none if no name is given.
func loadWaivers(name string) ([]waiver.Waiver, error) {
	if name == "" {
		return nil, nil
	}
	data, err := readUpTo(name, waiver.MaxFile)
	if err != nil {
		return nil, coded(CodeUsage, fmt.Errorf("read waivers: %w", err))
	}
	list, err := waiver.Parse(name, data)
	return list, waiverError(err)
}

// readUpTo reads a file, at most one byte more than its reader takes.
func readUpTo(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(io.LimitReader(f, most+1))
}

// waiverError words the problems of a waiver file as those of an inventory.
func waiverError(err error) error {
	var list waiver.Problems
	if !errors.As(err, &list) {
		return coded(CodeUsage, err)
	}
	var out inventory.Diagnostics
	for _, p := range list {
		out = append(out, inventory.Diagnostic{Pos: p.Pos, Problem: p.What, Want: p.Want})
	}
	return coded(CodeUsage, out)
}

// checkWaivers holds the waivers against the rules and the time of judgement.
func (j *judge) checkWaivers(now time.Time) error {
	return waiverError(waiver.Check(j.waivers, j.ruleIDs(), now))
}

func (j *judge) ruleIDs() []string {
	var ids []string
	for _, r := range j.rules.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// checkGate refuses a gate on a rule that does not exist: it would never fail.
func (j *judge) checkGate(g Gate) error {
	ids := j.ruleIDs()
	for _, id := range g.Rules {
		if slices.Contains(ids, id) {
			continue
		}
		if near := msp.Nearest(id, ids); near != "" {
			return usage("--fail-on-rule %q: unknown rule; did you mean %s?", id, near)
		}
		return usage("--fail-on-rule %q: unknown rule; mspscan rules list names them", id)
	}
	return nil
}

// waiverRows gives the waivers as the report shows them.
func waiverRows(list []waiver.Outcome) []reports.Waiver {
	out := make([]reports.Waiver, len(list))
	for i, o := range list {
		out[i] = reports.Waiver{
			Rule: o.Rule, Subject: o.Subject, Reason: o.Reason, Justification: o.Justification, ApprovedBy: o.ApprovedBy,
			Expires: o.Expires, State: string(o.State), Findings: o.Findings, Location: o.Pos,
		}
	}
	return out
}

// waiverNotes names the waivers that do not hold, for every format.
func waiverNotes(list []waiver.Outcome) []string {
	var notes []string
	for _, w := range waiverRows(list) {
		if problem, _ := waiverTrouble(w); problem != "" {
			notes = append(notes, strings.ToUpper(problem[:1])+problem[1:]+".")
		}
	}
	return notes
}

// warnWaivers names them at their place in the file.
func warnWaivers(w io.Writer, quiet bool, list []reports.Waiver) {
	var out inventory.Diagnostics
	for _, x := range list {
		if problem, want := waiverTrouble(x); problem != "" {
			out = append(out, inventory.Diagnostic{Pos: x.Location, Problem: problem, Want: want, Warning: true})
		}
	}
	warn(w, quiet, out)
}

// waiverTrouble says why a waiver does not hold; nothing if it does.
func waiverTrouble(w reports.Waiver) (problem, want string) {
	what := fmt.Sprintf("the waiver of %s on %s", w.Rule, w.Subject)
	switch waiver.State(w.State) {
	case waiver.Expired:
		if len(w.Findings) == 0 {
			return what + " expired on " + w.Expires.String() + " and matches nothing", "remove it"
		}
		return what + " expired on " + w.Expires.String() + "; what it waived counts again", "settle the finding, or have it approved again"
	case waiver.Unmatched:
		return what + " matches no finding", "remove it, or correct rule and subject: the subject is the finding's subject.id, letter for letter"
	case waiver.Unjudged:
		return what + " matches no finding: the rule could not be judged there", "keep it until the question is answered"
	}
	return "", ""
}

// byRule fails the verdict for open findings of the named rules and for those
// whose waiver has expired. 1 wins over 3.
func (g Gate) byRule(v *reports.Verdict, r *reports.Report) {
	fail := func(reason string, args ...any) {
		v.Code, v.Reasons = CodeGate, append(v.Reasons, fmt.Sprintf(reason, args...))
	}
	for _, id := range g.Rules {
		n := 0
		for _, f := range r.Findings {
			if f.Rule == id && f.Open() {
				n++
			}
		}
		if n > 0 {
			fail("%d open of rule %s", n, id)
		}
	}
	for _, w := range r.Waivers {
		if g.Expired && w.State == string(waiver.Expired) && len(w.Findings) > 0 {
			fail("the waiver of %s on %s expired on %s", w.Rule, w.Subject, w.Expires)
		}
	}
}
