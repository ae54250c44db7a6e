package dnssec

import (
	"context"
	"crypto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

const zone = "acme.test."

func clock() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// signed is a zone's apex with keys and signatures, made by another library.
type signed struct {
	key    *dns.DNSKEY
	priv   crypto.Signer
	soa    *dns.SOA
	ds     *dns.DS
	keySig *dns.RRSIG
	soaSig *dns.RRSIG
}

func newSigned(t testing.TB, algorithm uint8, bits int, digest uint8, from, to time.Time) signed {
	t.Helper()
	hdr := func(rrtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: zone, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 3600}
	}
	key := &dns.DNSKEY{Hdr: hdr(dns.TypeDNSKEY), Flags: 257, Protocol: 3, Algorithm: algorithm}
	priv, err := key.Generate(bits)
	require.NoError(t, err)
	s := signed{key: key, priv: priv.(crypto.Signer), ds: key.ToDS(digest)}
	s.soa = &dns.SOA{Hdr: hdr(dns.TypeSOA), Ns: `n\.s.acme.test.`, Mbox: "h.acme.test.", Serial: 7, Refresh: 1, Retry: 2, Expire: 3, Minttl: 4}
	s.keySig = s.sign(t, from, to, key)
	s.soaSig = s.sign(t, from, to, s.soa)
	return s
}

func (s signed) sign(t testing.TB, from, to time.Time, rr dns.RR) *dns.RRSIG {
	t.Helper()
	sig := &dns.RRSIG{
		Algorithm: s.key.Algorithm, KeyTag: s.key.KeyTag(), SignerName: zone,
		Inception: uint32(from.Unix()), Expiration: uint32(to.Unix()),
	}
	require.NoError(t, sig.Sign(s.priv, []dns.RR{rr}))
	return sig
}

// record turns the other library's record into ours.
func record(rr dns.RR) scanner.Record {
	u := func(n uint64) string { return strconv.FormatUint(n, 10) }
	name := func(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
	r := scanner.Record{Name: msp.Name(name(rr.Header().Name)), Type: dns.TypeToString[rr.Header().Rrtype]}
	switch rr := rr.(type) {
	case *dns.DS:
		r.Fields = []string{u(uint64(rr.KeyTag)), u(uint64(rr.Algorithm)), u(uint64(rr.DigestType)), strings.ToLower(rr.Digest)}
	case *dns.DNSKEY:
		r.Fields = []string{u(uint64(rr.Flags)), u(uint64(rr.Protocol)), u(uint64(rr.Algorithm)), rr.PublicKey}
	case *dns.SOA:
		r.Fields = []string{name(rr.Ns), name(rr.Mbox), u(uint64(rr.Serial)), u(uint64(rr.Refresh)), u(uint64(rr.Retry)), u(uint64(rr.Expire)), u(uint64(rr.Minttl))}
	case *dns.RRSIG:
		r.Fields = []string{
			dns.TypeToString[rr.TypeCovered], u(uint64(rr.Algorithm)), u(uint64(rr.Labels)), u(uint64(rr.OrigTtl)),
			dns.TimeToString(rr.Expiration), dns.TimeToString(rr.Inception), u(uint64(rr.KeyTag)), name(rr.SignerName), rr.Signature,
		}
	}
	return r
}

func answer(sigs []*dns.RRSIG, rrs ...dns.RR) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", RA: true}
	for _, rr := range rrs {
		a.Records = append(a.Records, record(rr))
	}
	for _, sig := range sigs {
		a.Signatures = append(a.Signatures, record(sig))
	}
	return a
}

func healthy(t testing.TB, algorithm uint8, bits int, digest uint8) signed {
	return newSigned(t, algorithm, bits, digest, clock().Add(-time.Hour), clock().Add(time.Hour))
}

func (s signed) table() map[string]scanner.Answer {
	return map[string]scanner.Answer{
		"acme.test DS":     answer(nil, s.ds),
		"acme.test DNSKEY": answer([]*dns.RRSIG{s.keySig}, s.key),
		"acme.test SOA":    answer([]*dns.RRSIG{s.soaSig}, s.soa),
	}
}

func probe(t *testing.T, table map[string]scanner.Answer) (fact.Fact, fact.DNSSEC) {
	t.Helper()
	r := &fakedns.Resolver{Table: table}
	f := Probe().Run(context.Background(), scanner.Env{Resolver: r, Now: clock()}, fact.Task{Name: "acme.test"})
	var d fact.DNSSEC
	require.NoError(t, f.Decode(&d))
	require.Len(t, f.Queries, len(r.Asked()))
	return f, d
}

func TestAlgorithms(t *testing.T) {
	tests := []struct {
		algorithm uint8
		bits      int
		digest    uint8
		state     string
		factBits  int
	}{
		{dns.RSASHA1, 1024, dns.SHA1, stateValid, 1024},
		{dns.RSASHA1NSEC3SHA1, 1024, dns.SHA256, stateValid, 1024},
		{dns.RSASHA256, 2048, dns.SHA256, stateValid, 2048},
		{dns.RSASHA512, 1024, dns.SHA384, stateValid, 1024},
		{dns.ECDSAP256SHA256, 256, dns.SHA256, stateValid, 0},
		{dns.ECDSAP384SHA384, 384, dns.SHA384, stateValid, 0},
		{dns.ED25519, 256, dns.SHA256, stateValid, 0},
	}
	for _, tt := range tests {
		t.Run(dns.AlgorithmToString[tt.algorithm], func(t *testing.T) {
			s := healthy(t, tt.algorithm, tt.bits, tt.digest)
			f, d := probe(t, s.table())
			require.Equal(t, fact.Present, f.Outcome)
			require.Equal(t, Indeterminate, d.Validation, "no validator spoke and nothing is wrong")
			require.True(t, d.Checked)
			require.Empty(t, d.Faults)
			require.Equal(t, []fact.DS{{KeyTag: int(s.key.KeyTag()), Algorithm: int(tt.algorithm), DigestType: int(tt.digest), Digest: strings.ToLower(s.ds.Digest)}}, d.DS)
			require.Equal(t, []fact.DNSKEY{{KeyTag: int(s.key.KeyTag()), Flags: 257, Algorithm: int(tt.algorithm), Bits: tt.factBits, MatchesDS: true}}, d.Keys)
			require.Len(t, d.Signatures, 2)
			for _, sig := range d.Signatures {
				require.Equal(t, tt.state, sig.State)
			}
			require.Equal(t, "20260601130000", d.Signatures[0].Expires)
		})
	}
}

func TestFaults(t *testing.T) {
	good := healthy(t, dns.ECDSAP256SHA256, 256, dns.SHA256)
	other := healthy(t, dns.ECDSAP256SHA256, 256, dns.SHA256)
	day := 24 * time.Hour
	old := newSigned(t, dns.ED25519, 256, dns.SHA256, clock().Add(-2*day), clock().Add(-day))
	future := newSigned(t, dns.ED25519, 256, dns.SHA256, clock().Add(day), clock().Add(2*day))
	strange := *good.ds
	strange.DigestType = 200
	mangled := *good.soaSig
	mangled.Signature = other.soaSig.Signature
	otherSigner := *good.soaSig
	otherSigner.SignerName = "test."
	tests := []struct {
		name    string
		table   map[string]scanner.Answer
		change  map[string]scanner.Answer
		outcome fact.Outcome
		fault   string // "" = none
	}{
		{"expired", old.table(), nil, fact.Broken, "expired on 2026-05-31 12:00:00 UTC"},
		{"not yet valid", future.table(), nil, fact.Broken, "is not valid before 2026-06-02 12:00:00 UTC"},
		{"no key", good.table(), map[string]scanner.Answer{"acme.test DNSKEY": fakedns.None("NOERROR", "acme.test")}, fact.Broken, "the zone has no DNSKEY"},
		{"another key", good.table(), map[string]scanner.Answer{"acme.test DNSKEY": answer([]*dns.RRSIG{other.keySig}, other.key)}, fact.Broken, "no DNSKEY of the zone matches"},
		{"keys not signed", good.table(), map[string]scanner.Answer{"acme.test DNSKEY": answer(nil, good.key)}, fact.Broken, "no signature over DNSKEY"},
		{"SOA not signed", good.table(), map[string]scanner.Answer{"acme.test SOA": answer(nil, good.soa)}, fact.Broken, "no signature over SOA"},
		{"bad signature", good.table(), map[string]scanner.Answer{"acme.test SOA": answer([]*dns.RRSIG{&mangled}, good.soa)}, fact.Broken, "bad signature over SOA"},
		{"another signer", good.table(), map[string]scanner.Answer{"acme.test SOA": answer([]*dns.RRSIG{&otherSigner}, good.soa)}, fact.Broken, "bad signature over SOA"},
		{"keys signed by a key without DS", good.table(), map[string]scanner.Answer{
			"acme.test DNSKEY": answer([]*dns.RRSIG{other.sign(t, clock().Add(-day), clock().Add(day), good.key)}, good.key, other.key),
		}, fact.Broken, "bad signature over DNSKEY"},
		{"an old signature beside a good one", good.table(), map[string]scanner.Answer{
			"acme.test SOA": answer([]*dns.RRSIG{good.sign(t, clock().Add(-2*day), clock().Add(-day), good.soa), good.soaSig}, good.soa),
		}, fact.Present, ""},
		{"two DS, one matches", good.table(), map[string]scanner.Answer{"acme.test DS": answer(nil, other.ds, good.ds)}, fact.Present, ""},
		{"a digest that nobody knows", good.table(), map[string]scanner.Answer{"acme.test DS": answer(nil, &strange)}, fact.Present, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.change {
				tt.table[k] = v
			}
			f, d := probe(t, tt.table)
			require.Equal(t, tt.outcome, f.Outcome, "%v", d.Faults)
			require.True(t, d.Checked)
			require.Contains(t, strings.Join(d.Faults, "; "), tt.fault)
			require.Equal(t, tt.fault == "", len(d.Faults) == 0)
			require.Equal(t, tt.fault != "", d.Validation == Bogus)
		})
	}
}

func TestValidator(t *testing.T) {
	old := newSigned(t, dns.ED25519, 256, dns.SHA256, clock().Add(-48*time.Hour), clock().Add(-24*time.Hour))
	good := healthy(t, dns.ED25519, 256, dns.SHA256)
	servfail := fakedns.Unknown("servfail")
	ede := servfail
	ede.EDE = []string{"7 signature expired\x07"}
	secure := good.table()["acme.test SOA"]
	secure.AD = true
	none := fakedns.None("NOERROR", "test")
	bogus := func() map[string]scanner.Answer {
		t := old.table()
		t["acme.test SOA +cd +do"], t["acme.test DNSKEY +cd +do"] = t["acme.test SOA"], t["acme.test DNSKEY"]
		t["acme.test SOA"], t["acme.test DNSKEY"] = ede, servfail
		return t
	}
	with := func(t map[string]scanner.Answer, key string, a scanner.Answer) map[string]scanner.Answer {
		t[key] = a
		return t
	}
	tests := []struct {
		name       string
		table      map[string]scanner.Answer
		outcome    fact.Outcome
		reason     string
		validation string
		checked    bool
		faults     int
	}{
		{"secure", with(good.table(), "acme.test SOA", secure), fact.Present, "", Secure, true, 0},
		{"secure though the clock says otherwise", with(old.table(), "acme.test SOA", func() scanner.Answer { a := old.table()["acme.test SOA"]; a.AD = true; return a }()), fact.Present, "", Secure, true, 0},
		{"unsigned", map[string]scanner.Answer{"acme.test DS": none}, fact.Absent, "", Insecure, false, 0},
		{"bogus", bogus(), fact.Broken, "bogus", Bogus, true, 3},
		{"servfail that passes", with(bogus(), "acme.test SOA +do #2", secure), fact.Present, "", Secure, true, 0},
		{"servfail past the validator too", with(good.table(), "acme.test SOA", servfail), fact.Present, "", Indeterminate, false, 0},
		{"keys not answered", with(good.table(), "acme.test DNSKEY", fakedns.Unknown("timeout")), fact.Present, "", Indeterminate, false, 0},
		{"DS not answered", with(good.table(), "acme.test DS", fakedns.Unknown("timeout")), fact.Unknown, "timeout", Indeterminate, false, 0},
		{"DS denied past the validator only", with(with(good.table(), "acme.test DS", servfail), "acme.test DS +cd +do", none), fact.Unknown, "servfail", Indeterminate, false, 0},
		{"DS seen past the validator only", with(with(bogus(), "acme.test DS", servfail), "acme.test DS +cd +do", answer(nil, old.ds)), fact.Broken, "bogus", Bogus, true, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, d := probe(t, tt.table)
			require.Equal(t, []any{tt.outcome, tt.reason, tt.validation, tt.checked}, []any{f.Outcome, f.Reason, d.Validation, d.Checked})
			require.Len(t, d.Faults, tt.faults, "%v", d.Faults)
			require.Equal(t, tt.validation == Secure || tt.validation == Bogus, d.Validator != "")
			if tt.validation == Bogus {
				require.Contains(t, d.Faults, `the resolver says: 7 signature expired\007`)
			}
		})
	}
}

// TestBounds holds that colliding keys and a heap of signatures cost little.
func TestBounds(t *testing.T) {
	s := healthy(t, dns.RSASHA256, 2048, dns.SHA256)
	k, err := ParseKey(record(s.key))
	require.NoError(t, err)
	sig, err := ParseSignature(record(s.soaSig))
	require.NoError(t, err)
	c := chain{zone: "acme.test", now: clock()}
	wrong := set{covers: "SOA", rdata: [][]byte{{1}}}
	var many []Key
	for range 100 {
		many = append(many, k)
	}
	require.Equal(t, stateUnchecked, c.state(wrong, sig, many))
	for range 100 {
		wrong.signatures = append(wrong.signatures, sig)
	}
	faults, sigs, sure := c.inspectSet(wrong, []Key{k})
	require.Empty(t, faults)
	require.False(t, sure)
	require.Len(t, sigs, 100)
	require.Equal(t, stateBad, sigs[maxSignatures-1].State)
	require.Equal(t, stateUnchecked, sigs[maxSignatures].State)
}

func TestSmallRSAIsUnchecked(t *testing.T) {
	s := healthy(t, dns.RSASHA256, 1024, dns.SHA256)
	k, err := ParseKey(record(s.key))
	require.NoError(t, err)
	small := append([]byte{3, 1, 0, 1}, make([]byte, 64)...)
	small[4], small[67] = 0xff, 0xff
	k.Public = small
	require.Equal(t, 512, rsaBits(k))
	require.ErrorIs(t, verifyRSA(k, crypto.SHA256, make([]byte, 32), make([]byte, 64)), errUnsupported)
	k.Public = []byte{0, 0}
	require.Zero(t, rsaBits(k))
	require.ErrorIs(t, verifyRSA(k, crypto.SHA256, nil, nil), errUnsupported)
}

// TestAgainstLibrary compares key tags and digests with another implementation.
func TestAgainstLibrary(t *testing.T) {
	for i := range 200 {
		s := &dns.DNSKEY{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: 1}, Flags: uint16(i * 300), Protocol: 3, Algorithm: []uint8{8, 13, 15, 1}[i%4]}
		s.PublicKey = strings.Repeat("AwEAAbcd", 4+i%5) + []string{"AAAA", "abc=", "ab=="}[i%3]
		if s.Algorithm == 1 {
			continue // the library does not take the tag of appendix B.1
		}
		k, err := ParseKey(record(s))
		require.NoError(t, err)
		require.Equal(t, int(s.KeyTag()), k.Tag)
		for _, digest := range []uint8{1, 2, 4} {
			got, err := digestOf("acme.test", k, int(digest))
			require.NoError(t, err)
			require.Equal(t, strings.ToLower(s.ToDS(digest).Digest), got)
		}
	}
}

func TestWireName(t *testing.T) {
	tests := map[msp.Name]string{
		".": "\x00", "a.bc": "\x01a\x02bc\x00", `a\.b.c`: "\x03a.b\x01c\x00", `\000\255`: "\x02\x00\xff\x00",
	}
	for in, want := range tests {
		got, err := wireName(in)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	for _, in := range []msp.Name{"", `a\`, `a\2`, `a\999`, msp.Name(strings.Repeat("a", 64)), msp.Name(strings.Repeat("a.", 130) + "a")} {
		_, err := wireName(in)
		require.Error(t, err, "%q", in)
	}
}

func FuzzRecords(f *testing.F) {
	s := healthy(f, dns.ED25519, 256, dns.SHA256)
	seeds := [][]string{record(s.ds).Fields, record(s.key).Fields, record(s.keySig).Fields, record(s.soa).Fields, {"65536", "", "x", "="}}
	require.NotEmpty(f, seeds)
	for _, fields := range seeds {
		f.Add(strings.Join(fields, " "))
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields := strings.Split(text, " ")
		for _, qtype := range []string{"DS", "DNSKEY", "RRSIG", "SOA"} {
			r := scanner.Record{Name: "acme.test", Type: qtype, Fields: fields}
			_, _ = soaRdata(r)
			if d, err := ParseDS(r); err == nil {
				require.NotEmpty(t, d.Digest)
			}
			if k, err := ParseKey(r); err == nil {
				require.True(t, k.Tag >= 0 && k.Tag <= 0xffff)
				_ = rsaBits(k)
				sig := Signature{Covers: "SOA", Algorithm: k.Algorithm, Bytes: k.Public}
				require.Error(t, verify("acme.test", sig, k, [][]byte{{1}}))
			}
			if sig, err := ParseSignature(r); err == nil {
				require.NotEmpty(t, sig.signedHead)
			}
		}
	})
}
