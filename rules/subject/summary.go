package subject

import (
	"fmt"
	"strings"

	"mspscan/msp/fact"
)

// Summary says in a line what a fact shows.
func Summary(f *fact.Fact) string {
	head := f.Task.Probe + " of " + string(f.Task.Name)
	if f.Task.Type != "" {
		head += " " + f.Task.Type
	}
	head += ": " + f.Outcome.String()
	if f.Reason != "" {
		head += " (" + f.Reason + ")"
	}
	if d := clip(detail(f)); d != "" {
		head += "; " + d
	}
	return head
}

// detail gives what of the data matters to a reader; nothing for facts that say
// all by their outcome.
func detail(f *fact.Fact) string {
	var l Look
	switch f.Task.Probe {
	case fact.ProbeDelegation:
		return delegationDetail(read[fact.Delegation](f, &l))
	case fact.ProbeHosts:
		return hostsDetail(read[fact.Hosts](f, &l))
	case fact.ProbeMX:
		return mxDetail(read[fact.MX](f, &l))
	case fact.ProbeSPF:
		d := read[fact.SPF](f, &l)
		return joined(quoted(d.Records), d.Errors)
	case fact.ProbeDMARC:
		return dmarcDetail(read[fact.DMARC](f, &l))
	case fact.ProbeDNSSEC:
		d := read[fact.DNSSEC](f, &l)
		return joined([]string{"DS " + d.DSOutcome.String(), "validation " + d.Validation}, d.Faults)
	case fact.ProbeRegistered:
		d := read[fact.Registered](f, &l)
		return fmt.Sprintf("%s says %s", d.Parent, word(d.Rcode))
	case fact.ProbeCAA:
		return caaDetail(read[fact.CAA](f, &l))
	case fact.ProbeTokens:
		return joined(quoted(read[fact.Tokens](f, &l).Texts))
	case fact.ProbeSecond:
		return secondDetail(read[fact.Second](f, &l))
	case fact.ProbeDKIM:
		return joined(quoted([]string{read[fact.DKIM](f, &l).Record}))
	}
	return ""
}

func word(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func quoted(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s != "" {
			out = append(out, `"`+s+`"`)
		}
	}
	return out
}

func joined(lists ...[]string) string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	if len(all) > 20 {
		all = append(all[:20:20], fmt.Sprintf("and %d more", len(all)-20))
	}
	return strings.Join(all, "; ")
}

func delegationDetail(d fact.Delegation) string {
	var list []string
	for _, s := range d.Servers {
		t := string(s.Host)
		if s.Address != "" {
			t += " [" + s.Address + "]"
		}
		list = append(list, t+" "+s.State)
	}
	return joined(list)
}

func hostsDetail(d fact.Hosts) string {
	var list []string
	for _, h := range d.Chain {
		list = append(list, string(h.From)+" CNAME "+string(h.To))
	}
	if len(d.Addresses) > 0 {
		list = append(list, strings.Join(d.Addresses, " "))
	}
	if d.EndRcode == "NXDOMAIN" {
		list = append(list, string(d.End)+" NXDOMAIN")
	}
	return joined(list)
}

func mxDetail(d fact.MX) string {
	var list []string
	if d.Null {
		list = append(list, "null MX")
	}
	for _, h := range d.Hosts {
		t := fmt.Sprintf("%d %s", h.Preference, h.Host)
		if h.CNAME != "" {
			t += " CNAME " + string(h.CNAME)
		}
		list = append(list, strings.TrimSpace(t+" "+strings.Join(h.Addresses, " ")))
	}
	return joined(list)
}

func dmarcDetail(d fact.DMARC) string {
	if d.Record == "" {
		return joined(d.Errors)
	}
	return joined([]string{fmt.Sprintf("at %s: %q", d.At, d.Record)}, d.Errors)
}

func caaDetail(d fact.CAA) string {
	var list []string
	for _, r := range d.Records {
		list = append(list, fmt.Sprintf("%d %s %q", r.Flags, r.Tag, r.Value))
	}
	if d.At != "" {
		list = append([]string{"at " + string(d.At)}, list...)
	}
	return joined(list)
}

func secondDetail(d fact.Second) string {
	var list []string
	for _, a := range d.Answers {
		list = append(list, strings.TrimSpace(a.Resolver+" "+word(a.Rcode)+" "+strings.Join(a.Values, " ")))
	}
	return joined(list)
}
