package scantest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// zone is the data of one zone file. Names are lower case with final dot.
type zone struct {
	origin   string
	file     string     // "" = made up
	at       netip.Addr // the only address that serves it; invalid = its name servers
	nodes    map[string]map[uint16][]dns.RR
	between  map[string]bool // names that exist only above others (RFC 4592 section 2.2.2)
	warnings []string
	signed   bool
}

func newZone(origin string) *zone {
	return &zone{origin: origin, nodes: map[string]map[uint16][]dns.RR{}, between: map[string]bool{}}
}

// readZone parses the file name below root; dir is for messages.
func readZone(root fs.FS, dir, name string) (*zone, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, fmt.Errorf("read zone file %s: %w", path.Join(dir, name), err)
	}
	file := path.Join(dir, name)
	origin := originOf(text, path.Base(name))
	rrs, err := parseZone(root, dir, text, origin, name)
	if err == nil {
		if soa := findSOA(rrs); soa != "" && soa != origin && !hasOriginLine(text) {
			rrs, err = parseZone(root, dir, text, soa, name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read zone file %w", err)
	}
	return buildZone(rrs, file)
}

// parseZone reads all records. $INCLUDE stays within the folder.
func parseZone(root fs.FS, dir string, text []byte, origin, name string) ([]dns.RR, error) {
	zp := dns.NewZoneParser(bytes.NewReader(text), origin, name)
	zp.SetDefaultTTL(3600)
	zp.SetIncludeAllowed(true)
	zp.SetIncludeFS(root)
	var out []dns.RR
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		rr.Header().Name = canonical(rr.Header().Name)
		out = append(out, rr)
	}
	var bad *dns.ParseError
	if err := zp.Err(); errors.As(err, &bad) {
		return nil, parseError(bad, dir)
	}
	return out, zp.Err()
}

// parseError turns the library's `FILE: dns: bad X: "tok" at line: 3:7` into
// `DIR/FILE:3:7: bad X: "tok"`.
func parseError(e *dns.ParseError, dir string) error {
	file, text, ok := strings.Cut(e.Error(), ": dns: ")
	at := strings.LastIndex(text, " at line: ")
	if !ok || at < 0 {
		return fmt.Errorf("read zone folder %s: %w", dir, e)
	}
	return fmt.Errorf("%s:%s: %s", path.Join(dir, file), text[at+len(" at line: "):], text[:at])
}

// originOf gives the origin to begin with: the first $ORIGIN, else the file name
// without its affixes.
func originOf(text []byte, name string) string {
	if o := originLine(text); o != "" && dns.IsFqdn(o) {
		return canonical(o)
	}
	for _, affix := range []string{".signed", ".zone", ".db"} {
		name = strings.TrimSuffix(name, affix)
	}
	name = strings.TrimPrefix(name, "db.")
	if name == "root" || name == "" {
		return "."
	}
	return canonical(name)
}

func hasOriginLine(text []byte) bool { return originLine(text) != "" }

func originLine(text []byte) string {
	for line := range bytes.Lines(text) {
		words := strings.Fields(string(line))
		if len(words) >= 2 && strings.EqualFold(words[0], "$ORIGIN") {
			return words[1]
		}
	}
	return ""
}

func findSOA(rrs []dns.RR) string {
	for _, rr := range rrs {
		if rr.Header().Rrtype == dns.TypeSOA {
			return rr.Header().Name
		}
	}
	return ""
}

// buildZone sorts the records into nodes.
func buildZone(rrs []dns.RR, file string) (*zone, error) {
	origin := findSOA(rrs)
	if origin == "" {
		return nil, fmt.Errorf("read zone file %s: no SOA record", file)
	}
	z := newZone(origin)
	z.file = file
	for _, rr := range rrs {
		h := rr.Header()
		if h.Rrtype == dns.TypeSOA && h.Name != origin {
			return nil, fmt.Errorf("read zone file %s: SOA at %s and at %s: one file, one zone", file, origin, h.Name)
		}
		if !dns.IsSubDomain(origin, h.Name) {
			z.warnings = append(z.warnings, fmt.Sprintf("%s: %s %s is out of zone %s: ignored", file, h.Name, dns.Type(h.Rrtype), origin))
			continue
		}
		z.put(rr)
	}
	return z, nil
}

// put enters a record, once.
func (z *zone) put(rr dns.RR) {
	h := rr.Header()
	node := z.nodes[h.Name]
	if node == nil {
		node = map[uint16][]dns.RR{}
		z.nodes[h.Name] = node
		for up := h.Name; up != z.origin; {
			up = parent(up)
			z.between[up] = true
		}
	}
	if slices.ContainsFunc(node[h.Rrtype], func(o dns.RR) bool { return dns.IsDuplicate(o, rr) }) {
		return
	}
	node[h.Rrtype] = append(node[h.Rrtype], rr)
	z.signed = z.signed || h.Rrtype == dns.TypeNSEC || h.Rrtype == dns.TypeNSEC3
}

// targets gives the hosts of the NS records at owner, sorted.
func (z *zone) targets(owner string) []string {
	var out []string
	for _, rr := range z.nodes[owner][dns.TypeNS] {
		out = append(out, canonical(rr.(*dns.NS).Ns))
	}
	slices.Sort(out)
	return out
}

// canonical gives a name in lower case with final dot, escapes as the library
// writes them.
func canonical(s string) string {
	s = dns.Fqdn(s)
	buf := make([]byte, 256)
	end, err := dns.PackDomainName(s, buf, 0, nil, false)
	if err != nil {
		return strings.ToLower(s)
	}
	text, _, err := dns.UnpackDomainName(buf[:end], 0)
	if err != nil {
		return strings.ToLower(s)
	}
	return strings.ToLower(text)
}

// parent gives the name one label up; the root's parent is the root.
func parent(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}
