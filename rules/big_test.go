package rules

import (
	"fmt"

	"mspscan/msp"
)

// bigInventory makes n providers with five access items each, answered every
// which way.
func bigInventory(n int) *msp.Inventory {
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "acme", Name: "Acme", EssentialEightTarget: 2}}
	for i := range 40 {
		inv.Assets = append(inv.Assets, msp.Asset{
			ID: fmt.Sprintf("asset-%d", i), Kind: msp.AssetKinds()[i%7], Criticality: msp.Criticalities()[i%4],
		})
	}
	for i := range n {
		inv.Providers = append(inv.Providers, bigProvider(i))
		inv.Relationships = append(inv.Relationships, bigRelationship(i))
	}
	return inv
}

func reply(i int) msp.Reply { return msp.Reply{Answer: msp.Answer(i % 3)} }

func bigProvider(i int) msp.Provider {
	return msp.Provider{
		ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Provider %d", i), Kind: "msp", Material: reply(i), RiskRating: "low",
		Assessments: []msp.Assessment{{Kind: "irap", Date: msp.Date{Year: 2023 + i%4, Month: 3, Day: 1}}},
		Answers:     msp.Answers{IndicatorSweep: reply(i), ClientIsolation: reply(i + 1), CredentialAbuseDetection: reply(i + 2)},
	}
}

func bigRelationship(i int) msp.Relationship {
	r := msp.Relationship{
		Provider: fmt.Sprintf("p%d", i), Customer: "acme", Service: "managed service", AccessStated: true,
		Contract: msp.Contract{Stated: true, Ends: msp.Date{Year: 2025 + i%3, Month: 7, Day: 1}, AuditRight: reply(i), BreakClause: reply(i + 1), ExitPlan: reply(i + 2)},
	}
	for j := range 5 {
		controls := map[msp.Control]msp.Reply{}
		for k, c := range msp.AllControls() {
			controls[c] = reply(i + j + k)
		}
		a := msp.Access{
			ID: fmt.Sprintf("a%d-%d", i, j), Kind: msp.AccessKinds()[(i+j)%15], Reaches: []string{fmt.Sprintf("asset-%d", (i+j)%40)},
			Controls: controls, Reviewed: msp.Date{Year: 2025 + (i+j)%2, Month: 1, Day: 1},
		}
		r.Access = append(r.Access, a)
	}
	return r
}
