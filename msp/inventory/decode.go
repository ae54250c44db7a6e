package inventory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"mspscan/msp"
)

// File is one file of an inventory as it was read.
type File struct {
	Name string // as it was given; it stands in every position
	Data []byte
	sum  string // hash of the file, where Data is not as it was
}

// SHA256 gives the hash of the file's bytes in lower-case hexadecimal.
func (f File) SHA256() string {
	if f.sum != "" {
		return f.sum
	}
	sum := sha256.Sum256(f.Data)
	return hex.EncodeToString(sum[:])
}

// Decode reads the files of one inventory: one YAML, JSON or XLSX file, or the
// CSV files of its sheets; the ending of a name says which. It works from the
// bytes alone, so that the same files give the same inventory, positions and
// diagnostics whenever and wherever. The inventory is nil if there is an error
// among the diagnostics; with warnings only it is whole.
func Decode(files []File) (*msp.Inventory, Diagnostics) {
	d, diags := decodeAll(files)
	if d.out.errs > 0 {
		return nil, diags
	}
	return d.inv, diags
}

func decodeAll(files []File) (*decoder, Diagnostics) {
	d := newDecoder(files)
	switch {
	case len(files) == 0:
		d.add(Diagnostic{Problem: "no inventory", Want: "name a file"})
	case format(files[0].Name) == "csv":
		d.csvFiles(files)
	case len(files) > 1:
		d.add(Diagnostic{Pos: msp.Pos{File: files[1].Name, Line: 1, Column: 1}, Problem: "a second file of one inventory", Want: "only CSV files come in several"})
	case format(files[0].Name) == "xlsx":
		d.workbook(files[0])
	default:
		d.textFile(files[0])
	}
	d.finish()
	return d, d.out.sorted()
}

// decoder walks the nodes of one inventory.
type decoder struct {
	g      *grammar
	sheets []msp.Pos // file and sheet of nodes, by their number
	out    *report
	spell  *speller
	places map[string]string // key to the mapping it belongs in, for suggestions
	inv    *msp.Inventory
	ids    *registry
	refs   []reference
	joined document // what sheets say as one YAML file would
	owners []ownedName
	strays []node // providers of access rows that have no relationship
	hint   int    // items that a list is about to get
	lossy  bool   // items were dropped, so that references may miss theirs
}

func newDecoder(files []File) *decoder {
	d := &decoder{
		g: newGrammar(), out: &report{order: map[string]int{}}, spell: newSpeller(),
		inv: &msp.Inventory{}, ids: newRegistry(), sheets: make([]msp.Pos, 1),
	}
	d.places = d.g.places()
	for i, f := range files {
		d.out.order[f.Name] = i
	}
	return d
}

func (d *decoder) add(x Diagnostic) { d.out.add(x) }

func (d *decoder) at(n node) msp.Pos {
	p := d.sheets[n.sheet]
	p.Line, p.Column = int(n.line), int(n.col)
	return p
}

// errorf reports an error at n: what is wrong, formatted with args, and what
// would be right.
func (d *decoder) errorf(n node, format, want string, args ...any) {
	d.add(Diagnostic{Pos: d.at(n), Problem: fmt.Sprintf(format, args...), Want: want})
}

func (d *decoder) warnf(n node, format, want string, args ...any) {
	d.add(Diagnostic{Pos: d.at(n), Problem: fmt.Sprintf(format, args...), Want: want, Warning: true})
}

func (d *decoder) problems(ps []problem) {
	for _, p := range ps {
		d.errorf(node{line: int32(p.line), col: int32(p.col)}, "%s", p.want, p.what)
	}
}

// textFile reads a YAML or JSON file.
func (d *decoder) textFile(f File) {
	d.sheets = []msp.Pos{{File: f.Name}}
	before := d.out.errs
	doc := d.parse(f)
	if d.out.errs == before || d.lossy {
		d.document(doc)
	}
}

// parse gives the top-level entries of a YAML or JSON file. Where an error keeps
// a part from being read, lossy is set; other errors leave nothing to walk.
func (d *decoder) parse(f File) document {
	data := bytes.TrimPrefix(f.Data, utf8BOM)
	if bad := checkText(data); len(bad) > 0 {
		d.problems(bad)
		return document{}
	}
	if isJSON(data) {
		return parseJSON(data)
	}
	lx := lex(data)
	if len(lx.problems) > 0 {
		d.problems(lx.problems)
		return document{}
	}
	data = known(data, lx.questions)
	if lx.unclosed.line > 0 {
		d.lossy = true
		d.problems([]problem{lx.unclosed})
		data = lx.before(data, lx.unclosed.line)
	}
	return parseYAML(data, lx)
}

// known replaces each bare ? that stands as a value by ~: YAML has no place for
// it, people write it for an answer that they do not have.
func known(data []byte, questions []int) []byte {
	if len(questions) == 0 {
		return data
	}
	data = bytes.Clone(data)
	for _, at := range questions {
		data[at] = '~'
	}
	return data
}

// document walks the top-level keys.
func (d *decoder) document(doc document) {
	top := node{line: 1, col: 1}
	d.inv.Src.Pos = d.at(top)
	d.problems(doc.problems)
	d.lossy = d.lossy || len(doc.problems) > 0
	if len(doc.entries) == 0 {
		if !d.lossy {
			d.errorf(top, "the file holds no inventory", "begin with version: 1 and organisation:")
		}
		return
	}
	lines := make([]int32, len(d.g.inventory.fields))
	excused := ""
	for _, e := range doc.entries {
		d.entry(e, lines, &excused)
	}
	if !d.lossy {
		d.g.inventory.missing(d, top, lines, excused)
	}
}

// entry reads one top-level key.
func (d *decoder) entry(e entry, lines []int32, excused *string) {
	at, ok := d.g.inventory.key(d, e.key, excused)
	if !ok {
		d.lossy = d.lossy || *excused != "" && *excused != "internal"
		return
	}
	f := &d.g.inventory.fields[at]
	if lines[at] > 0 {
		d.errorf(e.key, "the key %s stands twice in %s, first on line %d", "keep one", f.name, d.g.inventory.what, lines[at])
		return
	}
	lines[at] = e.key.line
	d.inv.Src.Mark(f.name, int(e.value.line), int(e.value.col))
	if e.items != nil {
		d.stream(e, f)
		return
	}
	switch {
	case !e.value.null():
		f.set(d, d.inv, e.value)
	case f.required:
		d.errorf(e.value, "%s of %s is blank", "write a value", f.name, d.g.inventory.what)
	}
}

// stream walks the items of a list as they are parsed.
func (d *decoder) stream(e entry, f *field[msp.Inventory]) {
	d.hint = e.count
	for items, bad := range e.items {
		d.problems(bad)
		d.lossy = d.lossy || len(bad) > 0
		f.set(d, d.inv, node{kind: list, line: e.value.line, col: e.value.col, kids: items})
		if d.out.more > 0 {
			return // enough for one run
		}
	}
}

// format says how a file is read, by the ending of its name.
func format(name string) string {
	ext := strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
	if slices.Contains([]string{".csv", ".xlsx"}, ext) {
		return ext[1:]
	}
	return "yaml"
}
