package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	yaml "go.yaml.in/yaml/v3"
)

// document is a parsed file: the entries of its top-level mapping in order. The
// lists below them are parsed piece by piece while they are walked, so that a
// large inventory never stands in memory as nodes, and a syntax error in one
// item does not hide the others.
type document struct {
	entries  []entry
	problems []problem
}

// entry is a top-level key with its value. If items is not nil, the value is the
// list that it gives and value is only its place.
type entry struct {
	key, value node
	items      iter.Seq2[[]node, []problem] // the items of a list, some at a time
	count      int                          // how many there are
}

// piece is a run of whole lines: some items of a top-level list, or the whole of
// an entry.
type piece struct {
	data   []byte
	offset int    // of data in the file
	line   int    // number of its first line
	items  []mark // where its items begin
}

const pieceSize = 32 << 10 // bytes after which a run of items is cut

// parseYAML cuts data as lx found and parses what is outside of lists.
func parseYAML(data []byte, lx lexed) document {
	var doc document
	marks := lx.marks
	if len(marks) == 0 {
		marks = []mark{{line: 1}}
	}
	marks[0].offset, marks[0].line = 0, 1
	for i := 0; i < len(marks); {
		end := i + 1
		for end < len(marks) && marks[end].item {
			end++
		}
		doc.section(data, marks[i:end], offsetAt(marks, end, data), nodesAt(marks, end, lx))
		i = end
	}
	if len(doc.problems) > 0 && len(marks) > 1 && lx.nodes <= maxSegmentNodes {
		// a value may stand at the margin in forms that nobody writes
		if entries, bad := (piece{data: data, line: 1}).mapping(); len(bad) == 0 {
			return document{entries: entries}
		}
	}
	return doc
}

// before gives what stands before the item or key that holds line, and forgets
// the marks from there on.
func (lx *lexed) before(data []byte, line int) []byte {
	i := len(lx.marks)
	for i > 0 && (i == len(lx.marks) || lx.marks[i].line > line) {
		i--
	}
	data = data[:offsetAt(lx.marks, i, data)]
	if i < len(lx.marks) {
		lx.nodes, lx.marks = lx.marks[i].nodes, lx.marks[:i]
	}
	return data
}

func offsetAt(marks []mark, i int, data []byte) int {
	if i < len(marks) {
		return marks[i].offset
	}
	return len(data)
}

func nodesAt(marks []mark, i int, lx lexed) int {
	if i < len(marks) {
		return marks[i].nodes
	}
	return lx.nodes
}

// section parses one top-level key: marks[0], then the items of its list. It
// ends at offset end; nodes is the number of values up to there.
func (doc *document) section(data []byte, marks []mark, end, nodes int) {
	bounds := append(marks[1:len(marks):len(marks)], mark{offset: end, nodes: nodes})
	for i, m := range marks {
		if bounds[i].nodes-m.nodes > maxSegmentNodes {
			doc.problems = append(doc.problems, problem{m.line, 1, fmt.Sprintf("more than %d values in one place", maxSegmentNodes), "write lists one item a line"})
			return
		}
	}
	head := piece{data: data[marks[0].offset:bounds[0].offset], line: marks[0].line}
	entries, problems := head.mapping()
	if last := len(entries) - 1; len(problems) == 0 && len(marks) > 1 && last >= 0 && entries[last].value.blank() {
		entries[last].items = ahead(cut(data, marks[1:], end))
		entries[last].count = len(marks) - 1
		entries[last].value = node{kind: list, line: int32(marks[1].line), col: 1}
	} else if len(problems) == 0 && len(marks) > 1 {
		head.data = data[marks[0].offset:end]
		entries, problems = head.mapping()
	}
	doc.entries = append(doc.entries, entries...)
	doc.problems = append(doc.problems, problems...)
}

// cut groups items into pieces of a size that costs little to parse.
func cut(data []byte, items []mark, end int) []piece {
	var out []piece
	for i := 0; i < len(items); {
		start := items[i]
		from := i
		for i++; i < len(items) && items[i].offset-start.offset < pieceSize; i++ {
		}
		out = append(out, piece{
			data: data[start.offset:offsetAt(items, i, data[:end])], offset: start.offset,
			line: start.line, items: items[from:i],
		})
	}
	return out
}

// mapping parses a piece that holds top-level keys.
func (p piece) mapping() ([]entry, []problem) {
	n, problems := p.parse()
	if len(problems) > 0 {
		return nil, problems
	}
	if n.kind == nothing {
		return nil, nil
	}
	if n.kind != mapping {
		return nil, []problem{{int(n.line), int(n.col), "the inventory is " + n.what(), "write a mapping that begins with version: 1"}}
	}
	entries := make([]entry, 0, len(n.kids)/2)
	for i := 0; i+1 < len(n.kids); i += 2 {
		entries = append(entries, entry{key: n.kids[i], value: n.kids[i+1]})
	}
	return entries, nil
}

// list parses a piece that holds items. If that fails, the items are parsed one
// by one, so that each error is found and the sound items are kept.
func (p piece) list() ([]node, []problem) {
	n, problems := p.parse()
	switch {
	case len(problems) == 0 && n.kind == list:
		return n.kids, nil
	case len(problems) == 0:
		return nil, []problem{{int(n.line), int(n.col), "a list goes on as " + n.what(), "begin each item with a dash"}}
	case len(p.items) < 2:
		return nil, problems
	}
	var all []node
	problems = nil
	for i, m := range p.items {
		end := len(p.data)
		if i+1 < len(p.items) {
			end = p.items[i+1].offset - p.offset
		}
		nodes, bad := piece{data: p.data[m.offset-p.offset : end], offset: m.offset, line: m.line}.list()
		all, problems = append(all, nodes...), append(problems, bad...)
	}
	return all, problems
}

// ahead parses pieces on another processor while the last ones are walked, and
// gives their items in order.
func ahead(pieces []piece) iter.Seq2[[]node, []problem] {
	type parsed struct {
		items []node
		bad   []problem
	}
	return func(yield func([]node, []problem) bool) {
		out := make(chan parsed, 2)
		done := make(chan struct{})
		defer close(done)
		go func() {
			defer close(out)
			for _, p := range pieces {
				items, bad := p.list()
				select {
				case out <- parsed{items, bad}:
				case <-done:
					return
				}
			}
		}()
		for p := range out {
			if !yield(p.items, p.bad) {
				return
			}
		}
	}
}

// parse gives the node tree of a piece.
func (p piece) parse() (node, []problem) {
	y, err := one(p.data)
	if err != nil {
		return node{}, []problem{p.syntaxError(err)}
	}
	if y.Kind != yaml.DocumentNode || len(y.Content) == 0 {
		return node{kind: nothing, line: int32(p.line), col: 1}, nil
	}
	c := converter{offset: p.line - 1}
	return c.convert(y.Content[0], 1), c.problems
}

// one parses a single document. What follows it, which yaml.Unmarshal does not
// look at, is an error.
func one(data []byte) (yaml.Node, error) {
	var y, rest yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&y); errors.Is(err, io.EOF) {
		return y, nil
	} else if err != nil {
		return y, err
	}
	switch err := dec.Decode(&rest); {
	case errors.Is(err, io.EOF):
		return y, nil
	case err != nil:
		return y, err
	}
	return y, fmt.Errorf("yaml: line %d: %s", rest.Content[0].Line, trailing)
}

// trailing is the error of a value after the end of a document.
const trailing = "text after the end of the value"

// converter turns yaml.v3 nodes into ours.
type converter struct {
	offset   int // lines before the piece
	problems []problem
}

func (c *converter) convert(y *yaml.Node, depth int) node {
	n := node{line: int32(y.Line + c.offset), col: int32(y.Column)}
	if depth > maxDepth {
		c.problem(y, fmt.Sprintf("values are nested deeper than %d levels", maxDepth), "an inventory needs no more than ten")
		return n
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind, n.text = scalar, y.Value
		n.quoted = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	case yaml.MappingNode:
		n.kind = mapping
	case yaml.SequenceNode:
		n.kind = list
	default:
		c.problem(y, "an alias", "write the value out")
	}
	if n.kind == mapping && len(y.Content) > 2*maxKeys {
		c.problem(y, fmt.Sprintf("more than %d keys in one mapping", maxKeys), "check the indentation")
		return n
	}
	if y.Style&yaml.TaggedStyle != 0 {
		c.tagged(y, &n)
	}
	if len(y.Content) > 0 {
		n.kids = make([]node, len(y.Content))
		for i, kid := range y.Content {
			n.kids[i] = c.convert(kid, depth+1)
		}
	}
	return n
}

// tagged checks that a core tag says what the value is anyway.
func (c *converter) tagged(y *yaml.Node, n *node) {
	fits := false
	switch y.Tag {
	case "!!str":
		fits, n.quoted = n.kind == scalar, true
	case "!!map":
		fits = n.kind == mapping
	case "!!seq":
		fits = n.kind == list
	case "!!int", "!!float", "!!bool", "!!null":
		var v any
		fits = n.kind == scalar && y.Decode(&v) == nil
	}
	if !fits {
		c.problem(y, "the tag "+quote(y.Tag)+" does not fit the value", "leave the tag out")
	}
}

func (c *converter) problem(y *yaml.Node, what, want string) {
	c.problems = append(c.problems, problem{y.Line + c.offset, y.Column, what, want})
}
