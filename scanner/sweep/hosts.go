package sweep

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Label is a label that ways in from afar usually have, and what stands there.
type Label struct{ Label, Product string }

// Labels lists the names that a sweep of hosts asks for: our own choice, from
// the names that vendors' manuals suggest and administrators use.
func Labels() []Label {
	var list []Label
	for _, line := range []string{
		"remote access: remote access ra login connect gateway secure",
		"VPN: vpn vpn1 vpn2 sslvpn ssl-vpn ipsec webvpn anyconnect openvpn",
		"Fortinet SSL VPN: forti fortigate fortivpn",
		"Palo Alto GlobalProtect: gp globalprotect",
		"Ivanti (Pulse) Connect Secure: pulse ivanti",
		"Citrix Gateway: citrix ctx netscaler storefront",
		"VMware Horizon: horizon view vdi",
		"Remote Desktop: rdp rds rdweb rdgw rdgateway ts terminal",
		"RMM: rmm agent monitoring",
		"ConnectWise ScreenConnect: screenconnect control sc",
		"ConnectWise Automate: automate labtech",
		"Kaseya VSA: kaseya vsa",
		"N-able N-central: ncentral n-central ncod",
		"BeyondTrust Remote Support: bomgar beyondtrust",
		"SimpleHelp: simplehelp",
		"MeshCentral: mesh meshcentral",
		"RustDesk: rustdesk",
		"support tool: support helpdesk assist",
		"jump host: jump bastion guacamole pam",
	} {
		product, labels, _ := strings.Cut(line, ": ")
		for _, l := range strings.Fields(labels) {
			list = append(list, Label{l, product})
		}
	}
	slices.SortFunc(list, func(a, b Label) int { return strings.Compare(a.Label, b.Label) })
	return list
}

// Hosts asks for the names that remote access usually has below the task's name.
// Under a wildcard a name counts that leads elsewhere than random labels do. Data
// is fact.HostSweep.
func Hosts() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeHostSweep,
		Doc:  "which names that remote access usually has exist below the domain",
		Run:  hosts,
	}
}

func hosts(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.HostSweep{Domain: t.Name}
	wild, reason := wildcard(ctx, env, trace, t.Name)
	if reason != "" {
		return trace.Fact(t, fact.Unknown, reason, data)
	}
	names, products := hostCandidates(t.Name)
	verdicts := sift(ctx, env, names, "A", answers, func(i int) verdict { return host(ctx, env, names[i], wild) })
	data.Swept = count(trace, verdicts)
	for i, n := range names {
		if verdicts[i].outcome == fact.Present {
			data.Found = append(data.Found, fact.SweptHost{Name: n, Product: products[i]})
		}
	}
	o, reason := outcome(data.Swept, len(data.Found))
	return trace.Fact(t, o, reason, data)
}

func hostCandidates(zone msp.Name) (names []msp.Name, products []string) {
	for _, l := range Labels() {
		if n, err := msp.ParseName(l.Label + "." + string(zone)); err == nil { // else too long to exist
			names, products = append(names, n), append(products, l.Product)
		}
	}
	return names, products
}

// wildcard gives where random labels below a zone lead. The reason says why no
// name below it can be told from them.
func wildcard(ctx context.Context, env scanner.Env, trace *scanner.Trace, zone msp.Name) (place, string) {
	first := random(ctx, env, trace, zone)
	if first.outcome == fact.Absent {
		return first, ""
	}
	if first.outcome == fact.Unknown {
		return first, cmp.Or(first.reason, "no_clean_answer")
	}
	second := random(ctx, env, trace, zone)
	if second.outcome != fact.Present || !common(first, second) {
		return second, "wildcard" // it leads now here, now there
	}
	first.values = append(first.values, second.values...)
	return first, ""
}

// answers reports whether a clean glance leaves a host to be looked at. A CNAME
// counts, whatever it leads to: the name is in use, and a dead target is worth a
// look.
func answers(n msp.Name, g scanner.Glance) bool { return g.Alias || inUse(n, g) }

func host(ctx context.Context, env scanner.Env, name msp.Name, wild place) verdict {
	trace := scanner.NewTrace(env.Resolver)
	p := resolve(ctx, trace, name)
	switch {
	case p.outcome == fact.Unknown:
		return unsure(p.reason)
	case p.outcome == fact.Absent:
		return verdict{outcome: fact.Absent}
	case common(p, wild):
		return unsure("wildcard") // its own record, or the wildcard's: nothing tells
	}
	return verdict{outcome: fact.Present, trace: trace}
}
