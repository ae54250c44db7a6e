package domain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", 63)
	good := map[string]msp.Name{
		"acme.example":                          "acme.example",
		"ACME.Example.":                         "acme.example",
		"_dmarc.acme.example":                   "_dmarc.acme.example",
		"a_b.c-d.example":                       "a_b.c-d.example",
		"1.2.3.4.in-addr.arpa":                  "1.2.3.4.in-addr.arpa",
		"3com.example":                          "3com.example",
		"bücher.example":                        "xn--bcher-kva.example",
		"BÜCHER.example":                        "xn--bcher-kva.example",
		"xn--bcher-kva.example":                 "xn--bcher-kva.example",
		"XN--BCHER-KVA.example":                 "xn--bcher-kva.example",
		"faß.example":                           "xn--fa-hia.example",
		"FAẞ.example":                           "xn--fa-hia.example",
		"例え。テスト":                                "xn--r8jz45g.xn--zckzah",
		"ｆｕｌｌ.example":                          "full.example",
		"r3---sn-a.example":                     "r3---sn-a.example",
		long + ".example":                       msp.Name(long + ".example"),
		strings.Repeat("a.", 125) + "abc":       msp.Name(strings.Repeat("a.", 125) + "abc"),
		"xn--mgba3gch31f060k.xn--mgberp4a5d4ar": "xn--mgba3gch31f060k.xn--mgberp4a5d4ar", // with a joiner, as A-label
	}
	for in, want := range good {
		got, err := Parse(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		again, err := Parse(string(got))
		require.NoError(t, err)
		require.Equal(t, got, again, "parsing twice changes nothing")
	}
	bad := map[string]string{
		"": "empty", ".": "empty", "..": "empty label", "a..example": "empty label", ".acme.example": "empty label", "acme.example..": "empty label",
		"localhost": "single label", "com": "single label", "com.": "single label",
		"192.0.2.1": "IP address", "192.0.2.1.": "IP address", "10.1": "IP address", "1.2.3.4.5": "IP address", "192。0。2。1": "IP address",
		"2001:db8::1": "port", "[2001:db8::1]": "port", "http://acme.example": "scheme", "acme.example/path": "path", "acme.example:53": "port",
		"acme.example?x": "path", "acme.example#x": "path", "user@acme.example": "scheme", "*.acme.example": "star", "a*.example": "star",
		"acme example.com": "blanks", " acme.example": "blanks", "acme.example\n": "blanks", "acme\u00a0x.example": "blanks", "acme\u3000x.example": "blanks",
		"acme%2eexample": "without", "acme\\.example": "without", "acme\uff05.example": "holds", "acme\uff0fx.example": "holds", "acme\uff20x.example": "holds",
		"-acme.example": "hyphen", "acme-.example": "hyphen", "acme.-example": "hyphen", "xn----zmb.example": "hyphen",
		"acme\x00.example": "cannot be seen", "acme\x7f.example": "cannot be seen", "acme\u200b.example": "cannot be seen", "acme\u200d.example": "cannot be seen",
		"acme\u200c.example": "cannot be seen", "acme\u00ad.example": "cannot be seen", "acme\u202e.example": "cannot be seen", "acme\u2066.example": "cannot be seen",
		"\ufeffacme.example": "cannot be seen", "acme\ufe0f.example": "cannot be seen", "acme\u3164.example": "cannot be seen", "acme\u061c.example": "cannot be seen",
		"acme\U000e0041.example": "cannot be seen",
		"acme\xff.example":       "UTF-8", "acme,example.com": "holds", "acme'.example": "holds", "acme!.example": "holds", "<b>.example": "holds", "=1+1.example": "holds",
		"\u05d0a.example":                       "", // mixed direction
		"xn--a.example":                         "",
		"xn--xn--a--gua.example":                "A-label",
		"xn--.example":                          "",
		"xn--bcher-kva-.example":                "",
		strings.Repeat("a", 64) + ".example":    "over 63",
		strings.Repeat("ä", 60) + ".example":    "",
		strings.Repeat("a.", 126) + "abc":       "over 253",
		strings.Repeat("a.", 100000) + "com":    "over 253",
		strings.Repeat("\u4f8b", 300) + ".test": "",
	}
	for in, why := range bad {
		_, err := Parse(in)
		require.ErrorIs(t, err, ErrHostname, "%q", in)
		require.Contains(t, err.Error(), why)
		require.Less(t, len(err.Error()), 700)
		require.NotContains(t, err.Error(), "\u202e", "an error shows what cannot be seen")
	}
}

func TestSuffix(t *testing.T) {
	tests := []struct{ name, suffix, registrable, tenant msp.Name }{
		{"www.acme.com.au", "com.au", "acme.com.au", ""},
		{"acme.com.au", "com.au", "acme.com.au", ""},
		{"com.au", "com.au", "", ""},
		{"au", "au", "", ""},
		{".", ".", "", ""},
		{"", ".", "", ""},
		{"a.b.ck", "b.ck", "a.b.ck", ""},
		{"www.ck", "ck", "www.ck", ""},
		{"x.city.kobe.jp", "kobe.jp", "city.kobe.jp", ""},
		{"a.unlisted", "unlisted", "a.unlisted", ""},
		{"acme.github.io", "io", "github.io", "github.io"},
		{"x.acme.github.io", "io", "github.io", "github.io"},
		{"github.io", "io", "github.io", ""},
		{"acme.s3.amazonaws.com", "com", "amazonaws.com", "s3.amazonaws.com"},
		{"acme.azurewebsites.net", "net", "azurewebsites.net", "azurewebsites.net"},
		{"acme.uk.com", "com", "uk.com", "uk.com"},
		{"xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", ""},
		{`evil\.github.io`, "io", `evil\.github.io`, ""},
		{`evil\.com`, `evil\.com`, "", ""},
		{`a.evil\.com`, `evil\.com`, `a.evil\.com`, ""},
	}
	for _, tt := range tests {
		require.Equal(t, tt.suffix, Suffix(tt.name), "%s", tt.name)
		reg, ok := Registrable(tt.name)
		require.Equal(t, tt.registrable, reg, "%s", tt.name)
		require.Equal(t, tt.registrable != "", ok)
		tenant, ok := Tenant(tt.name)
		require.Equal(t, tt.tenant, tenant, "%s", tt.name)
		require.Equal(t, tt.tenant != "", ok)
	}
}

// FuzzParse holds that what Parse gives is canonical and lies below its suffix.
func FuzzParse(f *testing.F) {
	seeds := []string{
		"acme.example", "ACME.example.", "bücher.example", "xn--bcher-kva.example", "192.0.2.1", "*.a.test", "a..b", "\u200b.test", "例え。テスト",
		"x.github.io", strings.Repeat("a", 64) + ".test", "xn--xn--a--gua.pt", "FA\u1e9e.de", "\u05d0.\u05d0", "a\u0300.test", "1.2.3.in-addr.arpa",
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			require.ErrorIs(t, err, ErrHostname)
			return
		}
		again, err := Parse(string(n))
		require.NoError(t, err)
		require.Equal(t, n, again)
		require.LessOrEqual(t, len(n), 253)
		require.Equal(t, strings.ToLower(string(n)), string(n))
		checkSuffixes(t, n)
	})
}

func checkSuffixes(t *testing.T, n msp.Name) {
	suffix := Suffix(n)
	require.True(t, n.Within(suffix))
	if reg, ok := Registrable(n); ok {
		require.True(t, n.Within(reg) && reg != suffix && reg.Parent() == suffix)
	} else {
		require.Equal(t, suffix, n)
	}
	if zone, ok := Tenant(n); ok {
		require.True(t, n.Within(zone) && n != zone)
	}
}

// FuzzSuffix does the same for names as DNS messages show them, escapes
// included.
func FuzzSuffix(f *testing.F) {
	for _, s := range []string{`a\.b.com`, `\000.test`, "x.github.io", ".", `\\.com`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := msp.ParseName(s); err == nil {
			checkSuffixes(t, n)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("portal.acme.example"); err != nil {
			b.Fatal(err)
		}
	}
}
