package inventory

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// refKind says what an id may name.
type refKind uint8

const (
	refProvider refKind = iota
	refCustomer         // the organisation or a provider
	refAsset
	refReached // an asset or a provider
)

func (k refKind) String() string {
	return [...]string{"provider", "customer", "asset", "asset or provider"}[k]
}

// reference is an id to be checked when all definitions are known.
type reference struct {
	pos  msp.Pos
	id   string
	kind refKind
	what string // the key that holds it
}

// idSpace says what shares a space of ids: nodes (organisation, assets,
// providers) can be meant by the same word in a path or after --compromise,
// doors (access, internal) after --close.
type idSpace uint8

const (
	nodeIDs idSpace = iota
	doorIDs
)

// definition is where an id was given to what.
type definition struct {
	what string // "asset", "provider", …
	pos  msp.Pos
}

// registry knows the ids of an inventory.
type registry struct {
	spaces [2]map[string]definition
	ids    map[string][]string // by what, in order
	byName map[string]string   // display name, folded, to id, for suggestions
}

func newRegistry() *registry {
	return &registry{
		spaces: [2]map[string]definition{{}, {}},
		ids:    map[string][]string{}, byName: map[string]string{},
	}
}

// define takes note of an id; a second use of it is an error.
func (d *decoder) define(space idSpace, what, id, name string, pos msp.Pos) {
	if id == "" {
		return
	}
	if old, ok := d.ids.spaces[space][id]; ok {
		d.add(Diagnostic{
			Pos:     pos,
			Problem: fmt.Sprintf("%s id %s is taken by %s %son line %d", what, quote(id), article(old.what), inFile(pos, old.pos), old.pos.Line),
			Want:    "give each its own id",
		})
		return
	}
	d.ids.spaces[space][id] = definition{what, pos}
	d.ids.ids[what] = append(d.ids.ids[what], id)
	if name != "" {
		d.ids.byName[strings.ToLower(name)] = id
	}
}

func article(what string) string {
	if strings.ContainsAny(what[:1], "aeio") {
		return "an " + what
	}
	return "a " + what
}

// inFile names the file or sheet of an earlier place if it is another one.
func inFile(here, there msp.Pos) string {
	here.Line, there.Line = 0, 0
	if here.String() == there.String() {
		return ""
	}
	return "in " + there.String() + " "
}

// refer reads an id that must exist; resolve checks it at the end.
func (d *decoder) refer(n node, what string, kind refKind) (string, bool) {
	s, ok := d.scalar(n, what, "write the id of "+article(kind.String()))
	if ok {
		d.refs = append(d.refs, reference{d.at(n), s, kind, what})
	}
	return s, ok
}

// resolve checks every reference.
func (d *decoder) resolve() {
	known := map[refKind][]string{}
	for _, r := range d.refs {
		if d.out.more > 0 {
			return // enough for one run
		}
		if d.known(r) || r.kind == refCustomer && d.inv.Organisation.ID == "" {
			continue // or its id is the one that is missing
		}
		if known[r.kind] == nil {
			known[r.kind] = d.candidates(r.kind)
		}
		d.add(Diagnostic{
			Pos:     r.pos,
			Problem: fmt.Sprintf("%s names %s, which is no %s of the inventory", r.what, quote(r.id), r.kind),
			Want:    d.wantedID(r, known[r.kind]),
		})
	}
}

func (d *decoder) known(r reference) bool {
	def, ok := d.ids.spaces[nodeIDs][r.id]
	if !ok {
		return false
	}
	switch r.kind {
	case refProvider:
		return def.what == "provider"
	case refCustomer:
		return def.what != "asset"
	case refAsset:
		return def.what == "asset"
	}
	return def.what != "organisation"
}

func (d *decoder) candidates(k refKind) []string {
	var out []string
	for _, what := range []string{"organisation", "asset", "provider"} {
		if d.known(reference{id: firstOf(d.ids.ids[what]), kind: k}) {
			out = append(out, d.ids.ids[what]...)
		}
	}
	return out
}

func firstOf(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// wantedID says which id was probably meant.
func (d *decoder) wantedID(r reference, known []string) string {
	if r.id == d.inv.Organisation.ID && r.what == "reaches" {
		return "leave reaches empty for a door into the whole customer"
	}
	if id, ok := d.ids.byName[strings.ToLower(r.id)]; ok && slices.Contains(known, id) {
		return "write its id: " + id
	}
	if near, ok := d.spell.nearest(strings.ToLower(r.id), known); ok {
		return "did you mean " + near + "?"
	}
	if strings.ContainsAny(r.id, ",;| ") && r.kind != refProvider {
		return "write the ids as a list, such as [ad, erp]"
	}
	if len(known) == 0 {
		return "the inventory has none yet"
	}
	return "the ids are " + someOf(known)
}
