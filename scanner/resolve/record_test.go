package resolve

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/scanner"
)

// TestRecords sends each record over the wire and reads it back.
func TestRecords(t *testing.T) {
	for text, want := range map[string]scanner.Record{
		"A 192.0.2.1":                     {Type: "A", Fields: []string{"192.0.2.1"}},
		"AAAA 2001:DB8:0::1":              {Type: "AAAA", Fields: []string{"2001:db8::1"}},
		"AAAA ::ffff:192.0.2.1":           {Type: "AAAA", Fields: []string{"::ffff:192.0.2.1"}},
		"NS NS1.Acme.Example.":            {Type: "NS", Fields: []string{"ns1.acme.example"}},
		"CNAME .":                         {Type: "CNAME", Fields: []string{"."}},
		"DNAME b.example.":                {Type: "DNAME", Fields: []string{"b.example"}},
		"PTR b.example.":                  {Type: "PTR", Fields: []string{"b.example"}},
		"MX 10 mx.example.":               {Type: "MX", Fields: []string{"10", "mx.example"}},
		"SOA ns. h.x. 4294967295 2 3 4 5": {Type: "SOA", Fields: []string{"ns", "h.x", "4294967295", "2", "3", "4", "5"}},
		"SRV 1 2 443 s.example.":          {Type: "SRV", Fields: []string{"1", "2", "443", "s.example"}},
		`TXT "a\"b\\c" "\000\255d" ""`:    {Type: "TXT", Fields: []string{`a"b\c`, "\x00\xffd", ""}},
		`SPF "v=spf1 -all"`:               {Type: "SPF", Fields: []string{"v=spf1 -all"}},
		`CAA 128 issue "ca\"\\.example"`:  {Type: "CAA", Fields: []string{"128", "issue", `ca"\.example`}},
		"TLSA 3 1 1 00AA":                 {Type: "TLSA", Fields: []string{"3", "1", "1", "00aa"}},
		"DS 12345 13 2 00AA":              {Type: "DS", Fields: []string{"12345", "13", "2", "00aa"}},
		"CDS 0 0 0 00":                    {Type: "CDS", Fields: []string{"0", "0", "0", "00"}},
		"DNSKEY 257 3 13 AAAA BBBB":       {Type: "DNSKEY", Fields: []string{"257", "3", "13", "AAAABBBB"}},
		"CDNSKEY 256 3 13 AAAA":           {Type: "CDNSKEY", Fields: []string{"256", "3", "13", "AAAA"}},
		"RRSIG TYPE65280 13 2 60 20490101000000 20240101000000 7 Acme.example. AAAA": {Type: "RRSIG", Fields: []string{
			"TYPE65280", "13", "2", "60", "20490101000000", "20240101000000", "7", "acme.example", "AAAA",
		}},
		"NSEC b.example. A NS TYPE65280":                      {Type: "NSEC", Fields: []string{"b.example", "A", "NS", "TYPE65280"}},
		"NSEC3 1 0 5 AABB 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A": {Type: "NSEC3", Fields: []string{"1", "0", "5", "aabb", "2t7b4g4vsa5smi47k61mv5bv1a22bojr", "A"}},
		"NSEC3PARAM 1 0 0 -":                                  {Type: "NSEC3PARAM", Fields: []string{"1", "0", "0", "-"}},
		`TYPE65280 \# 3 AbCdEf`:                               {Type: "TYPE65280", Fields: []string{`\#`, "3", "abcdef"}},
		`TYPE65280 \# 0`:                                      {Type: "TYPE65280", Fields: []string{`\#`, "0", ""}},
		"SSHFP 1 2 00aa":                                      {Type: "SSHFP", Fields: []string{`\#`, "4", "010200aa"}},
		"HTTPS 1 . alpn=h2":                                   {Type: "HTTPS", Fields: []string{`\#`, "10", "00010000010003026832"}},
	} {
		t.Run(text, func(t *testing.T) {
			rr, err := dns.NewRR(`a\.b.Acme.example. 60 IN ` + text)
			require.NoError(t, err)
			buf := make([]byte, 1024)
			end, err := dns.PackRR(rr, buf, 0, nil, false)
			require.NoError(t, err)
			back, _, err := dns.UnpackRR(buf[:end], 0)
			require.NoError(t, err)
			want.Name, want.TTL = `a\.b.acme.example`, 60
			require.Equal(t, want, record(back))
		})
	}
}

func TestRecordsAreSortedWithoutOPT(t *testing.T) {
	a, _ := dns.NewRR("b.example. 60 IN A 192.0.2.2")
	b, _ := dns.NewRR("b.example. 60 IN A 192.0.2.1")
	c, _ := dns.NewRR("a.example. 60 IN NS ns.")
	got := records([]dns.RR{a, &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}, b, c})
	require.Len(t, got, 3)
	require.Equal(t, []string{"ns"}, got[0].Fields)
	require.Equal(t, []string{"192.0.2.1"}, got[1].Fields)
	require.Equal(t, []string{"192.0.2.2"}, got[2].Fields)
}

func TestTypeNumber(t *testing.T) {
	for s, want := range map[string]uint16{"A": 1, "MX": 15, "TYPE65280": 65280, "TYPE1": 1, "CAA": 257} {
		got, ok := typeNumber(s)
		require.True(t, ok, s)
		require.Equal(t, want, got)
	}
	for _, s := range []string{"", "a", "NONSENSE", "TYPE", "TYPE0", "TYPE65536", "TYPE-1", "TYPE01", "TYPE1x", "None"} {
		_, ok := typeNumber(s)
		require.False(t, ok, s)
	}
}
