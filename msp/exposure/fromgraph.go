package exposure

import (
	"context"
	"slices"
	"time"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// New makes the model of a graph with the tables given, judged as of now. A
// door that ended on or before now's day is left out. Like Under, it ends early
// once the context is done, and so do the questions to the model.
func New(ctx context.Context, g *graph.Graph, t Tables, now time.Time) (*Model, error) {
	return BuildUnder(ctx, FromGraph(g, now), t, now)
}

// FromGraph reads the parties, assets and live doors of a graph.
func FromGraph(g *graph.Graph, now time.Time) Input {
	inv := g.Inventory()
	in := Input{Organisation: inv.Organisation.ID, Currency: inv.Organisation.Currency}
	for _, a := range inv.Assets {
		in.Assets = append(in.Assets, Asset{ID: a.ID, Name: a.Name, Criticality: a.Criticality, Value: a.Value})
	}
	for _, p := range inv.Providers {
		in.Providers = append(in.Providers, Party{ID: p.ID, Name: p.Name, Frequency: frequencyOf(p, inv.Organisation)})
	}
	nodes := g.Nodes()
	discovered := g.Discovered()
	in.Providers = append(in.Providers, strangers(g, discovered)...)
	for _, d := range slices.Concat(g.Doors(), discovered) {
		if d.Ended.Known() && !msp.DateOf(now).Before(d.Ended) {
			continue
		}
		n := Door{
			ID: d.ID, Kind: d.Kind, Assumed: d.Assumed, From: nodes[d.From].ID, Shares: d.Shares, Controls: d.Controls, Costs: costsAt(d, inv),
		}
		for _, to := range d.Targets {
			n.Targets = append(n.Targets, nodes[to].ID)
		}
		in.Doors = append(in.Doors, n)
	}
	return in
}

// frequencyOf gives how often a provider is compromised: its own frequency, else
// the organisation's for any provider. A party that nobody declared has none.
func frequencyOf(p msp.Provider, o msp.Organisation) msp.Frequency {
	if p.Frequency.Known {
		return p.Frequency
	}
	return o.Frequency
}

// costsAt gives the costs of the fixes of a door, from the nearest place that
// gives them.
func costsAt(d graph.Door, inv *msp.Inventory) msp.FixCosts {
	switch {
	case d.Relationship < 0 && d.Access >= 0:
		return nearest(inv.Internal[d.Access].FixCosts, inv.Organisation.FixCosts)
	case d.Relationship < 0 || d.Access < 0:
		return nearest(inv.Organisation.FixCosts)
	}
	r := &inv.Relationships[d.Relationship]
	return nearest(r.Access[d.Access].FixCosts, r.FixCosts, inv.Organisation.FixCosts)
}

// strangers gives the parties that nobody declared and that DNS shows to hold a
// door, once each.
func strangers(g *graph.Graph, discovered []graph.Door) []Party {
	nodes := g.Nodes()
	var list []Party
	for _, d := range discovered {
		n := nodes[d.From]
		p := Party{ID: n.ID, Name: n.Name}
		if n.Kind == graph.NodeThirdParty && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
