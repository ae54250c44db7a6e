package graph

import (
	"fmt"
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
)

// mentions gives the records of a fact that show a dependency. A fact that
// can't be decoded shows none: Apply is not the place to lose a scan.
func mentions(f fact.Fact, cat *catalog.Catalog) []mention {
	if len(f.Data) == 0 {
		return nil
	}
	var list []mention
	switch f.Task.Probe {
	case fact.ProbeDelegation:
		list = decoded(f, fromDelegation)
	case fact.ProbeMX:
		list = decoded(f, fromMX)
	case fact.ProbeSPF:
		list = decoded(f, fromSPF)
	case fact.ProbeDMARC:
		list = decoded(f, fromDMARC)
	case fact.ProbeTLSRPT:
		list = decoded(f, fromTLSRPT)
	case fact.ProbeCAA:
		list = decoded(f, fromCAA)
	case fact.ProbeHosts:
		list = decoded(f, func(h fact.Hosts) []mention { return fromHosts(h, cat) })
	case fact.ProbeCDN:
		list = decoded(f, func(c fact.CDN) []mention { return fromCDN(c, cat) })
	case fact.ProbeTokens:
		list = decoded(f, func(t fact.Tokens) []mention { return fromTokens(t, cat) })
	}
	for i := range list {
		list[i].fact = f.ID
	}
	return list
}

func decoded[T any](f fact.Fact, read func(T) []mention) []mention {
	var v T
	if f.Decode(&v) != nil {
		return nil
	}
	return read(v)
}

func show(name msp.Name, record string, target any) string {
	return fmt.Sprintf("%s %s %v", name, record, target)
}

func fromDelegation(d fact.Delegation) []mention {
	dead := map[msp.Name]bool{}
	for _, s := range d.Servers {
		dead[s.Host] = s.State == fact.ServerNoAddress && s.Rcode == "NXDOMAIN"
	}
	seen := map[msp.Name]bool{}
	var list []mention
	for _, hosts := range [][]msp.Name{d.ParentNS, d.ChildNS} {
		for _, h := range hosts {
			if !seen[h] {
				seen[h] = true
				list = append(list, mention{name: d.Zone, trust: msp.TrustControl, target: h, chain: show(d.Zone, "NS", h), dead: dead[h]})
			}
		}
	}
	return list
}

func fromMX(m fact.MX) []mention {
	var list []mention
	for _, h := range m.Hosts {
		chain, target := show(m.Domain, "MX", h.Host), h.Host
		if h.IsCNAME && h.CNAME != "" {
			list = append(list, mention{name: m.Domain, trust: msp.TrustReceive, target: h.CNAME, chain: chain + " CNAME " + string(h.CNAME)})
		}
		list = append(list, mention{
			name: m.Domain, trust: msp.TrustReceive, target: target, chain: chain,
			dead: h.Outcome == fact.Absent && h.Rcode == "NXDOMAIN", alias: h.IsCNAME,
		})
	}
	return list
}

// fromSPF takes the terms that let others send. A negative or neutral qualifier
// is no trust.
func fromSPF(s fact.SPF) []mention {
	if s.Tree == nil {
		return nil
	}
	return spfNode(s.Domain, string(s.Domain)+" SPF", s.Tree, 0)
}

// maxSPFDepth bounds the walk of a decoded tree; the probe's own bound is lower.
const maxSPFDepth = 64

func spfNode(top msp.Name, chain string, n *fact.SPFNode, depth int) []mention {
	var list []mention
	if depth > maxSPFDepth {
		return nil
	}
	for _, t := range n.Terms {
		if t.Target == "" || (t.Qualifier != "" && t.Qualifier != "+") {
			continue
		}
		switch t.Mechanism {
		case "include", "redirect", "a", "mx":
		default:
			continue
		}
		at := chain + " " + t.Mechanism + ":" + string(t.Target)
		list = append(list, mention{name: top, trust: msp.TrustSend, target: t.Target, chain: at, dead: t.Rcode == "NXDOMAIN"})
		if t.Node != nil {
			list = append(list, spfNode(top, at, t.Node, depth+1)...)
		}
	}
	return list
}

func fromDMARC(d fact.DMARC) []mention {
	var list []mention
	for _, r := range d.Reports {
		if !r.External || r.Domain == "" {
			continue
		}
		list = append(list, mention{
			name: d.Domain, trust: msp.TrustReport, target: r.Domain,
			chain: show(d.Domain, "DMARC "+r.Tag, r.Domain), dead: r.Rcode == "NXDOMAIN",
		})
	}
	return list
}

func fromTLSRPT(t fact.TLSRPT) []mention {
	var list []mention
	for _, u := range t.URIs {
		at := strings.LastIndexByte(u, '@')
		if !strings.HasPrefix(strings.ToLower(u), "mailto:") || at < 0 {
			continue
		}
		n, err := domain.Parse(strings.SplitN(u[at+1:], "?", 2)[0])
		if err == nil {
			list = append(list, mention{name: t.Domain, trust: msp.TrustReport, target: n, chain: show(t.Domain, "TLS-RPT", n)})
		}
	}
	return list
}

func fromCAA(c fact.CAA) []mention {
	var list []mention
	for _, r := range c.Records {
		if r.Issuer != "" && (r.Tag == "issue" || r.Tag == "issuewild") {
			list = append(list, mention{name: c.Domain, trust: msp.TrustIssue, target: r.Issuer, chain: show(c.Domain, "CAA "+r.Tag, r.Issuer)})
		}
	}
	return list
}

func fromHosts(h fact.Hosts, cat *catalog.Catalog) []mention {
	var list []mention
	for i, hop := range h.Chain {
		m := mention{name: h.Name, trust: msp.TrustServe, target: hop.To, chain: show(hop.From, "CNAME", hop.To)}
		m.dead = i == len(h.Chain)-1 && h.EndRcode == "NXDOMAIN"
		if hit, ok := cat.Match(hop.To); ok && remoteAccess(hit.Kinds) {
			m.trust = msp.TrustRemoteAccess
		}
		list = append(list, m)
	}
	if hit, ok := cat.Match(h.Name); ok && remoteAccess(hit.Kinds) && len(h.Addresses) > 0 {
		list = append(list, mention{name: h.Name, trust: msp.TrustRemoteAccess, target: h.Name, chain: string(h.Name) + " resolves"})
	}
	return list
}

func remoteAccess(kinds []string) bool {
	for _, k := range kinds {
		if k == "rmm" || k == "remote_access" {
			return true
		}
	}
	return false
}

func fromCDN(c fact.CDN, cat *catalog.Catalog) []mention {
	var list []mention
	for _, item := range c.Items {
		p := Party{ID: msp.Slug(item.Provider), Name: item.Provider, Kinds: []string{item.Kind}}
		if e, ok := cat.Entry(p.ID); ok {
			p.Name, p.Entry = e.Name, true
		}
		list = append(list, mention{
			name: c.Name, trust: msp.TrustServe, party: &p,
			chain: fmt.Sprintf("%s at %s (%s)", c.Name, item.Value, item.Kind),
		})
	}
	return list
}

func fromTokens(t fact.Tokens, cat *catalog.Catalog) []mention {
	var list []mention
	for _, text := range t.Texts {
		e, ok := cat.Token(text)
		if !ok {
			continue
		}
		p := Party{ID: e.ID, Name: e.Name, Kinds: e.Kinds, Entry: true}
		list = append(list, mention{name: t.Domain, trust: msp.TrustVerify, party: &p, chain: show(t.Domain, "TXT", firstWord(text))})
	}
	return list
}

// firstWord gives what a token's text says of its vendor, without the secret
// part behind the equals sign.
func firstWord(text string) string {
	if i := strings.IndexAny(text, "=: "); i > 0 {
		return text[:i]
	}
	if len(text) > 24 {
		return text[:24]
	}
	return text
}
