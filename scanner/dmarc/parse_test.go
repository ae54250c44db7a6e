package dmarc

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

func TestIsRecord(t *testing.T) {
	for _, s := range []string{"v=DMARC1", "v=DMARC1;", "V =\tDMARC1 ; p=none", "v=DMARC1;p=none"} {
		require.True(t, IsRecord(s), s)
	}
	for _, s := range []string{"", "v", "v=", "v=dmarc1", "v=DMARC1x", "v=DMARC1 p=none", " v=DMARC1", "p=none; v=DMARC1", "v=DMARC2;", "vv=DMARC1", `"v=DMARC1`} {
		require.False(t, IsRecord(s), s)
	}
}

func TestParse(t *testing.T) {
	r, ok := Parse("v=DMARC1;P = Quarantine ;sp=none;np=REJECT;psd=N;t=Y;adkim=S;aspf=x;fo=1:d;pct=50;x-y=z;rua=mailto:a@B.example!10m , mailto:b;ruf=https://c.example:8443/x;")
	require.True(t, ok)
	require.Equal(t, []string{"quarantine", "none", "reject"}, []string{r.P, r.SP, r.NP})
	require.Equal(t, []string{"n", "s", "r"}, []string{r.PSD, r.ADKIM, r.ASPF})
	require.True(t, r.Testing)
	require.Equal(t, []string{"1", "d"}, r.FO)
	require.Equal(t, []URI{{"mailto:a@B.example", "b.example"}}, r.RUA)
	require.Equal(t, []URI{{"https://c.example:8443/x", "c.example"}}, r.RUF)
	require.Equal(t, []string{"aspf=x is not one of r, s", `rua: "mailto:b" has no mail address`}, r.Errors)

	_, ok = Parse("hello")
	require.False(t, ok)
	r, ok = Parse("v=DMARC1; sp=reject; p=reject") // p has no fixed place
	require.True(t, ok)
	require.Empty(t, r.Errors)
}

func TestPolicies(t *testing.T) {
	cases := map[string]struct {
		want Policies
		ok   bool
	}{
		"v=DMARC1; p=reject":                               {Policies{"reject", "reject", "reject"}, true},
		"v=DMARC1; p=reject; sp=none":                      {Policies{"reject", "none", "none"}, true},
		"v=DMARC1; p=none; np=reject":                      {Policies{"none", "none", "reject"}, true},
		"v=DMARC1; sp=reject; rua=mailto:a@b.example":      {Policies{"none", "none", "none"}, true},
		"v=DMARC1; p=x; rua=mailto:a@b.example":            {Policies{"none", "none", "none"}, true},
		"v=DMARC1; p=reject; np=; rua=mailto:a@b.example":  {Policies{"none", "none", "none"}, true},
		"v=DMARC1; p=reject; sp=x":                         {},
		"v=DMARC1; p=reject; sp=x; rua=bogus":              {},
		"v=DMARC1; p=reject; sp=x; ruf=mailto:a@b.example": {},
		"v=DMARC1":                                           {},
		"v=DMARC1; p=reject; P=reject":                       {},
		"v=DMARC1; p=reject; v=DMARC1":                       {},
		"v=DMARC1; p=reject; junk; =x; adkim=?; rua=; fo=xx": {Policies{"reject", "reject", "reject"}, true},
	}
	for text, c := range cases {
		r, ok := Parse(text)
		require.True(t, ok, text)
		got, ok := r.Policies()
		require.Equal(t, c.ok, ok, text)
		require.Equal(t, c.want, got, text)
	}
	require.Equal(t, []string{"quarantine", "none", "none"}, []string{Lowered("reject"), Lowered("quarantine"), Lowered("none")})
}

func TestURIs(t *testing.T) {
	for text, want := range map[string]string{
		"mailto:a@b.example": "b.example", "MAILTO:a@B.Example.": "b.example", "mailto:a@b.example?subject=x@y.example": "b.example",
		"mailto:a@b.example!10m": "b.example", "mailto:a@b.example!0G": "b.example", "https://u@b.example:1/x": "b.example", "https:x": "", "tel:+1": "",
	} {
		u, why := parseURI(text)
		require.Empty(t, why, text)
		require.Equal(t, msp.Name(want), u.Domain, text)
	}
	for _, text := range []string{
		"", "a@b.example", "mailto:", "mailto:b.example", "mailto:@b.example", "mailto:a@", "mailto:a@b", "mailto:a@b.example!", "mailto:a@b.example!x", "mailto:a@b.example!10p",
		"mailto:a@b.example!" + strings.Repeat("9", 40), "mailto:a b@c.example", "mailto:a@b.example\x00", "1a:x", "https://192.0.2.1/x",
	} {
		_, why := parseURI(text)
		require.NotEmpty(t, why, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=DMARC1; p=reject", "V = DMARC1 ;P=none;sp=x;rua=mailto:a@b.example!1m,https://c.example", "v=DMARC1;;=;p", "v=DMARC1; fo=0:1:d:s; psd=y; t=y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := Parse(text)
		if ok != IsRecord(text) {
			t.Fatal("Parse and IsRecord differ")
		}
		p, usable := r.Policies()
		if ok && usable && (p.Domain == "" || p.Subdomain == "" || p.NonExistent == "") {
			t.Fatalf("a usable record without policy: %+v", p)
		}
		got := Probe().Run(context.Background(), scanner.Env{Resolver: zone{"_dmarc.acme.example TXT": txt(text)}}, fact.Task{Name: "acme.example"})
		var data fact.DMARC
		if err := got.Decode(&data); err != nil {
			t.Fatal(err)
		}
		if (got.Outcome == fact.Present) != (data.Effective != "") {
			t.Fatalf("outcome %s with policy %q", got.Outcome, data.Effective)
		}
	})
}
