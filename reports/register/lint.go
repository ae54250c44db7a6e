package register

import (
	"fmt"
	"slices"
	"strings"
)

// keys gives the columns, by their number, that make up the key of a template. A
// column of optional may be blank.
func keys(table string) (needed, optional []int) {
	switch table {
	case B0202:
		return []int{0, 1, 2, 4, 5, 12, 14, 15}, nil
	case B0501:
		return []int{0, 1}, nil
	case B0502:
		return []int{0, 1, 2, 4}, []int{5}
	}
	return []int{0, 1, 3}, nil
}

// reference says that a column's values must stand in a column of another
// template.
type reference struct {
	from   string
	column int
	to     string
	target int
}

func references() []reference {
	return []reference{
		{B0202, 2, B0501, 0},
		{B0502, 2, B0501, 0},
		{B0502, 5, B0501, 0},
		{B0701, 1, B0501, 0},
		{B0502, 0, B0202, 0},
		{B0701, 0, B0202, 0},
	}
}

// lint checks the keys as the European supervisors do when they take a register
// in: a blank key (check 805), a key that stands twice (806), a reference that
// leads nowhere (807). Each column is named once, with the first place.
func lint(tables []Table) []Problem {
	var out []Problem
	for _, t := range tables {
		out = append(out, blanks(t)...)
		out = append(out, twins(t)...)
	}
	for _, r := range references() {
		out = append(out, dangling(tables, r)...)
	}
	return out
}

func blanks(t Table) []Problem {
	var out []Problem
	needed, _ := keys(t.Name)
	for _, c := range needed {
		n, first := 0, Row{}
		for _, r := range t.Rows {
			if r.Cells[c] == "" {
				if n++; n == 1 {
					first = r
				}
			}
		}
		if n > 0 {
			out = append(out, Problem{
				Check: 805, Pos: first.Pos, What: fmt.Sprintf("%s %s is blank in %d of %d rows (check 805: empty key)", t.Name, t.Header[c], n, len(t.Rows)), Want: remedy(t.Name, c),
			})
		}
	}
	return out
}

// remedy says where a value comes from.
func remedy(table string, column int) string {
	switch header := doraHeader(table)[column]; {
	case strings.Contains(header, "reference number"):
		return "add contract: {ref: …} to the relationship"
	case strings.Contains(header, "LEI"):
		return "name the organisation's with --lei"
	case strings.Contains(header, "dentification code"), strings.Contains(header, "Type of code"):
		return "add legal_id: {scheme: …, value: …} to the provider"
	case strings.Contains(header, "Country"):
		return "add country to the provider"
	case strings.Contains(header, "Location"):
		return "add locations to the contract, and a data_custody access if data is stored; else fill it in by hand"
	}
	return "the inventory does not hold it; fill it in by hand"
}

func twins(t Table) []Problem {
	var out []Problem
	needed, optional := keys(t.Name)
	first := map[string]Row{}
	for _, r := range t.Rows {
		if r.Cells[needed[0]] == "" {
			continue // named as blank
		}
		var parts []string
		for _, c := range slices.Concat(needed, optional) {
			parts = append(parts, r.Cells[c])
		}
		key := strings.Join(parts, "\x00")
		old, twice := first[key]
		if !twice {
			first[key] = r
			continue
		}
		out = append(out, Problem{
			Check: 806, Pos: r.Pos, What: fmt.Sprintf("%s: the same key as that of %s, with other values (check 806: duplicate key)", t.Name, old.Pos), Want: "tell them apart by contract reference, or join them",
		})
	}
	return out
}

func dangling(tables []Table, ref reference) []Problem {
	from, to := find(tables, ref.from), find(tables, ref.to)
	known := map[string]bool{}
	for _, r := range to.Rows {
		known[r.Cells[ref.target]] = true
	}
	var out []Problem
	for _, r := range from.Rows {
		if s := r.Cells[ref.column]; s != "" && !known[s] {
			out = append(out, Problem{
				Check: 807, Pos: r.Pos, What: fmt.Sprintf("%s %s: %q is not in %s (check 807: broken reference)", from.Name, from.Header[ref.column], s, to.Name), Want: "declare it",
			})
		}
	}
	return out
}

func find(tables []Table, name string) Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	return Table{}
}
