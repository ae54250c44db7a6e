package version

import (
	"context"
	"net/netip"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks each server of the task's zone for its software. Data is
// fact.Version: Present = a server names it, Absent = none does.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name:   fact.ProbeVersion,
		Doc:    "whether the zone's servers name their software (version.bind, class CH, RFC 4892)",
		Active: true,
		Run:    run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Version{Zone: t.Name}
	if env.Passive {
		return trace.Fact(t, fact.Unknown, "not_asked", data)
	}
	servers, reason := scanner.ZoneServers(ctx, trace, t.Name)
	asked := map[netip.Addr]bool{}
	for _, s := range servers {
		switch {
		case s.Reason != "":
			data.Servers = append(data.Servers, fact.VersionServer{Host: s.Host, Reason: s.Reason})
		case !asked[s.Address]:
			asked[s.Address] = true
			data.Servers = append(data.Servers, ask(ctx, trace, s))
		}
	}
	outcome, why := overall(data.Servers)
	if reason == "" {
		reason = why
	}
	return trace.Fact(t, outcome, reason, data)
}

func ask(ctx context.Context, trace *scanner.Trace, s scanner.Server) fact.VersionServer {
	var answers []scanner.Answer
	for _, name := range names() {
		answers = append(answers, trace.Resolve(ctx, scanner.Question{Name: name, Type: "TXT", Class: "CH", Server: s.Address}))
	}
	return fromAnswers(s, answers)
}

// overall joins the servers: one is enough for Present, all must hide it for
// Absent.
func overall(servers []fact.VersionServer) (fact.Outcome, string) {
	outcome, reason := fact.Absent, ""
	for _, s := range servers {
		switch {
		case s.Outcome == fact.Present:
			return fact.Present, ""
		case s.Outcome == fact.Unknown && outcome == fact.Absent:
			outcome, reason = fact.Unknown, s.Reason
		}
	}
	if len(servers) == 0 {
		return fact.Unknown, "no_servers"
	}
	return outcome, reason
}
