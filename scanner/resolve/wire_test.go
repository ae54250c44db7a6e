package resolve

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

const testID = 0x4d53

func testQuery(qtype uint16) query {
	return query{name: "acme.example.", qtype: qtype, class: dns.ClassINET, rd: true, edns: true}
}

// message makes the octets of an answer to q with the records given as text:
// "answer", then sections "ns:" and "extra:" by prefix.
func message(t testing.TB, q query, change func(*dns.Msg), records ...string) []byte {
	t.Helper()
	m := &dns.Msg{Question: []dns.Question{{Name: q.name, Qtype: q.qtype, Qclass: dns.ClassINET}}, Compress: true}
	m.Id, m.Response, m.RecursionDesired, m.RecursionAvailable = testID, true, true, true
	for _, text := range records {
		section := &m.Answer
		if rest, ok := strings.CutPrefix(text, "ns:"); ok {
			section, text = &m.Ns, rest
		} else if rest, ok := strings.CutPrefix(text, "extra:"); ok {
			section, text = &m.Extra, rest
		}
		rr, err := dns.NewRR(text)
		require.NoError(t, err, text)
		*section = append(*section, rr)
	}
	if change != nil {
		change(m)
	}
	raw, err := m.Pack()
	require.NoError(t, err)
	return raw
}

func TestParseReplyRefuses(t *testing.T) {
	q := testQuery(dns.TypeA)
	good := message(t, q, nil, "acme.example. 60 IN A 192.0.2.1")
	_, err := parseReply(good, testID, q)
	require.NoError(t, err)
	cut := func(n int) []byte { return good[:n] }
	put := func(at int, v ...byte) []byte {
		b := slices.Clone(good)
		copy(b[at:], v)
		return b
	}
	for name, tt := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":                {nil, errMalformed},
		"one octet":              {cut(1), errMalformed},
		"id only":                {cut(2), errMalformed},
		"eleven octets":          {cut(11), errMalformed},
		"header, counts set":     {cut(12), errMalformed},
		"cut in the question":    {cut(20), errMalformed},
		"cut in the record head": {cut(len(good) - 6), errMalformed},
		"cut in the rdata":       {cut(len(good) - 1), errMalformed},
		"other id":               {put(0, 1, 2), errMismatch},
		"QR 0":                   {put(2, good[2]&0x7f), errMismatch},
		"opcode 4":               {put(2, good[2]|0x20), errMismatch},
		"two questions claimed":  {put(5, 2), errMalformed},
		"no question claimed":    {put(5, 0), errMalformed},
		"two answers claimed":    {put(7, 2), errMalformed},
		"65,535 answers claimed": {put(6, 0xff, 0xff), errMalformed},
		"other question type":    {put(len("\x04acme\x07example\x00")+12+1, 28), errMismatch},
		"other question class":   {put(len("\x04acme\x07example\x00")+12+3, 3), errMismatch},
		"other question name":    {put(13, 'b'), errMismatch},
		"two OPT":                {message(t, q, func(m *dns.Msg) { m.SetEdns0(1232, false).SetEdns0(1232, false) }), errMalformed},
		"OPT in the answer":      {message(t, q, func(m *dns.Msg) { m.SetEdns0(1232, false); m.Answer, m.Extra = m.Extra, nil }), errMalformed},
		"bare REFUSED":           {[]byte{testID >> 8, testID & 0xff, 0x80, 5, 0, 0, 0, 0, 0, 0, 0, 0}, errMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseReply(tt.raw, testID, q)
			require.Nil(t, r)
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func TestParseReplyAccepts(t *testing.T) {
	q := testQuery(dns.TypeA)
	good := message(t, q, nil, "acme.example. 60 IN A 192.0.2.1")
	r, err := parseReply(append(slices.Clone(good), 0), testID, q)
	require.NoError(t, err)
	require.True(t, r.trailing)
	caa := testQuery(dns.TypeCAA)
	value := message(t, caa, nil, `acme.example. 60 IN CAA 0 issue "ca.example"`)
	_, err = parseReply(append(slices.Clone(value), 'x'), testID, caa)
	require.ErrorIs(t, err, errMalformed, "the value may have been cut")
	value = message(t, caa, func(m *dns.Msg) { m.SetEdns0(1232, false) }, `acme.example. 60 IN CAA 0 issue "ca.example"`)
	_, err = parseReply(append(value, 'x'), testID, caa)
	require.NoError(t, err, "the OPT record stands between")
	folded := slices.Clone(good)
	copy(folded[13:], "AcMe")
	_, err = parseReply(folded, testID, q)
	require.NoError(t, err, "case does not matter (RFC 4343)")
	bare := []byte{testID >> 8, testID & 0xff, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	r, err = parseReply(bare, testID, q)
	require.NoError(t, err)
	require.Equal(t, dns.RcodeFormatError, r.msg.Rcode)
	q.edns = false
	_, err = parseReply(bare, testID, q)
	require.ErrorIs(t, err, errMismatch, "no OPT record to dislike")
}

// TestRdataLayouts: rdata that is a part of itself is refused for every type of
// a known layout.
func TestRdataLayouts(t *testing.T) {
	const sig = " 13 2 60 20490101000000 20240101000000 1 acme.example. AAAA"
	for _, text := range []string{
		"A 192.0.2.1", "AAAA 2001:db8::1", "NS ns.acme.example.", "CNAME b.example.", "DNAME b.example.", "PTR b.example.", "MX 10 mx.example.",
		"SOA ns.example. h.example. 1 2 3 4 5", "SRV 1 2 3 s.example.", `TXT "abc" "de"`, `CAA 0 issue "ca.example"`, "TLSA 3 1 1 0011", "DS 1 13 2 0011",
		"CDS 1 13 2 0011", "DNSKEY 257 3 13 AAAA", "CDNSKEY 257 3 13 AAAA", "RRSIG A" + sig, "NSEC b.example. A NS",
	} {
		rr, err := dns.NewRR("acme.example. 60 IN " + text)
		require.NoError(t, err, text)
		q := testQuery(rr.Header().Rrtype)
		raw := message(t, q, func(m *dns.Msg) { m.Compress = false; m.Answer = append(m.Answer, rr) })
		_, err = parseReply(raw, testID, q)
		require.NoError(t, err, text)
		start, err := skimName(raw, headerSize)
		require.NoError(t, err)
		start, err = skimName(raw, start+4)
		require.NoError(t, err)
		rdata := start + 10
		whole := 0
		for n := rdata; n < len(raw); n++ {
			short := slices.Clone(raw[:n])
			binary.BigEndian.PutUint16(short[rdata-2:], uint16(n-rdata))
			if _, err := parseReply(short, testID, q); err == nil {
				whole++
			}
		}
		allowed := map[string]int{"TXT": 1, "TLSA": 1, "DS": 1, "CDS": 1, "DNSKEY": 2, "CDNSKEY": 2, "RRSIG": 2, "CAA": 10, "NSEC": 2}
		require.LessOrEqual(t, whole, allowed[strings.Fields(text)[0]], "%s: only parts that end with a free field may pass", text)
	}
}

func TestCanonical(t *testing.T) {
	for in, want := range map[msp.Name]string{
		".": ".", "acme.example": "acme.example.", "ACME.example": "acme.example.", `a\.b.example`: `a\.b.example.`, `\065\000.example`: `a\000.example.`,
		"a@b.example": `a\@b.example.`, `a\@b.example`: `a\@b.example.`, "_dmarc.acme.example": "_dmarc.acme.example.", "*.acme.example": "*.acme.example.",
	} {
		got, err := canonical(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, bad := range []msp.Name{"", "a..b", msp.Name(strings.Repeat("a", 64)), msp.Name(strings.Repeat("abc.", 64) + "x")} {
		_, err := canonical(bad)
		require.ErrorIs(t, err, msp.ErrName)
	}
}

func TestOptions(t *testing.T) {
	for want, q := range map[string]query{
		"":                   {rd: true, edns: true},
		"+norec":             {edns: true},
		"+cd +dnssec":        {rd: true, cd: true, do: true, edns: true},
		"+norec +noedns":     {},
		"+norec +cd +dnssec": {cd: true, do: true, edns: true},
	} {
		require.Equal(t, want, q.options())
	}
}

func TestQuestion(t *testing.T) {
	require.Equal(t, "acme.example. MX", testQuery(dns.TypeMX).question())
	require.Equal(t, "version.bind. CH TXT", query{name: "version.bind.", qtype: dns.TypeTXT, class: dns.ClassCHAOS}.question())
}

// judge runs one message through the whole path that a reply takes.
func judge(raw []byte, q query, recursive bool) (walk, *reply, error) {
	r, err := parseReply(raw, testID, q)
	if err != nil {
		return walk{}, nil, err
	}
	w := walk{qtype: q.qtype, class: q.class, recursive: recursive, at: q.name, seen: map[string]bool{q.name: true}}
	w.take(r)
	w.step(&session{}, r)
	return w, r, nil
}

// FuzzResponse: no message makes the client panic; none that answers another
// question is believed; what is Present stands at the end of an unbroken chain.
func FuzzResponse(f *testing.F) {
	q := testQuery(dns.TypeMX)
	seeds := [][]byte{
		message(f, q, nil, "acme.example. 60 IN MX 10 mx.acme.example.", "extra:mx.acme.example. 60 IN A 192.0.2.1"),
		message(f, q, nil, "acme.example. 60 IN CNAME b.example.", "b.example. 60 IN MX 10 mx.b.example."),
		message(f, q, nil, "acme.example. 60 IN CNAME b.example.", "b.example. 60 IN CNAME acme.example."),
		message(f, q, nil, "example. 60 IN DNAME test.", "acme.test. 60 IN MX 0 ."),
		message(f, q, nil, "ns:example. 60 IN SOA ns.example. h.example. 1 2 3 4 5"),
		message(f, q, func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }, "ns:example. 60 IN SOA ns.example. h.example. 1 2 3 4 5"),
		message(f, q, func(m *dns.Msg) { m.Authoritative = false }, "ns:acme.example. 60 IN NS ns.b.example."),
		message(f, q, func(m *dns.Msg) { m.SetEdns0(1232, true) }, `acme.example. 60 IN TXT "a"`, "acme.example. 60 IN RRSIG MX 13 2 60 20490101000000 20240101000000 1 acme.example. AAAA"),
		message(f, q, func(m *dns.Msg) { m.Truncated = true }),
		message(f, testQuery(dns.TypeA), nil, "acme.example. 60 IN A 192.0.2.1"),
	}
	for _, s := range seeds {
		require.NotEmpty(f, s)
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, recursive bool) {
		if len(raw) > 2 {
			raw = slices.Clone(raw)
			binary.BigEndian.PutUint16(raw, testID)
		}
		w, r, err := judge(raw, q, recursive)
		if err != nil {
			require.Equal(t, fact.Unknown, w.answer.Outcome)
			return
		}
		if w.answer.Outcome != fact.Present {
			require.Empty(t, w.answer.Records)
			return
		}
		require.Equal(t, q.name, strings.ToLower(r.msg.Question[0].Name))
		require.Equal(t, q.qtype, r.msg.Question[0].Qtype)
		require.NotEmpty(t, w.answer.Records)
		at := toName(q.name)
		for _, hop := range w.answer.Chain {
			require.Equal(t, at, hop.From)
			at = hop.To
		}
		for _, rec := range w.answer.Records {
			require.Equal(t, at, rec.Name)
			require.Equal(t, "MX", rec.Type)
			require.Len(t, rec.Fields, 2)
		}
		other := q
		other.name = "other.example."
		w, _, err = judge(raw, other, recursive)
		require.True(t, err != nil || w.answer.Outcome != fact.Present)
	})
}
