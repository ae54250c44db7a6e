package indicator

import (
	"bytes"
	"encoding/json"
	"errors"
)

// The limits of a JSON document.
const (
	maxDepth = 64
	maxNodes = 4_000_000
)

// node is a JSON value with the byte where it begins. Of a key that stands twice
// the last counts, as encoding/json has it.
type node struct {
	at   int64
	kind byte   // { [ s(tring) n(umber) b(ool) 0 (null, absent)
	text string // of a string, number or bool
	list []node // items of a list, values of an object
	keys []string
}

// get gives the value of a key, the zero node if it is not there.
func (n node) get(key string) node {
	for i := len(n.keys) - 1; i >= 0; i-- {
		if n.keys[i] == key {
			return n.list[i]
		}
	}
	return node{at: n.at}
}

// items gives the items of a list; none of anything else.
func (n node) items() []node {
	if n.kind != '[' {
		return nil
	}
	return n.list
}

func (n node) yes() bool { return n.kind == 'b' && n.text == "true" }

// tree reads the file as one JSON value.
func (l *loader) tree() (node, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(l.data, &whole); err != nil {
		return node{}, l.notJSON(err)
	}
	d := json.NewDecoder(bytes.NewReader(l.data))
	d.UseNumber()
	r := treeReader{d: d, l: l}
	return r.value(0)
}

// notJSON says where a file stops being JSON.
func (l *loader) notJSON(err error) error {
	var at int64
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset - 1
	}
	return l.errorf(at, "not JSON: %v", err)
}

type treeReader struct {
	d     *json.Decoder
	l     *loader
	nodes int
}

// next gives the byte where the next token begins.
func (r *treeReader) next() int64 {
	at := r.d.InputOffset()
	for at < int64(len(r.l.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.l.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *treeReader) value(depth int) (node, error) {
	n := node{at: r.next()}
	t, err := r.d.Token()
	if err != nil {
		return n, r.l.notJSON(err)
	}
	if r.nodes++; r.nodes > maxNodes {
		return n, r.l.errorf(n.at, "more than %d JSON values", maxNodes)
	}
	switch v := t.(type) {
	case json.Delim:
		if depth >= maxDepth {
			return n, r.l.errorf(n.at, "nested deeper than %d", maxDepth)
		}
		n.kind = byte(v)
		return n, r.inside(&n, depth)
	case string:
		n.kind, n.text = 's', v
	case json.Number:
		n.kind, n.text = 'n', v.String()
	case bool:
		n.kind, n.text = 'b', map[bool]string{true: "true", false: "false"}[v]
	}
	return n, nil
}

// inside reads what an object or list holds, up to its end.
func (r *treeReader) inside(n *node, depth int) error {
	for r.d.More() {
		if n.kind == '{' {
			key, err := r.value(depth + 1)
			if err != nil {
				return err
			}
			n.keys = append(n.keys, key.text)
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.list = append(n.list, v)
	}
	if _, err := r.d.Token(); err != nil {
		return r.l.notJSON(err)
	}
	return nil
}
