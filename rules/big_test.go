package rules

import (
	"fmt"

	"mspscan/msp"
)

// bigInventory makes n providers with five access items each, a third of all
// questions answered yes, no and not at all.
func bigInventory(n int) *msp.Inventory {
	return mixedInventory(n, []msp.Answer{msp.Unknown, msp.Yes, msp.No})
}

// mixedInventory makes n providers with five access items each that give the
// answers in turn.
func mixedInventory(n int, answers []msp.Answer) *msp.Inventory {
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "acme", Name: "Acme", EssentialEightTarget: 2}}
	for i := range 40 {
		inv.Assets = append(inv.Assets, msp.Asset{
			ID: fmt.Sprintf("asset-%d", i), Kind: msp.AssetKinds()[i%7], Criticality: msp.Criticalities()[i%4],
		})
	}
	for i := range n {
		inv.Providers = append(inv.Providers, bigProvider(i, answers))
		inv.Relationships = append(inv.Relationships, bigRelationship(i, answers))
	}
	return inv
}

type replies []msp.Answer

func (r replies) at(i int) msp.Reply { return msp.Reply{Answer: r[i%len(r)]} }

func bigProvider(i int, r replies) msp.Provider {
	return msp.Provider{
		ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Provider %d", i), Kind: "msp", Material: r.at(i), RiskRating: "low",
		Assessments: []msp.Assessment{{Kind: "irap", Date: msp.Date{Year: 2023 + i%4, Month: 3, Day: 1}}},
		Answers:     msp.Answers{IndicatorSweep: r.at(i), ClientIsolation: r.at(i + 1), CredentialAbuseDetection: r.at(i + 2)},
	}
}

func bigRelationship(i int, answers replies) msp.Relationship {
	r := msp.Relationship{
		Provider: fmt.Sprintf("p%d", i), Customer: "acme", Service: "managed service", AccessStated: true,
		Contract: msp.Contract{Stated: true, Ends: msp.Date{Year: 2025 + i%3, Month: 7, Day: 1}, AuditRight: answers.at(i), BreakClause: answers.at(i + 1), ExitPlan: answers.at(i + 2)},
	}
	for j := range 5 {
		controls := map[msp.Control]msp.Reply{}
		for k, c := range msp.AllControls() {
			controls[c] = answers.at(i + j + k)
		}
		a := msp.Access{
			ID: fmt.Sprintf("a%d-%d", i, j), Kind: msp.AccessKinds()[(i+j)%15], Reaches: []string{fmt.Sprintf("asset-%d", (i+j)%40)},
			Controls: controls, Reviewed: msp.Date{Year: 2025 + (i+j)%2, Month: 1, Day: 1},
		}
		r.Access = append(r.Access, a)
	}
	return r
}
