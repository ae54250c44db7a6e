package inventory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
)

// editor changes single values of a YAML or JSON file by their places. Whatever
// it does is read back and compared afterwards, so that a form that it does not
// know ends in an error and not in a spoilt file.
type editor struct {
	name  string
	bom   int    // bytes of the byte order mark
	data  []byte // without it
	lines []int  // offset of each line
	json  bool
	root  node
}

// newEditor reads a file that Decode found sound.
func newEditor(f File) *editor {
	data := bytes.TrimPrefix(f.Data, utf8BOM)
	e := &editor{name: f.Name, bom: len(f.Data) - len(data), data: data, json: isJSON(data), lines: []int{0}}
	for i, c := range data {
		if c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			e.lines = append(e.lines, i+1)
		}
	}
	e.root = node{kind: mapping}
	for _, x := range newDecoder([]File{f}).parse(f).entries {
		if x.items != nil {
			x.value.kids = nil
			for items := range x.items {
				x.value.kids = append(x.value.kids, items...)
			}
		}
		e.root.kids = append(e.root.kids, x.key, x.value)
	}
	return e
}

func (e *editor) pos(n node) msp.Pos {
	return msp.Pos{File: e.name, Line: int(n.line), Column: int(n.col)}
}

// offset gives the byte at which a node begins; columns count characters.
func (e *editor) offset(n node) int {
	if n.line < 1 || int(n.line) > len(e.lines) {
		return len(e.data)
	}
	at := e.lines[n.line-1]
	for i := int32(1); i < n.col && at < len(e.data); i++ {
		_, size := utf8.DecodeRune(e.data[at:])
		at += size
	}
	return at
}

// edit replaces the bytes from start to end. Of edits at one place the deepest
// comes first.
type edit struct {
	start, end, depth int
	text              string
}

// apply gives the file with the edits made.
func (e *editor) apply(edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(a.start-b.start, b.depth-a.depth) })
	out := append([]byte{}, utf8BOM[:e.bom]...)
	at := 0
	for _, x := range edits {
		if x.start < at {
			continue // overlaps: the comparison will tell
		}
		out = append(append(out, e.data[at:x.start]...), x.text...)
		at = x.end
	}
	return append(out, e.data[at:]...)
}

// edits works out the edits of all plans. What goes into one mapping is written
// in one edit.
func (e *editor) edits(plans []plan) ([]edit, bool) {
	type spot struct {
		at   int
		into bool
	}
	var order []spot
	targets := map[spot]*target{}
	for _, p := range plans {
		t, path, m := e.target(p)
		s := spot{e.offset(t.key), false}
		if t.into {
			s = spot{e.offset(t.node), true}
		}
		if targets[s] == nil {
			order = append(order, s)
			targets[s] = &t
		}
		targets[s].add(path, m)
	}
	var out []edit
	for _, s := range order {
		x, ok := e.edit(targets[s])
		if !ok {
			return nil, false
		}
		out = append(out, x)
	}
	return out, true
}

// target is what an edit changes: node is replaced, or filled with new entries
// (into).
type target struct {
	node    node
	key     node // of a replaced value
	into    bool
	entries []entryGroup
}

// entryGroup is what goes into one new mapping: the values by key below path.
// An empty path with one value without a key is the value itself.
type entryGroup struct {
	path    []string
	members []member
}

type member struct{ key, text string }

func (t *target) add(path []string, m member) {
	for i, g := range t.entries {
		if len(path) > 0 && slices.Equal(g.path, path) {
			t.entries[i].members = append(g.members, m)
			return
		}
	}
	t.entries = append(t.entries, entryGroup{path, []member{m}})
}

// target goes down as far as the file goes. path holds the keys of the mappings
// that have to be made on the way to the value.
func (e *editor) target(p plan) (t target, path []string, m member) {
	t = target{node: p.at.node, into: true}
	keys := p.keys
	for len(keys) > 0 {
		at := t.node.find(keys[0])
		if at < 0 {
			break
		}
		t.key, t.node, keys = t.node.kids[at], t.node.kids[at+1], keys[1:]
		t.into = t.node.kind == mapping && len(keys) > 0
	}
	m.text = e.text(p.value)
	if n := len(keys); n > 0 {
		path, m.key = keys[:n-1], keys[n-1]
	}
	return t, path, m
}

// nested writes a group behind the keys of the mappings that hold it.
func (e *editor) nested(g entryGroup) string {
	parts := make([]string, len(g.members))
	for i, m := range g.members {
		parts[i] = m.text
		if m.key != "" {
			parts[i] = e.key(m.key) + m.text
		}
	}
	text := strings.Join(parts, ", ")
	for i := len(g.path) - 1; i >= 0; i-- {
		text = e.key(g.path[i]) + "{" + text + "}"
	}
	return text
}

func (e *editor) texts(t *target) []string {
	out := make([]string, len(t.entries))
	for i, g := range t.entries {
		out[i] = e.nested(g)
	}
	return out
}

// edit replaces a value or fills a mapping.
func (e *editor) edit(t *target) (edit, bool) {
	if t.into {
		return e.insert(t)
	}
	text := strings.Join(e.texts(t), ", ")
	if t.entries[0].members[0].key != "" {
		text = "{" + text + "}"
	}
	if t.node.blank() {
		return e.afterKey(t.key, text)
	}
	start := e.offset(t.node)
	end, ok := e.end(t.node, start)
	return edit{start: start, end: end, text: text}, ok
}

// afterKey puts a value behind the colon of a key that has none.
func (e *editor) afterKey(key node, text string) (edit, bool) {
	at := e.offset(key)
	end, ok := e.end(key, at)
	if !ok {
		return edit{}, false
	}
	for end < len(e.data) && e.data[end] == ' ' {
		end++
	}
	if end >= len(e.data) || e.data[end] != ':' {
		return edit{}, false
	}
	return edit{start: end + 1, end: end + 1, depth: len(e.data), text: " " + text}, true
}

// insert adds entries to a mapping, behind those that it has.
func (e *editor) insert(t *target) (edit, bool) {
	start := e.offset(t.node)
	if start >= len(e.data) {
		return edit{}, false
	}
	if e.data[start] == '{' {
		_, last, ok := bracketEnd(e.data, start)
		text := strings.Join(e.texts(t), ", ")
		switch {
		case e.data[last] == ',':
			text = " " + text
		case last > start:
			text = ", " + text
		}
		return edit{start: last + 1, end: last + 1, text: text}, ok
	}
	if e.json || len(t.node.kids) == 0 {
		return edit{}, false
	}
	end, indent := e.blockEnd(t.node), int(t.node.col)-1
	head := e.lineEnd() + strings.Repeat(" ", indent)
	return edit{start: end, end: end, depth: indent, text: head + strings.Join(e.texts(t), head)}, true
}
