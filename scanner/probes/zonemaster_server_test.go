package probes

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// block is one server block of a configuration: what a set of addresses answers
// for the names below its zones.
type block struct {
	zones     []string
	binds     []netip.Addr
	files     map[string][]dns.RR // by origin
	templates []template
	drop      []string // zones of which nothing is answered, or "zone type"
	clearAA   bool
	version   []dns.RR // of version.bind and version.server, class CH
	hints     string
}

// template is a fixed answer for names below its zone.
type template struct {
	class             string // IN or CH
	zone, qtype       string
	rcode             int
	answer, ns, extra []dns.RR
}

// internet serves blocks in process; roots are where its resolver begins.
type internet struct {
	root   string // folder of the suite's zone data
	blocks map[netip.Addr][]*block
	roots  []netip.Addr

	mu    sync.Mutex
	known map[dns.Question]*dns.Msg // answers of the resolver; nil while it works
}

func loadInternet(t *testing.T, root string, configs ...string) *internet {
	t.Helper()
	n := &internet{root: root, blocks: map[netip.Addr][]*block{}, known: map[dns.Question]*dns.Msg{}}
	hints := filepath.Join(root, "COMMON", "hintfile")
	for _, config := range configs {
		for _, b := range parseConfig(t, root, config) {
			if b.hints != "" {
				hints = filepath.Join(root, b.hints)
				continue
			}
			for _, addr := range b.binds {
				n.blocks[addr] = append(n.blocks[addr], b)
			}
		}
	}
	for _, rr := range readZone(t, hints, ".") {
		switch rr := rr.(type) {
		case *dns.A:
			n.roots = append(n.roots, addrOf(rr.A))
		case *dns.AAAA:
			n.roots = append(n.roots, addrOf(rr.AAAA))
		}
	}
	require.NotEmpty(t, n.roots, hints)
	return n
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// parseConfig reads a CoreDNS configuration as far as the suite uses it.
func parseConfig(t *testing.T, root, name string) []*block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	var blocks []*block
	var b *block
	var tmpl *template
	depth, section := 0, ""
	for _, line := range strings.Split(string(text), "\n") {
		f := words(line)
		if len(f) == 0 || f[0] == "import" {
			continue
		}
		opens := f[len(f)-1] == "{"
		switch {
		case f[0] == "}":
			if depth--; depth == 1 && tmpl != nil {
				b.templates, tmpl = append(b.templates, *tmpl), nil
			}
			if depth == 0 {
				blocks = append(blocks, b)
			}
			continue
		case depth == 0:
			b = &block{files: map[string][]dns.RR{}, zones: zonesOf(f[:len(f)-1])}
		case depth == 1 && f[0] == "template":
			tmpl = &template{class: f[1], qtype: f[2], zone: dns.CanonicalName(f[3])}
		case depth == 2 && tmpl != nil:
			tmpl.set(t, f)
		default:
			b.set(t, root, section, f)
		}
		if opens {
			depth, section = depth+1, strings.Join(f[:len(f)-1], " ")
		}
	}
	return blocks
}

// words splits a line at blanks; quoted text is one word, a hash begins a comment.
func words(line string) []string {
	var list []string
	for {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			return list
		case line[0] == '"':
			text, rest, _ := strings.Cut(line[1:], `"`)
			list, line = append(list, text), rest
		default:
			end := strings.IndexAny(line, " \t#")
			if end < 0 {
				end = len(line)
			}
			list, line = append(list, line[:end]), line[end:]
		}
	}
}

func zonesOf(f []string) []string {
	var list []string
	for _, z := range f {
		list = append(list, dns.CanonicalName(strings.TrimSuffix(z, ":53")))
	}
	return list
}

func (b *block) set(t *testing.T, root, section string, f []string) {
	switch {
	case f[0] == "bind":
		for _, a := range f[1:] {
			b.binds = append(b.binds, netip.MustParseAddr(a))
		}
	case f[0] == "file":
		origin := dns.CanonicalName(f[2])
		b.files[origin] = readZone(t, filepath.Join(root, f[1]), origin)
	case f[0] == "drop":
		zones := zonesOf(strings.Fields(section)[1:])
		if len(zones) == 0 {
			zones = []string{"."}
		}
		for _, z := range zones {
			b.drop = append(b.drop, strings.TrimSpace(z+" "+strings.Join(f[min(2, len(f)):], " ")))
		}
	case strings.Join(f, " ") == "response clear aa":
		b.clearAA = true
	case f[0] == "chaos":
		for _, name := range []string{"version.bind.", "version.server."} {
			hdr := dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}
			b.version = append(b.version, &dns.TXT{Hdr: hdr, Txt: f[1:]})
		}
	case f[0] == "option" && f[1] == "root-hints":
		b.hints = f[2]
	}
}

func (t *template) set(tt *testing.T, f []string) {
	switch f[0] {
	case "rcode":
		rcode, ok := dns.StringToRcode[strings.ToUpper(f[1])]
		require.True(tt, ok, f[1])
		t.rcode = rcode
	case "answer", "authority", "additional":
		rr, err := dns.NewRR(f[1])
		require.NoError(tt, err)
		section := map[string]*[]dns.RR{"answer": &t.answer, "authority": &t.ns, "additional": &t.extra}[f[0]]
		*section = append(*section, rr)
	}
}

func readZone(t *testing.T, name, origin string) []dns.RR {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	var list []dns.RR
	p := dns.NewZoneParser(f, origin, name)
	p.SetDefaultTTL(3600)
	p.SetIncludeAllowed(true)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		rr.Header().Name = dns.CanonicalName(rr.Header().Name)
		list = append(list, rr)
	}
	require.NoError(t, p.Err())
	return list
}

// answer is what the server at addr says; nil = nothing. The block with the
// longest matching zone answers.
func (n *internet) answer(addr netip.Addr, req *dns.Msg) *dns.Msg {
	q := req.Question[0]
	name := dns.CanonicalName(q.Name)
	m := new(dns.Msg).SetReply(req)
	if opt := req.IsEdns0(); opt != nil {
		m.SetEdns0(1232, opt.Do())
	}
	var best *block
	length := -1
	for _, b := range n.blocks[addr] {
		for _, z := range b.zones {
			if dns.IsSubDomain(z, name) && len(z) > length {
				best, length = b, len(z)
			}
		}
	}
	if best == nil {
		m.Rcode = dns.RcodeRefused
		return m
	}
	for _, d := range best.drop {
		zone, qtype, _ := strings.Cut(d, " ")
		if dns.IsSubDomain(zone, name) && (qtype == "" || qtype == dns.TypeToString[q.Qtype]) {
			return nil
		}
	}
	best.fill(m, name, q)
	if best.clearAA {
		m.Authoritative = false
	}
	return m
}

func (b *block) fill(m *dns.Msg, name string, q dns.Question) {
	qtype := q.Qtype
	for _, t := range b.templates {
		if t.class != dns.ClassToString[q.Qclass] || !dns.IsSubDomain(t.zone, name) || t.qtype != "ANY" && t.qtype != dns.TypeToString[qtype] {
			continue
		}
		m.Rcode, m.Authoritative = t.rcode, t.rcode != dns.RcodeServerFailure
		m.Answer, m.Ns, m.Extra = t.answer, t.ns, append(slices.Clone(t.extra), m.Extra...)
		return
	}
	if q.Qclass != dns.ClassINET {
		b.speak(m, name)
		return
	}
	origin := ""
	for z := range b.files {
		if dns.IsSubDomain(z, name) && len(z) > len(origin) {
			origin = z
		}
	}
	if origin == "" {
		m.Rcode = dns.RcodeServerFailure
		return
	}
	lookup(m, b.files[origin], origin, name, qtype)
}

// speak answers of the server itself.
func (b *block) speak(m *dns.Msg, name string) {
	for _, rr := range b.version {
		if rr.Header().Name == name {
			m.Authoritative, m.Answer = true, append(m.Answer, rr)
		}
	}
	if len(m.Answer) == 0 {
		m.Rcode = dns.RcodeRefused
	}
}

// lookup answers from a zone (RFC 1034 section 4.3.2).
func lookup(m *dns.Msg, zone []dns.RR, origin, name string, qtype uint16) {
	at := func(owner string, rrtype uint16) (list []dns.RR) {
		for _, rr := range zone {
			if rr.Header().Name == owner && rr.Header().Rrtype == rrtype {
				list = append(list, rr)
			}
		}
		return list
	}
	labels := dns.SplitDomainName(name)
	for i := len(labels) - dns.CountLabel(origin) - 1; i >= 0; i-- {
		cut := dns.Fqdn(strings.Join(labels[i:], "."))
		ns := at(cut, dns.TypeNS)
		if len(ns) == 0 || cut == name && qtype == dns.TypeDS {
			continue
		}
		m.Ns = ns
		for _, rr := range ns {
			host := dns.CanonicalName(rr.(*dns.NS).Ns)
			m.Extra = append(append(at(host, dns.TypeA), at(host, dns.TypeAAAA)...), m.Extra...)
		}
		return
	}
	m.Authoritative = true
	exists := slices.ContainsFunc(zone, func(rr dns.RR) bool { return dns.IsSubDomain(name, rr.Header().Name) })
	m.Answer = at(name, qtype)
	if len(m.Answer) == 0 && qtype != dns.TypeCNAME {
		m.Answer = at(name, dns.TypeCNAME)
	}
	if len(m.Answer) == 0 {
		m.Ns = at(origin, dns.TypeSOA)
		if !exists {
			m.Rcode = dns.RcodeNameError
		}
	}
}
