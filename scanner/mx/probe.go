package mx

import (
	"context"
	"net/netip"
	"slices"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// maxHosts bounds the exchangers that are looked at; those behind it are unknown.
const maxHosts = 20

// Probe looks at the MX set of the task's name and at the addresses of each
// exchanger. Data is fact.MX: Present = an MX set, a null MX among them, Absent =
// none (mail goes to the name's own address, RFC 5321 section 5.1).
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeMX,
		Doc:  "mail exchangers, null MX, aliases and addresses of each (RFC 5321 5.1, RFC 7505)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	a := trace.Look(ctx, t.Name, "MX")
	data := fact.MX{Domain: t.Name}
	data.Hosts, data.Null = Parse(a.Records)
	data.NullNonZero = nullNonZero(a.Records)
	for i := range data.Hosts {
		if i >= maxHosts {
			data.Hosts[i].Reason = "budget"
			continue
		}
		look(ctx, trace, &data.Hosts[i])
	}
	return trace.Fact(t, a.Outcome, a.Reason, data)
}

// look asks for both address families of an exchanger.
func look(ctx context.Context, trace *scanner.Trace, h *fact.MXHost) {
	v4 := trace.Look(ctx, h.Host, "A")
	answers := []scanner.Answer{v4}
	if v4.Rcode != "NXDOMAIN" || v4.Outcome != fact.Absent {
		answers = append(answers, trace.Look(ctx, h.Host, "AAAA"))
	}
	h.Outcome = fact.Absent
	for _, a := range answers {
		if len(a.Chain) > 0 { // RFC 2181 section 10.3: no alias
			h.IsCNAME, h.CNAME = true, a.End(h.Host)
		}
		for _, r := range a.Records {
			h.Addresses = append(h.Addresses, r.Fields...)
		}
		if h.Rcode == "" || h.Rcode == "NOERROR" && a.Rcode != "" && len(h.Addresses) == 0 {
			h.Rcode = a.Rcode
		}
	}
	slices.Sort(h.Addresses)
	settle(h, answers)
}

// settle draws the outcome: a public address decides; without one a family that
// was not answered could hold it, so nothing is known.
func settle(h *fact.MXHost, answers []scanner.Answer) {
	if slices.ContainsFunc(h.Addresses, isPublic) {
		h.Outcome = fact.Present
		return
	}
	for _, a := range answers {
		switch a.Outcome {
		case fact.Present:
			h.Outcome = fact.Present
		case fact.Absent:
		default:
			h.Outcome, h.Reason = fact.Unknown, a.Reason
			return
		}
	}
}

// isPublic reports whether mail from outside can reach the address: the private,
// shared, loopback, link-local and unspecified ones are not (RFC 6890).
func isPublic(s string) bool {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	a = a.Unmap()
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) // RFC 6598
	return a.IsGlobalUnicast() && !a.IsPrivate() && !shared.Contains(a)
}
