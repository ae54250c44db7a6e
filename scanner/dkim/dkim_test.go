package dkim

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

// rsaKey makes the encoding of a key of that many bits; nobody signs with it.
func rsaKey(t testing.TB, bits uint, pkix bool) string {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	key := &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}
	raw := x509.MarshalPKCS1PublicKey(key)
	if pkix {
		var err error
		raw, err = x509.MarshalPKIXPublicKey(key)
		require.NoError(t, err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestParse(t *testing.T) {
	ed := base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	cases := []struct {
		text string
		want Record
	}{
		{"v=DKIM1; k=rsa; p=" + rsaKey(t, 2048, true), Record{KeyType: "rsa", Bits: 2048}},
		{"p=" + rsaKey(t, 1024, true), Record{KeyType: "rsa", Bits: 1024}},
		{"v=DKIM1; p=" + rsaKey(t, 768, false), Record{KeyType: "rsa", Bits: 768}},
		{"v=DKIM1; k=ed25519; p=" + ed, Record{KeyType: "ed25519", Bits: 256}},
		{"v=DKIM1; t=s : y; p=", Record{KeyType: "rsa", Revoked: true, Testing: true}},
		{"v=DKIM1; t=yes; p=", Record{KeyType: "rsa", Revoked: true}},
		{"v=DKIM1; n=a=b; p= ;", Record{KeyType: "rsa", Revoked: true}},
		{"v=DKIM1; p=" + ed, Record{KeyType: "rsa", Errors: []string{"p is not an RSA key"}}},
		{"v=DKIM1; p=???", Record{KeyType: "rsa", Errors: []string{"p is not base64"}}},
		{"v=DKIM1; k=rsb; p=AAAA", Record{KeyType: "rsb", Errors: []string{`key type "rsb" is not known`}}},
		{"v=DKIM1; k=ed25519; p=AAAA", Record{KeyType: "ed25519", Errors: []string{"an Ed25519 key of 3 octets, it has 32"}}},
		{"v=DKIM1; 1=2; p=", Record{KeyType: "rsa", Revoked: true, Errors: []string{`" 1=2" is no tag`}}},
		{"v=DKIM1; p=; p=AAAA", Record{KeyType: "rsa", Revoked: true, Errors: []string{"tag p stands twice"}}},
	}
	for _, c := range cases {
		got, ok := Parse(c.text)
		require.True(t, ok, c.text)
		require.Equal(t, c.want, got, c.text)
	}
	for _, text := range []string{"", "hello", "v=spf1 -all", "v=DMARC1; p=none", "v=DKIM2; p=", "V=DKIM1"} {
		_, ok := Parse(text)
		require.False(t, ok, text)
	}
}

func txt(texts ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, s := range texts {
		a.Records = append(a.Records, scanner.Record{Type: "TXT", Fields: strings.Split(s, "|")})
	}
	return a
}

const catalogue = `version: 1
entries:
  - id: vendor
    name: Vendor
    kinds: [mail_sender]
    suffixes: [dkim.vendor-mail.com]
    source: "test"
`

func probe(t *testing.T, selector string, a scanner.Answer) (fact.Fact, fact.DKIM) {
	t.Helper()
	cat, err := catalog.Load(strings.NewReader(catalogue))
	require.NoError(t, err)
	env := scanner.Env{Resolver: &fakedns.Resolver{Table: map[string]scanner.Answer{"s1._domainkey.acme.example TXT": a}}}
	f := Probe(cat).Run(context.Background(), env, fact.Task{Probe: fact.ProbeDKIM, Name: "acme.example", Type: selector})
	var data fact.DKIM
	require.NoError(t, f.Decode(&data))
	require.Equal(t, msp.Name("acme.example"), data.Domain)
	require.Equal(t, selector, data.Selector)
	return f, data
}

func TestProbe(t *testing.T) {
	key := rsaKey(t, 1024, true)
	cases := []struct {
		name     string
		selector string
		answer   scanner.Answer
		outcome  fact.Outcome
		reason   string
		bits     int
	}{
		{"a key in several strings", "s1", txt("v=DKIM1; |p=" + key[:100] + "|" + key[100:]), fact.Present, "", 1024},
		{"by alias", "s1", fakedns.Alias(txt("p="+key), "s1._domainkey.acme.example", "s1.dkim.vendor-mail.com"), fact.Present, "", 1024},
		{"a blank behind the end", "s1", txt("v=DKIM1; p=" + key + "; "), fact.Present, "", 1024},
		{"revoked", "s1", txt("v=DKIM1; p="), fact.Present, "", 0},
		{"no key in it", "s1", txt("v=DKIM1; p=AAAA"), fact.Broken, "invalid", 0},
		{"several", "s1", txt("v=DKIM1; p="+key, "v=DKIM1; p="), fact.Broken, "multiple", 1024},
		{"a wildcard's text", "s1", txt("v=spf1 -all"), fact.Absent, "", 0},
		{"none", "s1", fakedns.None("NXDOMAIN", "acme.example"), fact.Absent, "", 0},
		{"timeout", "s1", fakedns.Unknown("timeout"), fact.Unknown, "timeout", 0},
		{"servfail", "s1", fakedns.Unknown("servfail"), fact.Unknown, "servfail", 0},
		{"no selector", "", scanner.Answer{}, fact.Unknown, "no selector", 0},
		{"no name", strings.Repeat("x", 64), scanner.Answer{}, fact.Unknown, "no selector", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, c.selector, c.answer)
			require.Equal(t, c.outcome, f.Outcome)
			require.Equal(t, c.reason, f.Reason)
			require.Equal(t, c.bits, data.Bits)
			require.Equal(t, c.name == "revoked", data.Revoked)
			require.Equal(t, c.name == "by alias", data.Vendor == "vendor")
			require.Equal(t, strings.HasPrefix(f.Reason, "no "), len(f.Queries) == 0)
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=DKIM1; k=rsa; p=" + rsaKey(f, 512, true), "p=; v=DKIM1", "v=DKIM1;k=ed25519;p=AAAA;t=y:s;h=sha1", ";;=;p", "p= A A\r\n\tA A ;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := Parse(text)
		if ok != IsRecord(text) {
			t.Fatal("Parse and IsRecord differ")
		}
		if r.Revoked && r.Bits > 0 || ok && !r.Revoked && r.Bits == 0 && len(r.Errors) == 0 {
			t.Fatalf("%+v", r)
		}
	})
}
