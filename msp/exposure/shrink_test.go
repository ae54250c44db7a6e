package exposure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mspscan/msp"
)

// property holds for an inventory or says why not. It may draw what it changes.
type property func(inv *msp.Inventory, r *rand.Rand) error

// models is how many random models each property is tried on; MSPSCAN_ROUNDS
// asks for more.
func models() int {
	if n, err := strconv.Atoi(os.Getenv("MSPSCAN_ROUNDS")); err == nil && n > 0 {
		return n
	}
	if underRace {
		return 200
	}
	return 5000
}

// hold tries a property on random models. A counterexample is made smaller as
// long as the property fails, and printed as an inventory.
func hold(t *testing.T, holds property) {
	t.Helper()
	for i := range models() {
		seed := uint64(i)
		inv := random(rand.New(rand.NewPCG(seed, 11)))
		if err := holds(copyOf(inv), rand.New(rand.NewPCG(seed, 12))); err != nil {
			small, smallErr := smallest(inv, seed, holds)
			t.Fatalf("model %d: %v\nsmallest model that fails: %v\n%s", i, err, smallErr, yaml(small))
		}
	}
}

// smallest gives the least model that fails, and how. A smaller model has fewer
// things to draw from, so that one draw says nothing of it: several are tried.
func smallest(inv *msp.Inventory, seed uint64, holds property) (*msp.Inventory, error) {
	const draws = 40
	try := func(c *msp.Inventory) error {
		for draw := range uint64(draws) {
			if err := holds(copyOf(c), rand.New(rand.NewPCG(seed, 12+draw))); err != nil {
				return err
			}
		}
		return nil
	}
	small := shrink(inv, func(c *msp.Inventory) bool { return try(c) != nil })
	return small, try(small)
}

// shrink takes away what it can while the model still fails.
func shrink(inv *msp.Inventory, fails func(*msp.Inventory) bool) *msp.Inventory {
	for {
		smaller := smallerOnes(inv)
		at := slices.IndexFunc(smaller, fails)
		if at < 0 {
			return inv
		}
		inv = smaller[at]
	}
}

// smallerOnes gives every inventory with one thing less.
func smallerOnes(inv *msp.Inventory) []*msp.Inventory {
	var list []*msp.Inventory
	add := func(change func(c *msp.Inventory)) {
		c := copyOf(inv)
		change(c)
		list = append(list, c)
	}
	for i := range inv.Relationships {
		add(func(c *msp.Inventory) { c.Relationships = slices.Delete(c.Relationships, i, i+1) })
		for j := range inv.Relationships[i].Access {
			add(func(c *msp.Inventory) {
				c.Relationships[i].Access = slices.Delete(c.Relationships[i].Access, j, j+1)
			})
			if inv.Relationships[i].Access[j].Shares != "" {
				add(func(c *msp.Inventory) { c.Relationships[i].Access[j].Shares = "" })
			}
		}
	}
	for i := range inv.Relationships {
		if inv.Relationships[i].Alternatives.Known {
			add(func(c *msp.Inventory) { c.Relationships[i].Alternatives = msp.OptList{} })
		}
	}
	for i := range inv.Internal {
		add(func(c *msp.Inventory) { c.Internal = slices.Delete(c.Internal, i, i+1) })
	}
	for i, row := range rowsOf(inv) {
		for j := range *row.reaches {
			if len(*row.reaches) > 1 {
				add(func(c *msp.Inventory) { to := rowsOf(c)[i].reaches; *to = slices.Delete(*to, j, j+1) })
			}
		}
		for _, control := range msp.AllControls() {
			if _, stated := row.controls[control]; stated {
				add(func(c *msp.Inventory) { delete(rowsOf(c)[i].controls, control) })
			}
		}
	}
	text := yaml(inv)
	for i, a := range inv.Assets {
		if len(inv.Assets) > 1 && !used(text, a.ID) {
			add(func(c *msp.Inventory) { c.Assets = slices.Delete(c.Assets, i, i+1) })
		}
	}
	for i, p := range inv.Providers {
		if len(inv.Providers) > 1 && !used(text, p.ID) {
			add(func(c *msp.Inventory) { c.Providers = slices.Delete(c.Providers, i, i+1) })
		}
	}
	return list
}

// used reports whether an id is named outside its own line.
func used(text, id string) bool {
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "- {id: "+id+",") && strings.Contains(line, id) {
			return true
		}
	}
	return false
}

// yaml writes what the tests use of an inventory in the form of the contract.
func yaml(inv *msp.Inventory) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\norganisation: {id: %s, name: %s, currency: AUD%s%s}\nassets:\n", inv.Organisation.ID, inv.Organisation.ID, frequencyYAML(inv.Organisation.Frequency), costsYAML(inv.Organisation.FixCosts))
	for _, a := range inv.Assets {
		fmt.Fprintf(&b, "  - {id: %s, name: %s, kind: other", a.ID, a.ID)
		if a.Criticality != "" {
			fmt.Fprintf(&b, ", criticality: %s", a.Criticality)
		}
		if a.Value.Known {
			fmt.Fprintf(&b, ", value: {min: %.0f, likely: %.0f, max: %.0f}", a.Value.Min, a.Value.Likely, a.Value.Max)
		}
		b.WriteString("}\n")
	}
	b.WriteString("providers:\n")
	for _, p := range inv.Providers {
		fmt.Fprintf(&b, "  - {id: %s, name: %s, kind: msp%s}\n", p.ID, p.ID, frequencyYAML(p.Frequency))
	}
	b.WriteString("relationships:" + empty(len(inv.Relationships)))
	for _, r := range inv.Relationships {
		fmt.Fprintf(&b, "  - provider: %s\n    customer: %s\n    service: %s\n", r.Provider, r.Customer, r.Service)
		if text := costsYAML(r.FixCosts); text != "" {
			b.WriteString("    " + text[2:] + "\n")
		}
		if r.Alternatives.Known {
			fmt.Fprintf(&b, "    alternatives: [%s]\n", strings.Join(r.Alternatives.Values, ", "))
		}
		if r.AccessStated {
			b.WriteString("    access:" + empty(len(r.Access)))
		}
		for _, a := range r.Access {
			fmt.Fprintf(&b, "      - {id: %s, kind: %s%s%s}\n", a.ID, a.Kind, rest(a.Reaches, a.Shares, a.Controls), costsYAML(a.FixCosts))
		}
	}
	b.WriteString("internal:" + empty(len(inv.Internal)))
	for _, d := range inv.Internal {
		fmt.Fprintf(&b, "  - {id: %s, from: %s, kind: %s%s%s}\n", d.ID, d.From, d.Kind, rest(d.Reaches, d.Shares, d.Controls), costsYAML(d.FixCosts))
	}
	return b.String()
}

func empty(n int) string {
	if n == 0 {
		return " []\n"
	}
	return "\n"
}

func rest(reaches []string, shares string, controls map[msp.Control]msp.Reply) string {
	out := ""
	if len(reaches) > 0 {
		out += ", reaches: [" + strings.Join(reaches, ", ") + "]"
	}
	if shares != "" {
		out += ", shares: " + shares
	}
	var list []string
	for _, c := range msp.AllControls() {
		if r, ok := controls[c]; ok {
			list = append(list, fmt.Sprintf("%s: %s", c, replyYAML(r)))
		}
	}
	if len(list) > 0 {
		out += ", controls: {" + strings.Join(list, ", ") + "}"
	}
	return out
}

func frequencyYAML(f msp.Frequency) string {
	if !f.Known {
		return ""
	}
	return fmt.Sprintf(", frequency: {min: %v, likely: %v, max: %v}", f.Min, f.Likely, f.Max)
}

func costsYAML(costs msp.FixCosts) string {
	if len(costs) == 0 {
		return ""
	}
	list := make([]string, 0, len(costs))
	for _, key := range slices.Sorted(maps.Keys(costs)) {
		m := costs[key]
		list = append(list, fmt.Sprintf("%s: {min: %.0f, likely: %.0f, max: %.0f}", key, m.Min, m.Likely, m.Max))
	}
	return ", fix_costs: {" + strings.Join(list, ", ") + "}"
}

func replyYAML(r msp.Reply) string {
	switch {
	case r.Answer == msp.NA:
		return "{answer: na, reason: made up}"
	case r.Answer != msp.Yes:
		return r.Answer.String()
	case r.Date.Known():
		return fmt.Sprintf("{answer: yes, evidence: %s, date: %s}", r.Evidence, r.Date)
	}
	return fmt.Sprintf("{answer: yes, evidence: %s}", r.Evidence)
}
