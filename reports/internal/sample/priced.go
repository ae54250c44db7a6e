package sample

import (
	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/reports"
)

// Priced is Mining with what an inventory may say of money: frequencies, costs of
// fixes (one free, one not given), tables of the organisation's own, and a ranking
// that hangs on them.
func Priced() (reports.Input, error) {
	in, err := Mining()
	if err != nil {
		return in, err
	}
	often := msp.PERT{Min: .02, Likely: .05, Max: .1, Mean: .32 / 6}
	for i := range in.Exposures[:len(in.Exposures)-2] {
		e := &in.Exposures[i]
		e.Annual = &msp.Annual{
			Frequency: often, Loss: msp.Range{Hi: often.Mean * e.Money.Hi, Lo: often.Mean * e.Money.Lo},
			Least: often.Min * e.Money.Lo, Most: often.Max * e.Money.Hi,
		}
	}
	price(&in.Fixes[0], 1, 400_000)
	price(&in.Fixes[3], 1, 400_000)
	in.Fixes[1].NoCost = in.Fixes[1].IDs
	price(&in.Fixes[2], 2, 90_000)
	free := msp.Fix{IDs: []string{"southern-door.logging=yes"}, Text: "Record the sessions on southern-door", Provider: "southern", Before: in.Fixes[0].Before, After: in.Fixes[0].Before - 9e5, Reduction: 9e5}
	price(&free, 1, 0)
	in.Fixes[0].RankByCost, in.Fixes[2].RankByCost = 2, 3
	in.Fixes = append(in.Fixes, free)
	in.Explain = []string{"If Southern is compromised, much is reached.", "The fix that comes to mind first is hardly worth it: it cuts only AUD 797k for AUD 90k."}
	in.Tables = exposure.DefaultTables()
	in.Tables.Version = "ridgeline/v2"
	in.Sensitivity = swings(in)
	return in, nil
}

func price(f *msp.Fix, rank int, cost float64) {
	f.Cost, f.RankByCost = &cost, rank
	if cost > 0 {
		per := f.Reduction / cost
		f.PerCost = &per
	}
}

// swings makes a run in which one provider overtakes another.
func swings(in reports.Input) exposure.Sensitivity {
	s := exposure.Sensitivity{Share: .2, First: 5, Held: 1, TopHeld: 1}
	for i, e := range in.Exposures {
		s.Ranking = append(s.Ranking, e.Provider)
		s.Spreads = append(s.Spreads, exposure.Spread{
			Provider: e.Provider, Money: e.Money.Hi, Least: .9 * e.Money.Hi, Most: 1.1 * e.Money.Hi, Rank: i + 1, Best: max(1, i), Worst: i + 1,
			Down: .8 * e.Money.Hi, Up: 1.05 * e.Money.Hi, RankDown: i + 1, RankUp: max(1, i),
		})
	}
	s.Up.Top, s.Up.Changed = true, true
	s.Swings = []exposure.Swing{
		{Entry: "b(rmm_agent)", Was: .95, Is: .76, Ranking: s.Ranking},
		{Entry: "r(mfa, rmm_agent)", Was: .1, Is: .12, Ranking: s.Ranking, Changed: true, Top: true},
	}
	return s
}
