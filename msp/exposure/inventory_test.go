package exposure

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/inventory"
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

// TestCounterexampleIsLeast holds that what a failing property prints is small and
// an inventory that can be loaded.
func TestCounterexampleIsLeast(t *testing.T) {
	likely := func(inv *msp.Inventory, r *rand.Rand) error { // fails where a drawn provider is likely to reach an asset
		m, err := New(t.Context(), graphOf(t, inv), DefaultTables(), day())
		if err != nil {
			return err
		}
		p := m.s.providers[r.IntN(len(m.s.providers))]
		for _, x := range m.look(p, m.hi).p {
			if x > .6 {
				return errors.New("likely")
			}
		}
		return nil
	}
	found := 0
	for seed := range uint64(200) {
		inv := random(rand.New(rand.NewPCG(seed, 11)))
		if likely(copyOf(inv), rand.New(rand.NewPCG(seed, 12))) == nil {
			continue
		}
		found++
		small, err := smallest(inv, seed, likely)
		require.Error(t, err)
		require.Len(t, small.Relationships, 1, yaml(small))
		require.Len(t, small.Providers, 1, yaml(small))
		require.Len(t, small.Assets, 1, yaml(small))
		require.Empty(t, small.Internal, yaml(small))
		loaded, diags := inventory.Decode([]inventory.File{{Name: "small.yaml", Data: []byte(yaml(small))}})
		require.NoError(t, diags.Err(), yaml(small))
		_, err = New(t.Context(), graphOf(t, loaded), DefaultTables(), day())
		require.NoError(t, err)
		if found == 10 {
			return
		}
	}
	require.Positive(t, found)
}
