package reports_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/graph"
	"mspscan/reports"
	"mspscan/reports/internal/sample"
)

// BenchmarkPortfolio joins the reports of 1,000 organisations of twelve providers,
// eight of them shared, and writes the result as JSON.
func BenchmarkPortfolio(b *testing.B) {
	in, err := sample.Many(12, 4)
	require.NoError(b, err)
	r := reports.Build(in)
	for _, p := range r.Providers {
		r.Concentration = append(r.Concentration, reports.Concentration{Provider: p.ID, Layer: "msp", C: 1, I: 1, Users: 1, Touches: true, Stops: true})
	}
	r.Layers = []reports.Layer{{Layer: "msp", Users: 1, Parties: len(r.Providers)}}
	for _, p := range r.Providers {
		r.Layers[0].Direct = append(r.Layers[0].Direct, p.ID)
	}
	b.ReportAllocs()
	for b.Loop() {
		all := reports.NewPortfolioBuilder()
		for i := range 1000 {
			own := *r
			own.Organisation.ID = fmt.Sprintf("org%04d", i)
			shared := 0
			all.Add(reports.PortfolioMember{Report: &own, Compared: true, Mark: func(id string) graph.Mark {
				if shared++; shared <= 8 {
					return graph.Mark{Name: id}
				}
				return graph.Mark{Name: fmt.Sprintf("%s-%d", id, i)}
			}})
		}
		p := all.Build(nil)
		require.Len(b, p.Organisations, 1000)
		require.NoError(b, p.WriteJSON(io.Discard))
	}
}
