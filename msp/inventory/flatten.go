package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sheet is an inventory's sheet as text: a header of column names, then rows.
type Sheet struct {
	Name string
	Rows [][]string
	cols []column // of the header
}

// Sheets gives the sheets of a YAML or JSON inventory, for a workbook or CSV
// files. Reading them back gives the same inventory. The error is Diagnostics
// where the file is no sound inventory.
func Sheets(f File) ([]Sheet, error) {
	if format(f.Name) != "yaml" {
		return nil, fmt.Errorf("make sheets: %s is no YAML or JSON inventory", f.Name)
	}
	if _, diags := Decode([]File{f}); diags.Err() != nil {
		return nil, diags
	}
	d := newDecoder([]File{f})
	rows, err := d.flatRows(d.parse(f))
	if err != nil {
		return nil, fmt.Errorf("make sheets of %s: %w", f.Name, err)
	}
	var out []Sheet
	for _, name := range sheetNames() {
		out = append(out, d.g.sheet(name, rows[name]))
	}
	return out, nil
}

// flatRow is a row by column.
type flatRow map[string]string

// flatRows gives the rows of every sheet.
func (d *decoder) flatRows(doc document) (map[string][]flatRow, error) {
	out := map[string][]flatRow{}
	var errs []error
	add := func(sheet string, n node, more flatRow) {
		row := flatRow{}
		for _, c := range d.g.sheetColumns(sheet) {
			if err := flatten(n, c, row); err != nil {
				errs = append(errs, err)
			}
		}
		for k, v := range more {
			row[k] = v
		}
		out[sheet] = append(out[sheet], row)
	}
	for _, e := range doc.entries {
		switch e.key.text {
		case "version":
		case "organisation":
			add("organisation", e.value, flatRow{"version": "1"})
		default:
			for _, item := range e.all() {
				if e.key.text != "relationships" {
					add(e.key.text, item, nil)
					continue
				}
				add("relationships", item, statedAccess(item))
				for _, door := range valueAt(item, "access").kids {
					add("access", door, flatRow{
						"provider": valueAt(item, "provider").text, "customer": valueAt(item, "customer").text, "service": valueAt(item, "service").text,
					})
				}
			}
		}
	}
	return out, errors.Join(errs...)
}

// statedAccess fills the column access: none if there are none, blank if they
// are unknown or stand on their own sheet.
func statedAccess(relationship node) flatRow {
	if access := valueAt(relationship, "access"); none(access) || access.kind == list && len(access.kids) == 0 {
		return flatRow{"access": "none"}
	}
	return flatRow{"access": ""}
}

// all gives the items of a list, read ahead or not.
func (e entry) all() []node {
	if e.items == nil {
		return e.value.kids
	}
	var out []node
	for items := range e.items {
		out = append(out, slices.Clone(items)...)
	}
	return out
}

// flatten puts the value of column c of mapping n into row.
func flatten(n node, c column, row flatRow) error {
	value := n
	for _, key := range strings.Split(c.path, ".") {
		if value.kind != mapping {
			return nil
		}
		value = valueAt(value, key)
	}
	switch {
	case value.kind == mapping && c.form == cellReply:
		value = valueAt(value, "answer")
	case value.kind == mapping:
		return nil
	}
	if value.kind == scalar {
		if !value.null() {
			row[c.path] = value.text
		}
		return nil
	}
	texts := make([]string, len(value.kids))
	for i, k := range value.kids {
		if strings.ContainsAny(k.text, ";\n") {
			return fmt.Errorf("%s on line %d holds %s, which a cell cannot hold in a list", c.path, k.line, quote(k.text))
		}
		texts[i] = k.text
	}
	row[c.path] = strings.Join(texts, "; ")
	if len(texts) == 0 && c.form == cellTexts {
		row[c.path] = "none"
	}
	return nil
}

// sheet lays rows out by columns. Columns that are rarely used, such as
// those for the evidence of answers, appear only where one is filled.
func (g *grammar) sheet(name string, rows []flatRow) Sheet {
	s := Sheet{Name: name, Rows: [][]string{nil}}
	for _, c := range g.sheetColumns(name) {
		used := slices.ContainsFunc(rows, func(r flatRow) bool { return r[c.path] != "" })
		if used || !c.rare {
			s.cols = append(s.cols, c)
			s.Rows[0] = append(s.Rows[0], c.path)
		}
	}
	for _, r := range rows {
		cells := make([]string, len(s.cols))
		for i, c := range s.cols {
			cells[i] = r[c.path]
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}
