package scanner

import (
	"context"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Bounds of FindCut.
const (
	maxReferrals     = 8 // steps down from the zone that was found first
	maxParentTries   = 8 // servers of one parent that may be asked
	maxParentAnswers = 4 // clean answers looked at while none is a referral
	enoughAnswers    = 2 // clean answers, one of them a referral
)

// Cut is what the servers of the parent zone say of a name: a zone cut stands
// there (Present), no cut does (Absent, by NXDOMAIN or NODATA, see Rcode), or it
// could not be read (Unknown with Reason).
type Cut struct {
	Name    msp.Name
	Parent  msp.Name // zone above the cut; "" if it was not found
	Outcome fact.Outcome
	Reason  string
	Rcode   string      // of the parent's authoritative answer
	NS      []msp.Name  // sorted; the union over the parent's servers
	Glue    []fact.Glue // sorted; addresses of NS hosts below the parent's names
	Own     bool        // NS came from authoritative answers: the servers serve parent and child
}

// FindCut looks for the zone cut at name: it finds the enclosing zone by SOA
// questions to the recursive resolvers, asks that zone's servers for the NS set
// of name and follows referrals down (RFC 1034 section 4.2.1, RFC 9499).
func FindCut(ctx context.Context, r Resolver, name msp.Name) Cut {
	zone, reason := enclosingZone(ctx, r, name.Parent())
	if zone == "" {
		return Cut{Name: name, Reason: reason}
	}
	hosts, reason := zoneServers(ctx, r, zone)
	var glue []fact.Glue
	for range maxReferrals {
		if len(hosts) == 0 {
			return Cut{Name: name, Parent: zone, Reason: reason}
		}
		poll := pollParent(ctx, r, name, zone, hosts, glue)
		if poll.below == "" {
			return poll.cut()
		}
		zone, hosts, glue = poll.below, poll.belowNS, poll.belowGlue
	}
	return Cut{Name: name, Parent: zone, Reason: "budget"}
}

// enclosingZone climbs from at to the first zone apex that the resolvers show.
// An ancestor that gives no clean answer is passed by: referrals lead back down.
func enclosingZone(ctx context.Context, r Resolver, at msp.Name) (msp.Name, string) {
	reason := ""
	for {
		a := r.Resolve(ctx, Question{Name: at, Type: "SOA"})
		if zone := apexIn(at, a); zone != "" {
			return zone, ""
		}
		if a.Outcome == fact.Unknown && reason == "" {
			reason = a.Reason
		}
		if at == msp.Root {
			return "", firstOf(reason, "no_parent")
		}
		at = at.Parent()
	}
}

// apexIn reads the apex of the zone that holds name from an answer to its SOA
// question: the owner of the SOA in the answer, or of the negative answer's
// authority section (RFC 2308 section 2).
func apexIn(name msp.Name, a Answer) msp.Name {
	if len(a.Chain) > 0 {
		return ""
	}
	switch a.Outcome {
	case fact.Present:
		return name
	case fact.Absent:
		for _, rec := range a.Authority {
			if rec.Type == "SOA" && name.Within(rec.Name) {
				return rec.Name
			}
		}
	}
	return ""
}

func zoneServers(ctx context.Context, r Resolver, zone msp.Name) ([]msp.Name, string) {
	a := r.Resolve(ctx, Question{Name: zone, Type: "NS"})
	if a.Outcome != fact.Present {
		return nil, firstOf(a.Reason, "no_parent_servers")
	}
	return Names(a.Records, "NS"), ""
}

// poll collects what the servers of one zone say of name.
type poll struct {
	name, zone            msp.Name
	answers               int // clean ones
	referrals, own        []msp.Name
	referralGlue, ownGlue []fact.Glue
	nxdomain, nodata      bool
	reason                string   // of the first answer that was not clean
	below                 msp.Name // a cut between zone and name
	belowNS               []msp.Name
	belowGlue             []fact.Glue
}

func pollParent(ctx context.Context, r Resolver, name, zone msp.Name, hosts []msp.Name, glue []fact.Glue) poll {
	p := poll{name: name, zone: zone}
	for i, host := range turned(hosts, name) {
		if i == maxParentTries || p.enough() {
			break
		}
		addrs, reason := firstAddresses(ctx, r, host, glue)
		if len(addrs) == 0 {
			p.failed(reason)
			continue
		}
		p.take(r.Resolve(ctx, Question{Name: name, Type: "NS", Server: addrs[0]}))
	}
	return p
}

// turned begins the list of hosts at a place that the name decides: the names of
// many organisations spread over all servers of their parent, and the same name
// asks the same ones in every run.
func turned(hosts []msp.Name, name msp.Name) []msp.Name {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	at := int(h.Sum32() % uint32(len(hosts)))
	return slices.Concat(hosts[at:], hosts[:at])
}

func (p *poll) enough() bool {
	if p.below != "" || p.answers >= maxParentAnswers {
		return true
	}
	return p.answers >= enoughAnswers && (len(p.referrals) > 0 || p.nxdomain)
}

func (p *poll) failed(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
}

// take sorts one answer: referral to the name, referral to a cut above it,
// authoritative NS set, authoritative denial, or nothing to rely on.
func (p *poll) take(a Answer) {
	cut, ns := referralTo(a)
	switch {
	case a.TC || a.Reason == "truncated": // a part of a set is no set
		p.failed("truncated")
	case cut == p.name:
		p.answers++
		p.referrals = append(p.referrals, ns...)
		p.referralGlue = append(p.referralGlue, additionalOf(a, ns)...)
	case cut != "" && cut != p.zone && cut.Within(p.zone) && p.name.Within(cut):
		p.below, p.belowNS, p.belowGlue = cut, ns, additionalOf(a, ns)
	case !a.AA || cut != "" || a.Outcome == fact.Unknown && len(a.Chain) == 0:
		p.failed(firstOf(a.Reason, strings.ToLower(a.Rcode), "lame"))
	case a.Rcode == "NXDOMAIN" && len(a.Chain) == 0:
		p.answers++
		p.nxdomain = true
	case len(a.Records) > 0 && len(a.Chain) == 0:
		p.answers++
		own := Names(a.Records, "NS")
		p.own = append(p.own, own...)
		p.ownGlue = append(p.ownGlue, additionalOf(a, own)...)
	default: // NODATA, or an alias in the parent zone: no cut
		p.answers++
		p.nodata = true
	}
}

// cut judges: a referral is the parent speaking; an authoritative NS set comes
// from a server of parent and child; denial counts only if nothing contradicts.
func (p *poll) cut() Cut {
	c := Cut{Name: p.name, Parent: p.zone, Rcode: "NOERROR"}
	switch {
	case len(p.referrals) > 0:
		c.Outcome, c.NS, c.Glue = fact.Present, sortedNames(p.referrals), sortedGlue(p.referralGlue)
	case len(p.own) > 0:
		c.Outcome, c.NS, c.Glue, c.Own = fact.Present, sortedNames(p.own), sortedGlue(p.ownGlue), true
	case p.nodata:
		c.Outcome = fact.Absent
	case p.nxdomain:
		c.Outcome, c.Rcode = fact.Absent, "NXDOMAIN"
	default:
		c.Rcode, c.Reason = "", firstOf(p.reason, "timeout")
	}
	return c
}

// referralTo gives the cut that a referral points to and its servers. Servers
// that set AA in a referral are wrong about the bit, not about the cut.
func referralTo(a Answer) (msp.Name, []msp.Name) {
	if a.Rcode != "NOERROR" || len(a.Records) > 0 || len(a.Chain) > 0 {
		return "", nil
	}
	var cut msp.Name
	var ns []Record
	for _, rec := range a.Authority {
		switch {
		case rec.Type == "SOA":
			return "", nil // a denial (RFC 2308 section 2.2)
		case rec.Type != "NS" || (cut != "" && rec.Name != cut):
			continue
		}
		cut = rec.Name
		ns = append(ns, rec)
	}
	return cut, Names(ns, "NS")
}

// additionalOf gives the addresses in the additional section that belong to hosts.
func additionalOf(a Answer, hosts []msp.Name) []fact.Glue {
	var glue []fact.Glue
	for _, rec := range a.Additional {
		if (rec.Type == "A" || rec.Type == "AAAA") && len(rec.Fields) == 1 && slices.Contains(hosts, rec.Name) {
			glue = append(glue, fact.Glue{Host: rec.Name, Address: rec.Fields[0]})
		}
	}
	return glue
}

// firstAddresses gives addresses of a parent's server: from glue, else IPv4, else
// IPv6; one is enough, so the second type is asked only if the first gave none.
func firstAddresses(ctx context.Context, r Resolver, host msp.Name, glue []fact.Glue) ([]netip.Addr, string) {
	addrs := GlueOf(host, glue)
	reason := "no_address"
	for _, qtype := range []string{"A", "AAAA"} {
		if len(addrs) > 0 {
			break
		}
		a := r.Resolve(ctx, Question{Name: host, Type: qtype})
		addrs = Addresses(a.Records)
		if a.Outcome == fact.Unknown {
			reason = a.Reason
		}
	}
	return addrs, reason
}

// Addresses gives the addresses of A and AAAA records, sorted.
func Addresses(records []Record) []netip.Addr {
	var addrs []netip.Addr
	for _, rec := range records {
		if rec.Type != "A" && rec.Type != "AAAA" || len(rec.Fields) != 1 {
			continue
		}
		if addr, err := netip.ParseAddr(rec.Fields[0]); err == nil {
			addrs = append(addrs, addr)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs)
}

// Names gives the names that records of one type point to (first field), sorted.
func Names(records []Record, qtype string) []msp.Name {
	var names []msp.Name
	for _, rec := range records {
		if rec.Type == qtype && len(rec.Fields) > 0 {
			names = append(names, msp.Name(rec.Fields[0]))
		}
	}
	return sortedNames(names)
}

func sortedNames(names []msp.Name) []msp.Name {
	slices.Sort(names)
	return slices.Compact(names)
}

func sortedGlue(glue []fact.Glue) []fact.Glue {
	slices.SortFunc(glue, func(a, b fact.Glue) int {
		if c := strings.Compare(string(a.Host), string(b.Host)); c != 0 {
			return c
		}
		return strings.Compare(a.Address, b.Address)
	})
	return slices.Compact(glue)
}

// firstOf gives the first string that is not empty.
func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
