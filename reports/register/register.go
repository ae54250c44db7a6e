// Package register writes the registers of service providers that rules ask for,
// from one inventory: the managed service register of the Australian ISM, four
// templates of the EU register of information (DORA), and a register of material
// providers for APRA CPS 230. What the inventory does not know is a blank cell,
// never a guess.
package register

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// Table is one register or template.
type Table struct {
	Name   string
	Header []string
	Rows   []Row
	seen   map[string]bool // rows that are there, by their cells and, for parties without a code, their place
}

// Row is a line of a table. Pos is the place in the inventory that it comes from.
type Row struct {
	Cells []string
	Pos   msp.Pos
}

// Problem is what keeps a register from being complete. Check is the number of
// the supervisors' check that would refuse it; 0 = none would.
type Problem struct {
	Check      int
	Pos        msp.Pos
	What, Want string
}

// add appends a row unless the same one is there. Rows of parties that are not
// named by an identification code look alike and are not the same.
func (t *Table) add(pos msp.Pos, named bool, cells ...string) {
	key := strings.Join(cells, "\x00")
	if !named {
		key += "\x00" + pos.String()
	}
	if t.seen[key] {
		return
	}
	t.seen[key] = true
	t.Rows = append(t.Rows, Row{cells, pos})
}

// WriteCSV writes the table as CSV (RFC 4180). Cells are guarded against being
// read as formulas, unless raw asks for what a machine is to read.
func (t Table) WriteCSV(w io.Writer, raw bool) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	lines := [][]string{t.Header}
	for _, r := range t.Rows {
		lines = append(lines, r.Cells)
	}
	for _, cells := range lines {
		safe := make([]string, len(cells))
		for i, s := range cells {
			if safe[i] = msp.Visible(s); !raw {
				safe[i] = reports.CSVCell(s)
			}
		}
		if err := out.Write(safe); err != nil {
			return fmt.Errorf("write %s: %w", t.Name, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write %s: %w", t.Name, err)
	}
	return nil
}

// parties finds providers by id.
func parties(inv *msp.Inventory) map[string]*msp.Provider {
	out := make(map[string]*msp.Provider, len(inv.Providers))
	for i := range inv.Providers {
		out[inv.Providers[i].ID] = &inv.Providers[i]
	}
	return out
}

// nameOf gives a party's name, or its id where it has none.
func nameOf(by map[string]*msp.Provider, inv *msp.Inventory, id string) string {
	switch p := by[id]; {
	case p != nil && p.Name != "":
		return p.Name
	case id == inv.Organisation.ID && inv.Organisation.Name != "":
		return inv.Organisation.Name
	}
	return id
}

// yesNo gives an answer as registers show it; nothing for unknown.
func yesNo(r msp.Reply) string {
	switch r.Answer {
	case msp.Yes:
		return "Yes"
	case msp.No:
		return "No"
	case msp.NA:
		return "Not applicable"
	}
	return ""
}

// listed joins a list; "none" where it is stated as empty.
func listed(l msp.OptList) string {
	if l.Known && len(l.Values) == 0 {
		return "none"
	}
	return strings.Join(l.Values, ", ")
}

// number gives a stated number, or "none".
func number(o msp.OptInt) string {
	switch {
	case o.None:
		return "none"
	case o.Known:
		return fmt.Sprint(o.Value)
	}
	return ""
}
