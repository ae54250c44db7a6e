package inventory

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// tables walks the sheets of an inventory as if they were one YAML file.
func (d *decoder) tables(ts []table) {
	rows := map[string][]node{}
	places := map[string]node{}
	for _, t := range ts {
		rows[t.name] = append(rows[t.name], d.rowsOf(t)...)
		places[t.name] = node{kind: list, line: 1, col: 1, sheet: t.number}
	}
	d.joinAccess(rows["relationships"], d.mergeAccess(rows["access"]))
	var doc document
	add := func(key string, value node) {
		doc.entries = append(doc.entries, entry{key: node{text: key, line: value.line, col: value.col, sheet: value.sheet}, value: value})
	}
	version := node{text: "1", line: 1, col: 1}
	if org := rows["organisation"]; len(org) > 0 {
		if v, ok := takeOut(&org[0], "version"); ok {
			version = v
		}
		add("version", version)
		add("organisation", org[0])
		if len(org) > 1 {
			d.errorf(org[1], "a second organisation", "an inventory is of one organisation; others are providers")
		}
	}
	for _, name := range []string{"assets", "providers", "relationships", "internal"} {
		if len(rows[name]) > 0 {
			value := places[name]
			value.kids = rows[name]
			add(name, value)
		}
	}
	if len(rows["organisation"]) == 0 {
		d.errorf(places[ts[0].name], "no sheet holds the organisation", "add a sheet or file named organisation with a row")
		d.lossy = true
	}
	d.joined = doc
	d.document(doc)
}

// takeOut removes a key from a mapping and gives its value.
func takeOut(n *node, key string) (node, bool) {
	for i := 0; i < len(n.kids); i += 2 {
		if n.kids[i].text == key {
			v := n.kids[i+1]
			n.kids = slices.Delete(slices.Clone(n.kids), i, i+2)
			return v, true
		}
	}
	return node{}, false
}

func valueAt(n node, key string) node {
	for i := 0; i < len(n.kids); i += 2 {
		if n.kids[i].text == key {
			return n.kids[i+1]
		}
	}
	return node{}
}

// mergeAccess makes one item of the rows with the same id: their targets are
// merged, everything else must be the same or blank.
func (d *decoder) mergeAccess(rows []node) []node {
	first := map[string]int{}
	var out []node
	for _, row := range rows {
		id := valueAt(row, "id").text
		at, seen := first[id]
		if !seen || id == "" {
			first[id] = len(out)
			out = append(out, row)
			continue
		}
		d.merge(&out[at], row, id)
	}
	return out
}

func (d *decoder) merge(into *node, row node, id string) {
	for i := 0; i < len(row.kids); i += 2 {
		key, value := row.kids[i].text, row.kids[i+1]
		old := valueAt(*into, key)
		switch {
		case old.line == 0:
			into.kids = append(into.kids, row.kids[i], value)
		case key == "reaches":
			for j := 1; j < len(into.kids); j += 2 {
				if into.kids[j-1].text == key {
					into.kids[j].kids = append(slices.Clone(into.kids[j].kids), value.kids...)
				}
			}
		case !sameNode(old, value):
			d.errorf(value, "access %s has another %s than on line %d", "the rows of one id may differ in reaches only", quote(id), key, old.line)
		}
	}
}

// sameNode compares values without their places.
func sameNode(a, b node) bool {
	return a.kind == b.kind && a.text == b.text && slices.EqualFunc(a.kids, b.kids, sameNode)
}

// joinAccess puts each access item into the relationship that its columns
// provider, customer and service name; a customer or service may stay blank
// where there is only one.
func (d *decoder) joinAccess(relationships, access []node) {
	for _, item := range access {
		want := map[string]node{}
		for _, key := range []string{"provider", "customer", "service"} {
			want[key], _ = takeOut(&item, key)
		}
		at := matching(relationships, want)
		switch {
		case len(at) == 1:
			d.attach(&relationships[at[0]], item)
			continue
		case want["provider"].line == 0:
			d.errorf(item, "access %s names no provider", "fill the column provider", quote(valueAt(item, "id").text))
		case len(at) > 1:
			d.errorf(want["provider"], "provider %s has %d relationships that fit", "fill the columns customer and service", quote(want["provider"].text), len(at))
		case len(matching(relationships, map[string]node{"provider": want["provider"]})) > 0:
			d.errorf(want["provider"], "provider %s has no relationship with this customer and service", "write both as on the sheet relationships", quote(want["provider"].text))
		default:
			d.strays = append(d.strays, want["provider"])
		}
		var lost msp.Relationship
		d.access(item, &lost)
	}
}

// matching gives the relationships that agree with every cell that is filled.
func matching(relationships []node, want map[string]node) []int {
	var out []int
	if want["provider"].line == 0 {
		return nil
	}
	for i, r := range relationships {
		fits := true
		for key, cell := range want {
			got := valueAt(r, key)
			fits = fits && (cell.line == 0 || got.text == cell.text || key == "customer" && got.line == 0)
		}
		if fits {
			out = append(out, i)
		}
	}
	return out
}

// attach adds an access item to a relationship.
func (d *decoder) attach(r *node, item node) {
	for i := 1; i < len(r.kids); i += 2 {
		if r.kids[i-1].text != "access" {
			continue
		}
		if r.kids[i].kind != list {
			d.errorf(r.kids[i], "access is %s, yet the sheet access has rows for it", "empty the cell", r.kids[i].what())
			r.kids[i] = node{kind: list, line: r.line, col: r.col, sheet: r.sheet}
		}
		r.kids[i].kids = append(r.kids[i].kids, item)
		return
	}
	key := node{text: "access", line: r.line, col: r.col, sheet: r.sheet}
	r.kids = append(r.kids, key, node{kind: list, line: r.line, col: r.col, sheet: r.sheet, kids: []node{item}})
}

// resolveStrays reports access items whose provider has no relationship.
func (d *decoder) resolveStrays() {
	for _, cell := range d.strays {
		r := reference{d.at(cell), cell.text, refProvider, "provider"}
		if !d.known(r) {
			d.refs = append(d.refs, r)
			continue
		}
		d.errorf(cell, "provider %s has no relationship", "add a row to the sheet relationships", quote(cell.text))
	}
}

// sheetNamed finds which sheet a name means; false with a diagnostic if it
// means none.
func (d *decoder) sheetNamed(name string, place node) (string, bool) {
	folded := strings.ToLower(strings.TrimSpace(name))
	if slices.Contains(sheetNames(), folded) {
		return folded, true
	}
	if near, ok := d.spell.nearest(folded, sheetNames()); ok {
		d.errorf(place, "no sheet is named %s", "did you mean "+near+"?", quote(name))
	} else {
		d.warnf(place, "%s is no sheet of an inventory and was not read", fmt.Sprintf("the sheets are %s", someOf(sheetNames())), quote(name))
	}
	return "", false
}
