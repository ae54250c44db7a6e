package exposure

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"mspscan/msp"
)

// random draws a small inventory: cycles between assets and between providers,
// doors with several targets, shared credentials, unknown answers, access that
// was never stated.
func random(r *rand.Rand) *msp.Inventory {
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "org", Currency: "AUD"}}
	for i := range 1 + r.IntN(5) {
		inv.Assets = append(inv.Assets, msp.Asset{
			ID: fmt.Sprintf("a%d", i), Criticality: []string{"", "critical", "high", "medium", "low"}[r.IntN(5)], Value: money(r),
		})
	}
	for i := range 1 + r.IntN(4) {
		inv.Providers = append(inv.Providers, msp.Provider{ID: fmt.Sprintf("p%d", i), Kind: "msp"})
	}
	for i := range 1 + r.IntN(2*len(inv.Providers)) {
		if rel, ok := relationship(r, inv, i); ok {
			inv.Relationships = append(inv.Relationships, rel)
		}
	}
	for i := range r.IntN(6) {
		inv.Internal = append(inv.Internal, internal(r, inv, fmt.Sprintf("i%d", i)))
	}
	if r.IntN(2) == 0 {
		judge(r, inv)
	}
	return inv
}

// judge adds frequencies and costs of fixes at every place that takes them.
func judge(r *rand.Rand, inv *msp.Inventory) {
	inv.Organisation.Frequency, inv.Organisation.FixCosts = frequency(r), costs(r)
	for i := range inv.Providers {
		inv.Providers[i].Frequency = frequency(r)
	}
	for i := range inv.Relationships {
		inv.Relationships[i].FixCosts = costs(r)
		for j := range inv.Relationships[i].Access {
			inv.Relationships[i].Access[j].FixCosts = costs(r)
		}
	}
	for i := range inv.Internal {
		inv.Internal[i].FixCosts = costs(r)
	}
}

func frequency(r *rand.Rand) msp.Frequency {
	v := float64(r.IntN(20)) / 64
	switch r.IntN(3) {
	case 0:
		return msp.Frequency{}
	case 1:
		return msp.Frequency{Min: v / 2, Likely: v, Max: v * 2, Known: true}
	}
	return msp.Frequency{Min: v, Likely: v, Max: v, Known: true}
}

// costs draws amounts that repeat, some of them nothing.
func costs(r *rand.Rand) msp.FixCosts {
	if r.IntN(2) == 0 {
		return nil
	}
	out := msp.FixCosts{}
	for _, key := range []string{msp.FixClose, string(msp.AllControls()[r.IntN(len(msp.AllControls()))]), string(msp.MFA), string(msp.JITPAM)} {
		v := float64(r.IntN(6)) * 5e3
		out[key] = plain(v)
		if r.IntN(3) == 0 {
			out[key] = msp.Money{Min: v, Likely: v, Max: 3 * v, Known: true}
		}
	}
	return out
}

func money(r *rand.Rand) msp.Money {
	v := float64(1+r.IntN(50)) * 1e5
	switch r.IntN(4) {
	case 0:
		return msp.Money{}
	case 1:
		return msp.Money{Min: v / 2, Likely: v, Max: v * 3, Known: true}
	}
	return plain(v)
}

func relationship(r *rand.Rand, inv *msp.Inventory, i int) (msp.Relationship, bool) {
	rel := msp.Relationship{Provider: inv.Providers[r.IntN(len(inv.Providers))].ID, Customer: "org", Service: fmt.Sprintf("s%d", i)}
	if r.IntN(3) == 0 {
		rel.Customer = inv.Providers[r.IntN(len(inv.Providers))].ID
	}
	if rel.AccessStated = r.IntN(10) > 0; !rel.AccessStated {
		return rel, rel.Provider != rel.Customer
	}
	for j := range r.IntN(4) {
		rel.Access = append(rel.Access, access(r, inv, rel.Customer, fmt.Sprintf("d%d-%d", i, j)))
	}
	return rel, rel.Provider != rel.Customer
}

func access(r *rand.Rand, inv *msp.Inventory, customer, id string) msp.Access {
	kinds := msp.AccessKinds()
	a := msp.Access{ID: id, Kind: kinds[r.IntN(len(kinds)-1)], Controls: answers(r), Shares: label(r)}
	if customer == "org" && r.IntN(8) > 0 {
		for range 1 + r.IntN(3) {
			a.Reaches = append(a.Reaches, inv.Assets[r.IntN(len(inv.Assets))].ID)
		}
	}
	return a
}

func internal(r *rand.Rand, inv *msp.Inventory, id string) msp.Internal {
	in := msp.Internal{ID: id, Kind: msp.AccessInternal, From: inv.Assets[r.IntN(len(inv.Assets))].ID, Controls: answers(r), Shares: label(r)}
	for range 1 + r.IntN(2) {
		in.Reaches = append(in.Reaches, inv.Assets[r.IntN(len(inv.Assets))].ID)
	}
	if r.IntN(6) == 0 {
		in.Reaches = append(in.Reaches, inv.Providers[r.IntN(len(inv.Providers))].ID)
	}
	return in
}

func label(r *rand.Rand) string {
	if r.IntN(6) == 0 {
		return fmt.Sprintf("cred-%d", r.IntN(2))
	}
	return ""
}

func answers(r *rand.Rand) map[msp.Control]msp.Reply {
	out := map[msp.Control]msp.Reply{}
	for _, c := range msp.AllControls() {
		if r.IntN(4) == 0 {
			out[c] = reply(r, msp.Answer(r.IntN(4)))
		}
	}
	return out
}

func reply(r *rand.Rand, a msp.Answer) msp.Reply {
	rep := msp.Reply{Answer: a, Evidence: msp.Evidence(r.IntN(2))}
	switch {
	case a == msp.NA:
		rep.Reason = "made up"
	case a == msp.Yes && r.IntN(3) == 0:
		rep.Date = msp.Date{Year: 2020 + r.IntN(7), Month: 1, Day: 1}
	}
	return rep
}

// copyOf copies an inventory as deep as the tests change it.
func copyOf(inv *msp.Inventory) *msp.Inventory {
	c := *inv
	c.Assets = slices.Clone(inv.Assets)
	c.Providers = slices.Clone(inv.Providers)
	c.Relationships = slices.Clone(inv.Relationships)
	for i := range c.Relationships {
		c.Relationships[i].Access = slices.Clone(inv.Relationships[i].Access)
		for j := range c.Relationships[i].Access {
			a := &c.Relationships[i].Access[j]
			a.Reaches, a.Controls = slices.Clone(a.Reaches), answered(a.Controls, nil)
		}
	}
	c.Internal = slices.Clone(inv.Internal)
	for i := range c.Internal {
		c.Internal[i].Reaches = slices.Clone(c.Internal[i].Reaches)
		c.Internal[i].Controls = answered(c.Internal[i].Controls, nil)
	}
	return &c
}

// row points at a door of an inventory.
type row struct {
	id       string
	controls map[msp.Control]msp.Reply
	reaches  *[]string
	from     string
}

// rowsOf gives the doors of an inventory that are stated.
func rowsOf(inv *msp.Inventory) []row {
	var list []row
	for i := range inv.Relationships {
		rel := &inv.Relationships[i]
		for j := range rel.Access {
			list = append(list, row{rel.Access[j].ID, rel.Access[j].Controls, &rel.Access[j].Reaches, rel.Provider})
		}
	}
	for i := range inv.Internal {
		list = append(list, row{inv.Internal[i].ID, inv.Internal[i].Controls, &inv.Internal[i].Reaches, inv.Internal[i].From})
	}
	return list
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 17)) }
