package dane

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

const host = "_25._tcp.mx.acme.example"

func sum(octets int) string { return strings.Repeat("ab", octets) }

func publicKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	raw, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return hex.EncodeToString(raw)
}

func TestParse(t *testing.T) {
	cases := map[string][]string{
		"3 1 1 " + sum(32):                  nil,
		"2 0 2 " + sum(64):                  nil,
		"3 1 0 " + publicKey(t):             nil,
		"1 1 1 " + strings.ToUpper(sum(32)): {"usage 1 (PKIX) is not for SMTP"},
		"4 1 1 " + sum(32):                  {"usage 4 is not known"},
		"3 2 1 " + sum(32):                  {"selector 2 is not known"},
		"3 1 3 " + sum(32):                  {"matching type 3 is not known"},
		"3 1 1 " + sum(31):                  {"matching type 1 takes 32 octets, not 31"},
		"3 1 2 " + sum(32):                  {"matching type 2 takes 64 octets, not 32"},
		"3 0 0 " + sum(40):                  {"the data is not a certificate"},
		"3 1 0 " + sum(40):                  {"the data is not a public key"},
		"3 1 1 xyz":                         {"the data is not hexadecimal"},
		"0 3 9 " + sum(1):                   {"usage 0 (PKIX) is not for SMTP", "selector 3 is not known", "matching type 9 is not known"},
	}
	for rdata, want := range cases {
		list := Parse(fakedns.Records(host + " TLSA " + rdata))
		require.Len(t, list, 1, rdata)
		require.Equal(t, want, list[0].Errors, rdata)
		require.Equal(t, strings.ToLower(strings.Fields(rdata)[3]), list[0].Data)
	}
	require.Empty(t, Parse(fakedns.Records(host+" TLSA 3 1 1", host+" TLSA 3 1 256 ab", host+" TLSA -1 1 1 ab", host+" A 192.0.2.1")))
	list := Parse(fakedns.Records(host+" TLSA 3 1 1 "+sum(32), host+" TLSA 2 1 1 "+sum(32)))
	require.Equal(t, 2, list[0].Usage)
}

func probe(t *testing.T, name msp.Name, table map[string]scanner.Answer) (fact.Fact, fact.DANE) {
	t.Helper()
	f := Probe().Run(context.Background(), scanner.Env{Resolver: &fakedns.Resolver{Table: table}}, fact.Task{Probe: fact.ProbeDANE, Name: name})
	var data fact.DANE
	require.NoError(t, f.Decode(&data))
	require.Equal(t, name, data.Host)
	return f, data
}

func TestProbeSigned(t *testing.T) {
	set := fakedns.Found(host + " TLSA 3 1 1 " + sum(32))
	validated, withRRSIG := set, set
	validated.AD = true
	withRRSIG.Signatures = fakedns.Records(host + " RRSIG TLSA 13 5 300 20261201000000 20261101000000 1 acme.example x")
	soa := fakedns.None("NOERROR", "acme.example")
	keys := fakedns.Found("acme.example DNSKEY 257 3 13 AAAA")
	unsigned := fakedns.None("NOERROR", "acme.example")
	alias := fakedns.Alias(set, host, "_25._tcp.mx.other.test")
	cases := []struct {
		name  string
		table map[string]scanner.Answer
		want  fact.Outcome
	}{
		{"AD", map[string]scanner.Answer{host + " TLSA": validated}, fact.Present},
		{"signatures", map[string]scanner.Answer{host + " TLSA": set, host + " TLSA +do": withRRSIG}, fact.Present},
		{"keys", map[string]scanner.Answer{host + " TLSA": set, host + " SOA": soa, "acme.example DNSKEY": keys}, fact.Present},
		{"no keys", map[string]scanner.Answer{host + " TLSA": set, host + " SOA": soa, "acme.example DNSKEY": unsigned}, fact.Absent},
		{"keys not answered", map[string]scanner.Answer{host + " TLSA": set, host + " SOA": soa}, fact.Unknown},
		{"zone not found", map[string]scanner.Answer{host + " TLSA": set, host + " SOA": fakedns.Unknown("servfail")}, fact.Unknown},
		{"a strange SOA", map[string]scanner.Answer{host + " TLSA": set, host + " SOA": fakedns.None("NOERROR", "other.test"), "other.test DNSKEY": unsigned}, fact.Unknown},
		{"by alias", map[string]scanner.Answer{host + " TLSA": alias, "_25._tcp.mx.other.test SOA": fakedns.None("NOERROR", "other.test"), "other.test DNSKEY": unsigned}, fact.Absent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, "mx.acme.example", c.table)
			require.Equal(t, fact.Present, f.Outcome)
			require.Equal(t, c.want, data.Signed)
			require.Len(t, data.Records, 1)
		})
	}
}

func TestProbeOutcomes(t *testing.T) {
	for _, rcode := range []string{"NXDOMAIN", "NOERROR"} {
		f, _ := probe(t, "mx.acme.example", map[string]scanner.Answer{host + " TLSA": fakedns.None(rcode, "acme.example")})
		require.Equal(t, fact.Absent, f.Outcome)
		require.Len(t, f.Queries, 1)
	}
	for _, reason := range []string{"timeout", "servfail", "refused", "truncated"} {
		f, data := probe(t, "mx.acme.example", map[string]scanner.Answer{host + " TLSA": fakedns.Unknown(reason)})
		require.Equal(t, fact.Unknown, f.Outcome)
		require.Equal(t, reason, f.Reason)
		require.Equal(t, fact.Unknown, data.Signed)
	}
	f, _ := probe(t, msp.Name(strings.Repeat("a.", 121)+"example"), nil)
	require.Equal(t, fact.Absent, f.Outcome)
}

func FuzzParse(f *testing.F) {
	f.Add("3", "1", "1", sum(32))
	f.Add("0", "0", "0", "3082")
	f.Add("-", "256", "", "zz")
	f.Fuzz(func(t *testing.T, usage, selector, matching, data string) {
		for _, r := range Parse([]scanner.Record{{Type: "TLSA", Fields: []string{usage, selector, matching, data}}}) {
			if r.Usage > 255 || r.Selector > 255 || r.Matching > 255 {
				t.Fatalf("%+v", r)
			}
			if len(r.Errors) == 0 && (r.Usage < 2 || r.Usage > 3 || r.Selector > 1 || r.Matching > 2) {
				t.Fatalf("usable: %+v", r)
			}
		}
	})
}
