package rules

import (
	"path"
	"slices"
	"strings"

	"mspscan/msp"
)

// complete checks what a rule must have beyond the form of each key.
func (d *decoder) complete(r *Rule) {
	for _, f := range []struct {
		key   string
		given bool
	}{
		{"id", r.ID != ""},
		{"title", r.Title != ""},
		{"subject", r.Subject != ""},
		{"summary", r.Summary != ""},
		{"rationale", r.Rationale != ""},
		{"inputs", len(r.Inputs) > 0},
		{"when", r.When.Text != ""},
		{"severity", len(r.Severity) > 0},
		{"confidence", len(r.Confidence) > 0},
		{"message", r.Message.Text != ""},
		{"expected", r.Expected != ""},
		{"remediation", r.Remediation != ""},
		{"effort", r.Effort != ""},
		{"references", len(r.References) > 0},
		{"samples", len(r.Samples) > 0},
	} {
		if !f.given {
			d.problems.add(r.pos, "", "the rule has no %s", f.key)
		}
	}
	d.names(r)
	d.pairs(r)
	d.checkCases("severity", r.Severity, func(s string) bool { _, err := msp.ParseSeverity(s); return err == nil }, severityWords())
	d.checkCases("confidence", r.Confidence, func(s string) bool { return slices.Contains(confidenceWords(), s) }, confidenceWords())
}

func severityWords() []string {
	var out []string
	for _, s := range msp.Severities() {
		out = append(out, s.String())
	}
	return out
}

func confidenceWords() []string {
	return []string{string(msp.Confirmed), string(msp.Firm), string(msp.Possible)}
}

// names checks the id and the inputs.
func (d *decoder) names(r *Rule) {
	if r.ID == "" {
		return
	}
	if strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || r.ID[0] == '-' {
		d.problems.add(r.pos, "lower-case letters, digits and hyphens", "%q is no id of a rule", r.ID)
	}
	if file := strings.TrimSuffix(path.Base(d.file), path.Ext(d.file)); file != r.ID {
		d.problems.add(r.pos, "name it "+r.ID+".yaml", "the file of rule %q has another name", r.ID)
	}
	for _, in := range r.Inputs {
		if r.Subject != "" && !slices.Contains(r.kind.Inputs, in) {
			d.problems.add(r.pos, suggest(in, r.kind.Inputs), "a %s has no input %q", r.Subject, in)
		}
	}
}

// pairs checks the keys that need each other.
func (d *decoder) pairs(r *Rule) {
	if (r.Each.Text == "") != (r.Key.Text == "") {
		d.problems.add(r.pos, "each and key stand together", "one of each and key is missing")
	}
	if (r.Unknown.Text == "") != (r.Question.Text == "") {
		d.problems.add(r.pos, "unknown and question stand together", "one of unknown and question is missing")
	}
}

func (d *decoder) checkCases(what string, list []Case, valid func(string) bool, known []string) {
	for i, c := range list {
		last := i == len(list)-1
		switch {
		case !valid(c.Is):
			d.problems.add(c.pos, suggest(c.Is, known), "unknown %s %q", what, c.Is)
		case last && c.When.Text != "":
			d.problems.add(c.pos, "leave when out of the last", "the %s may stay open", what)
		case !last && c.When.Text == "":
			d.problems.add(c.pos, "only the last has no when", "the lines of %s below never count", what)
		}
	}
}
