package reports_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/reports"
)

// client is an organisation whose layers stand on parties: "dns a b" uses both,
// "mail a !" uses a alone and falls with it, "own" serves itself beside them.
type client struct {
	id     string
	layers map[string][]string
	stops  map[string][]string
	behind map[string][]string // parties that touch a layer through others
}

func (c client) member(compared bool, findings ...reports.Finding) reports.PortfolioMember {
	r := &reports.Report{Findings: findings}
	r.Organisation = reports.Organisation{ID: c.id, Name: c.id, Currency: "AUD"}
	seen := map[string]bool{}
	for layer, direct := range c.layers {
		l := reports.Layer{Layer: layer, Own: slices.Contains(direct, "own")}
		for _, p := range slices.Concat(direct, c.behind[layer]) {
			if p == "own" {
				continue
			}
			if slices.Contains(direct, p) {
				l.Direct = append(l.Direct, p)
			}
			r.Concentration = append(r.Concentration, reports.Concentration{Provider: p, Layer: layer, C: 1, Touches: true, Stops: slices.Contains(c.stops[layer], p)})
			if !seen[p] {
				seen[p] = true
				r.Providers = append(r.Providers, reports.Provider{ID: p, Name: p, Declared: true, Rank: 1, Exposure: &msp.Range{Hi: 100.01, Lo: 50}})
			}
		}
		r.Layers = append(r.Layers, l)
	}
	return reports.PortfolioMember{Report: r, Compared: compared, Mark: func(id string) graph.Mark { return graph.Mark{Name: id} }}
}

// clients is worked by hand. DNS: a uses x and y, b x alone, c x beside its own;
// shares x (1/2 + 1 + 1/2)/3, y (1/2)/3, c's own (1/2)/3. Mail: b alone.
func clients() []client {
	return []client{
		{id: "a", layers: map[string][]string{"dns": {"x", "y"}}},
		{id: "b", layers: map[string][]string{"dns": {"x"}, "mail": {"m"}}, stops: map[string][]string{"dns": {"x"}, "mail": {"m", "y"}}, behind: map[string][]string{"mail": {"y"}}},
		{id: "c", layers: map[string][]string{"dns": {"x", "own"}}},
	}
}

func TestPortfolioConcentration(t *testing.T) {
	var members []reports.PortfolioMember
	for _, c := range clients() {
		members = append(members, c.member(false))
	}
	p := reports.BuildPortfolio(members, nil)
	require.Len(t, p.Layers, 2)
	dns, mail := p.Layers[0], p.Layers[1]
	require.Equal(t, "dns", dns.Layer)
	require.Equal(t, 3, dns.Organisations)
	require.Equal(t, 2, dns.Parties)
	want := (2./3)*(2./3) + 2*(1./6)*(1./6)
	require.InDelta(t, want, dns.HHI, 1e-8)
	require.InDelta(t, want-1./3, dns.Excess, 1e-8)
	require.Equal(t, []any{"x", 3, 1}, []any{dns.Leader, dns.Touched, dns.Stopped}, "compromise reaches all three, an outage stops the one that has no other")
	require.Equal(t, "DNS: 3 of 3 organisations use others for it; a break-in at x reaches 3 of them, and its failure stops 1.", dns.Text)
	require.Equal(t, "Mail: 1 of 3 organisations use others for it, and no company stands behind more than one of them.", mail.Text)
	require.InDelta(t, 1, mail.HHI, 1e-8)
	require.Zero(t, mail.Excess)
	require.Equal(t, []reports.PortfolioShare{{Party: "x", Name: "x", Layer: "dns", C: 3, I: 1, Share: 1}}, p.Concentration)
	y := p.Parties[1]
	require.Equal(t, "y", y.ID)
	require.Equal(t, []int{2, 1}, []int{y.Touches, y.Stops}, "a's DNS and, through m, b's mail")
	require.Equal(t, []reports.PortfolioMoney{{Currency: "AUD", Hi: 200.02, Lo: 100}}, y.Exposure)
}

func TestPortfolioChangesByParty(t *testing.T) {
	finding := func(id, provider string, s msp.FindingState) reports.Finding {
		return reports.Finding{Finding: msp.Finding{ID: id, Rule: "r", Provider: provider, State: s, Severity: msp.High}}
	}
	waived := finding("5", "x", msp.StateNew)
	waived.Waived = &msp.Waived{}
	list := clients()
	p := reports.BuildPortfolio([]reports.PortfolioMember{
		list[0].member(true, finding("1", "x", msp.StateNew), finding("2", "y", msp.StateFixed), finding("3", "", msp.StateNew)),
		list[1].member(true, finding("4", "x", msp.StateNew), waived, finding("6", "x", msp.StateNotLookedAt), finding("7", "m", msp.StateSame)),
		list[2].member(false, finding("8", "x", msp.StateNone)),
	}, nil)
	got := map[string][5]int{}
	for _, q := range p.Parties {
		got[q.ID] = [5]int{q.New, q.Reopened, q.Fixed, q.NotLookedAt, q.Open.High}
	}
	require.Equal(t, map[string][5]int{"x": {2, 0, 0, 1, 4}, "y": {0, 0, 1, 0, 0}, "m": {0, 0, 0, 0, 1}}, got)
	changed := p.PartiesChanged()
	require.Equal(t, []string{"x", "y"}, []string{changed[0].ID, changed[1].ID})
	var b bytes.Buffer
	require.NoError(t, p.WriteMarkdown(&b))
	require.Contains(t, b.String(), "| x | 3 | 2 | 0 | 0 | 1 |\n| y | 2 | 0 | 0 | 1 | 0 |\n")
}

// TestPortfolioProperties holds on random portfolios that 1/C ≤ HHI ≤ 1 where
// nobody serves itself, that an outage never stops more than a compromise reaches,
// and that the order of organisations changes no byte.
func TestPortfolioProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 500 {
		var list []client
		for i := range 1 + r.IntN(8) {
			c := client{id: fmt.Sprintf("o%d", i), layers: map[string][]string{}, stops: map[string][]string{}}
			for _, layer := range []string{"dns", "mail", "msp"}[:r.IntN(4)] {
				for _, n := range r.Perm(4)[:1+r.IntN(3)] {
					c.layers[layer] = append(c.layers[layer], fmt.Sprintf("p%d", n))
				}
				if len(c.layers[layer]) == 1 {
					c.stops[layer] = c.layers[layer]
				}
				if r.IntN(5) == 0 {
					c.layers[layer], c.stops[layer] = append(c.layers[layer], "own"), nil
				}
			}
			list = append(list, c)
		}
		build := func(order []int) ([]byte, *reports.Portfolio) {
			b := reports.NewPortfolioBuilder()
			for _, i := range order {
				b.Add(list[i].member(false))
			}
			p := b.Build(nil)
			var out bytes.Buffer
			require.NoError(t, p.WriteJSON(&out))
			return out.Bytes(), p
		}
		first, p := build(r.Perm(len(list)))
		second, _ := build(r.Perm(len(list)))
		require.Equal(t, string(first), string(second), "round %d", round)
		for _, l := range p.Layers {
			require.LessOrEqual(t, l.HHI, 1+1e-8)
			require.GreaterOrEqual(t, l.HHI, 1/float64(4+l.Organisations)-1e-8, "four parties and each one's own")
			require.GreaterOrEqual(t, l.Excess, 0.)
		}
		for _, s := range p.Concentration {
			require.LessOrEqual(t, s.I, s.C)
			require.GreaterOrEqual(t, s.C, 2)
		}
	}
}
