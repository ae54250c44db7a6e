package inventory

import (
	"fmt"

	"mspscan/msp"
)

// Summary says in one line what an inventory holds.
func Summary(inv *msp.Inventory) string {
	doors := 0
	for i := range inv.Relationships {
		doors += len(inv.Relationships[i].Access)
	}
	return fmt.Sprintf("%s, %s, %s, %s; %s unknown",
		count(len(inv.Providers), "provider"), count(len(inv.Relationships), "relationship"),
		count(doors, "door"), count(len(inv.Assets), "asset"), count(Unknowns(inv), "answer"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Unknowns counts the questions that an inventory leaves open: of providers,
// contracts, log terms and the controls of every door, asked or not.
func Unknowns(inv *msp.Inventory) int {
	n := 0
	add := func(replies ...msp.Reply) {
		for _, r := range replies {
			if r.Answer == msp.Unknown {
				n++
			}
		}
	}
	controls := func(m map[msp.Control]msp.Reply) {
		for _, c := range msp.AllControls() {
			add(m[c])
		}
	}
	for i := range inv.Providers {
		a := &inv.Providers[i].Answers
		add(inv.Providers[i].Material, a.IndicatorSweep, a.ClientIsolation, a.CredentialAbuseDetection)
		if !a.EssentialEightLevel.Known {
			n++
		}
	}
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		add(r.Egress, r.Logging.CustomerAccess)
		if !r.Contract.None {
			c := &r.Contract
			add(c.AuditRight, c.BreakClause, c.ExitPlan, c.SharedResponsibility, c.FlowDown)
		}
		for j := range r.Access {
			controls(r.Access[j].Controls)
		}
	}
	for i := range inv.Internal {
		controls(inv.Internal[i].Controls)
	}
	return n
}
