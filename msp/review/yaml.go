package review

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/strict"
	"mspscan/msp/waiver"
)

// MaxFile is the size in bytes up to which a review file is read.
const MaxFile = 16 << 20

const (
	maxText  = 4000 // characters of a reason
	maxShort = 300  // … of any other value
)

// Parse reads a YAML list of {finding, severity, reason, status, owner, due} and
// {provider, grade, reason, owner}. All problems come in one error,
// strict.Problems; the set is whole only without one.
func Parse(file string, data []byte) (Set, error) {
	r, doc := strict.Read(file, data, MaxFile)
	p := &parser{Reader: r, seen: map[string]bool{}}
	for _, item := range r.Items(doc, "a review") {
		p.item(item)
	}
	p.set.sorted()
	return p.set, r.Err()
}

type parser struct {
	*strict.Reader
	set  Set
	seen map[string]bool
}

func (p *parser) item(n *yaml.Node) {
	f := p.Fields(n, "a review", []string{"finding", "provider", "severity", "grade", "reason", "status", "owner", "due"})
	id, provider := p.Text(f["finding"], "finding", maxShort, false), p.Text(f["provider"], "provider", maxShort, false)
	key := "finding " + id
	if id == "" {
		key = "provider " + provider
	}
	switch {
	case (id == "") == (provider == ""):
		p.Errorf(n, "write finding: or provider: and its id", "a review is of one finding or one provider")
		return
	case p.seen[key]:
		p.Errorf(n, "keep one", "%s is reviewed twice", key)
		return
	}
	p.seen[key] = true
	if id != "" {
		p.finding(n, f, id)
	} else {
		p.provider(n, f, provider)
	}
}

func (p *parser) finding(n *yaml.Node, f map[string]*yaml.Node, id string) {
	p.refuse(f, "a finding", "grade")
	v := Finding{
		ID: id, Reason: p.Text(f["reason"], "reason", maxText, true), Status: p.Word(f["status"], "status", []string{"open", StatusProgress, StatusFixed}),
		Owner: p.Text(f["owner"], "owner", maxShort, false), Due: p.Day(f["due"], "due"), Pos: p.At(n),
	}
	if v.Status == "open" {
		v.Status = ""
	}
	if word := p.Word(f["severity"], "severity", severityWords()); word != "" {
		s, err := msp.ParseSeverity(word)
		if err != nil {
			p.Errorf(f["severity"], "", "%v", err)
		}
		v.Severity = &s
	}
	p.reasoned(n, f, "severity", v.Severity != nil, v.Reason)
	p.set.Findings = append(p.set.Findings, v)
}

func (p *parser) provider(n *yaml.Node, f map[string]*yaml.Node, id string) {
	p.refuse(f, "a provider", "severity", "status", "due")
	v := Provider{
		ID: id, Grade: p.Word(f["grade"], "grade", Grades()), Reason: p.Text(f["reason"], "reason", maxText, true),
		Owner: p.Text(f["owner"], "owner", maxShort, false), Pos: p.At(n),
	}
	p.reasoned(n, f, "grade", v.Grade != "", v.Reason)
	p.set.Providers = append(p.set.Providers, v)
}

// refuse names keys that belong to the other kind of review.
func (p *parser) refuse(f map[string]*yaml.Node, what string, keys ...string) {
	for _, k := range keys {
		if f[k] != nil {
			p.Errorf(f[k], "leave it out", "a review of %s has no %s", what, k)
		}
	}
}

// reasoned asks for a reason where a judgement is overruled, and only there.
func (p *parser) reasoned(n *yaml.Node, f map[string]*yaml.Node, what string, overruled bool, reason string) {
	switch {
	case overruled && reason == "" && f["reason"] == nil:
		p.Errorf(n, "add reason: and say why", "the %s is overruled without a reason", what)
	case overruled && reason == "":
		p.Errorf(f["reason"], "say why", "the %s is overruled without a reason", what)
	case !overruled && reason != "" && f[what] == nil:
		p.Errorf(f["reason"], "add "+what+":, or leave the reason out", "a reason without a %s", what)
	}
}

func severityWords() []string {
	var out []string
	for _, s := range msp.Severities() {
		out = append(out, s.String())
	}
	return out
}

// YAML writes the set as Parse reads it, sorted by id.
func (s Set) YAML() ([]byte, error) {
	s.Findings, s.Providers = slices.Clone(s.Findings), slices.Clone(s.Providers)
	s.sorted()
	root := &yaml.Node{Kind: yaml.SequenceNode}
	for _, f := range s.Findings {
		severity, due := "", f.Due.String()
		if f.Severity != nil {
			severity = f.Severity.String()
		}
		item := fields("finding", f.ID, "severity", severity, "reason", f.Reason, "status", f.Status, "owner", f.Owner, "due", due)
		item.HeadComment = comment(f.About)
		root.Content = append(root.Content, item)
	}
	for _, p := range s.Providers {
		root.Content = append(root.Content, fields("provider", p.ID, "grade", p.Grade, "reason", p.Reason, "owner", p.Owner))
	}
	return encode("# What a reviewer decided, read out of a workbook. mspscan report --reviews takes it up.\n", root)
}

// WaiverYAML writes waivers as package waiver reads them.
func WaiverYAML(list []waiver.Waiver) ([]byte, error) {
	root := &yaml.Node{Kind: yaml.SequenceNode}
	for _, w := range list {
		root.Content = append(root.Content, fields(
			"rule", w.Rule, "subject", w.Subject, "finding", w.Finding, "reason", w.Reason,
			"justification", w.Justification, "approved_by", w.ApprovedBy, "expires", w.Expires.String()))
	}
	return encode("", root)
}

// comment keeps outside text on one line and free of what ends a comment.
func comment(s string) string {
	if s == "" {
		return ""
	}
	return "# " + strings.TrimSpace(msp.Visible(s))
}

// fields makes a mapping of the keys that have a value.
func fields(pairs ...string) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		value := &yaml.Node{Kind: yaml.ScalarNode, Value: pairs[i+1]}
		if pairs[i] != "due" && pairs[i] != "expires" {
			value.Tag = "!!str" // quoted where it would read as something else
		}
		m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: pairs[i]}, value)
	}
	return m
}

func encode(head string, root *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	if len(root.Content) == 0 {
		b.WriteString("[]\n")
		return b.Bytes(), nil
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), nil
}
