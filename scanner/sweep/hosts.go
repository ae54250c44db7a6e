package sweep

import (
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

// Hosts asks for the names that remote access usually has below the task's name,
// unless a random label exists there too. Data is fact.HostSweep.
func Hosts() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeHostSweep,
		Doc:  "which names that remote access usually has exist below the domain",
		Run:  hosts,
	}
}

func hosts(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	labels := Labels()
	data := fact.HostSweep{Domain: t.Name}
	if o, reason := random(ctx, env, trace, t.Name); o != fact.Absent {
		if o == fact.Present {
			reason = "wildcard"
		}
		return trace.Fact(t, fact.Unknown, reason, data)
	}
	verdicts, found := make([]verdict, len(labels)), make([]fact.SweptHost, len(labels))
	each(len(labels), func(i int) { found[i], verdicts[i] = below(ctx, env, t.Name, labels[i]) })
	data.Swept = count(trace, verdicts)
	for i, f := range found {
		if verdicts[i].outcome == fact.Present {
			data.Found = append(data.Found, f)
		}
	}
	o, reason := outcome(data.Swept, len(data.Found))
	return trace.Fact(t, o, reason, data)
}

// below asks for one label. A CNAME counts, whatever it leads to: the name is in
// use, and a dead target is worth a look.
func below(ctx context.Context, env scanner.Env, zone msp.Name, l Label) (fact.SweptHost, verdict) {
	name, err := msp.ParseName(l.Label + "." + string(zone))
	if err != nil {
		return fact.SweptHost{}, verdict{outcome: fact.Absent}
	}
	out := fact.SweptHost{Name: name, Product: l.Product}
	trace := scanner.NewTrace(env.Resolver)
	a, o, reason := exists(ctx, trace, name)
	switch {
	case o == fact.Present, len(a.Chain) > 0:
		trace.Keep(a, name, kindOf(a))
		return out, verdict{outcome: fact.Present, trace: trace}
	case o == fact.Absent:
		return out, verdict{outcome: fact.Absent}
	}
	return out, unsure(reason)
}
