package transfer

import (
	"context"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks each server of the task's zone for a transfer; one message is read
// and its records are dropped. Data is fact.Transfer: Present = a server hands
// the zone out, Absent = all said no.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name:   fact.ProbeTransfer,
		Doc:    "whether the zone's servers answer AXFR (RFC 5936); one message is read, nothing is kept",
		Active: true,
		Run:    runTransfer,
	}
}

// RecursionProbe asks each server of the task's zone to recurse. Data is
// fact.Recursion: Present = a server did, Absent = all declined.
func RecursionProbe() scanner.Probe {
	return scanner.Probe{
		Name:   fact.ProbeRecursion,
		Doc:    "whether the zone's servers recurse for strangers (RFC 5358)",
		Active: true,
		Run:    runRecursion,
	}
}

func runTransfer(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Transfer{Zone: t.Name}
	client, ok := env.Resolver.(scanner.Transferrer)
	if !ok || env.Passive {
		return trace.Fact(t, fact.Unknown, "not_asked", data)
	}
	servers, reason := scanner.ZoneServers(ctx, trace, t.Name)
	if reason == scanner.NotDelegated {
		return trace.Fact(t, fact.Absent, "", data)
	}
	var evidence []fact.Query
	for _, s := range servers {
		if s.Reason != "" {
			data.Servers = append(data.Servers, fact.TransferServer{Host: s.Host, Outcome: unasked(s.Reason), Reason: s.Reason})
			continue
		}
		answer := client.Transfer(ctx, s.Address, t.Name)
		evidence = append(evidence, answer.Queries...)
		data.Servers = append(data.Servers, fromTransfer(s, answer))
	}
	outcome, why := overall(transferOutcomes(data.Servers))
	f := trace.Fact(t, outcome, firstReason(outcome, reason, why), data)
	f.Queries = append(f.Queries, evidence...)
	return f
}

func transferOutcomes(servers []fact.TransferServer) (outcomes []fact.Outcome, reasons []string) {
	for _, s := range servers {
		outcomes, reasons = append(outcomes, s.Outcome), append(reasons, s.Reason)
	}
	return outcomes, reasons
}

func runRecursion(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Recursion{Zone: t.Name}
	if env.Passive {
		return trace.Fact(t, fact.Unknown, "not_asked", data)
	}
	servers, reason := scanner.ZoneServers(ctx, trace, t.Name)
	if reason == scanner.NotDelegated {
		return trace.Fact(t, fact.Absent, "", data)
	}
	var outcomes []fact.Outcome
	var reasons []string
	for _, s := range servers {
		out := fact.RecursionServer{Host: s.Host, Outcome: unasked(s.Reason), Reason: s.Reason}
		if s.Reason == "" {
			a := trace.Resolve(ctx, scanner.Question{Name: msp.Root, Type: "SOA", Server: s.Address, RD: true})
			out.Address, out.Rcode = s.Address.String(), a.Rcode
			out.Outcome, out.Reason = recursed(a)
		}
		data.Servers = append(data.Servers, out)
		outcomes, reasons = append(outcomes, out.Outcome), append(reasons, out.Reason)
	}
	outcome, why := overall(outcomes, reasons)
	return trace.Fact(t, outcome, firstReason(outcome, reason, why), data)
}

// unasked judges a host without an address to ask: one that is proved to have
// none does nothing, of any other nothing is known.
func unasked(reason string) fact.Outcome {
	if reason == "no_address" {
		return fact.Absent
	}
	return fact.Unknown
}

// firstReason gives why nothing is known: that no server was found before what
// the servers did.
func firstReason(o fact.Outcome, reason, why string) string {
	if o != fact.Unknown {
		return ""
	}
	if reason != "" {
		return reason
	}
	return why
}
