package agree

import (
	"context"
	"net/netip"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks one address of each server of the task's zone for its MX and TXT
// sets. Data is fact.Agree: Present = all say the same, Broken = they differ,
// Absent = the name is no zone, Unknown = they agree as far as they answered.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeAgree,
		Doc:  "whether all servers of the zone give the same MX set and SPF record (RFC 1034 4.2.2)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Agree{Zone: t.Name}
	if env.Passive {
		return trace.Fact(t, fact.Unknown, "not_asked", data)
	}
	servers, reason := scanner.ZoneServers(ctx, trace, t.Name)
	if reason == scanner.NotDelegated {
		return trace.Fact(t, fact.Absent, "", data)
	}
	if reason != "" {
		return trace.Fact(t, fact.Unknown, reason, data)
	}
	servers = onePerHost(servers)
	data.MX = ask(ctx, trace, t.Name, "MX", servers)
	data.SPF = ask(ctx, trace, t.Name, "TXT", servers)
	outcome, reason := overall(data.MX, data.SPF)
	return trace.Fact(t, outcome, reason, data)
}

// ask compares the servers. A zone that is being changed differs for a moment,
// so a difference counts only if a second look finds one too.
func ask(ctx context.Context, trace *scanner.Trace, zone msp.Name, qtype string, servers []scanner.Server) fact.AgreeSet {
	var set fact.AgreeSet
	for look := range 2 {
		set = fact.AgreeSet{}
		for _, s := range servers {
			if s.Reason != "" {
				set.Servers = append(set.Servers, fact.AgreeServer{Host: s.Host, Reason: s.Reason})
				continue
			}
			a := trace.Resolve(ctx, scanner.Question{Name: zone, Type: qtype, Server: s.Address, Look: look})
			set.Servers = append(set.Servers, fromAnswer(s, qtype, a))
		}
		if judge(&set); set.Same != fact.Broken {
			break
		}
	}
	return set
}

// onePerHost keeps the first address of each host, and each address once: two
// names of one machine are one answer.
func onePerHost(servers []scanner.Server) []scanner.Server {
	hosts, addresses := map[msp.Name]bool{}, map[netip.Addr]bool{}
	var list []scanner.Server
	for _, s := range servers {
		if hosts[s.Host] || s.Address.IsValid() && addresses[s.Address] {
			continue
		}
		hosts[s.Host], addresses[s.Address] = true, true
		list = append(list, s)
	}
	return list
}
