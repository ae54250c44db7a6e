package exposure

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// organisation draws one of a size: a third of the doors are internal, a tenth
// lead from sub-providers to providers.
func organisation(seed uint64, assets, providers, doors int) Input {
	r := rand.New(rand.NewPCG(seed, 3))
	in := Input{Organisation: "org", Currency: "AUD"}
	for i := range assets {
		in.Assets = append(in.Assets, Asset{
			ID: fmt.Sprintf("a%03d", i), Criticality: []string{"critical", "high", "medium", "low"}[min(3, r.IntN(8))],
			Value: plain(float64(1+r.IntN(100)) * 1e4),
		})
	}
	for i := range providers {
		in.Providers = append(in.Providers, Party{ID: fmt.Sprintf("p%03d", i)})
	}
	asset := func() string { return in.Assets[min(r.IntN(assets), r.IntN(assets))].ID }
	for i := range doors {
		d := Door{ID: fmt.Sprintf("d%03d", i), Controls: replies(r)}
		switch {
		case i%3 == 0:
			d.Kind, d.From, d.Targets = msp.AccessInternal, asset(), []string{asset()}
		case i%10 == 1:
			d.Kind = msp.SoftwareUpdate
			d.From, d.Targets = in.Providers[r.IntN(providers)].ID, []string{in.Providers[r.IntN(providers)].ID}
		default:
			kinds := msp.AccessKinds()
			d.Kind, d.From = kinds[r.IntN(len(kinds)-1)], in.Providers[r.IntN(providers)].ID
			for range 1 + r.IntN(3) {
				d.Targets = append(d.Targets, asset())
			}
		}
		in.Doors = append(in.Doors, d)
	}
	return in
}

func replies(r *rand.Rand) map[msp.Control]msp.Reply {
	out := map[msp.Control]msp.Reply{}
	for _, c := range msp.AllControls() {
		if r.IntN(3) == 0 {
			out[c] = msp.Reply{Answer: msp.Answer(r.IntN(3)), Evidence: msp.Evidence(r.IntN(2))}
		}
	}
	return out
}

// BenchmarkOrganisation does all that a report asks of an organisation of 300
// assets and 600 doors: exposure of every provider, best fixes, questions,
// sensitivity. The aim is 2 s for the whole.
func BenchmarkOrganisation(b *testing.B) {
	report(b, organisation(1, 300, 40, 600))
}

// BenchmarkPortfolio does all of that for 1,000 organisations of ten assets, six
// providers and twenty doors.
func BenchmarkPortfolio(b *testing.B) {
	for b.Loop() {
		cpu := computed()
		for i := range uint64(1000) {
			m, err := Build(organisation(i, 10, 6, 20), DefaultTables(), day())
			require.NoError(b, err)
			require.Len(b, m.Exposures(), 6)
			m.Fixes(30)
			m.Answers()
			m.Sensitivity(.2)
			m.Paths(3)
		}
		b.ReportMetric((computed() - cpu).Seconds(), "cpu-s")
	}
}
