package inventory

import (
	"fmt"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// ownedName is a domain or host of the inventory, where it stands and whose it
// is.
type ownedName struct {
	name  msp.Name
	pos   msp.Pos
	owner string
}

// named takes note of a domain or host; own says later whose it is.
func (d *decoder) named(n msp.Name, pos msp.Pos) {
	d.owners = append(d.owners, ownedName{name: n, pos: pos})
}

// own gives the last names to their owner.
func (d *decoder) own(id string, names int) {
	for i := len(d.owners) - names; i < len(d.owners); i++ {
		d.owners[i].owner = id
	}
}

// finish sets the defaults and makes the checks that need more than one value.
func (d *decoder) finish() {
	org := &d.inv.Organisation
	if org.Name == "" {
		org.Name = org.ID
	}
	if !org.Src.Has("essential_eight_target") {
		org.EssentialEightTarget = 2
	}
	for i := range d.inv.Relationships {
		r := &d.inv.Relationships[i]
		if r.Customer == "" {
			r.Customer = org.ID
		}
		d.checkContract(r.Contract)
	}
	if !d.lossy {
		d.resolveStrays()
		d.resolve()
	}
	d.checkNames()
	d.checkDoorIDs()
	d.checkRelationships()
	if d.out.errs == 0 {
		d.checkOrganisation()
		d.checkProviders()
	}
}

func (d *decoder) checkContract(c msp.Contract) {
	if c.Starts.Known() && c.Ends.Before(c.Starts) {
		d.add(Diagnostic{
			Pos:     c.Src.At("ends"),
			Problem: fmt.Sprintf("the contract ends on %s, before it starts on %s", c.Ends, c.Starts),
			Want:    "correct one of the dates",
		})
	}
}

// checkNames finds names that nobody can own and names with two owners.
func (d *decoder) checkNames() {
	first := make(map[msp.Name]ownedName, len(d.owners))
	for _, o := range d.owners {
		if _, ok := domain.Registrable(o.name); !ok {
			d.add(Diagnostic{
				Pos: o.pos, Problem: fmt.Sprintf("%s is a public suffix, below which others register names", quote(string(o.name))),
				Want: "name the domain below it",
			})
			continue
		}
		old, seen := first[o.name]
		switch {
		case !seen:
			first[o.name] = o
		case old.owner != o.owner:
			d.suspect(o.pos, fmt.Sprintf("%s belongs to %s and to %s", o.name, old.owner, o.owner), "name it under its owner only")
		default:
			d.suspect(o.pos, fmt.Sprintf("%s is named twice", o.name), "keep one")
		}
	}
}

// checkDoorIDs finds doors that bear the id of an asset or a party. The two are
// told apart everywhere, but not by people who read a path.
func (d *decoder) checkDoorIDs() {
	for _, what := range []string{"access", "internal edge"} {
		for _, id := range d.ids.ids[what] {
			if node, taken := d.ids.spaces[nodeIDs][id]; taken {
				d.suspect(d.ids.spaces[doorIDs][id].pos, fmt.Sprintf("%s id %s is also that of %s %son line %d", what, quote(id), article(node.what), inFile(d.ids.spaces[doorIDs][id].pos, node.pos), node.pos.Line),
					"give the door an id of its own, so that paths and --close are read right")
			}
		}
	}
}

func (d *decoder) suspect(pos msp.Pos, problem, want string) {
	d.add(Diagnostic{Pos: pos, Problem: problem, Want: want, Warning: true})
}

// checkRelationships finds relationships that cannot be told apart: findings
// name them by provider, customer and service.
func (d *decoder) checkRelationships() {
	first := make(map[string]int, len(d.inv.Relationships))
	for i := range d.inv.Relationships {
		r := &d.inv.Relationships[i]
		id := msp.RelationshipID(r.Provider, r.Customer, r.Service)
		if old, ok := first[id]; ok && r.Provider != "" {
			d.add(Diagnostic{
				Pos: r.Src.Pos,
				Problem: fmt.Sprintf("provider %s serves %s with the same service %s as on line %d",
					quote(r.Provider), quote(r.Customer), quote(r.Service), d.inv.Relationships[old].Src.Pos.Line),
				Want: "merge the two, or give each its own service",
			})
			continue
		}
		first[id] = i
		if d.out.errs == 0 {
			d.suspectRelationship(r)
		}
	}
}

func (d *decoder) suspectRelationship(r *msp.Relationship) {
	if r.Service == "" {
		d.suspect(r.Src.Pos, "a relationship without a service", "write in a few words what the provider does")
	}
	if r.Provider == r.Customer {
		d.suspect(r.Src.At("customer", "provider"), fmt.Sprintf("provider %s serves itself", r.Provider), "name another customer")
	}
	if r.Customer != d.inv.Organisation.ID {
		for _, a := range r.Access {
			if len(a.Reaches) > 0 {
				d.suspect(a.Src.At("reaches"), fmt.Sprintf("access %s into %s names assets, which are the organisation's", a.ID, r.Customer),
					"leave reaches empty for a door into a provider")
			}
		}
	}
}

func (d *decoder) checkOrganisation() {
	org := &d.inv.Organisation
	if len(org.Domains) == 0 {
		d.suspect(org.Src.Pos, "the organisation has no domains", "name the zones that it owns, or DNS shows nothing of it")
	}
	for _, a := range d.inv.Assets {
		if a.Value.Known && org.Currency == "" {
			d.suspect(org.Src.Pos, "assets have values, the organisation has no currency", "add currency, such as AUD")
			break
		}
	}
	if at, priced := d.firstCost(); priced && org.Currency == "" {
		d.suspect(at, "a fix has a cost, the organisation has no currency", "add currency, such as AUD, to the organisation")
	}
	if len(d.inv.Providers) == 0 {
		d.suspect(d.inv.Src.Pos, "the inventory has no providers", "name those who serve the organisation")
	}
}

// firstCost gives the place of the first costs of fixes.
func (d *decoder) firstCost() (msp.Pos, bool) {
	if len(d.inv.Organisation.FixCosts) > 0 {
		return d.inv.Organisation.Src.At("fix_costs"), true
	}
	for i := range d.inv.Relationships {
		r := &d.inv.Relationships[i]
		if len(r.FixCosts) > 0 {
			return r.Src.At("fix_costs"), true
		}
		for j := range r.Access {
			if len(r.Access[j].FixCosts) > 0 {
				return r.Access[j].Src.At("fix_costs"), true
			}
		}
	}
	for i := range d.inv.Internal {
		if len(d.inv.Internal[i].FixCosts) > 0 {
			return d.inv.Internal[i].Src.At("fix_costs"), true
		}
	}
	return msp.Pos{}, false
}

func (d *decoder) checkProviders() {
	serves := make(map[string]bool, len(d.inv.Relationships))
	for i := range d.inv.Relationships {
		serves[d.inv.Relationships[i].Provider] = true
	}
	for i := range d.inv.Providers {
		p := &d.inv.Providers[i]
		if !serves[p.ID] {
			d.suspect(p.Src.At("id"), fmt.Sprintf("provider %s serves nobody", p.ID), "add a relationship, or remove the provider")
		}
		if !checksOut(p.LegalID) {
			d.suspect(p.LegalID.Src.At("value"), fmt.Sprintf("%s %s has a wrong check digit", p.LegalID.Scheme, quote(p.LegalID.Value)), "look it up in the register")
		}
	}
}

// checksOut verifies the check digits of the numbers that have them: an ABN
// (Australian Business Register: weighted sum modulo 89) and an LEI (ISO 17442:
// ISO 7064 MOD 97-10). Other schemes pass.
func checksOut(id msp.LegalID) bool {
	digits := strings.ToUpper(strings.ReplaceAll(id.Value, " ", ""))
	switch strings.ToUpper(id.Scheme) {
	case "ABN":
		return validABN(digits)
	case "LEI":
		return validLEI(digits)
	}
	return true
}

func validABN(s string) bool {
	weights := [11]int{10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}
	if len(s) != len(weights) {
		return false
	}
	sum := -weights[0] // one is taken from the first digit
	for i, w := range weights {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += w * int(s[i]-'0')
	}
	return sum%89 == 0
}

func validLEI(s string) bool {
	if len(s) != 20 {
		return false
	}
	rest := 0
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A'+10)) % 97
		default:
			return false
		}
	}
	return rest == 1
}
