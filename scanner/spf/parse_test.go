package spf

import (
	"context"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

func TestIsRecord(t *testing.T) {
	for _, s := range []string{"v=spf1", "v=spf1 ", "V=SpF1 -all"} {
		require.True(t, IsRecord(s), s)
	}
	for _, s := range []string{"", "v=spf", "v=spf10", " v=spf1", "v=spf1\t-all", "v=spf1-all", "spf2.0/pra -all"} {
		require.False(t, IsRecord(s), s)
	}
}

func TestParseTerms(t *testing.T) {
	cases := map[string]string{ // term -> what is wrong, "" = sound
		"all": "", "-ALL": "", "all:x.example": "all takes no argument", "all/8": "all takes no argument", "-all.": "not a mechanism of SPF",
		"include:a.example": "", "include": "include needs a domain", "include:": "an empty domain", "include/24": "include takes no prefix length",
		"include:a.example/24": `"example/24" is not a top-level label`,
		"a":                    "", "a/24": "", "a//64": "", "a/24//64": "", "a:b.example/0": "", "a/": "not a prefix length", "a/24/64": "prefix length 64 is not 0 to 32",
		"a//129": "prefix length 129 is not 0 to 128", "a/33": "prefix length 33 is not 0 to 32", "a/024": "prefix length 024 is not 0 to 32",
		"a:": "an empty domain", "a:192.0.2.1": `"1" is not a top-level label`, "a:museum": "a domain of one label", "a:museum.": "a domain of one label",
		"a:x:y/z.example": "", "a:b.example.": "", "a:b.ex-mple": "", "a:b.-example": `"-example" is not a top-level label`,
		"a:b.%{d}": "", "a:%{d}b": "a domain of one label", "a:%{d}.b": "", "a:%%.b": "", "a:x.%%": "", "a:x.%_": "", "a:b.ex\xffmple": "a character that is not printable ASCII",
		"mx": "", "mx:b.example/24//48": "", "mx:b..example": "",
		"ptr": "", "ptr:b.example": "", "ptr:": "an empty domain", "ptr/24": "ptr takes no prefix length",
		"ip4:192.0.2.1": "", "ip4:192.0.2.0/24": "", "ip4": "ip4 needs an address", "ip4:": "ip4 needs an address", "ip4:192.0.2": "not an IPv4 address",
		"ip4:192.0.2.01": "not an IPv4 address", "ip4:192.0.2.1/032": "prefix length 032 is not 0 to 32", "ip4:192.0.2.1:25": "not an IPv4 address",
		"ip4:::1": "not an IPv4 address", "ip4:192.0.2.1//32": "prefix length /32 is not 0 to 32",
		"ip6:2001:db8::/32": "", "ip6:::ffff:192.0.2.1": "", "ip6:192.0.2.1": "not an IPv6 address", "ip6:fe80::1%eth0": "not an IPv6 address", "ip6:::/129": "prefix length 129 is not 0 to 128",
		"exists:%{i}.b.example": "", "exists": "exists needs a domain", "exists:b.example/24": `"example/24" is not a top-level label`,
		"exists:%{x}": "macro %{x}: not a macro letter", "exists:%{c}": "macro %{c}: not a macro letter", "exists:%{s0}": "macro %{s0}: keeps no part",
		"exists:%{d": "a macro without }", "exists:%d.b.example": `"%d" is not a macro`, "exists:x.%": "a lone %", "exists:%{dx}": "macro %{dx}: not a delimiter", "exists:%{}": "macro %{}: not a macro letter",
		"redirect=b.example": "", "redirect=": "an empty domain", "-redirect=b.example": "a modifier takes no qualifier", "redirect:b.example": "not a mechanism of SPF",
		"exp=b.example": "", "exp=b": "a domain of one label", "moo=": "", "m-o_o.1=%{c}%{t}": "", "moo=%x": `"%x" is not a macro`, "=x": "not a modifier name", "1x=y": "not a modifier name",
		"ip:192.0.2.1": "not a mechanism of SPF", "-": "not a mechanism of SPF", "a=b.example": "", "!": "not a mechanism of SPF",
	}
	for text, want := range cases {
		rec, ok := Parse("v=spf1 " + text)
		require.True(t, ok, text)
		require.Len(t, rec.Terms, 1, text)
		require.Equal(t, want, rec.Terms[0].Err, text)
		require.Equal(t, want != "", len(rec.Errors) == 1, text)
	}
}

func TestParseRecord(t *testing.T) {
	rec, ok := Parse("v=spf1  ~a:b.example/24//64 redirect=c.example REDIRECT=d.example exp=e.example -all mx ")
	require.True(t, ok)
	require.Len(t, rec.Terms, 6)
	a := rec.Terms[0]
	require.Equal(t, []any{"a", byte('~'), 24, 64, 8}, []any{a.Name, a.Qualifier, a.Bits4, a.Bits6, a.Offset})
	require.Len(t, rec.Errors, 1)
	require.EqualError(t, rec.Errors[0], `octet 48: "REDIRECT=d.example": a second redirect`)
	var live []string
	for _, term := range rec.Effective() {
		live = append(live, term.Text)
	}
	require.Equal(t, []string{"~a:b.example/24//64", "exp=e.example", "-all"}, live)
	_, ok = Parse("hello")
	require.False(t, ok)
}

// The expansions of RFC 7208 section 7.4.
func TestMacros(t *testing.T) {
	e := &evaluation{
		ip: netip.MustParseAddr("192.0.2.3"), local: "strong-bad", sender: "email.example.com", helo: "mx.example.org",
		Checker: Checker{Resolver: world{}, Now: time.Unix(1000, 0)},
	}
	for in, want := range map[string]string{
		"%{s}": "strong-bad@email.example.com", "%{o}": "email.example.com", "%{d}": "email.example.com",
		"%{d4}": "email.example.com", "%{d3}": "email.example.com", "%{d2}": "example.com", "%{d1}": "com",
		"%{dr}": "com.example.email", "%{d2r}": "example.email", "%{l}": "strong-bad", "%{l-}": "strong.bad",
		"%{lr}": "strong-bad", "%{lr-}": "bad.strong", "%{l1r-}": "strong", "%{ir}.%{v}._spf.%{d2}": "3.2.0.192.in-addr._spf.example.com",
		"%{lr-}.lp._spf.%{d2}": "bad.strong.lp._spf.example.com", "%{S}": "strong-bad%40email.example.com",
		"%{h}": "mx.example.org", "%{c} %{r} %{t}": "192.0.2.3 unknown 1000", "%%%_%-": "% %20", "%{p}": "unknown",
		"%{d999999999999}": "email.example.com",
	} {
		m, why := parseMacros(in, true)
		require.Empty(t, why, in)
		got := m.expand(func(l byte) string { return e.value(context.Background(), "email.example.com", l) })
		require.Equal(t, want, got, in)
	}
	e.ip = netip.MustParseAddr("2001:db8::cb01")
	m, _ := parseMacros("%{ir}.%{v}", false)
	require.Equal(t, "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6",
		m.expand(func(l byte) string { return e.value(context.Background(), "x", l) }))
	require.Equal(t, "dil", MacroString{{Letter: 'l'}, {Text: "x"}, {Letter: 'i'}, {Letter: 'd'}, {Letter: 'd'}}.letters())
}

func TestTargetName(t *testing.T) {
	long := strings.Repeat("abcdefghi.", 26) + "example" // 267 octets
	n, err := targetName(long)
	require.NoError(t, err)
	require.Equal(t, msp.Name(strings.Repeat("abcdefghi.", 24)+"example"), n)
	n, err = targetName("A.B.example.")
	require.NoError(t, err)
	require.Equal(t, msp.Name("a.b.example"), n)
	for _, bad := range []string{"", ".", "a..example", strings.Repeat("a", 64) + ".example"} {
		_, err = targetName(bad)
		require.Error(t, err, bad)
	}
	n, err = targetName("a b\x00@c.example")
	require.NoError(t, err)
	require.Equal(t, msp.Name(`a\032b\000\@c.example`), n)
}

func TestRanges(t *testing.T) {
	var r ranges
	for _, s := range []string{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8", "192.0.2.7/24", "192.0.2.0/25", "2001:db8::/64", "2001:db8::1/128", "2001:db8:1::/127"} {
		r.add(netip.MustParsePrefix(s))
	}
	v4, v6 := r.sizes()
	require.InDelta(t, 1<<24+256, v4, 0)
	require.InDelta(t, math.Ldexp(1, 64)+2, v6, 0)
	v4, v6 = ranges{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}.sizes()
	require.InDelta(t, math.Ldexp(1, 32), v4, 0)
	require.InDelta(t, math.Ldexp(1, 128), v6, 0)
}

func TestCheck(t *testing.T) {
	w := world{}
	w.set("acme.example", "TXT", []string{"v=spf1 ptr:host.example exists:%{p}.x.example include:inc.example mx -all exp=why.%{d}"})
	w.set("why.acme.example", "TXT", []string{"%{c} is not ", "%{d}'s"})
	w.set("inc.example", "TXT", []string{"v=spf1 ip4:192.0.2.1 -all exp=why.acme.example"})
	w.set("2.2.0.192.in-addr.arpa", "PTR", []string{"a.host.example"}, []string{"b.example"})
	w.set("a.host.example", "A", []string{"192.0.2.2"})
	w.set("3.2.0.192.in-addr.arpa", "PTR", []string{"c.example"})
	w.set("c.example", "A", []string{"192.0.2.3"})
	w.set("c.example.x.example", "A", []string{"127.0.0.2"})
	w.set("acme.example", "MX", []string{"0", "."}, []string{"5", "mx.example"})
	w.set("mx.example", "A", []string{"192.0.2.4"})
	w.set("two.example", "TXT", []string{"v=spf1"}, []string{"v=spf1"})
	w.set("utf.example", "TXT", []string{"v=spf1 -all exp=utf.acme.example"})
	w.set("utf.acme.example", "TXT", []string{"nicht erlaubt: \xc3\xa4"})
	w.set("redir.example", "TXT", []string{"v=spf1 exp=no.example redirect=acme.example"})
	w["slow.example TXT"] = scanner.Answer{Outcome: fact.Unknown, Reason: "timeout"}
	cases := []struct {
		ip, sender, helo string
		want             Result
		explanation      string
	}{
		{"192.0.2.1", "a@acme.example", "", Pass, ""},
		{"::ffff:192.0.2.1", "a@acme.example", "", Pass, ""},
		{"192.0.2.2", "a@acme.example", "", Pass, ""},
		{"192.0.2.3", "a@acme.example", "", Pass, ""},
		{"192.0.2.4", "a@acme.example", "", Pass, ""},
		{"192.0.2.5", "a@acme.example", "", Fail, "192.0.2.5 is not acme.example's"},
		{"192.0.2.5", "@ACME.example", "", Fail, "192.0.2.5 is not acme.example's"},
		{"192.0.2.5", "", "acme.example", Fail, "192.0.2.5 is not acme.example's"},
		{"192.0.2.5", "redir.example", "", Fail, "192.0.2.5 is not acme.example's"},
		{"192.0.2.5", "a@inc.example", "", Fail, "192.0.2.5 is not inc.example's"},
		{"192.0.2.5", "a@utf.example", "", Fail, ""},
		{"192.0.2.5", "a@two.example", "", Permerror, ""},
		{"192.0.2.5", "a@slow.example", "", Temperror, ""},
		{"192.0.2.5", "a@none.example", "", None, ""},
		{"192.0.2.5", "a@[192.0.2.5]", "", None, ""},
		{"192.0.2.5", "a@localhost", "", None, ""},
		{"192.0.2.5", "", "[192.0.2.5]", None, ""},
		{"192.0.2.5", "", "", None, ""},
	}
	for _, c := range cases {
		v := Checker{Resolver: w}.Check(context.Background(), netip.MustParseAddr(c.ip), c.sender, c.helo)
		require.Equal(t, Verdict{c.want, c.explanation}, v, "%s %s", c.ip, c.sender)
	}
}

func seeds() []string {
	return []string{
		"v=spf1 -all", "v=spf1 include:%{d2r}.b.example ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all",
		"v=spf1 a:x:y/z.example//64 mx/24 exists:%{ir}.%{l1r+-}._spf.%{d} redirect=%{h} exp=%{p}.example", "v=spf1 %", "v=spf1 a:%{", "v=spf1 =", "v=spf1 +",
		"v=spf1 redirect=acme.example", "v=spf1 include:acme.example include:acme.example",
	}
}

func FuzzParse(f *testing.F) {
	if len(seeds()) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rec, ok := Parse(text)
		if ok != IsRecord(text) {
			t.Fatal("Parse and IsRecord differ")
		}
		for _, term := range rec.Terms {
			if text[term.Offset:term.Offset+len(term.Text)] != term.Text {
				t.Fatalf("term %q does not stand at %d", term.Text, term.Offset)
			}
			if term.Spec != nil {
				_, _ = targetName(term.Spec.expand(func(byte) string { return "a.example" }))
			}
		}
	})
}

// Whatever a record says, walk and evaluation end and agree that a record with
// syntax errors is a permerror.
func FuzzWalkAndCheck(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := world{}
		w.set("acme.example", "TXT", []string{text})
		v := Checker{Resolver: w}.Check(context.Background(), netip.MustParseAddr("192.0.2.1"), "a@acme.example", "h.example")
		got := Probe().Run(context.Background(), scanner.Env{Resolver: w}, fact.Task{Name: "acme.example"})
		var data fact.SPF
		if err := got.Decode(&data); err != nil {
			t.Fatal(err)
		}
		rec, ok := Parse(text)
		if (data.Result == ResultNone) == ok || (v.Result == None) == ok {
			t.Fatalf("record %v, probe %s, check %s", ok, data.Result, v.Result)
		}
		if len(rec.Errors) > 0 && (v.Result != Permerror || got.Outcome != fact.Broken) {
			t.Fatalf("errors %v, probe %s, check %s", rec.Errors, data.Result, v.Result)
		}
	})
}
