package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// LayerNames lists the layers in the order in which people read them; a layer of
// another name is that of a provider's kind.
func LayerNames() []string {
	return []string{"dns", "mail", "hosting", "remote_access", "msp", "saas", "software", "telecom", "other"}
}

// Uses reads who relies on whom from a graph. Declared relationships count in
// the layers of their services, with the alternatives named as spares. Of
// what DNS shows, the operators of one zone's name servers, and those of one
// domain's mail, are each other's redundancy; those behind one host serve it one
// after another, so that each is critical. Where DNS shows a declared provider in
// a layer, that decides and not the declaration.
func Uses(g *graph.Graph) []Use {
	list, seen := discoveredUses(g)
	list = append(list, declaredUses(g.Inventory(), seen)...)
	for i := range list {
		list[i].Providers, list[i].Spares = sortedIDs(list[i].Providers), sortedIDs(list[i].Spares)
	}
	slices.SortFunc(list, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Layer, b.Layer), slices.Compare(a.Providers, b.Providers), slices.Compare(a.Spares, b.Spares), cmp.Compare(count(a.Own), count(b.Own)))
	})
	return slices.CompactFunc(list, func(a, b Use) bool {
		return a.User == b.User && a.Layer == b.Layer && slices.Equal(a.Providers, b.Providers) && slices.Equal(a.Spares, b.Spares) && a.Own == b.Own
	})
}

func sortedIDs(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// discoveredUses gives what DNS shows, and which provider it shows for whom in
// which layer. A dependency whose targets are all gone serves nobody.
func discoveredUses(g *graph.Graph) (list []Use, seen map[[3]string]bool) {
	type need struct{ user, layer, name, provider string }
	groups, own := map[need][]string{}, map[need]bool{}
	seen = map[[3]string]bool{} // user, layer, provider
	for _, d := range g.Dependencies() {
		layer := layerOfTrust(d.Trust)
		if layer == "" || d.Dead {
			continue
		}
		seen[[3]string{d.From, layer, d.To}] = true
		for _, n := range d.Domains {
			key := need{user: d.From, layer: layer, name: string(n)}
			if layer != "dns" && layer != "mail" {
				key.provider = d.To
			} else if slices.Contains(d.Own, n) {
				own[key] = true
			}
			groups[key] = append(groups[key], d.To)
		}
	}
	for key, providers := range groups {
		list = append(list, Use{User: key.user, Layer: key.layer, Providers: providers, Own: own[key]})
	}
	return list, seen
}

// declaredUses gives what the inventory says and DNS does not show.
func declaredUses(inv *msp.Inventory, seen map[[3]string]bool) []Use {
	kinds := map[string]string{}
	for _, p := range inv.Providers {
		kinds[p.ID] = p.Kind
	}
	var list []Use
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		for _, layer := range layersOf(kinds[r.Provider], r) {
			if !seen[[3]string{r.Customer, layer, r.Provider}] {
				list = append(list, Use{User: r.Customer, Layer: layer, Providers: []string{r.Provider}, Spares: slices.Clone(r.Alternatives.Values)})
			}
		}
	}
	return list
}

// layersOf gives the layers that a relationship serves: those of its access and
// of the services that DNS should show, that of managed services, and if there is
// none of these, that of the provider's kind.
func layersOf(kind string, r *msp.Relationship) []string {
	var list []string
	for _, a := range r.Access {
		list = append(list, layerOfAccess(a.Kind))
	}
	for _, s := range r.DNSServices {
		if s == "web" {
			s = "hosting"
		}
		list = append(list, s)
	}
	own := layerOfKind(kind)
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	if own == "msp" || len(list) == 0 {
		list = append(list, own)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func layerOfAccess(k msp.AccessKind) string {
	switch k {
	case msp.AccessDNS, msp.AccessMail, msp.AccessHosting, msp.AccessSaaS:
		return string(k)
	case msp.SoftwareUpdate:
		return "software"
	case msp.DomainAdmin, msp.RMMAgent, msp.BackupAdmin, msp.RemoteSupport, msp.RDP, msp.SSH, msp.VPN:
		return "remote_access"
	}
	return ""
}

func layerOfKind(kind string) string {
	switch kind {
	case "":
		return "other"
	case "mssp":
		return "msp"
	case "cloud":
		return "hosting"
	}
	return kind
}

// layerOfTrust gives the layer of a dependency whose outage takes something
// down; "" for those that only send, report, issue or verify.
func layerOfTrust(t msp.Trust) string {
	switch t {
	case msp.TrustControl:
		return "dns"
	case msp.TrustReceive:
		return "mail"
	case msp.TrustServe:
		return "hosting"
	case msp.TrustRemoteAccess:
		return "remote_access"
	}
	return ""
}
