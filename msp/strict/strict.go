// Package strict reads small YAML files that people write by hand: one document
// in UTF-8, without anchors, aliases and tags, bounded in size and depth, with
// known keys only, each once. All problems of a file come at once, each with its
// place and what would be right.
package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"mspscan/msp"
)

const maxDepth = 8

// Problem is something wrong in a file: where, what, and what would be right.
type Problem struct {
	Pos        msp.Pos
	What, Want string
}

// Problems are all problems of a file, sorted by place.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = msp.Visible(p.Pos.String()) + ": " + msp.Visible(p.What)
		if p.Want != "" {
			lines[i] += "; " + msp.Visible(p.Want)
		}
	}
	return strings.Join(lines, "\n")
}

// Reader reads one file and collects its problems.
type Reader struct {
	file     string
	problems Problems
}

// Read gives a reader and the value of the file's only document; nil if there is
// none or it cannot be used. Files of more than most bytes are refused.
func Read(file string, data []byte, most int) (*Reader, *yaml.Node) {
	r := &Reader{file: file}
	return r, r.document(data, most)
}

// Err gives the problems found so far as one error, Problems; nil without any.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return r.problems
}

// At gives the place of a node.
func (r *Reader) At(n *yaml.Node) msp.Pos {
	return msp.Pos{File: r.file, Line: n.Line, Column: n.Column}
}

// Errorf notes a problem at a node.
func (r *Reader) Errorf(n *yaml.Node, want, what string, args ...any) {
	r.problem(r.At(n), want, what, args...)
}

func (r *Reader) problem(at msp.Pos, want, what string, args ...any) {
	r.problems = append(r.problems, Problem{Pos: at, What: fmt.Sprintf(what, args...), Want: want})
}

func (r *Reader) document(data []byte, most int) *yaml.Node {
	top := msp.Pos{File: r.file, Line: 1, Column: 1}
	switch {
	case len(data) > most:
		r.problem(top, "split it", "the file is larger than %d KiB", most>>10)
		return nil
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		r.problem(top, "save it as UTF-8", "the file is not text in UTF-8")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		r.syntax(err)
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		r.problem(top, "write one document", "there is a second document, or text after the first")
		return nil
	}
	if len(doc.Content) != 1 || !r.plain(doc.Content[0], 0) {
		return nil
	}
	return doc.Content[0]
}

// syntax reports an error of the YAML parser at its line.
func (r *Reader) syntax(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if num, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(num); err == nil && n > 0 {
				line, text = n, after
			}
		}
	}
	r.problem(msp.Pos{File: r.file, Line: line, Column: 1}, "", "not YAML: %s", text)
}

// plain refuses anchors, aliases, tags and deep nesting.
func (r *Reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.Errorf(n, "write the value out", "anchors and aliases are not read")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.Errorf(n, "leave it out", "tags are not read")
		return false
	case depth > maxDepth:
		r.Errorf(n, "write it flat", "nested deeper than %d levels", maxDepth)
		return false
	}
	for _, c := range n.Content {
		if !r.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// Items gives the items of a list that must be mappings. what names one.
func (r *Reader) Items(n *yaml.Node, what string) []*yaml.Node {
	if n == nil || n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.Errorf(n, "begin each item with a dash", "the file is %s, not a list", kind(n))
		return nil
	}
	var out []*yaml.Node
	for _, item := range n.Content {
		if item.Kind != yaml.MappingNode {
			r.Errorf(item, "write {key: value, …}", "%s is %s", what, kind(item))
			continue
		}
		out = append(out, item)
	}
	return out
}

// Fields gives the values of a mapping by key. A key that is not known or stands
// twice is a problem; what names the mapping.
func (r *Reader) Fields(n *yaml.Node, what string, keys []string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n == nil {
		return out
	}
	if n.Kind != yaml.MappingNode {
		r.Errorf(n, "write {"+strings.Join(keys, ", ")+"}", "%s is %s", what, kind(n))
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode || !slices.Contains(keys, k.Value):
			r.Errorf(k, Suggest(k.Value, keys), "unknown key %q of %s", k.Value, what)
		case out[k.Value] != nil:
			r.Errorf(k, "keep one", "the key %s stands twice in %s", k.Value, what)
		default:
			out[k.Value] = v
		}
	}
	return out
}

// Text reads a value of one line of at most most characters; several lines if
// long. A blank value is "".
func (r *Reader) Text(n *yaml.Node, what string, most int, long bool) string {
	if n == nil || n.Tag == "!!null" {
		return ""
	}
	s := strings.TrimSpace(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode:
		r.Errorf(n, "write one value", "%s is %s", what, kind(n))
	case utf8.RuneCountInString(s) > most:
		r.Errorf(n, "shorten it", "%s has more than %d characters", what, most)
	case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && (!long || c != '\n' && c != '\t') }):
		r.Errorf(n, "write plain text", "%s holds control characters", what)
	default:
		return s
	}
	return ""
}

// Word reads one of a few words; "" for a blank.
func (r *Reader) Word(n *yaml.Node, what string, words []string) string {
	s := r.Text(n, what, 100, false)
	if s != "" && !slices.Contains(words, s) {
		r.Errorf(n, Suggest(s, words), "unknown %s %q", what, s)
		return ""
	}
	return s
}

// Day reads a day as YYYY-MM-DD; the zero Date for a blank.
func (r *Reader) Day(n *yaml.Node, what string) msp.Date {
	s := r.Text(n, what, 100, false)
	if s == "" {
		return msp.Date{}
	}
	d, err := msp.ParseDate(s)
	if err != nil || !d.Known() {
		r.Errorf(n, "write a day as YYYY-MM-DD, such as 2026-12-31", "%s %q is not a date", what, s)
	}
	return d
}

// Suggest words the nearest of the known words, or lists them if they are few.
func Suggest(s string, known []string) string {
	if n := msp.Nearest(s, known); n != "" && len(s) > 2 {
		return "did you mean " + n + "?"
	}
	if len(known) <= 12 {
		return "write one of " + strings.Join(known, ", ")
	}
	return ""
}

func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "blank"
	}
	return "a single value"
}
