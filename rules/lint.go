package rules

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// SampleResult is how a sample went; Problem is "" if it held.
type SampleResult struct {
	Rule    string
	Sample  string
	Pos     msp.Pos
	Problem string
}

// Test runs the samples of every rule, in order of rule and sample. The samples
// are judged on a day of their own, so they hold for ever.
func (s *Set) Test(ctx context.Context) []SampleResult {
	var out []SampleResult
	for _, r := range s.rules {
		for i := range r.Samples {
			sample := &r.Samples[i]
			out = append(out, SampleResult{r.ID, sample.Name, sample.pos, r.try(ctx, sample)})
		}
	}
	return out
}

// try runs one sample and says what went otherwise.
func (r *Rule) try(ctx context.Context, s *Sample) string {
	v := r.newVars(s.view, subject.NeutralDay().String())
	verdict, hits, err := r.judge(ctx, v)
	if err != nil {
		return err.Error()
	}
	if verdict.String() != s.Want {
		return fmt.Sprintf("it is %s, the sample wants %s", verdict, s.Want)
	}
	text := ""
	switch verdict {
	case Finding:
		text = hits[0].message
		if p := checkHits(hits, s); p != "" {
			return p
		}
	case Unknown:
		text = r.ask(ctx, s.view, v).Text
	}
	if s.Says != "" && !strings.Contains(text, s.Says) {
		return fmt.Sprintf("the text does not say %q: %s", s.Says, text)
	}
	return ""
}

func checkHits(hits []hit, s *Sample) string {
	if s.Findings != 0 && len(hits) != s.Findings {
		return fmt.Sprintf("it gives %d findings, the sample wants %d", len(hits), s.Findings)
	}
	if s.Severity != "" && hits[0].severity.String() != s.Severity {
		return fmt.Sprintf("the severity is %s, the sample wants %s", hits[0].severity, s.Severity)
	}
	keys := map[string]bool{}
	for _, h := range hits {
		if keys[h.key] {
			return fmt.Sprintf("the key %q stands for two items", h.key)
		}
		keys[h.key] = true
	}
	return ""
}

// Lint looks for what loads and is still wrong: samples that do not hold, rules
// without a sample that fires, one that does not and, where the rule can be
// unknown, one that is. Sorted by place.
func (s *Set) Lint(ctx context.Context) Problems {
	var ps Problems
	for _, res := range s.Test(ctx) {
		if res.Problem != "" {
			ps.add(res.Pos, "", "sample %q of %s does not hold: %s", res.Sample, res.Rule, res.Problem)
		}
	}
	for _, r := range s.rules {
		r.lint(&ps)
	}
	return ps.sorted()
}

func (r *Rule) lint(ps *Problems) {
	count := map[string]int{}
	for _, s := range r.Samples {
		count[s.Want]++
	}
	avoided := count["pass"] + count["na"]
	switch {
	case count["finding"] == 0:
		ps.add(r.pos, "add one", "rule %s has no sample that must fire", r.ID)
	case avoided == 0:
		ps.add(r.pos, "add one", "rule %s has no sample that must not fire", r.ID)
	case r.Unknown.Text != "" && count["unknown"] == 0:
		ps.add(r.pos, "add one", "rule %s has no sample that must be unknown", r.ID)
	case r.Unknown.Text == "" && avoided < 2:
		ps.add(r.pos, "add a near miss", "rule %s is never unknown and has one sample only that must not fire", r.ID)
	}
}

// Explain writes out everything a rule says, for a terminal.
func (s *Set) Explain(id string) (string, error) {
	r, err := s.Rule(id)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", r.ID, r.Title)
	fmt.Fprintf(&b, "  family      %s\n  about       each %s\n  severity    %s\n  confidence  %s\n  effort      %s\n", r.Family, r.Subject, casesText(r.Severity), casesText(r.Confidence), r.Effort)
	for _, p := range r.Params {
		fmt.Fprintf(&b, "  threshold   %s = %s\n", p.Name, paramText(p.Value))
	}
	for _, part := range []struct{ head, text string }{
		{"What it means", r.Summary},
		{"What is looked at", r.Rationale},
		{"Expected", r.Expected},
		{"How to fix and check", r.Remediation},
		{"Applies", r.Applies.Text},
		{"Finding when", r.When.Text},
		{"Unknown when", r.Unknown.Text},
		{"Question", r.Question.Text},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s\n%s", part.head, wrap(part.text))
		}
	}
	b.WriteString("\nInputs\n" + wrap(strings.Join(r.Inputs, ", ")) + "\nReferences\n")
	for _, ref := range r.References {
		b.WriteString(wrap(ref))
	}
	b.WriteString("\nFrameworks\n" + frameworksText(r.Frameworks) + "\nSamples\n")
	for _, sample := range r.Samples {
		fmt.Fprintf(&b, "  %-8s %s\n", sample.Want, sample.Name)
	}
	return b.String(), nil
}

func casesText(list []Case) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.Is
		if c.When.Text != "" {
			parts[i] += " when " + c.When.Text
		}
	}
	return strings.Join(parts, "; ")
}

func paramText(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v)
}

func frameworksText(m map[string][]string) string {
	var b strings.Builder
	for _, name := range Frameworks() {
		if ids := slices.Clone(m[name]); len(ids) > 0 {
			sort.Strings(ids)
			fmt.Fprintf(&b, "  %-16s %s\n", name, strings.Join(ids, ", "))
		}
	}
	return b.String()
}

// wrap sets a text in lines of at most 78 columns, indented by two.
func wrap(text string) string {
	var b strings.Builder
	line := " "
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 78 && line != " " {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
