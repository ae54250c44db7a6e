package inventory

import (
	"slices"
	"strings"
)

// cellForm says what a cell holds for a field.
type cellForm uint8

const (
	cellOne    cellForm = iota // one value
	cellWords                  // ids, names or words, with semicolons, commas or line ends between
	cellTexts                  // texts, with semicolons or line ends between; none = stated none
	cellReply                  // an answer; its evidence stands in columns of its own
	cellNumber                 // a number
	cellBelow                  // nothing: the columns below hold it
)

// column is a column of a sheet. Its name is the path of the value in the YAML
// form, such as contract.starts.
type column struct {
	path  string
	form  cellForm
	doc   string
	words []string
	extra bool // the evidence of an answer
	rare  bool // written only where it is used
}

// columns lists the columns that a table takes up, in order.
func (o *object[T]) columns(prefix string) []column {
	var out []column
	for _, f := range o.fields {
		c := column{path: prefix + f.name, form: f.cell, doc: f.doc, words: f.words}
		switch {
		case f.cell == cellReply:
			c.words = []string{"yes", "no", "unknown", "na"}
			out = append(out, c)
			for _, name := range []string{"evidence", "source", "date", "reason"} {
				out = append(out, column{path: c.path + "." + name, extra: true, rare: true, doc: "of the answer: its " + name})
			}
			continue
		case f.cell != cellBelow:
			out = append(out, c)
		}
		if f.below != nil {
			out = append(out, f.below(c.path+".")...)
		}
	}
	return out
}

// sheetNames lists the sheets of an inventory in order.
func sheetNames() []string {
	return []string{"organisation", "assets", "providers", "relationships", "access", "internal"}
}

// sheetColumns gives the columns of a sheet.
func (g *grammar) sheetColumns(sheet string) []column {
	switch sheet {
	case "organisation":
		return append([]column{{path: "version", doc: "the version of this format: 1"}}, g.organisation.columns("")...)
	case "assets":
		return g.asset.columns("")
	case "providers":
		return g.provider.columns("")
	case "relationships":
		return g.relationship.columns("")
	case "access":
		return append(g.relationship.columns("")[:3:3], g.access.columns("")...)
	}
	return g.internal.columns("")
}

// table is a sheet as it was read: the cells of each row by column.
type table struct {
	name   string // of the sheet
	number uint16 // of its place among the decoder's sheets
	header []node
	rows   [][]node // blank cells are null nodes
}

// rowsOf turns the rows of a table into mappings, by the columns of its header.
func (d *decoder) rowsOf(t table) []node {
	known := d.g.sheetColumns(t.name)
	cols := d.header(t, known)
	var out []node
	for _, cells := range t.rows {
		row := node{kind: mapping, sheet: t.number}
		for i, cell := range cells {
			if cell.blank() {
				continue
			}
			if row.line == 0 {
				row.line, row.col = cell.line, cell.col
			}
			switch {
			case i >= len(cols):
				d.errorf(cell, "a cell beyond the last column holds %s", "remove it, or give the column a name", cell.what())
			case cols[i] != nil:
				d.put(&row, cols[i].path, *cols[i], cell)
			}
		}
		if row.line > 0 {
			out = append(out, row)
		}
	}
	return out
}

// header finds the column that each cell of the header names; nil where it
// names none.
func (d *decoder) header(t table, known []column) []*column {
	paths := make([]string, len(known))
	for i, c := range known {
		paths[i] = c.path
	}
	var cols []*column
	for _, cell := range t.header {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(cell.text)), " ", "_")
		at := slices.Index(paths, name)
		switch {
		case cell.blank():
		case at < 0:
			want := "the columns are " + someOf(paths)
			if near, ok := d.spell.nearest(name, paths); ok {
				want = "did you mean " + near + "?"
			}
			d.errorf(cell, "unknown column %s in %s", want, quote(cell.text), t.name)
		case slices.Contains(cols, &known[at]):
			d.errorf(cell, "the column %s stands twice in %s", "keep one", name, t.name)
			at = -1
		}
		if cell.blank() || at < 0 {
			cols = append(cols, nil)
		} else {
			cols = append(cols, &known[at])
		}
	}
	return cols
}

// put sets the value at path below mapping n.
func (d *decoder) put(n *node, path string, c column, cell node) {
	name, rest, deeper := strings.Cut(path, ".")
	at := -1
	for i := 0; i < len(n.kids); i += 2 {
		if n.kids[i].text == name {
			at = i + 1
		}
	}
	if at < 0 {
		key := node{text: name, line: cell.line, col: cell.col, sheet: cell.sheet}
		n.kids = append(n.kids, key, node{kind: nothing})
		at = len(n.kids) - 1
	}
	value := &n.kids[at]
	switch {
	case !deeper:
		*value = valueOf(c, cell)
		return
	case value.kind == nothing:
		*value = node{kind: mapping, line: cell.line, col: cell.col, sheet: cell.sheet}
		if c.extra { // evidence of an answer that is blank
			d.put(value, "answer", column{}, node{line: cell.line, col: cell.col, sheet: cell.sheet})
		}
	case value.kind != mapping && c.extra:
		answer := *value
		*value = node{kind: mapping, line: answer.line, col: answer.col, sheet: answer.sheet}
		d.put(value, "answer", column{}, answer)
	case value.kind != mapping:
		d.errorf(cell, "%s is filled, yet %s is %s", "empty one of the two", c.path, name, value.what())
		return
	}
	d.put(value, rest, c, cell)
}

// valueOf gives the value of a cell by the form of its column.
func valueOf(c column, cell node) node {
	separators := ";\n"
	if c.form == cellWords {
		separators = ";,\n"
	}
	if c.form != cellWords && c.form != cellTexts || c.form == cellTexts && (none(cell) || unknownWord(cell)) {
		return cell
	}
	out := node{kind: list, line: cell.line, col: cell.col, sheet: cell.sheet}
	for _, text := range strings.FieldsFunc(cell.text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if text = strings.TrimSpace(text); text != "" {
			item := cell
			item.text = text
			out.kids = append(out.kids, item)
		}
	}
	return out
}
