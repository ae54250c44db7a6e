package pipeline

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// findHosts lists the names below the own domains that exist: those that were
// asked for, and those that records name.
func (d *discovery) findHosts() {
	for _, f := range d.g.FactsOf(fact.ProbeWildcard) {
		var w fact.Wildcard
		if f.Outcome == fact.Present && f.Decode(&w) == nil {
			d.wildcards[f.Task.Name] = w
		}
	}
	for _, f := range d.g.FactsOf(fact.ProbeHosts) {
		var h fact.Hosts
		if f.Decode(&h) != nil || f.Outcome == fact.Absent || f.Outcome == fact.Unknown {
			continue
		}
		if slices.Contains(d.org.Hosts, h.Name) && !d.byWildcard(h) {
			d.host(h.Name)
		}
		for _, hop := range h.Chain {
			if slices.Contains(d.org.Hosts, h.Name) || slices.Contains(d.org.Domains, h.Name) {
				d.host(hop.To)
			}
		}
	}
	for _, f := range d.g.FactsOf(fact.ProbeMX) {
		var m fact.MX
		if f.Decode(&m) == nil {
			for _, h := range m.Hosts {
				d.host(h.Host)
			}
		}
	}
	slices.Sort(d.hosts)
	d.hosts = slices.Compact(d.hosts)
}

// host keeps a name below an own domain. Names with an underscore are no hosts
// (RFC 8552).
func (d *discovery) host(n msp.Name) {
	own := func(zone msp.Name) bool { return n != zone && n.Within(zone) }
	if slices.ContainsFunc(d.org.Domains, own) && !slices.Contains(d.org.Domains, n) && !strings.Contains(string(n), "_") {
		d.hosts = append(d.hosts, n)
	}
}

// byWildcard reports whether a name resolves only as any other label would.
func (d *discovery) byWildcard(h fact.Hosts) bool {
	for zone, w := range d.wildcards {
		if !h.Name.Within(zone) {
			continue
		}
		if len(h.Chain) > 0 {
			return slices.Contains(w.Targets, string(h.Chain[0].To))
		}
		return slices.ContainsFunc(h.Addresses, func(a string) bool { return slices.Contains(w.Targets, a) })
	}
	return false
}

// summary says in a few lines what was found and what to do next.
func (d *discovery) summary(w io.Writer, file string) {
	unknown := 0
	facts := d.g.Facts()
	for _, f := range facts {
		if f.Outcome == fact.Unknown {
			unknown++
		}
	}
	fmt.Fprintf(w, "%s, %s asked of DNS (%d without a clean answer): %s, %s\n",
		count(len(d.org.Domains), "domain"), count(len(facts), "question"), unknown, count(len(d.order), "provider"), count(len(d.hosts), "host"))
	for _, r := range d.relationships() {
		if r.Customer == d.org.ID {
			fmt.Fprintf(w, "  %-28s %s\n", msp.Visible(r.Provider), msp.Visible(r.Service))
		}
	}
	for _, n := range d.absent() {
		fmt.Fprintf(w, "  %s does not exist (NXDOMAIN): is it spelt right?\n", msp.Visible(string(n)))
	}
	if n := len(d.lost); n > 0 {
		fmt.Fprintf(w, "  %s to a name that is gone or that anybody can hold: see the end of the draft\n", count(n, "record"))
	}
	if file == "" {
		fmt.Fprintln(w, "next: save it (-o FILE), correct it, answer the questions at its end, then: mspscan scan FILE")
		return
	}
	shown := msp.Visible(file)
	fmt.Fprintf(w, "wrote %s\nnext: correct it, answer the questions at its end, then: mspscan validate %s && mspscan scan %s\n", shown, shown, shown)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// absent gives the organisation's domains that are proved not to exist.
func (d *discovery) absent() []msp.Name {
	var list []msp.Name
	for _, n := range d.org.Domains {
		f, ok := d.g.Fact(fact.ProbeDelegation, n)
		gone := func(o fact.Observation) bool { return o.Name == n && o.Rcode == "NXDOMAIN" }
		if ok && f.Outcome == fact.Absent && slices.ContainsFunc(f.Observed, gone) {
			list = append(list, n)
		}
	}
	return list
}
