package xlsx

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// changes writes what differs from the previous run.
func (b *book) changes() error {
	var list []*reports.Finding
	for i := range b.r.Findings {
		if s := b.r.Findings[i].State; s != msp.StateNone && s != msp.StateSame {
			list = append(list, &b.r.Findings[i])
		}
	}
	words := "There is no previous run to compare with: give one by --baseline."
	if p := b.r.Summary.Before; p != nil {
		words = fmt.Sprintf("Compared with the run of %s.", text(strings.SplitN(p.Now, "T", 2)[0]))
	}
	t := &table{
		sheet: sheetChanges, title: "Changes", name: "tbl_changes", freeze: 1, note: words + " What could not be looked at again stays open.",
		columns: []column{{"Finding", 16, wrapped, ""}, {"Provider", 24, wrapped, ""}, {"State", 13, plain, ""}, {"Severity", 12, plain, ""}, {"Title", 34, wrapped, ""}, {"Subject", 26, wrapped, ""}, {"Evidence", 50, wrapped, ""}, {"First seen", 11, dateOf, ""}, {"Last seen", 11, dateOf, ""}},
		n:       len(list),
	}
	t.row = func(i, _ int) []any {
		f := list[i]
		_, name := b.partyOf(f.Provider)
		return []any{text(f.ID), name, sentence(string(f.State)), severityWord(f.Severity), text(f.Title), text(f.Subject.ID), evidence(f), date(f.FirstSeen), date(f.LastSeen)}
	}
	t.dress = func(s *stream) error { return s.severities(t.ref(t.col("Severity"))) }
	return t.write(b)
}

// waivers writes what was accepted, by whom and until when.
func (b *book) waivers() error {
	list := b.waiverRows()
	t := &table{
		sheet: sheetWaivers, title: "Waivers", name: "tbl_waivers", freeze: 2,
		note: "Waived findings stay in every output and do not count. An expired waiver makes its findings count again; one that matches nothing should go.",
		columns: []column{
			{"Rule", 22, wrapped, ""},
			{"Subject", 26, wrapped, ""},
			{"State", 11, plain, ""},
			{"Findings", 18, wrapped, ""},
			{"Severity", 11, plain, ""},
			{"Reason", 17, wrapped, ""},
			{"Justification", 44, wrapped, ""},
			{"Approved by", 20, wrapped, ""},
			{"Expires", 11, dateOf, ""},
			{"Days left", 8, numberC, ""},
		},
		n: len(list),
	}
	severity := map[string]msp.Severity{}
	for i := range b.r.Findings {
		severity[b.r.Findings[i].ID] = b.r.Findings[i].Severity
	}
	t.row = func(i, row int) []any {
		w, left, worst := &list[i], any(nil), any(nil)
		expires := date(w.Expires.String())
		if day, ok := b.days(expires); ok {
			left = live{cellName(t.col("Expires"), row) + "-run_date", day}
		}
		most := msp.Info
		for _, id := range w.Findings {
			most = max(most, severity[id])
			worst = severityWord(most)
		}
		return []any{text(w.Rule), text(w.Subject), sentence(w.State), lines(w.Findings), worst, sentence(w.Reason), text(w.Justification), text(w.ApprovedBy), expires, left}
	}
	t.dress = func(s *stream) error {
		if err := s.severities(t.ref(t.col("Severity"))); err != nil {
			return err
		}
		if err := s.mark(t.ref(t.col("State")), "equal to", `"Expired"`, alarm, alarmed); err != nil {
			return err
		}
		left := colName(t.col("Days left"))
		return s.mark(t.ref(t.col("Days left")), "", fmt.Sprintf("AND(LEN($%s%d)>0,$%s%d<30)", left, firstRow, left, firstRow), alarm, alarmed)
	}
	return t.write(b)
}

// waiverRows gives the waivers of the run's file; without a file those that
// stand on findings.
func (b *book) waiverRows() []reports.Waiver {
	if len(b.r.Waivers) > 0 {
		return b.r.Waivers
	}
	var list []reports.Waiver
	for i := range b.r.Findings {
		f := &b.r.Findings[i]
		if f.Waived == nil {
			continue
		}
		list = append(list, reports.Waiver{
			Rule: f.Rule, Subject: f.Subject.ID, State: "active", Findings: []string{f.ID}, Reason: f.Waived.Reason,
			Justification: f.Waived.Justification, ApprovedBy: f.Waived.ApprovedBy, Expires: f.Waived.Expires,
		})
	}
	return list
}

// requirement is a row of the crosswalk.
type requirement struct {
	framework, id string
	rules         []string
	judged        reports.Judgement
}

// crosswalkRows maps the requirements of frameworks to the rules that look at
// them.
func (b *book) crosswalkRows() []*requirement {
	found := map[string]*requirement{}
	var list []*requirement
	for i := range b.r.Rules {
		r := &b.r.Rules[i]
		for name, ids := range r.Frameworks {
			for _, id := range ids {
				key := name + "\x00" + id
				if found[key] == nil {
					found[key] = &requirement{framework: name, id: id}
					list = append(list, found[key])
				}
				q := found[key]
				q.rules = append(q.rules, r.ID)
				q.judged.Pass += r.Judged.Pass
				q.judged.Fail += r.Judged.Fail
				q.judged.Unknown += r.Judged.Unknown
				q.judged.NotApplicable += r.Judged.NotApplicable
			}
		}
	}
	slices.SortFunc(list, func(x, y *requirement) int {
		return strings.Compare(x.framework+"\x00"+x.id, y.framework+"\x00"+y.id)
	})
	for _, q := range list {
		slices.Sort(q.rules)
	}
	return list
}

// verdict puts a requirement's judgements in one word. Nothing judged, or
// something unknown, is never a pass.
func (q *requirement) verdict() string {
	switch {
	case q.judged.Fail > 0:
		return "Fail"
	case q.judged.Unknown > 0 || q.judged.Pass == 0:
		return "Not assessed"
	}
	return "Pass"
}

func (b *book) crosswalk() error {
	list := b.crosswalkRows()
	t := &table{
		sheet: sheetCrosswalk, title: "Crosswalk", name: "tbl_crosswalk", freeze: 2,
		note:    "What the rules say about the requirements of frameworks. Not assessed: nothing was judged, or an answer is missing. A pass covers what the rules look at, not the whole requirement.",
		columns: []column{{"Framework", 22, wrapped, ""}, {"Requirement", 18, plain, ""}, {"Verdict", 14, plain, ""}, {"Rules", 70, wrapped, ""}, {"Passed", 9, number, ""}, {"Failed", 9, number, ""}, {"Unknown", 9, number, ""}, {"Not applicable", 11, number, ""}},
		n:       len(list),
	}
	t.row = func(i, _ int) []any {
		q := list[i]
		return []any{text(q.framework), text(q.id), q.verdict(), text(strings.Join(q.rules, ", ")), q.judged.Pass, q.judged.Fail, q.judged.Unknown, q.judged.NotApplicable}
	}
	t.dress = func(s *stream) error {
		for _, m := range []struct{ word, fill, color string }{
			{"Fail", toneOf(msp.Critical).fill, toneOf(msp.Critical).text}, {"Not assessed", toneOf(msp.Medium).fill, toneOf(msp.Medium).text}, {"Pass", "DFF0E4", "1C5A33"},
		} {
			if err := s.mark(t.ref(t.col("Verdict")), "equal to", `"`+m.word+`"`, m.fill, m.color); err != nil {
				return err
			}
		}
		return nil
	}
	return t.write(b)
}

// rules writes the rules that judged.
func (b *book) rules() error {
	t := &table{
		sheet: sheetRules, title: "Rules", name: "tbl_rules", freeze: 2, tall: 6, printed: "Not applicable", note: "Every rule of the run, why it matters and how often it passed.",
		columns: []column{
			{"Rule", 20, wrapped, ""},
			{"Title", 22, wrapped, ""},
			{"Family", 11, plain, ""},
			{"About", 10, plain, ""},
			{"Severity", 10, plain, ""},
			{"In plain words", 38, wrapped, ""},
			{"Why it matters", 48, wrapped, ""},
			{"Remediation", 42, wrapped, ""},
			{"Effort", 8, plain, ""},
			{"Passed", 8, number, ""},
			{"Failed", 8, number, ""},
			{"Unknown", 9, number, ""},
			{"Not applicable", 11, number, ""},
			{"References", 34, wrapped, ""},
			{"Frameworks", 24, wrapped, ""},
		},
		n: len(b.r.Rules),
	}
	t.row = func(i, _ int) []any {
		r := &b.r.Rules[i]
		return []any{
			text(r.ID), text(r.Title), sentence(r.Family), sentence(string(r.Subject)), severityWord(r.Severity), text(r.Summary), text(r.Rationale), text(r.Remediation), sentence(r.Effort),
			r.Judged.Pass, r.Judged.Fail, r.Judged.Unknown, r.Judged.NotApplicable, lines(r.References), frameworks(r.Frameworks),
		}
	}
	t.dress = func(s *stream) error { return s.severities(t.ref(t.col("Severity"))) }
	return t.write(b)
}

// run writes the run sheet: what ran, on what, and what it could not do.
func (b *book) run() error {
	rows := b.runRows()
	t := &table{
		sheet: sheetRun, title: "Run", name: "tbl_run", freeze: 1, note: "What ran, by what it judged, and what it could not do.",
		columns: []column{{"Item", 28, wrapped, ""}, {"Value", 110, field, ""}}, n: len(rows),
	}
	t.row = func(i, _ int) []any { return []any{rows[i][0], rows[i][1]} }
	return t.write(b)
}

func (b *book) runRows() [][2]any {
	r, c := b.r.Run, b.r.Coverage
	rows := [][2]any{
		{"Tool", "mspscan " + text(b.r.Tool.Version)},
		{"Report schema", b.r.Schema},
		{"Run id", text(r.ID)},
		{"Started", text(r.Started)},
		{"Finished", text(r.Finished)},
		{"Ran to the end", yesNo(r.Complete)},
		{"Judged as of", text(r.Now)},
		{"Command line", text(r.CommandLine)},
		{"Inventory SHA-256", text(r.InventorySHA256)},
		{"Resolvers", lines(r.Resolvers)},
	}
	for _, p := range r.Packs {
		rows = append(rows, [2]any{"Hash of " + text(p.Name), text(p.Hash)})
	}
	rows = append(rows,
		[2]any{"DNS checks", c.Checks}, [2]any{"… present", c.Present}, [2]any{"… absent", c.Absent}, [2]any{"… broken", c.Broken}, [2]any{"… unknown: no clean answer", c.Unknown},
		[2]any{"Rules passed", c.Rules.Pass}, [2]any{"… failed", c.Rules.Fail}, [2]any{"… unknown", c.Rules.Unknown}, [2]any{"… not applicable", c.Rules.NotApplicable},
	)
	for _, n := range r.Notes {
		rows = append(rows, [2]any{"Note", text(n)})
	}
	for _, e := range b.r.Errors {
		rows = append(rows, [2]any{"Error", text(e)})
	}
	for _, d := range b.r.DNS {
		if d.Result == "unknown" {
			rows = append(rows, [2]any{"Check without an answer", text(d.Check + " of " + d.Domain + ": " + d.Reason)})
		}
	}
	return rows
}
