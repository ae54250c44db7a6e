package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp/questionnaire"
)

// write makes the planned edits and proves that they did what they should and
// nothing else. What the editor cannot place joins the conflicts.
func (fl *filler) write(f File) []byte {
	if data, ok := fl.try(f, fl.planned); ok {
		return data
	}
	var good []plan
	for _, p := range fl.planned {
		if _, ok := fl.try(f, append(good[:len(good):len(good)], p)); ok {
			good = append(good, p)
			continue
		}
		fl.done.Conflicts = append(fl.done.Conflicts, Diagnostic{
			Pos:     p.answer.Cell(questionnaire.ColumnAnswer),
			Problem: fmt.Sprintf("the answer to %s cannot be written into the inventory as it is laid out at %s", p.what, Place(fl.ed.pos(p.at.node))),
			Want:    "write it there by hand: " + strings.Join(p.keys, ": ") + ": " + fl.ed.text(p.value),
		})
	}
	fl.planned = good
	data, _ := fl.try(f, good)
	return data
}

// try makes some edits and reads the outcome back.
func (fl *filler) try(f File, plans []plan) ([]byte, bool) {
	if len(plans) == 0 {
		return f.Data, true
	}
	edits, ok := fl.ed.edits(plans)
	if !ok {
		return nil, false
	}
	after := File{Name: f.Name, Data: fl.ed.apply(edits)}
	if _, diags := Decode([]File{after}); diags.Err() != nil {
		return nil, false
	}
	ed := newEditor(after)
	touched := map[string]bool{}
	for _, p := range plans {
		n := ed.root
		for _, step := range strings.Split(strings.Trim(p.at.path, "/")+"/"+strings.Join(p.keys, "/"), "/") {
			n, ok = n.step(step)
			if !ok {
				return nil, false
			}
		}
		if !fl.same(n, p) {
			return nil, false
		}
		touched[p.at.path+"/"+strings.Join(p.keys, "/")] = true
	}
	return after.Data, slices.Equal(leaves(fl.ed.root, "", touched, nil), leaves(ed.root, "", touched, nil))
}

// step goes down one key of a mapping or one item of a list.
func (n node) step(name string) (node, bool) {
	if n.kind == list {
		i, err := strconv.Atoi(name)
		if err != nil || i >= len(n.kids) {
			return node{}, false
		}
		return n.kids[i], true
	}
	return n.value(name)
}

// leaves lists all values with their paths but for the touched ones. A mapping
// with nothing in it and a blank count as nothing: they may have been filled.
func leaves(n node, path string, touched map[string]bool, out []string) []string {
	if touched[path] {
		return out
	}
	switch n.kind {
	case mapping:
		for i := 0; i+1 < len(n.kids); i += 2 {
			out = leaves(n.kids[i+1], path+"/"+n.kids[i].text, touched, out)
		}
	case list:
		out = append(out, path+" list "+strconv.Itoa(len(n.kids)))
		for i, k := range n.kids {
			out = leaves(k, path+"/"+strconv.Itoa(i), touched, out)
		}
	case scalar:
		if !n.null() {
			out = append(out, path+"="+strconv.Quote(n.text)+strconv.FormatBool(n.quoted))
		}
	}
	return out
}
