package spf

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
)

// ranges is a set of networks. Two networks are nested or apart, so overlaps are
// counted once by leaving out those inside another.
type ranges []netip.Prefix

func (r *ranges) add(p netip.Prefix) { *r = append(*r, p.Masked()) }

// sizes gives the number of IPv4 and of IPv6 addresses in the set.
func (r ranges) sizes() (v4, v6 float64) {
	list := slices.Clone(r)
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	var last netip.Prefix
	for _, p := range list {
		if last.IsValid() && last.Contains(p.Addr()) {
			continue
		}
		last = p
		n := math.Ldexp(1, p.Addr().BitLen()-p.Bits())
		if p.Addr().Is4() {
			v4 += n
		} else {
			v6 += n
		}
	}
	return v4, v6
}
