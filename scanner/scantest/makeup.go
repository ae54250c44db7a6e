package scantest

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// maker hands out addresses for servers that no file knows, from the range for
// bench tests (RFC 2544).
type maker struct {
	used map[netip.Addr]bool
	next netip.Addr
}

func (m *maker) address() (netip.Addr, error) {
	for m.used[m.next] {
		m.next = m.next.Next()
	}
	if !netip.MustParsePrefix("198.18.0.0/15").Contains(m.next) {
		return netip.Addr{}, errors.New("make up servers: no address left")
	}
	m.used[m.next] = true
	return m.next, nil
}

// makeUp adds the zones above the zone files that have none of their own.
func (w *World) makeUp() error {
	m := &maker{used: map[netip.Addr]bool{}, next: netip.AddrFrom4([4]byte{198, 18, 0, 1})}
	for _, list := range w.hosts {
		for _, a := range list {
			m.used[a] = true
		}
	}
	for a := range w.folders {
		m.used[a] = true
	}
	if w.made = len(w.rootZones()) == 0; !w.made {
		return nil
	}
	lost := w.lostHosts()
	var top []*zone
	for _, tld := range w.missing(lost) {
		z, err := w.newServed(m, tld)
		if err != nil {
			return err
		}
		top = append(top, z)
	}
	for _, z := range top {
		w.delegateFrom(z)
	}
	if err := w.houseHosts(m, top, lost); err != nil {
		return err
	}
	root, err := w.newServed(m, ".")
	if err != nil {
		return err
	}
	w.delegateFrom(root)
	return nil
}

// newServed makes up a zone with one server of its own and keeps it.
func (w *World) newServed(m *maker, origin string) (*zone, error) {
	addr, err := m.address()
	if err != nil {
		return nil, err
	}
	z := newZone(origin)
	host := "ns.nic." + origin
	if origin == "." {
		host = "ns.root-servers."
	}
	z.put(&dns.SOA{
		Hdr: header(origin, dns.TypeSOA), Ns: host, Mbox: "hostmaster." + host[3:],
		Serial: 1, Refresh: 1800, Retry: 900, Expire: 604800, Minttl: 900,
	})
	z.put(&dns.NS{Hdr: header(origin, dns.TypeNS), Ns: host})
	z.put(hostRecord(host, addr))
	w.hosts[host] = []netip.Addr{addr}
	w.zones = append(w.zones, z)
	return z, nil
}

// missing lists the top-level domains without a file above the zone files and
// above the lost hosts, sorted.
func (w *World) missing(lost []string) []string {
	var out []string
	for _, name := range append(w.origins(), lost...) {
		tld := topLevel(name)
		if name != tld && !w.has(tld) {
			out = append(out, tld)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// delegateFrom lets a made-up zone delegate to the zones right below it.
func (w *World) delegateFrom(z *zone) {
	for _, child := range w.origins() {
		if child == z.origin || !dns.IsSubDomain(z.origin, child) || w.enclosing(child) != z {
			continue
		}
		for _, host := range w.servers(child) {
			z.put(&dns.NS{Hdr: header(child, dns.TypeNS), Ns: host})
			w.glue(z, host)
		}
	}
}

// glue copies the addresses of a host within z.
func (w *World) glue(z *zone, host string) {
	if dns.IsSubDomain(z.origin, host) {
		for _, a := range w.hosts[host] {
			z.put(hostRecord(host, a))
		}
	}
}

// lostHosts lists the name servers of zone files none of whose name servers has
// an address in the world, except hosts below a zone file, which speaks for
// them. A file that could not be served at all helps nobody.
func (w *World) lostHosts() []string {
	var out []string
	for _, origin := range w.origins() {
		hosts := w.servers(origin)
		if slices.ContainsFunc(hosts, func(h string) bool { return len(w.hosts[h]) > 0 }) {
			continue
		}
		for _, h := range hosts {
			if w.enclosing(h) == nil && !w.has(h) {
				out = append(out, h)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// houseHosts gives the lost hosts addresses in the made-up top-level domains.
func (w *World) houseHosts(m *maker, top []*zone, lost []string) error {
	for _, host := range lost {
		addr, err := m.address()
		if err != nil {
			return err
		}
		w.hosts[host] = []netip.Addr{addr}
		for _, z := range top {
			w.glue(z, host)
		}
	}
	return nil
}

// origins gives the origins of all zones so far, sorted, each once.
func (w *World) origins() []string {
	var out []string
	for _, z := range w.zones {
		out = append(out, z.origin)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *World) has(origin string) bool {
	return slices.ContainsFunc(w.zones, func(z *zone) bool { return z.origin == origin })
}

// topLevel gives the last label of name.
func topLevel(name string) string {
	for parent(name) != "." {
		name = parent(name)
	}
	return name
}

func header(name string, rrtype uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 86400}
}

func hostRecord(host string, a netip.Addr) dns.RR {
	if a.Is4() {
		return &dns.A{Hdr: header(host, dns.TypeA), A: a.AsSlice()}
	}
	return &dns.AAAA{Hdr: header(host, dns.TypeAAAA), AAAA: a.AsSlice()}
}
