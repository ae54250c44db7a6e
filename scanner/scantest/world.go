// Package scantest is an Internet in a box: authoritative servers and a
// recursive resolver on loopback, made from a folder of zone files. It serves
// the offline demonstration and the tests, and it can misbehave on demand.
//
// # The folder
//
// A zone file ends in .zone, .db or .signed, or begins with "db."; other files
// are left alone. A zone in the folder itself is served at the addresses of its
// own name servers: those in its apex NS set and those its parent delegates to.
// A sub-folder named by an IP address says all that this address serves, so that
// one server can differ from another or be lame (an empty sub-folder refuses
// everything). A file named servers.txt says how the server at an address behaves,
// one a line, such as "192.0.2.7 silent":
//
//	silent     nobody answers
//	servfail   questions in its zones are answered SERVFAIL: it could not load them
//	transfer   its zones are handed out to anybody (AXFR)
//	recursive  it recurses for anybody who asks it to
//
// A root zone file, if there is one, is the root. Otherwise the root and the
// top-level domains that have no file are made up: they delegate to the zones
// below them by their apex NS sets and deny other names. Of top-level domains
// that no file touches nothing is known: questions about them are refused.
package scantest

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// World is what the zone files say, and who serves it.
type World struct {
	// Transfer lists the zones that are handed out to anybody (AXFR). Set it
	// before Start.
	Transfer []msp.Name

	zones    []*zone
	served   map[netip.Addr][]*zone
	hosts    map[string][]netip.Addr // of name servers, by canonical name
	roots    []netip.Addr
	folders  map[netip.Addr]bool
	manners  map[netip.Addr]string // by servers.txt
	made     bool                  // the root is made up
	warnings []string
}

// Load reads the zone files in dir. An error names the file and, for a syntax
// error, the line.
func Load(dir string) (*World, error) {
	w := &World{served: map[netip.Addr][]*zone{}, hosts: map[string][]netip.Addr{}, folders: map[netip.Addr]bool{}}
	root := os.DirFS(dir)
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, fmt.Errorf("read zone folder %s: %w", dir, err)
	}
	if err := w.loadFolder(root, dir, ".", netip.Addr{}); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		addr, err := netip.ParseAddr(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read zone folder %s: sub-folder %q is not named by an IP address", dir, e.Name())
		}
		w.folders[addr.Unmap()] = true
		if err := w.loadFolder(root, dir, e.Name(), addr.Unmap()); err != nil {
			return nil, err
		}
	}
	if w.manners, err = readManners(root, dir); err != nil {
		return nil, err
	}
	if len(w.zones) == 0 {
		return nil, fmt.Errorf("read zone folder %s: no zone file (*.zone, *.db, *.signed, db.*)", dir)
	}
	return w, w.arrange()
}

// loadFolder reads the zone files of one folder; at is the only address that
// serves them, invalid for the top folder.
func (w *World) loadFolder(root fs.FS, dir, sub string, at netip.Addr) error {
	entries, err := fs.ReadDir(root, sub)
	if err != nil {
		return fmt.Errorf("read zone folder %s: %w", path.Join(dir, sub), err)
	}
	for _, e := range entries {
		if e.IsDir() || !isZoneFile(e.Name()) {
			continue
		}
		z, err := readZone(root, dir, path.Join(sub, e.Name()))
		if err != nil {
			return err
		}
		z.at = at
		if err := w.add(z); err != nil {
			return err
		}
	}
	return nil
}

// add keeps z; a signed copy replaces the unsigned one beside it.
func (w *World) add(z *zone) error {
	i := slices.IndexFunc(w.zones, func(o *zone) bool { return o.origin == z.origin && o.at == z.at })
	switch {
	case i < 0:
		w.zones = append(w.zones, z)
	case strings.HasSuffix(z.file, ".signed") && !strings.HasSuffix(w.zones[i].file, ".signed"):
		w.zones[i] = z
	case !strings.HasSuffix(w.zones[i].file, ".signed"):
		return fmt.Errorf("read zone file %s: zone %s is in %s already", z.file, z.origin, w.zones[i].file)
	}
	w.warnings = append(w.warnings, z.warnings...)
	return nil
}

// isZoneFile goes by the name.
func isZoneFile(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	return strings.HasPrefix(name, "db.") || slices.Contains([]string{".zone", ".db", ".signed"}, path.Ext(name))
}

// Warnings lists what in the zone files has no effect: records out of zone, and
// zones that their parent does not delegate.
func (w *World) Warnings() []string { return w.warnings }

// Zones gives the origins of the zone files, sorted.
func (w *World) Zones() []msp.Name {
	var out []msp.Name
	for _, z := range w.zones {
		if z.file != "" {
			out = append(out, toName(z.origin))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// arrange makes up what is missing above the zones and settles which address
// serves what.
func (w *World) arrange() error {
	slices.SortFunc(w.zones, func(a, b *zone) int {
		return cmp.Or(cmp.Compare(a.origin, b.origin), a.at.Compare(b.at))
	})
	w.collectHosts()
	if err := w.makeUp(); err != nil {
		return err
	}
	for _, z := range w.zones {
		w.place(z)
	}
	for _, z := range w.rootZones() {
		for _, ns := range z.targets(z.origin) {
			w.roots = append(w.roots, w.hosts[ns]...)
		}
	}
	slices.SortFunc(w.roots, netip.Addr.Compare)
	w.roots = slices.Compact(w.roots)
	w.warnOrphans()
	slices.Sort(w.warnings)
	return nil
}

// collectHosts gathers the addresses of all names that NS records point to.
func (w *World) collectHosts() {
	wanted := map[string]bool{}
	for _, z := range w.zones {
		for owner := range z.nodes {
			for _, target := range z.targets(owner) {
				wanted[target] = true
			}
		}
	}
	for _, z := range w.zones {
		for owner, node := range z.nodes {
			if wanted[owner] {
				w.hosts[owner] = append(w.hosts[owner], addresses(node)...)
			}
		}
	}
	for host, list := range w.hosts {
		slices.SortFunc(list, netip.Addr.Compare)
		w.hosts[host] = slices.Compact(list)
	}
}

// place enters z at the addresses that serve it.
func (w *World) place(z *zone) {
	if z.at.IsValid() {
		w.served[z.at] = append(w.served[z.at], z)
		return
	}
	for _, host := range w.servers(z.origin) {
		for _, a := range w.hosts[host] {
			if !w.folders[a] && !slices.Contains(w.served[a], z) {
				w.served[a] = append(w.served[a], z)
			}
		}
	}
}

// servers gives the hosts of all NS records at origin: those of the zone and
// those of its parent.
func (w *World) servers(origin string) []string {
	var out []string
	for _, z := range w.zones {
		out = append(out, z.targets(origin)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *World) rootZones() []*zone {
	return slices.DeleteFunc(slices.Clone(w.zones), func(z *zone) bool { return z.origin != "." })
}

// warnOrphans names the zone files that nobody delegates to.
func (w *World) warnOrphans() {
	for _, z := range w.zones {
		if z.origin == "." || z.file == "" {
			continue
		}
		parent := w.enclosing(z.origin)
		if parent != nil && len(parent.nodes[z.origin][dns.TypeNS]) == 0 {
			w.warnings = append(w.warnings, fmt.Sprintf("%s: zone %s is not delegated in %s: it cannot be reached", z.file, z.origin, parent.origin))
		}
	}
}

// enclosing gives the closest zone above name, not at it.
func (w *World) enclosing(name string) *zone {
	var best *zone
	for _, z := range w.zones {
		if z.origin != name && dns.IsSubDomain(z.origin, name) && (best == nil || len(z.origin) > len(best.origin)) {
			best = z
		}
	}
	return best
}

// addresses gives the A and AAAA records of a node.
func addresses(node map[uint16][]dns.RR) []netip.Addr {
	var out []netip.Addr
	for _, rr := range node[dns.TypeA] {
		if a, ok := netip.AddrFromSlice(rr.(*dns.A).A); ok {
			out = append(out, a.Unmap())
		}
	}
	for _, rr := range node[dns.TypeAAAA] {
		if a, ok := netip.AddrFromSlice(rr.(*dns.AAAA).AAAA); ok {
			out = append(out, a)
		}
	}
	return out
}

func toName(s string) msp.Name {
	n, err := msp.ParseName(s)
	if err != nil {
		return msp.Name(s)
	}
	return n
}
