package delegation

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The budgets of design.md.
const (
	maxServers   = scanner.MaxServers
	maxAddresses = scanner.MaxAddresses
	inFlight     = 4 // hosts asked at the same time
)

// Probe looks at the delegation of the task's name. Data is fact.Delegation:
// Present = the name is a zone cut, Absent = the parent proved that it is none,
// Unknown = neither the parent nor anybody else told who serves the zone.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeDelegation,
		Doc:  "parent and child NS sets, glue, SOA serials and the answer of each server (RFC 1034 4.2, RFC 9499)",
		Run:  run,
	}
}

// survey is one run of the probe.
type survey struct {
	env   scanner.Env
	trace *scanner.Trace
	zone  msp.Name
	cut   scanner.Cut
	asked map[msp.Name]bool // hosts that were surveyed
	data  fact.Delegation
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	s := &survey{env: env, trace: scanner.NewTrace(env.Resolver), zone: t.Name, asked: map[msp.Name]bool{}}
	s.data.Zone = t.Name
	seen := s.trace.Look(ctx, t.Name, "NS")
	if env.Passive {
		return s.passive(t, seen)
	}
	s.cut = scanner.FindCut(ctx, s.trace, t.Name)
	s.data.Parent = s.cut.Parent
	s.data.ParentKnown = s.cut.Outcome != fact.Unknown
	if s.cut.Outcome == fact.Absent {
		return s.trace.Fact(t, fact.Absent, "", s.data)
	}
	s.data.ParentNS, s.data.Glue = s.cut.NS, s.cut.Glue
	s.servers(ctx, s.cut.NS)
	if s.cut.Outcome == fact.Unknown && isApex(seen) {
		s.servers(ctx, scanner.Names(seen.Records, "NS"))
	}
	s.child(ctx)
	s.secondLook(ctx)
	s.finish()
	if !s.data.ParentKnown && len(s.data.ChildNS) == 0 {
		return s.trace.Fact(t, fact.Unknown, s.cut.Reason, s.data)
	}
	return s.trace.Fact(t, fact.Present, "", s.data)
}

// passive takes the NS set from the recursive resolver and asks nobody else.
func (s *survey) passive(t fact.Task, seen scanner.Answer) fact.Fact {
	if seen.Outcome == fact.Present && !isApex(seen) {
		return s.trace.Fact(t, fact.Absent, "", s.data) // an alias is no zone
	}
	if seen.Outcome != fact.Present {
		return s.trace.Fact(t, seen.Outcome, seen.Reason, s.data)
	}
	s.data.ChildNS, s.data.ChildKnown = scanner.Names(seen.Records, "NS"), true
	for _, h := range s.data.ChildNS {
		s.data.Servers = append(s.data.Servers, fact.DelegationServer{Host: h, State: fact.ServerSkipped, Reason: "passive", Child: true})
	}
	return s.trace.Fact(t, fact.Present, "", s.data)
}

func isApex(a scanner.Answer) bool { return a.Outcome == fact.Present && len(a.Chain) == 0 }

// servers surveys the hosts that were not yet, several at a time; the evidence
// is joined in the order of the hosts.
func (s *survey) servers(ctx context.Context, hosts []msp.Name) {
	var fresh []msp.Name
	for _, h := range hosts {
		if !s.asked[h] {
			s.asked[h] = true
			fresh = append(fresh, h)
		}
	}
	results := make([]hostResult, len(fresh))
	var wg sync.WaitGroup
	slots := make(chan struct{}, inFlight)
	over := maxServers - (len(s.asked) - len(fresh)) // room left
	for i, h := range fresh {
		results[i].trace = s.trace.Branch()
		if i >= over {
			results[i].servers = []fact.DelegationServer{{Host: h, State: fact.ServerSkipped, Reason: "budget"}}
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i].ask(ctx, s.zone, h, s.cut.Glue)
		})
	}
	wg.Wait()
	for _, r := range results {
		s.trace.Merge(r.trace)
		s.data.Addresses = append(s.data.Addresses, r.addresses...)
		s.data.Servers = append(s.data.Servers, r.servers...)
	}
}

// hostResult is what was learnt of one host.
type hostResult struct {
	trace     *scanner.Trace
	addresses []fact.Glue
	servers   []fact.DelegationServer
}

func (r *hostResult) ask(ctx context.Context, zone, host msp.Name, glue []fact.Glue) {
	a, aaaa := r.trace.Look(ctx, host, "A"), r.trace.Look(ctx, host, "AAAA")
	resolved := scanner.Addresses(slices.Concat(a.Records, aaaa.Records))
	for _, addr := range resolved {
		r.addresses = append(r.addresses, fact.Glue{Host: host, Address: addr.String()})
	}
	addrs := scanner.PickAddresses(scanner.GlueOf(host, glue), resolved, maxAddresses)
	for _, addr := range addrs {
		r.servers = append(r.servers, r.askAddress(ctx, zone, host, addr))
	}
	if len(addrs) == 0 {
		r.servers = append(r.servers, withoutAddress(host, a, aaaa))
	}
	r.servers = reachable(r.servers)
}

// withoutAddress says why a host has none: proved, or not known.
func withoutAddress(host msp.Name, a, aaaa scanner.Answer) fact.DelegationServer {
	s := fact.DelegationServer{Host: host, State: fact.ServerHostUnknown}
	for _, answer := range []scanner.Answer{a, aaaa} {
		if answer.Outcome != fact.Absent {
			s.Rcode, s.Reason = answer.Rcode, answer.Reason
			return s
		}
	}
	s.State, s.Rcode = fact.ServerNoAddress, a.Rcode
	return s
}

func (r *hostResult) askAddress(ctx context.Context, zone, host msp.Name, addr netip.Addr) fact.DelegationServer {
	soa := r.trace.AskServer(ctx, addr, zone, "SOA")
	var ns scanner.Answer
	if soa.Reason != "no_route" {
		ns = r.trace.AskServer(ctx, addr, zone, "NS")
	}
	s := fact.DelegationServer{Host: host, Address: addr.String(), Rcode: soa.Rcode}
	s.State, s.Reason = serverState(zone, soa, ns)
	s.Serial, s.MName, _ = ownSOA(zone, soa)
	if ns.AA && !unheard(ns) && len(ns.Chain) == 0 {
		s.NS = scanner.Names(ns.Records, "NS")
	}
	return s
}

// child joins the NS sets of the authoritative servers and surveys the hosts
// that only the zone itself names.
func (s *survey) child(ctx context.Context) {
	for range 2 { // a server found here may name more
		var all []msp.Name
		for _, server := range s.data.Servers {
			if server.State == fact.ServerAuthoritative {
				all = append(all, server.NS...)
			}
		}
		slices.Sort(all)
		s.data.ChildNS = slices.Compact(all)
		s.servers(ctx, s.data.ChildNS)
	}
	s.data.ChildKnown = len(s.data.ChildNS) > 0
}

// secondLook asks the serials again if the first look found more than one.
func (s *survey) secondLook(ctx context.Context) {
	var first, second []uint32
	for _, server := range s.data.Servers {
		if server.State == fact.ServerAuthoritative && server.Reason == "" {
			first = append(first, server.Serial)
		}
	}
	s.data.Serials = serials(first)
	if len(s.data.Serials) < 2 {
		return
	}
	for _, server := range s.data.Servers {
		addr, err := netip.ParseAddr(server.Address)
		if err != nil || server.State != fact.ServerAuthoritative {
			continue
		}
		again := s.trace.Resolve(ctx, scanner.Question{Name: s.zone, Type: "SOA", Server: addr, Look: 1})
		if n, _, ok := ownSOA(s.zone, again); ok {
			second = append(second, n)
		}
	}
	s.data.SecondSerials = serials(second)
}

// finish marks who names each server and sorts.
func (s *survey) finish() {
	for i := range s.data.Servers {
		server := &s.data.Servers[i]
		server.Parent = slices.Contains(s.data.ParentNS, server.Host)
		server.Child = slices.Contains(s.data.ChildNS, server.Host)
	}
	slices.SortFunc(s.data.Servers, func(a, b fact.DelegationServer) int {
		if c := strings.Compare(string(a.Host), string(b.Host)); c != 0 {
			return c
		}
		return strings.Compare(a.Address, b.Address)
	})
	slices.SortFunc(s.data.Addresses, func(a, b fact.Glue) int {
		if c := strings.Compare(string(a.Host), string(b.Host)); c != 0 {
			return c
		}
		return strings.Compare(a.Address, b.Address)
	})
	s.data.Addresses = slices.Compact(s.data.Addresses)
}
