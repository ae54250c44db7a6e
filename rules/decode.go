package rules

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// The bounds of a rule file.
const (
	maxFile   = 128 << 10
	maxSource = 8 << 10 // of one expression or text
	maxDepth  = 16
)

// decoder reads one rule file strictly: known keys only, each once, no aliases,
// anchors or tags, one document.
type decoder struct {
	file     string
	lines    []string
	problems *Problems
}

// decodeRule reads the rule in raw. Problems go to ps; the rule is complete only
// if there are none.
func decodeRule(file, family string, raw []byte, ps *Problems) *Rule {
	d := newDecoder(file, raw, ps)
	root := d.document(raw)
	if root == nil {
		return nil
	}
	r := &Rule{Family: family, pos: d.at(root), raw: raw, Frameworks: map[string][]string{}}
	d.mapping(root, d.ruleFields(r), ruleKeys())
	d.complete(r)
	return r
}

func newDecoder(file string, raw []byte, ps *Problems) *decoder {
	return &decoder{file: file, lines: strings.Split(string(raw), "\n"), problems: ps}
}

func (d *decoder) at(n *yaml.Node) msp.Pos {
	return msp.Pos{File: d.file, Line: n.Line, Column: n.Column}
}

func (d *decoder) errorf(n *yaml.Node, instead, what string, args ...any) {
	d.problems.add(d.at(n), instead, what, args...)
}

// document gives the mapping at the top of the only document.
func (d *decoder) document(raw []byte) *yaml.Node {
	top := msp.Pos{File: d.file, Line: 1, Column: 1}
	if len(raw) > maxFile {
		d.problems.add(top, "", "the file is over %d bytes", maxFile)
		return nil
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		d.problems.add(top, "write UTF-8", "the file is not text")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		d.syntax(err)
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		d.problems.add(top, "one rule a file", "there is a second document")
		return nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		d.problems.add(top, "", "a rule is a mapping of keys")
		return nil
	}
	if !d.plain(doc.Content[0], 0) {
		return nil
	}
	return doc.Content[0]
}

// syntax reports an error of the YAML parser at its line.
func (d *decoder) syntax(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if num, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(num); err == nil {
				line, text = n, after
			}
		}
	}
	if errors.Is(err, io.EOF) {
		text = "the file is empty"
	}
	d.problems.add(msp.Pos{File: d.file, Line: line, Column: 1}, "", "not YAML: %s", text)
}

// plain refuses anchors, aliases, tags and deep nesting.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.errorf(n, "write it out", "anchors and aliases are not read")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.errorf(n, "leave it out", "tags are not read")
		return false
	case depth > maxDepth:
		d.errorf(n, "", "nested deeper than %d", maxDepth)
		return false
	}
	for _, c := range n.Content {
		if !d.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// mapping calls the setter of each key of n; unknown and doubled keys are
// problems.
func (d *decoder) mapping(n *yaml.Node, set map[string]func(*yaml.Node), known []string) {
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "keys here: "+strings.Join(known, ", "), "a mapping was expected")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, ok := set[key.Value]
		switch {
		case !ok:
			d.errorf(key, suggest(key.Value, known), "unknown key %q", key.Value)
		case seen[key.Value]:
			d.errorf(key, "keep one", "key %q stands twice", key.Value)
		default:
			f(value)
		}
		seen[key.Value] = true
	}
}

func ruleKeys() []string {
	return []string{
		"id", "title", "subject", "summary", "rationale", "inputs", "params", "applies", "when", "unknown", "each", "key",
		"severity", "confidence", "message", "question", "expected", "remediation", "effort", "references", "frameworks", "samples",
	}
}

func (d *decoder) ruleFields(r *Rule) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"id":          d.text(&r.ID),
		"title":       d.text(&r.Title),
		"subject":     func(n *yaml.Node) { d.subject(n, r) },
		"summary":     d.text(&r.Summary),
		"rationale":   d.text(&r.Rationale),
		"inputs":      d.list(&r.Inputs),
		"params":      func(n *yaml.Node) { r.Params = d.params(n) },
		"applies":     d.expr(&r.Applies),
		"when":        d.expr(&r.When),
		"unknown":     d.expr(&r.Unknown),
		"each":        d.expr(&r.Each),
		"key":         d.expr(&r.Key),
		"severity":    func(n *yaml.Node) { r.Severity = d.cases(n) },
		"confidence":  func(n *yaml.Node) { r.Confidence = d.cases(n) },
		"message":     d.expr(&r.Message),
		"question":    d.expr(&r.Question),
		"expected":    d.text(&r.Expected),
		"remediation": d.text(&r.Remediation),
		"effort":      d.word(&r.Effort, []string{"low", "medium", "high"}),
		"references":  d.list(&r.References),
		"frameworks":  func(n *yaml.Node) { d.frameworks(n, r.Frameworks) },
		"samples":     func(n *yaml.Node) { r.Samples = d.samples(n) },
	}
}

// scalar gives the text of a scalar node.
func (d *decoder) scalar(n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "", "a text was expected")
		return "", false
	}
	if len(n.Value) > maxSource {
		d.errorf(n, "", "a text of %d bytes; the most is %d", len(n.Value), maxSource)
		return "", false
	}
	if strings.TrimSpace(n.Value) == "" {
		d.errorf(n, "write it or leave the key out", "the text is empty")
		return "", false
	}
	return n.Value, true
}

func (d *decoder) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if s, ok := d.scalar(n); ok {
			*to = strings.TrimSpace(s)
		}
	}
}

func (d *decoder) word(to *string, known []string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := d.scalar(n)
		if ok && !slices.Contains(known, s) {
			d.errorf(n, suggest(s, known), "unknown word %q", s)
			return
		}
		*to = s
	}
}

func (d *decoder) expr(to *Expr) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if s, ok := d.scalar(n); ok {
			*to = Expr{s, d.locator(n)}
		}
	}
}

func (d *decoder) list(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			d.errorf(n, "", "a list was expected")
			return
		}
		for _, c := range n.Content {
			if s, ok := d.scalar(c); ok {
				*to = append(*to, s)
			}
		}
	}
}

func (d *decoder) subject(n *yaml.Node, r *Rule) {
	s, ok := d.scalar(n)
	if !ok {
		return
	}
	var known []string
	for _, k := range subject.Kinds() {
		if string(k.Name) == s {
			r.Subject, r.kind = k.Name, k
			return
		}
		known = append(known, string(k.Name))
	}
	d.errorf(n, suggest(s, known), "unknown subject %q", s)
}

// params reads the named thresholds.
func (d *decoder) params(n *yaml.Node) []Param {
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "", "a mapping of names to thresholds was expected")
		return nil
	}
	var list []Param
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !isIdent(key.Value) {
			d.errorf(key, "letters, digits and _", "%q is no name of a parameter", key.Value)
			continue
		}
		if slices.ContainsFunc(list, func(p Param) bool { return p.Name == key.Value }) {
			d.errorf(key, "keep one", "parameter %q stands twice", key.Value)
			continue
		}
		if v, ok := d.threshold(value); ok {
			list = append(list, Param{key.Value, v, d.at(value)})
		}
	}
	return list
}

func isIdent(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// threshold reads a number, a word or a list of words.
func (d *decoder) threshold(n *yaml.Node) (any, bool) {
	if n.Kind == yaml.SequenceNode {
		var words []string
		d.list(&words)(n)
		return words, len(words) > 0
	}
	s, ok := d.scalar(n)
	if !ok {
		return nil, false
	}
	if n.Tag == "!!int" {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, true
		}
	}
	if n.Tag == "!!int" || n.Tag == "!!float" {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f != f || f > 1e300 || f < -1e300 {
			d.errorf(n, "", "%q is no number", s)
			return nil, false
		}
		return f, true
	}
	return s, true
}

// cases reads a word, or a list of {when, is}.
func (d *decoder) cases(n *yaml.Node) []Case {
	if n.Kind == yaml.ScalarNode {
		if s, ok := d.scalar(n); ok {
			return []Case{{Is: s, pos: d.at(n)}}
		}
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "a word, or a list of {when, is}", "neither a word nor a list")
		return nil
	}
	var list []Case
	for _, item := range n.Content {
		c := Case{pos: d.at(item)}
		d.mapping(item, map[string]func(*yaml.Node){"when": d.expr(&c.When), "is": d.text(&c.Is)}, []string{"when", "is"})
		list = append(list, c)
	}
	return list
}

func (d *decoder) frameworks(n *yaml.Node, to map[string][]string) {
	set := map[string]func(*yaml.Node){}
	for _, name := range Frameworks() {
		set[name] = func(n *yaml.Node) {
			var ids []string
			d.list(&ids)(n)
			to[name] = ids
		}
	}
	d.mapping(n, set, Frameworks())
}

// Frameworks lists the frameworks that rules name ids of.
func Frameworks() []string {
	return []string{"ISM", "Essential Eight", "ATT&CK", "NIST CSF 2.0", "DORA", "CPS 230", "NIS2"}
}
