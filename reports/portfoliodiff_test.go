package reports_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
)

func TestComparePortfolios(t *testing.T) {
	row := func(id, grade string, score float64, critical int) reports.PortfolioRow {
		return reports.PortfolioRow{ID: id, Name: id, Currency: "AUD", Grade: grade, Score: msp.Range{Hi: score, Lo: score}, Exposure: msp.Range{Hi: score * 1e4, Lo: score * 1e4}, Open: reports.Counts{Critical: critical}}
	}
	party := func(id, domain string, clients ...string) reports.PortfolioParty {
		return reports.PortfolioParty{ID: id, Name: id, Domains: []string{domain}, Clients: clients}
	}
	before := &reports.Portfolio{
		Schema: reports.PortfolioSchema, Now: "2026-06-01T00:00:00Z",
		Organisations: []reports.PortfolioRow{row("a", "E", 80, 3), row("b", "C", 20, 0), row("old", "B", 10, 0)},
		Parties:       []reports.PortfolioParty{party("x", "x.example", "a", "b", "old"), party("y", "y.example", "a"), party("z.old", "z.example", "b"), party("same", "s.example", "a")},
		Layers:        []reports.PortfolioLayer{{Layer: "mail", HHI: .5}, {Layer: "dns", HHI: .25, LeaderName: "x", Touched: 2, Stopped: 1}},
	}
	after := &reports.Portfolio{
		Schema: reports.PortfolioSchema, Now: "2026-07-01T00:00:00Z",
		Organisations: []reports.PortfolioRow{row("a", "D", 60, 1), row("b", "C", 20, 0), row("new", "A", 1, 0)},
		Parties:       []reports.PortfolioParty{party("x", "x.example", "a", "b", "new"), party("z.new", "z.example", "a", "b"), party("same", "s.example", "a")},
		Layers:        []reports.PortfolioLayer{{Layer: "dns", HHI: .5, LeaderName: "x", Touched: 3, Stopped: 3}, {Layer: "mail", HHI: .5}},
	}
	var doc bytes.Buffer
	require.NoError(t, after.WriteJSON(&doc))
	read, err := reports.ReadPortfolio(&doc)
	require.NoError(t, err)
	d := reports.ComparePortfolios(before, read)
	require.Equal(t, 1, d.Same)
	var states []string
	for _, c := range d.Organisations {
		states = append(states, c.State+" "+c.ID)
	}
	require.Equal(t, []string{"added new", "gone old", "changed a"}, states)
	states = nil
	for _, c := range d.Parties {
		states = append(states, c.State+" "+c.ID+" +"+strings.Join(c.Won, ",")+" -"+strings.Join(c.Lost, ","))
	}
	require.Equal(t, []string{"changed x +new -old", "gone y + -a", "changed z.new +a -"}, states, "z is known by its domain")
	require.Len(t, d.Layers, 1)
	var b bytes.Buffer
	require.NoError(t, d.WriteTable(&b))
	for _, want := range []string{"3 organisations as of 2026-06-01, 3 as of 2026-07-01", "a             changed  E → D  80 → 60  AUD 800k → AUD 600k  3 → 1", "x              changed  3 → 3", "DNS    0.250       0.500    x             2 → 3    1 → 3", "1 organisation without a change"} {
		require.Contains(t, b.String(), want)
	}
	none := reports.ComparePortfolios(before, before)
	require.Equal(t, []int{3, 0, 0, 0}, []int{none.Same, len(none.Organisations), len(none.Parties), len(none.Layers)})
	_, err = reports.ReadPortfolio(strings.NewReader(`{"schema":"mspscan/report/v1"}`))
	require.ErrorIs(t, err, reports.ErrReport)
}
