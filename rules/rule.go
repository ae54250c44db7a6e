// Package rules is the judgement stage: it looks at what the inventory says and
// what DNS showed, and gives findings, questions and counts. A rule is a YAML
// file that holds all of it: text for two readers, conditions in CEL over the
// typed views of package subject, severity, remediation, references and samples
// that must fire, must not fire and must stay unknown. The package reads no
// clock and does no I/O beyond the file systems it is given.
package rules

import (
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// Rule is one rule as its file says it.
type Rule struct {
	ID          string
	Family      string // folder of the file
	Title       string
	Subject     msp.SubjectKind
	Summary     string // for the owner of a business
	Rationale   string // for the engineer
	Inputs      []string
	Params      []Param
	Applies     Expr // "" = always; false = not applicable
	When        Expr // true = a finding
	Unknown     Expr // looked at if When is false; "" = never
	Each        Expr // list: one finding an item; "" = one finding
	Key         Expr // of an item: what tells its finding from the others
	Severity    []Case
	Confidence  []Case
	Message     Expr // text with {expressions}
	Question    Expr // text with {expressions}; "" = never unknown
	Expected    string
	Remediation string
	Effort      string // low, medium, high
	References  []string
	Frameworks  map[string][]string
	Samples     []Sample

	pos   msp.Pos
	raw   []byte
	kind  subject.Kind
	built *compiled
}

// Param is a named threshold of a rule: an int64, float64, string or a list of
// strings.
type Param struct {
	Name  string
	Value any
	pos   msp.Pos
}

// Expr is a text of a rule with the place of each of its characters.
type Expr struct {
	Text string
	at   locator
}

// Case is one line of a severity or confidence that depends on what was seen.
// The first whose When holds counts; the last has none.
type Case struct {
	When Expr
	Is   string
	pos  msp.Pos
}

// Verdict is what a rule says of a subject.
type Verdict int

// The verdicts.
const (
	NotApplicable Verdict = iota
	Pass
	Finding
	Unknown
)

// String gives the word that samples use.
func (v Verdict) String() string {
	return [...]string{"na", "pass", "finding", "unknown"}[v]
}

// Info gives what reports show of the rule.
func (r *Rule) Info() msp.RuleInfo {
	return msp.RuleInfo{
		ID: r.ID, Family: r.Family, Subject: r.Subject, Severity: r.worst(), Title: r.Title, Summary: r.Summary,
		Rationale: r.Rationale, Expected: r.Expected, Remediation: r.Remediation, References: slices.Clone(r.References),
		Frameworks: cloneFrameworks(r.Frameworks), Effort: r.Effort,
	}
}

func cloneFrameworks(m map[string][]string) map[string][]string {
	out := make(map[string][]string, len(m))
	for k, v := range m {
		out[k] = slices.Clone(v)
	}
	return out
}

// worst gives the highest severity that the rule can give.
func (r *Rule) worst() msp.Severity {
	worst := msp.Info
	for _, c := range r.Severity {
		if s, err := msp.ParseSeverity(c.Is); err == nil {
			worst = max(worst, s)
		}
	}
	return worst
}

// Where gives the place of the rule's file.
func (r *Rule) Where() msp.Pos { return r.pos }

// Declared reports whether the rule judges what people said, not what DNS
// showed.
func (r *Rule) Declared() bool { return !r.kind.Facts }

// inputWord gives the last part of an input's name, by which conditions name it.
func inputWord(input string) string {
	return input[strings.LastIndexByte(input, '.')+1:]
}
