package register

import (
	"cmp"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/reports"
)

// The templates of the register of information (Implementing Regulation (EU)
// 2024/2956) that an inventory can fill. Their other columns stay blank: it does
// not hold what they ask for.
const (
	B0202 = "B_02.02"
	B0501 = "B_05.01"
	B0502 = "B_05.02"
	B0701 = "B_07.01"
)

func doraHeader(table string) []string {
	switch table {
	case B0202:
		return []string{
			"c0010 Contractual arrangement reference number", "c0020 LEI of the entity making use of the ICT services", "c0030 Identification code of the ICT third-party service provider",
			"c0040 Type of code of the provider", "c0050 Function identifier", "c0060 Type of ICT services", "c0070 Start date of the contractual arrangement", "c0080 End date of the contractual arrangement",
			"c0090 Reason of the termination or ending", "c0100 Notice period for the financial entity", "c0110 Notice period for the provider", "c0120 Country of the governing law", "c0130 Country of provision of the ICT services",
			"c0140 Storage of data", "c0150 Location of the data at rest", "c0160 Location of management of the data", "c0170 Sensitiveness of the data stored", "c0180 Level of reliance on the ICT service",
		}
	case B0501:
		return []string{
			"c0010 Identification code of the ICT third-party service provider", "c0020 Type of code of the provider", "c0030 Additional identification code", "c0040 Type of additional code",
			"c0050 Legal name", "c0060 Name in Latin alphabet", "c0070 Type of person", "c0080 Country of headquarters", "c0090 Currency of the amount", "c0100 Total annual expense or estimated cost",
			"c0110 Identification code of the ultimate parent", "c0120 Type of code of the ultimate parent",
		}
	case B0502:
		return []string{
			"c0010 Contractual arrangement reference number", "c0020 Type of ICT services", "c0030 Identification code of the ICT third-party service provider", "c0040 Type of code of the provider",
			"c0050 Rank", "c0060 Identification code of the recipient of sub-contracted ICT services", "c0070 Type of code of the recipient",
		}
	}
	return []string{
		"c0010 Contractual arrangement reference number", "c0020 Identification code of the ICT third-party service provider", "c0030 Type of code of the provider", "c0040 Type of ICT services",
		"c0050 Substitutability", "c0060 Reason if not substitutable", "c0070 Date of the last audit", "c0080 Existence of an exit plan", "c0090 Possibility of reintegration",
		"c0100 Impact of discontinuing the ICT services", "c0110 Alternative providers identified", "c0120 Identification of alternative providers",
	}
}

// DORA gives B_02.02, B_05.01, B_05.02 and B_07.01 for the contracts of the
// organisation, with the ranks of the chains behind them, and what a check of
// the keys finds. lei identifies the organisation; it may be blank.
func DORA(g *graph.Graph, lei string) ([]Table, []Problem) {
	inv := g.Inventory()
	d := dora{inv: inv, chains: chainsOf(inv), lei: lei}
	for _, name := range []string{B0202, B0501, B0502, B0701} {
		d.tables = append(d.tables, &Table{Name: name, Header: doraHeader(name), seen: map[string]bool{}})
	}
	for _, r := range d.suppliers[inv.Organisation.ID] {
		d.contract(r)
	}
	out := make([]Table, len(d.tables))
	for i, t := range d.tables {
		out[i] = *t
	}
	return out, append(lint(out), d.unlisted(g)...)
}

type dora struct {
	chains
	inv    *msp.Inventory
	lei    string
	tables []*Table
}

// code gives the identification code of a party and its type.
func (d *dora) code(id string) (code, kind string) {
	p := d.by[id]
	if p == nil {
		return "", ""
	}
	return strings.ReplaceAll(p.LegalID.Value, " ", ""), p.LegalID.Scheme
}

func (d *dora) service(id string) string {
	if p := d.by[id]; p != nil {
		code, _, _ := strings.Cut(reports.ServiceType(p.Kind), " ")
		return code
	}
	return ""
}

// contract writes all rows of one direct relationship.
func (d *dora) contract(r *msp.Relationship) {
	ref, service := r.Contract.Ref, d.service(r.Provider)
	d.specific(r, ref, service)
	for _, l := range d.chain(r) {
		code, kind := d.code(l.r.Provider)
		recipient, of := "", ""
		if l.rank > 1 {
			recipient, of = d.code(l.r.Customer)
		}
		d.tables[2].add(l.r.Src.Pos, code != "" && (l.rank == 1 || recipient != ""), ref, service, code, kind, strconv.Itoa(l.rank), recipient, of)
		d.provider(l.r.Provider)
	}
	d.assessment(r, ref, service)
}

// specific writes B_02.02: a row for each location of the data, for the location
// is part of the key.
func (d *dora) specific(r *msp.Relationship, ref, service string) {
	code, kind := d.code(r.Provider)
	country := ""
	if p := d.by[r.Provider]; p != nil {
		country = p.Country
	}
	stores := ""
	for _, a := range r.Access {
		if a.Kind == msp.DataCustody || a.Kind == msp.BackupAdmin {
			stores = "Yes"
		}
	}
	locations := r.Contract.Locations.Values
	if len(locations) == 0 {
		locations = []string{""}
	}
	for _, place := range locations {
		rest := ""
		if stores == "Yes" {
			rest = place
		}
		d.tables[0].add(r.Src.Pos, code != "", ref, d.lei, code, kind, "", service, r.Contract.Starts.String(), r.Contract.Ends.String(),
			"", "", "", "", country, stores, rest, place, sensitiveness(r.DataSensitivity), "")
	}
}

// sensitiveness maps the marking of data to the closed list.
func sensitiveness(s string) string {
	switch s {
	case "public", "official":
		return "Low"
	case "sensitive":
		return "Medium"
	case "protected", "secret":
		return "High"
	}
	return ""
}

func (d *dora) provider(id string) {
	p := d.by[id]
	if p == nil {
		return
	}
	code, kind := d.code(id)
	name := cmp.Or(p.Name, p.ID)
	latin := name
	if strings.ContainsFunc(name, func(r rune) bool { return r > 0x24f }) {
		latin = ""
	}
	d.tables[1].add(p.Src.Pos, code != "", code, kind, "", "", name, latin, "", p.Country, "", "", "", "")
}

func (d *dora) assessment(r *msp.Relationship, ref, service string) {
	code, kind := d.code(r.Provider)
	substitutable, alternatives := "", ""
	switch {
	case !r.Alternatives.Known:
	case len(r.Alternatives.Values) == 0:
		substitutable, alternatives = "Not substitutable", "No"
	default:
		alternatives = "Yes"
	}
	d.tables[3].add(r.Src.Pos, code != "", ref, code, kind, service, substitutable, "", r.Contract.LastAudit.String(), yesNo(r.Contract.ExitPlan), "", "",
		alternatives, strings.Join(d.names(r.Alternatives.Values), ", "))
}

func (d *dora) names(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = nameOf(d.by, d.inv, id)
	}
	return out
}

// unlisted names the parties that DNS shows behind the organisation or its
// providers and that stand in no chain.
func (d *dora) unlisted(g *graph.Graph) []Problem {
	var out []Problem
	seen := map[string]bool{}
	for _, x := range g.Dependencies() {
		if x.Declared || x.Dead || x.Trust == msp.TrustVerify || seen[x.From+">"+x.To] {
			continue
		}
		seen[x.From+">"+x.To] = true
		if _, ours := d.by[x.From]; !ours && x.From != d.inv.Organisation.ID {
			continue
		}
		out = append(out, Problem{What: "DNS shows that " + x.From + " leans on " + cmp.Or(x.ToName, x.To) + ", which is in no supply chain of the register", Want: "declare it with its contract, or find out what it does there"})
	}
	return out
}
