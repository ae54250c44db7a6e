package inventory

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// field is one key of a mapping: its name, what it means, how its value is
// decoded into T and how the JSON Schema describes it.
type field[T any] struct {
	name     string
	doc      string
	required bool
	blankToo bool // set is called for a blank value too
	schema   schema
	cell     cellForm                     // what a cell of a sheet holds for it
	words    []string                     // vocabulary of a cell, for drop-downs
	below    func(prefix string) []column // columns of the mapping below, beside or instead of its own
	set      func(d *decoder, t *T, n node)
}

// must marks a field that has to be there.
func must[T any](f field[T]) field[T] {
	f.required = true
	return f
}

// object is the table of a mapping's keys. Decoding, the JSON Schema, the
// columns of a sheet and the suggestion for a misspelt key come from it.
type object[T any] struct {
	what   string // "a provider", for messages
	def    string // name in the JSON Schema
	fields []field[T]
	src    func(*T) *msp.Source // nil = places are not kept
	names  []string
	index  map[string]int
}

func newObject[T any](def, what string, src func(*T) *msp.Source, fields ...field[T]) *object[T] {
	o := &object[T]{what: what, def: def, fields: fields, src: src, index: map[string]int{}}
	for i, f := range fields {
		o.names = append(o.names, f.name)
		o.index[f.name] = i
	}
	return o
}

// decode reads mapping n into t. Every problem is reported; what is sound is
// kept.
func (o *object[T]) decode(d *decoder, n node, t *T) bool {
	if n.kind != mapping {
		d.errorf(n, "%s is %s", "write its keys as a mapping: "+o.example(), o.what, n.what())
		return false
	}
	src := o.begin(d, n, t)
	lines := make([]int32, len(o.fields))
	excused := ""
	for i := 0; i+1 < len(n.kids); i += 2 {
		key, value := n.kids[i], n.kids[i+1]
		at, ok := o.key(d, key, &excused)
		if !ok {
			continue
		}
		f := &o.fields[at]
		if lines[at] > 0 {
			d.errorf(key, "the key %s stands twice in %s, first on line %d", "keep one", f.name, o.what, lines[at])
			continue
		}
		lines[at] = max(key.line, 1)
		src.Mark(f.name, int(value.line), int(value.col))
		if !f.blankToo && (value.null() || f.required && value.kind == scalar && strings.TrimSpace(value.text) == "") {
			if f.required {
				d.errorf(value, "%s of %s is blank", "write a value", f.name, o.what)
			}
			continue
		}
		f.set(d, t, value)
	}
	o.missing(d, n, lines, excused)
	return true
}

func (o *object[T]) begin(d *decoder, n node, t *T) *msp.Source {
	if o.src == nil {
		return &msp.Source{}
	}
	src := o.src(t)
	src.Pos = d.at(n)
	return src
}

// key finds the field that a key names. excused becomes the field that a
// misspelt key was meant for, so that it is not reported as missing too.
func (o *object[T]) key(d *decoder, key node, excused *string) (int, bool) {
	if key.kind != scalar {
		d.errorf(key, "a key of %s is %s", "write a plain word: "+someOf(o.names), o.what, key.what())
		return 0, false
	}
	if at, ok := o.index[key.text]; ok {
		return at, true
	}
	near, want := o.suggest(d, key.text)
	*excused = near
	d.errorf(key, "unknown key %s in %s", want, quote(key.text), o.what)
	return 0, false
}

func (o *object[T]) suggest(d *decoder, key string) (word, want string) {
	if slices.ContainsFunc(o.names, func(n string) bool { return strings.HasPrefix(key, n+":") }) {
		return "", "put a blank after the colon"
	}
	if near, ok := d.spell.nearest(key, o.names); ok {
		return near, "did you mean " + near + "?"
	}
	switch where := d.places[key]; {
	case key == "<<":
		return "", "merge keys are not used; write the keys out"
	case key == "":
		return "", "write the key before the colon"
	case where != "":
		return "", key + " is a key of " + where
	}
	return "", "the keys are " + someOf(o.names)
}

func (o *object[T]) missing(d *decoder, n node, lines []int32, excused string) {
	for i, f := range o.fields {
		if f.required && lines[i] == 0 && f.name != excused {
			d.errorf(n, "%s has no %s", "add "+f.name+": "+f.doc, o.what, f.name)
		}
	}
}

func (o *object[T]) example() string {
	return "{" + o.names[0] + ": …}"
}

// someOf lists words for a message, cut to a length that fits a line.
func someOf(words []string) string {
	const most = 16
	out := ""
	for i, w := range words {
		if i == most {
			return out + fmt.Sprintf(", … (%d in all)", len(words))
		}
		if i > 0 {
			out += ", "
		}
		if len(w) > 40 {
			w = strings.ToValidUTF8(w[:40], "") + "…"
		}
		out += w
	}
	return out
}
