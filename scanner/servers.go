package scanner

import (
	"context"
	"net/netip"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// The budgets of one zone.
const (
	MaxServers   = 13 // delegated hosts that are asked
	MaxAddresses = 2  // addresses of one host
)

// NotDelegated is the reason of ZoneServers for a name that is proved to be no
// zone: there is nobody to ask.
const NotDelegated = "not_delegated"

// Server is one address of a zone's name server; without an address, Reason says
// why.
type Server struct {
	Host    msp.Name
	Address netip.Addr
	Reason  string
}

// ZoneServers gives the servers of a zone as its parent and the recursive
// resolvers name them, sorted by host, within the budgets of a zone. If there is
// none, the reason says why.
func ZoneServers(ctx context.Context, r Resolver, zone msp.Name) ([]Server, string) {
	cut := FindCut(ctx, r, zone)
	ns := r.Resolve(ctx, Question{Name: zone, Type: "NS"})
	hosts := slices.Clone(cut.NS)
	if ns.Outcome == fact.Present && len(ns.Chain) == 0 {
		hosts = append(hosts, Names(ns.Records, "NS")...)
	}
	hosts = sortedNames(hosts)
	if len(hosts) == 0 {
		return nil, firstOf(cut.Reason, ns.Reason, NotDelegated)
	}
	var servers []Server
	for i, host := range hosts {
		if i == MaxServers {
			servers = append(servers, Server{Host: host, Reason: "budget"})
			break
		}
		servers = append(servers, hostServers(ctx, r, host, cut.Glue)...)
	}
	return servers, ""
}

func hostServers(ctx context.Context, r Resolver, host msp.Name, glue []fact.Glue) []Server {
	reason := "no_address"
	var resolved []netip.Addr
	for _, qtype := range []string{"A", "AAAA"} {
		a := r.Resolve(ctx, Question{Name: host, Type: qtype})
		resolved = append(resolved, Addresses(a.Records)...)
		if a.Outcome == fact.Unknown {
			reason = a.Reason
		}
	}
	var servers []Server
	for _, addr := range PickAddresses(GlueOf(host, glue), resolved, MaxAddresses) {
		servers = append(servers, Server{Host: host, Address: addr})
	}
	if len(servers) == 0 {
		return []Server{{Host: host, Reason: reason}}
	}
	return servers
}

// PickAddresses chooses the addresses of a host that are asked: one of each
// family if it has both, else up to the bound of one family; glue first, for it
// is what resolvers begin with.
func PickAddresses(glue, resolved []netip.Addr, bound int) []netip.Addr {
	var v4, v6 []netip.Addr
	for _, a := range slices.Concat(glue, resolved) {
		list := &v6
		if a.Unmap().Is4() {
			list = &v4
		}
		if !slices.Contains(*list, a) {
			*list = append(*list, a)
		}
	}
	var picked []netip.Addr
	for i := 0; len(picked) < bound && (i < len(v4) || i < len(v6)); i++ {
		for _, list := range [][]netip.Addr{v4, v6} {
			if i < len(list) && len(picked) < bound {
				picked = append(picked, list[i])
			}
		}
	}
	return picked
}

// GlueOf gives the addresses that glue holds for a host.
func GlueOf(host msp.Name, glue []fact.Glue) []netip.Addr {
	var addrs []netip.Addr
	for _, g := range glue {
		if addr, err := netip.ParseAddr(g.Address); err == nil && g.Host == host {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}
