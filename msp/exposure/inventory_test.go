package exposure

import (
	"time"

	"mspscan/msp"
)

// inputOf reads an inventory the way FromGraph reads its graph.
func inputOf(inv *msp.Inventory, now time.Time) Input {
	in := Input{Organisation: inv.Organisation.ID, Currency: inv.Organisation.Currency}
	for _, a := range inv.Assets {
		in.Assets = append(in.Assets, Asset{ID: a.ID, Name: a.Name, Criticality: a.Criticality, Value: a.Value})
	}
	for _, p := range inv.Providers {
		in.Providers = append(in.Providers, Party{ID: p.ID, Name: p.Name, Frequency: frequencyOf(p, inv.Organisation)})
	}
	for _, r := range inv.Relationships {
		in.Doors = append(in.Doors, accessOf(r, inv.Organisation, now)...)
	}
	for _, d := range inv.Internal {
		in.Doors = append(in.Doors, Door{
			ID: d.ID, Kind: d.Kind, From: d.From, Targets: d.Reaches, Shares: d.Shares, Controls: d.Controls,
			Costs: nearest(d.FixCosts, inv.Organisation.FixCosts),
		})
	}
	return in
}

func accessOf(r msp.Relationship, o msp.Organisation, now time.Time) []Door {
	if !r.AccessStated {
		return []Door{{ID: r.Provider + ">" + r.Customer + "?", Assumed: true, From: r.Provider, Targets: []string{r.Customer}}}
	}
	var list []Door
	for _, a := range r.Access {
		if !a.Live(msp.DateOf(now)) {
			continue
		}
		targets := a.Reaches
		if len(targets) == 0 {
			targets = []string{r.Customer}
		}
		list = append(list, Door{
			ID: a.ID, Kind: a.Kind, From: r.Provider, Targets: targets, Shares: a.Shares, Controls: a.Controls,
			Costs: nearest(a.FixCosts, r.FixCosts, o.FixCosts),
		})
	}
	return list
}
