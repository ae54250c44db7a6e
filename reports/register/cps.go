package register

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// cpsColumns are our own names for what CPS 230 implies (paragraphs 34, 48 to 59);
// APRA's template was not available.
func cpsColumns() []string {
	return []string{
		"Provider", "Identifier", "Service", "Purpose", "Material", "Why material or not", "Critical assets served", "Assets served", "Sensitivity of data",
		"Country of provider", "Locations of service and data", "Serves through", "Fourth parties declared", "Fourth parties seen in DNS",
		"Agreement", "Starts", "Ends", "Audit right", "Notice of subcontractors (days)", "Notice of incidents (hours)", "Exit plan", "Alternatives",
		"Last audit", "Last security assessment", "Risk rating", "24/7 contact",
	}
}

// CPS230 gives the register of material service providers: a row for each
// service of a provider that is material or of which nobody said that it is
// not. The problems name the latter.
func CPS230(g *graph.Graph) (Table, []Problem) {
	inv := g.Inventory()
	t := Table{Name: "CPS 230 register of material service providers", Header: cpsColumns()}
	c, seen := chainsOf(inv), undeclared(g)
	var problems []Problem
	for i := range inv.Providers {
		p := &inv.Providers[i]
		if p.Material.Answer == msp.Unknown {
			problems = append(problems, Problem{Pos: p.Src.At("material"), What: "nobody said whether provider " + p.ID + " is material; it is listed as unknown", Want: "add material: yes or no to it"})
		}
		if p.Material.Answer == msp.No || p.Material.Answer == msp.NA {
			continue
		}
		for k := range inv.Relationships {
			if r := &inv.Relationships[k]; r.Provider == p.ID {
				t.Rows = append(t.Rows, Row{cpsRow(inv, c, seen[p.ID], p, r), r.Src.Pos})
			}
		}
	}
	return t, problems
}

func cpsRow(inv *msp.Inventory, c chains, seen []string, p *msp.Provider, r *msp.Relationship) []string {
	critical, all := served(inv, r)
	through := ""
	if r.Customer != inv.Organisation.ID {
		through = nameOf(c.by, inv, r.Customer)
	}
	_, always := contacts(r, p)
	last := msp.Date{}
	for _, a := range p.Assessments {
		if last.Before(a.Date) || !last.Known() {
			last = a.Date
		}
	}
	k := &r.Contract
	return []string{
		cmp.Or(p.Name, p.ID), strings.TrimSpace(p.LegalID.Scheme + " " + p.LegalID.Value), r.Service, r.Purpose, material(p), cmp.Or(p.Material.Reason, p.Material.From), critical, all, r.DataSensitivity,
		p.Country, listed(k.Locations), through, c.below(inv, p.ID), strings.Join(seen, ", "),
		arrangements(&msp.Contract{None: k.None, Ref: k.Ref, Stated: k.Stated}), k.Starts.String(), k.Ends.String(), yesNo(k.AuditRight), number(k.SubcontractorNotice), number(k.IncidentNoticeHours), yesNo(k.ExitPlan), listed(r.Alternatives),
		k.LastAudit.String(), last.String(), p.RiskRating, always,
	}
}

func material(p *msp.Provider) string {
	if s := yesNo(p.Material); s != "" {
		return s
	}
	return "unknown"
}

// served gives the assets that the access of a relationship reaches at once,
// critical ones and all; for access that was never stated nothing is known.
func served(inv *msp.Inventory, r *msp.Relationship) (critical, all string) {
	ids := map[string]bool{}
	for _, a := range r.Access {
		for _, id := range a.Reaches {
			ids[id] = true
		}
		if len(a.Reaches) == 0 && r.Customer == inv.Organisation.ID {
			for _, x := range inv.Assets {
				ids[x.ID] = true
			}
		}
	}
	var worst, names []string
	for _, a := range inv.Assets {
		if !ids[a.ID] {
			continue
		}
		names = append(names, cmp.Or(a.Name, a.ID))
		if a.Criticality == "critical" {
			worst = append(worst, cmp.Or(a.Name, a.ID))
		}
	}
	return strings.Join(worst, ", "), strings.Join(names, ", ")
}

// undeclared names, by party, those that its DNS leans on and that nobody
// declared.
func undeclared(g *graph.Graph) map[string][]string {
	out := map[string][]string{}
	for _, d := range g.Dependencies() {
		if !d.Declared && !d.Dead && d.Trust != msp.TrustVerify {
			out[d.From] = append(out[d.From], cmp.Or(d.ToName, d.To))
		}
	}
	for id, names := range out {
		slices.Sort(names)
		out[id] = slices.Compact(names)
	}
	return out
}
