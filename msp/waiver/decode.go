package waiver

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/secret"
)

// MaxFile is the size in bytes up to which a waiver file is read.
const MaxFile = 1 << 20

const (
	maxDepth = 8
	maxText  = 4000 // characters of a value
)

// keys lists the keys of a waiver; all but finding are needed.
func keys() []string {
	return []string{"rule", "subject", "finding", "reason", "justification", "approved_by", "expires"}
}

// decoder reads one waiver file strictly: known keys only, each once, no
// anchors, aliases or tags, one document.
type decoder struct {
	file     string
	problems Problems
}

// Parse reads a YAML list of waivers. All problems of the file come in one
// error, Problems; the list is whole only without one. A file without any value
// holds no waivers.
func Parse(file string, data []byte) ([]Waiver, error) {
	d := &decoder{file: file}
	list := d.list(d.document(data))
	d.twice(list)
	if len(d.problems) > 0 {
		return nil, d.problems.sorted()
	}
	return list, nil
}

// Check holds waivers against the ids of the known rules and the time of the
// judgement. All problems come in one error, Problems.
func Check(list []Waiver, rules []string, now time.Time) error {
	var ps Problems
	last := msp.DateOf(msp.DateOf(now).Time().AddDate(0, 0, MaxDays))
	for _, w := range list {
		if !slices.Contains(rules, w.Rule) {
			ps.add(w.ruleAt, suggest(w.Rule, rules), "unknown rule %q", w.Rule)
		}
		if last.Before(w.Expires) {
			ps.add(w.expiresAt, "write "+last.String()+" or earlier and look again then", "the waiver expires on %s, more than %d days after %s", w.Expires, MaxDays, msp.DateOf(now))
		}
	}
	if len(ps) > 0 {
		return ps.sorted()
	}
	return nil
}

func (d *decoder) at(n *yaml.Node) msp.Pos {
	return msp.Pos{File: d.file, Line: n.Line, Column: n.Column}
}

func (d *decoder) errorf(n *yaml.Node, want, what string, args ...any) {
	d.problems.add(d.at(n), want, what, args...)
}

// document gives the value of the only document; nil if there is none or it
// cannot be used.
func (d *decoder) document(data []byte) *yaml.Node {
	top := msp.Pos{File: d.file, Line: 1, Column: 1}
	switch {
	case len(data) > MaxFile:
		d.problems.add(top, "split it", "the file is larger than %d MiB", MaxFile>>20)
		return nil
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		d.problems.add(top, "save it as UTF-8", "the file is not text in UTF-8")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		d.syntax(err)
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		d.problems.add(top, "write one list", "there is a second document, or text after the list")
		return nil
	}
	if len(doc.Content) != 1 || !d.plain(doc.Content[0], 0) {
		return nil
	}
	return doc.Content[0]
}

// syntax reports an error of the YAML parser at its line.
func (d *decoder) syntax(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if num, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(num); err == nil && n > 0 {
				line, text = n, after
			}
		}
	}
	d.problems.add(msp.Pos{File: d.file, Line: line, Column: 1}, "", "not YAML: %s", text)
}

// plain refuses anchors, aliases, tags and deep nesting.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.errorf(n, "write the value out", "anchors and aliases are not read")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.errorf(n, "leave it out", "tags are not read")
		return false
	case depth > maxDepth:
		d.errorf(n, "a waiver has one level of keys", "nested deeper than %d levels", maxDepth)
		return false
	}
	for _, c := range n.Content {
		if !d.plain(c, depth+1) {
			return false
		}
	}
	return true
}

func (d *decoder) list(n *yaml.Node) []Waiver {
	switch {
	case n == nil || n.Tag == "!!null":
		return nil
	case n.Kind != yaml.SequenceNode:
		d.errorf(n, "begin each waiver with a dash: - rule: …", "the file is %s, not a list of waivers", kind(n))
		return nil
	}
	var out []Waiver
	for _, item := range n.Content {
		if item.Kind != yaml.MappingNode {
			d.errorf(item, "write {"+strings.Join(keys(), ", ")+"}", "a waiver is %s", kind(item))
			continue
		}
		out = append(out, d.waiver(item))
	}
	return out
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Tag == "!!null" {
		return "blank"
	}
	return "a single value"
}

// waiver reads one item.
func (d *decoder) waiver(n *yaml.Node) Waiver {
	w := Waiver{Pos: d.at(n)}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := k.Value
		switch {
		case k.Kind != yaml.ScalarNode || !slices.Contains(keys(), name):
			near := msp.Nearest(name, keys())
			if near != "" {
				seen[near] = max(seen[near], 1) // meant: not missing too
			}
			d.errorf(k, suggest(name, keys()), "unknown key %q of a waiver", name)
		case seen[name] > 1:
			d.errorf(k, "keep one", "the key %s stands twice in a waiver", name)
		default:
			seen[name] = 2
			d.value(&w, name, v)
		}
	}
	for _, name := range keys() {
		if seen[name] == 0 && name != "finding" {
			d.errorf(n, "add "+name+": "+meaning(name), "the waiver has no %s", name)
		}
	}
	return w
}

func meaning(key string) string {
	return map[string]string{
		"rule": "the id of a rule", "subject": "the finding's subject.id", "reason": strings.Join(Reasons(), ", "),
		"justification": "why, for an auditor", "approved_by": "who answers for it",
		"expires": fmt.Sprintf("a day at most %d days off, as YYYY-MM-DD", MaxDays),
	}[key]
}

func (d *decoder) value(w *Waiver, key string, v *yaml.Node) {
	s, ok := d.text(v, key)
	if !ok {
		return
	}
	switch key {
	case "rule":
		w.Rule, w.ruleAt = s, d.at(v)
	case "subject":
		w.Subject = s
	case "finding":
		w.Finding = s
	case "reason":
		if w.Reason = s; !slices.Contains(Reasons(), s) {
			d.errorf(v, suggest(s, Reasons()), "unknown reason %q", s)
		}
	case "justification":
		w.Justification = s
	case "approved_by":
		w.ApprovedBy = s
	case "expires":
		day, err := msp.ParseDate(s)
		if err != nil || !day.Known() {
			d.errorf(v, "write a day as YYYY-MM-DD, such as 2026-12-31", "expires %q is not a date", s)
		}
		w.Expires, w.expiresAt = day, d.at(v)
	}
}

// text reads a value of one line; a justification may have several. A credential
// in it is blotted out, as reports show it.
func (d *decoder) text(v *yaml.Node, key string) (string, bool) {
	s, _ := secret.Blot(strings.TrimSpace(v.Value))
	bad := func(r rune) bool { return unicode.IsControl(r) && (key != "justification" || r != '\n' && r != '\t') }
	switch {
	case v.Kind != yaml.ScalarNode:
		d.errorf(v, "write "+meaning(key), "%s is %s", key, kind(v))
	case s == "" || v.Tag == "!!null":
		d.errorf(v, "write "+cmp.Or(meaning(key), "the id of a finding, or leave it out"), "%s is blank", key)
	case utf8.RuneCountInString(s) > maxText:
		d.errorf(v, fmt.Sprintf("write at most %d characters", maxText), "%s is too long", key)
	case strings.ContainsFunc(s, bad):
		d.errorf(v, "write plain text", "%s holds a line end or control character", key)
	default:
		return s, true
	}
	return "", false
}

// twice finds waivers for the same thing.
func (d *decoder) twice(list []Waiver) {
	type scope struct{ rule, subject, finding string }
	first := map[scope]int{}
	for _, w := range list {
		s := scope{w.Rule, w.Subject, w.Finding}
		if w.Rule == "" || w.Subject == "" {
			continue
		}
		if line, ok := first[s]; ok {
			d.problems.add(w.Pos, "keep one", "rule %s on subject %s is waived twice, first on line %d", w.Rule, w.Subject, line)
			continue
		}
		first[s] = w.Pos.Line
	}
}
