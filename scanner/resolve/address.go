package resolve

import "net/netip"

// Public reports whether a packet may go to an address that DNS named: not
// unspecified, loopback, private, shared (CGNAT), link-local, unique local,
// multicast, reserved or broadcast (the registries of RFC 6890). IPv4 inside
// IPv6 counts as the IPv4 address. The documentation ranges count as public.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if inner, ok := embedded(a); ok {
		return Public(inner)
	}
	if a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, p := range notPublic() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// notPublic lists what netip has no method for.
func notPublic() []netip.Prefix {
	v4 := func(a, b byte, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{a, b}), bits)
	}
	v6 := func(bits int, head ...byte) netip.Prefix {
		var b [16]byte
		copy(b[:], head)
		return netip.PrefixFrom(netip.AddrFrom16(b), bits)
	}
	return []netip.Prefix{
		v4(0, 0, 8),                       // "this network", RFC 791
		v4(100, 64, 10),                   // shared address space, RFC 6598
		v4(192, 0, 24),                    // IETF protocol assignments, RFC 6890
		v4(240, 0, 4),                     // reserved and broadcast, RFC 1112
		v6(96),                            // IPv4-compatible, RFC 4291 section 2.5.5.1
		v6(32, 0x20, 0x01, 0, 0),          // Teredo, RFC 4380
		v6(10, 0xfe, 0xc0),                // site-local, RFC 3879
		v6(64, 0x01),                      // discard-only, RFC 6666
		v6(48, 0, 0x64, 0xff, 0x9b, 0, 1), // local-use translation, RFC 8215
	}
}

// embedded gives the IPv4 address inside a 6to4 (RFC 3056) or NAT64 (RFC 6052)
// address.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	if b[0] == 0x20 && b[1] == 0x02 {
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	if [12]byte(b[:12]) == [12]byte{0, 0x64, 0xff, 0x9b} {
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return netip.Addr{}, false
}
