package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mspscan/msp/fact"
)

// checks gives a row for each fact and each party whose name it is about.
func (b *builder) checks() []Check {
	second := b.secondOpinions()
	facts := b.g.Facts()
	rows := make([]Check, 0, len(facts))
	for _, f := range facts {
		row := Check{
			Domain: string(f.Task.Name), Check: CheckName(f.Task), Result: f.Outcome.String(), Reason: f.Reason,
			Observed: observed(f), Expected: expected(f.Task.Probe), At: stamp(f.At), Findings: unique(b.byFact[f.ID]), Fact: f.ID,
		}
		for _, q := range f.Queries {
			row.Servers = append(row.Servers, q.Server)
			row.Millis += q.Millis
		}
		row.Millis = float64(int64(row.Millis*10+0.5)) / 10
		row.Servers, row.Agree = unique(row.Servers), agree(f, second)
		for _, owner := range b.owners(f) {
			row.Owner = owner
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(x, y Check) int {
		return cmp.Or(cmp.Compare(b.place(x.Owner), b.place(y.Owner)), cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Domain, y.Domain), cmp.Compare(x.Check, y.Check), cmp.Compare(x.Fact, y.Fact))
	})
	return rows
}

// place puts the organisation's own checks first and nobody's last.
func (b *builder) place(owner string) int {
	switch owner {
	case b.inv.Organisation.ID:
		return 0
	case "":
		return 2
	}
	return 1
}

// owners gives who declared the name of a fact, else the third party behind it,
// else nobody.
func (b *builder) owners(f fact.Fact) []string {
	if owners := b.g.Owners(f.Task.Name); len(owners) > 0 {
		return owners
	}
	if p, ok := b.g.Party(f.Task.Name); ok {
		return []string{p.ID}
	}
	return []string{""}
}

// CheckName names a question in the DNS table; with the domain it tells one
// question from another in every run.
func CheckName(t fact.Task) string {
	name := cmp.Or(checkNames()[t.Probe], t.Probe)
	if t.Type != "" {
		name += " " + t.Type
	}
	return name
}

var checkNames = sync.OnceValue(func() map[string]string {
	return map[string]string{
		fact.ProbeDelegation: "Delegation", fact.ProbeHosts: "Addresses", fact.ProbeMX: "MX", fact.ProbeSPF: "SPF", fact.ProbeDMARC: "DMARC",
		fact.ProbeCAA: "CAA", fact.ProbeDNSSEC: "DNSSEC", fact.ProbeTokens: "TXT tokens", fact.ProbeRegistered: "Registration", fact.ProbeCDN: "Hosting",
		fact.ProbeSecond: "Second opinion", fact.ProbeDKIM: "DKIM", fact.ProbeMTASTS: "MTA-STS", fact.ProbeTLSRPT: "TLS-RPT", fact.ProbeDANE: "DANE",
		fact.ProbeWildcard: "Wildcard", fact.ProbeTransfer: "Zone transfer", fact.ProbeRecursion: "Recursion", fact.ProbePreflight: "Resolver",
		fact.ProbeAgree: "Servers agree", fact.ProbeVersion: "Software version", fact.ProbeLookalikes: "Look-alikes",
		fact.ProbeBrandNames: "Brand under dynamic DNS", fact.ProbeHostSweep: "Names of remote access",
	}
})

// expected says what a good answer looks like.
func expected(probe string) string { return expectations()[probe] }

var expectations = sync.OnceValue(func() map[string]string {
	return map[string]string{
		fact.ProbeDelegation: "every delegated server answers with authority, one NS set, one serial",
		fact.ProbeHosts:      "the name leads to addresses that are in use",
		fact.ProbeMX:         "exchangers with addresses, or a null MX",
		fact.ProbeSPF:        "one record, at most 10 look-ups, -all",
		fact.ProbeDMARC:      "policy reject",
		fact.ProbeCAA:        "a record that names the issuers",
		fact.ProbeDNSSEC:     "signed and valid",
		fact.ProbeTokens:     "accounts that are declared",
		fact.ProbeRegistered: "registered",
		fact.ProbeCDN:        "a declared host",
		fact.ProbeSecond:     "the same answer from every resolver",
		fact.ProbeDKIM:       "a key of 2048 bits, or Ed25519",
		fact.ProbeMTASTS:     "mode enforce",
		fact.ProbeTLSRPT:     "a receiver of reports",
		fact.ProbeDANE:       "associations in a signed zone",
		fact.ProbeWildcard:   "no answer for random labels",
		fact.ProbeTransfer:   "refused",
		fact.ProbeRecursion:  "refused",
		fact.ProbePreflight:  "answers as authoritative servers do",
		fact.ProbeAgree:      "the same MX set and SPF record from every server",
		fact.ProbeVersion:    "no software named",
		fact.ProbeLookalikes: "not registered, or declared",
		fact.ProbeBrandNames: "no such name",
		fact.ProbeHostSweep:  "declared names only",
	}
})

// observed says in one line what a fact holds; "" where it holds nothing.
func observed(f fact.Fact) string {
	switch f.Task.Probe {
	case fact.ProbeDelegation:
		return look(f, observedDelegation)
	case fact.ProbeHosts:
		return look(f, observedHosts)
	case fact.ProbeMX:
		return look(f, observedMX)
	case fact.ProbeSPF:
		return look(f, observedSPF)
	case fact.ProbeDMARC:
		return look(f, observedDMARC)
	case fact.ProbeCAA:
		return look(f, observedCAA)
	case fact.ProbeDNSSEC:
		return look(f, func(d fact.DNSSEC) string {
			return phrase(d.Validation, plural(len(d.DS), "DS record"), plural(len(d.Keys), "key"), strings.Join(d.Faults, "; "))
		})
	case fact.ProbeTokens:
		return look(f, observedTokens)
	}
	return observedMore(f)
}

func observedMore(f fact.Fact) string {
	switch f.Task.Probe {
	case fact.ProbeRegistered:
		return look(f, func(r fact.Registered) string { return phrase(r.Rcode, "asked at "+string(r.Parent)) })
	case fact.ProbeCDN:
		return look(f, func(c fact.CDN) string {
			return each(c.Items, func(i fact.CDNItem) string { return i.Value + " " + i.Kind + " " + i.Provider })
		})
	case fact.ProbeSecond:
		return look(f, func(s fact.Second) string {
			return each(s.Answers, func(a fact.SecondAnswer) string {
				return a.Resolver + ": " + phrase(a.Rcode, strings.Join(a.Values, " | "), a.Error)
			})
		})
	case fact.ProbeDKIM:
		return look(f, func(d fact.DKIM) string {
			return phrase("selector "+d.Selector, d.KeyType, strconv.Itoa(d.Bits)+" bits", strings.Join(d.Errors, "; "))
		})
	case fact.ProbeMTASTS:
		return look(f, func(m fact.MTASTS) string { return phrase(m.Record, m.Mode, strings.Join(m.Errors, "; ")) })
	case fact.ProbeTLSRPT:
		return look(f, func(t fact.TLSRPT) string { return phrase(t.Record, strings.Join(t.Errors, "; ")) })
	case fact.ProbeDANE:
		return look(f, func(d fact.DANE) string { return plural(len(d.Records), "TLSA record") })
	case fact.ProbeWildcard:
		return look(f, func(w fact.Wildcard) string {
			return phrase(fmt.Sprintf("%d of 2 random labels resolved", w.Resolved), strings.Join(w.Targets, " "))
		})
	case fact.ProbeTransfer:
		return look(f, func(t fact.Transfer) string {
			return each(t.Servers, func(s fact.TransferServer) string {
				return server(string(s.Host), s.Address, s.Outcome, s.Rcode, s.Reason)
			})
		})
	case fact.ProbeRecursion:
		return look(f, func(t fact.Recursion) string {
			return each(t.Servers, func(s fact.RecursionServer) string {
				return server(string(s.Host), s.Address, s.Outcome, s.Rcode, s.Reason)
			})
		})
	case fact.ProbePreflight:
		return look(f, func(p fact.Preflight) string {
			return phrase(p.Resolver, when(p.Rewrites, "rewrites names that do not exist"), when(p.Validates, "validates DNSSEC"), when(!p.Reachable, "not reachable"))
		})
	}
	return observedServers(f)
}

func observedServers(f fact.Fact) string {
	switch f.Task.Probe {
	case fact.ProbeAgree:
		return look(f, func(a fact.Agree) string { return phrase("MX "+agreed(a.MX), "SPF "+agreed(a.SPF)) })
	case fact.ProbeVersion:
		return look(f, func(v fact.Version) string {
			return each(v.Servers, func(s fact.VersionServer) string {
				return phrase(server(string(s.Host), s.Address, s.Outcome, "", s.Reason), strings.Join(s.Texts, " | "))
			})
		})
	}
	return observedSweeps(f)
}

// agreed says whether the servers gave one set, and else who gave which.
func agreed(set fact.AgreeSet) string {
	if set.Same == fact.Present {
		return "the same at " + plural(len(set.Servers), "server")
	}
	return each(set.Servers, func(s fact.AgreeServer) string {
		return phrase(server(string(s.Host), s.Address, s.Outcome, s.Rcode, s.Reason), strings.Join(s.Values, " | "))
	})
}

// look decodes a fact and describes it; a fact without readable data has
// nothing to show.
func look[T any](f fact.Fact, describe func(T) string) string {
	var v T
	if f.Decode(&v) != nil {
		return ""
	}
	return describe(v)
}

func observedDelegation(d fact.Delegation) string {
	return each(d.Servers, func(s fact.DelegationServer) string { return phrase(string(s.Host)+" "+s.Address, s.State, s.Reason) })
}

func observedHosts(h fact.Hosts) string {
	hops := each(h.Chain, func(h fact.Hop) string { return "CNAME " + string(h.To) })
	return phrase(hops, strings.Join(h.Addresses, " "), when(h.Loop, "loop"), when(h.EndRcode == "NXDOMAIN", "ends in NXDOMAIN"))
}

func observedMX(m fact.MX) string {
	hosts := each(m.Hosts, func(h fact.MXHost) string { return fmt.Sprintf("%d %s", h.Preference, h.Host) })
	return phrase(when(m.Null, "null MX"), hosts)
}

func observedSPF(s fact.SPF) string {
	return phrase(strings.Join(s.Records, " | "), when(s.Lookups > 0, plural(s.Lookups, "look-up")), strings.Join(s.Errors, "; "))
}

func observedDMARC(d fact.DMARC) string {
	return phrase(d.Record, when(d.Effective != "", "effective policy "+d.Effective), strings.Join(d.Errors, "; "))
}

func observedCAA(c fact.CAA) string {
	list := each(c.Records, func(r fact.CAARecord) string { return fmt.Sprintf("%d %s %q", r.Flags, r.Tag, r.Value) })
	return phrase(list, when(c.At != "" && c.At != c.Domain, "at "+string(c.At)))
}

func observedTokens(t fact.Tokens) string {
	return each(t.Tokens, func(k fact.Token) string { return phrase(k.Vendor, k.Text) })
}

func server(host, address string, o fact.Outcome, rcode, reason string) string {
	return phrase(host+" "+address, o.String(), rcode, reason)
}

// phrase joins what is not empty with commas, each joins a list with semicolons.
func phrase(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" }), ", ")
}

func each[T any](list []T, describe func(T) string) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = describe(v)
	}
	return strings.Join(parts, "; ")
}

func when(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

// secondOpinions gives "name type" -> whether all resolvers said the same.
func (b *builder) secondOpinions() map[string]string {
	said := map[string]string{}
	for _, f := range b.g.FactsOf(fact.ProbeSecond) {
		var s fact.Second
		if f.Decode(&s) == nil {
			said[string(s.Name)+" "+s.Type] = sameAnswers(s)
		}
	}
	return said
}

func sameAnswers(s fact.Second) string {
	if len(s.Answers) < 2 {
		return ""
	}
	for _, a := range s.Answers[1:] {
		if a.Rcode != s.Answers[0].Rcode || !slices.Equal(a.Values, s.Answers[0].Values) {
			return "no"
		}
	}
	return "yes"
}

// agree says whether independent sources said the same: the authoritative
// servers of a delegation, or the resolvers of a second opinion.
func agree(f fact.Fact, second map[string]string) string {
	switch f.Task.Probe {
	case fact.ProbeDelegation:
		return look(f, delegationAgrees)
	case fact.ProbeSecond:
		return look(f, sameAnswers)
	}
	worst := ""
	for _, o := range f.Observed {
		switch second[string(o.Name)+" "+o.Type] {
		case "no":
			return "no"
		case "yes":
			worst = "yes"
		}
	}
	return worst
}

func delegationAgrees(d fact.Delegation) string {
	answered := 0
	for _, s := range d.Servers {
		if s.State == fact.ServerAuthoritative {
			answered++
		}
	}
	switch {
	case answered < 2:
		return ""
	case len(d.Serials) > 1 || d.ParentKnown && d.ChildKnown && !slices.Equal(d.ParentNS, d.ChildNS):
		return "no"
	}
	return "yes"
}
