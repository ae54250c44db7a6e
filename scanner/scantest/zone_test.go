package scantest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

func parse(t testing.TB, text string) *zone {
	t.Helper()
	z, err := readZone(fstest.MapFS{"z.example.zone": {Data: []byte(text)}}, "zones", "z.example.zone")
	require.NoError(t, err)
	return z
}

// hashed gives a zone with the NSEC3 chain over names that exist.
func hashed(t testing.TB, names ...string) *zone {
	t.Helper()
	var b strings.Builder
	b.WriteString("@ 300 SOA ns h 1 1 1 1 60\n@ NS ns.elsewhere.\nwww A 192.0.2.1\na.b.ent A 192.0.2.2\n*.wild A 192.0.2.3\ncut NS ns.elsewhere.\n")
	hashes := make([]string, len(names))
	for i, n := range names {
		hashes[i] = dns.HashName(n, dns.SHA1, 5, "aabb")
	}
	slices.Sort(hashes)
	for i, h := range hashes {
		fmt.Fprintf(&b, "%s NSEC3 1 0 5 AABB %s A RRSIG\n", strings.ToLower(h), hashes[(i+1)%len(hashes)])
		fmt.Fprintf(&b, "%s RRSIG NSEC3 13 3 300 20490101000000 20240101000000 1 z.example. AAAA\n", strings.ToLower(h))
	}
	return parse(t, b.String())
}

// TestHashedDenial: the proof of a zone with NSEC3 is what a validator wants
// (RFC 5155 sections 8.4 to 8.9).
func TestHashedDenial(t *testing.T) {
	z := hashed(t, "z.example.", "www.z.example.", "ent.z.example.", "b.ent.z.example.", "a.b.ent.z.example.", "wild.z.example.", "*.wild.z.example.", "cut.z.example.")
	match := func(r response, name string) bool {
		return slices.ContainsFunc(r.ns, func(rr dns.RR) bool { n, ok := rr.(*dns.NSEC3); return ok && n.Match(name) })
	}
	cover := func(r response, name string) bool {
		return slices.ContainsFunc(r.ns, func(rr dns.RR) bool { n, ok := rr.(*dns.NSEC3); return ok && n.Cover(name) })
	}
	ask := func(name string, qtype uint16) (r response) {
		z.lookup(&r, name, qtype, true)
		return r
	}
	nx := ask("x.y.z.example.", dns.TypeA)
	require.Equal(t, dns.RcodeNameError, nx.rcode)
	require.True(t, match(nx, "z.example.") && cover(nx, "y.z.example.") && cover(nx, "*.z.example."))
	nx = ask("x.b.ent.z.example.", dns.TypeA)
	require.True(t, match(nx, "b.ent.z.example.") && cover(nx, "x.b.ent.z.example.") && cover(nx, "*.b.ent.z.example."))
	require.True(t, match(ask("www.z.example.", dns.TypeMX), "www.z.example."))
	require.True(t, match(ask("ent.z.example.", dns.TypeMX), "ent.z.example."), "names between have hashes too")
	wild := ask("x.wild.z.example.", dns.TypeA)
	require.Len(t, wild.answer, 1)
	require.True(t, cover(wild, "x.wild.z.example."))
	cut := ask("x.cut.z.example.", dns.TypeA)
	require.True(t, match(cut, "cut.z.example."), "no DS: proved")
	for _, r := range []response{nx, wild, cut} {
		sigs := 0
		for _, rr := range r.ns {
			if rr.Header().Rrtype == dns.TypeRRSIG {
				sigs++
			}
		}
		require.Positive(t, sigs)
	}
}

func TestCanonicalOrder(t *testing.T) {
	sorted := []string{ // RFC 4034 section 6.1
		"example.", "a.example.", "yljkjljk.a.example.", "z.a.example.", "zabc.a.example.", "z.example.", `\001.z.example.`, "*.z.example.", `\200.z.example.`,
	}
	for i := range sorted {
		for j := range sorted {
			if strings.Contains(sorted[i]+sorted[j], `\`) {
				continue // escapes do not sort as octets
			}
			require.Equal(t, i < j, canonicalLess(sorted[i], sorted[j]), "%s %s", sorted[i], sorted[j])
		}
	}
	require.True(t, covers("z.example.", "a.example.", "zz.example."), "the last points to the first")
	require.False(t, covers("b.example.", "d.example.", "e.example."))
}

// FuzzZone: no text makes the reader panic, and no question the zone it makes.
func FuzzZone(f *testing.F) {
	seeds := []string{
		"@ 300 SOA ns h 1 1 1 1 60\n@ NS ns\nns A 192.0.2.1\n*.w TXT \"x\"\nd DNAME t\nc CNAME d\n",
		"$ORIGIN z.example.\n$TTL 5\n@ IN SOA ns h ( 1 2 3\n 4 5 )\nsub NS ns.sub\nns.sub AAAA 2001:db8::1\n",
		"$GENERATE 1-3 h$ A 192.0.2.$\n@ SOA . . 1 1 1 1 1\n", "$INCLUDE other\n", "a\\.b\\000 TYPE65280 \\# 2 abcd\n. SOA . . 1 1 1 1 1",
		"@ SOA ns h 1 1 1 1 1\n@ NSEC a.z.example. A NS\na NSEC @ A\n",
	}
	for _, s := range seeds {
		require.NotEmpty(f, s)
		f.Add(s, "x.y.z.example.")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") && len(text) > 200 {
			return // it may ask for 65,535 records
		}
		z, err := readZone(fstest.MapFS{"z.example.zone": {Data: []byte(text)}}, "zones", "z.example.zone")
		if err != nil {
			require.Contains(t, err.Error(), "read zone")
			return
		}
		if name = canonical(name); !dns.IsSubDomain(z.origin, name) {
			name = z.origin
		}
		for _, qtype := range []uint16{dns.TypeA, dns.TypeDS, dns.TypeNS, dns.TypeCNAME, dns.TypeANY, dns.TypeNSEC} {
			var r response
			z.lookup(&r, name, qtype, true)
			require.LessOrEqual(t, len(r.answer), 2+len(text))
		}
	})
}
