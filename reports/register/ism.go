package register

import (
	"cmp"
	"fmt"
	"strings"

	"mspscan/msp"
	"mspscan/msp/inventory"
)

// ISM1737 gives the managed service register: a row for each service to the
// organisation itself, in the order of the inventory; and a problem for each
// row with blank fields.
func ISM1737(inv *msp.Inventory) (Table, []Problem) {
	t := Table{Name: "ISM-1737 managed service register", Header: inventory.ISMColumns()}
	by := parties(inv)
	var problems []Problem
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		if r.Customer != inv.Organisation.ID {
			continue
		}
		users, always := contacts(r, by[r.Provider])
		cells := []string{
			nameOf(by, inv, r.Provider), r.Service, r.Purpose, r.DataSensitivity,
			r.NextAssessment.String(), arrangements(&r.Contract), users, always,
		}
		t.Rows = append(t.Rows, Row{cells, r.Src.Pos})
		var blank []string
		for c, s := range cells {
			if s == "" {
				blank = append(blank, t.Header[c])
			}
		}
		if len(blank) > 0 {
			problems = append(problems, Problem{
				Pos: r.Src.Pos, What: fmt.Sprintf("the register row of %s for %s lacks: %s", r.Provider, cmp.Or(r.Service, "a service without a name"), strings.Join(blank, ", ")),
				Want: "ISM-1737 asks for all eight fields",
			})
		}
	}
	return t, problems
}

// contacts gives those of the relationship, else of the provider.
func contacts(r *msp.Relationship, p *msp.Provider) (users, always string) {
	users, always = r.Contacts.Users, r.Contacts.Always
	if p != nil {
		users, always = cmp.Or(users, p.Contacts.Users), cmp.Or(always, p.Contacts.Always)
	}
	return users, always
}

// arrangements words a contract: reference and term.
func arrangements(c *msp.Contract) string {
	if c.None {
		return "none"
	}
	var parts []string
	if c.Ref != "" {
		parts = append(parts, c.Ref)
	}
	if c.Starts.Known() {
		parts = append(parts, "from "+c.Starts.String())
	}
	if c.Ends.Known() {
		parts = append(parts, "until "+c.Ends.String())
	}
	if len(parts) == 0 && c.Stated {
		return "in writing"
	}
	return strings.Join(parts, " ")
}
