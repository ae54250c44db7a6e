package reports

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
)

// supplyChain gives a row for each declared relationship and for each
// dependency that DNS shows and nobody declared, ranks from the graph.
func (b *builder) supplyChain() []Link {
	providers := map[string]*msp.Provider{}
	for i := range b.inv.Providers {
		providers[b.inv.Providers[i].ID] = &b.inv.Providers[i]
	}
	var rows []Link
	for i := range b.inv.Relationships {
		rows = append(rows, b.declaredLink(&b.inv.Relationships[i], providers))
	}
	for _, d := range b.g.Dependencies() {
		if d.Declared || d.Dead || d.Trust == msp.TrustVerify || !b.ours(d.From) {
			continue
		}
		rows = append(rows, Link{
			Contract: "unknown", ServiceType: trustService(d.Trust), Service: trustWords(d.Trust),
			Provider: d.To, ProviderName: cmp.Or(d.ToName, d.To), Rank: known(d.Rank),
			Recipient: d.From, RecipientName: b.name(d.From), RecipientID: legalOf(providers[d.From]),
			Substitution: "unknown", ExitPlan: "unknown", Source: "seen in DNS", SourceEvidence: joined(d.Chain),
		})
	}
	slices.SortFunc(rows, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Recipient, y.Recipient), cmp.Compare(x.Service, y.Service))
	})
	return rows
}

func (b *builder) declaredLink(r *msp.Relationship, providers map[string]*msp.Provider) Link {
	customer := cmp.Or(r.Customer, b.inv.Organisation.ID)
	row := Link{
		Contract: contractOf(r.Contract), Service: r.Service, Provider: r.Provider, ProviderName: b.name(r.Provider),
		ProviderID: legalOf(providers[r.Provider]), Rank: b.rank(r.Provider), Recipient: customer, RecipientName: b.name(customer),
		RecipientID: legalOf(providers[customer]), Substitution: substitution(r.Alternatives), ExitPlan: r.Contract.ExitPlan.Answer.String(),
		LastAudit: r.Contract.LastAudit.String(), Source: "declared", SourceEvidence: r.Src.Pos.String(),
	}
	if p := providers[r.Provider]; p != nil {
		row.ServiceType, row.Country = ServiceType(p.Kind), p.Country
	}
	return row
}

func legalOf(p *msp.Provider) LegalID {
	if p == nil {
		return LegalID{}
	}
	return LegalID{p.LegalID.Scheme, p.LegalID.Value}
}

func substitution(l msp.OptList) string {
	switch {
	case !l.Known:
		return "unknown"
	case len(l.Values) == 0:
		return "no alternative"
	}
	return "alternative: " + strings.Join(l.Values, ", ")
}

// ServiceType gives the type of ICT service (Implementing Regulation (EU)
// 2024/2956, annex III) that fits a kind of provider best.
func ServiceType(kind string) string {
	switch kind {
	case "msp":
		return "S14 ICT operation management"
	case "mssp":
		return "S04 ICT security management services"
	case "cloud":
		return "S17 Cloud services: IaaS"
	case "saas":
		return "S19 Cloud services: SaaS"
	case "telecom":
		return "S10 Telecom carrier"
	case "software":
		return "S13 Software licensing"
	case "hosting":
		return "S07 ICT facilities and hosting services"
	}
	return ""
}

func trustService(t msp.Trust) string {
	switch t {
	case msp.TrustControl, msp.TrustServe:
		return "S07 ICT facilities and hosting services"
	case msp.TrustReceive, msp.TrustSend, msp.TrustReport:
		return "S19 Cloud services: SaaS"
	case msp.TrustRemoteAccess:
		return "S14 ICT operation management"
	}
	return ""
}

// trustWords says what a DNS dependency lets the other party do.
func trustWords(t msp.Trust) string {
	switch t {
	case msp.TrustControl:
		return "name service: can rewrite every answer"
	case msp.TrustReceive:
		return "mail: receives it"
	case msp.TrustSend:
		return "mail: may send as the domain"
	case msp.TrustServe:
		return "hosting: answers for the host"
	case msp.TrustReport:
		return "mail reports: sees mail telemetry"
	case msp.TrustIssue:
		return "certificates: may issue them"
	case msp.TrustVerify:
		return "an account, past or present"
	case msp.TrustRemoteAccess:
		return "remote access product"
	}
	return string(t)
}

// joined gives a list as one text.
func joined(list []string) string { return strings.Join(list, ", ") }
