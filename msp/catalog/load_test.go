package catalog

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func load(t testing.TB, text string) *Catalog {
	t.Helper()
	c, err := Load(strings.NewReader(text))
	require.NoError(t, err)
	return c
}

func TestLoad(t *testing.T) {
	c := load(t, `
version: 1
entries:
  - id: acme-cloud
    name: Acme Cloud
    kinds: [hosting, dns_host]
    suffixes:
      - ns{08..11}.acme.test
      - {suffix: "*.tenant.acme.test", kinds: [rmm], claimable: false}
    tokens: ["acme-verification="]
    dkim_selectors: [acme1]
    aliases: [acme.test]
    claimable: true
    source: own
`)
	e, ok := c.Entry("acme-cloud")
	require.True(t, ok)
	require.Equal(t, Entry{
		ID: "acme-cloud", Name: "Acme Cloud", Kinds: []string{Hosting, DNSHost}, Claimable: true, Source: "own",
		Suffixes: []Suffix{
			{Name: "ns08.acme.test", Claimable: true},
			{Name: "ns09.acme.test", Claimable: true},
			{Name: "ns10.acme.test", Claimable: true},
			{Name: "ns11.acme.test", Claimable: true},
			{Name: "tenant.acme.test", Kinds: []string{RMM}, Below: true},
		},
		Tokens: []string{"acme-verification="}, DKIMSelectors: []string{"acme1"}, Aliases: []msp.Name{"acme.test"},
	}, e)
}

// entry is a good entry with one more line.
func entry(line string) string {
	return "version: 1\nentries:\n  - id: x\n    name: X\n    kinds: [cdn]\n    source: s\n    " + line + "\n"
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "EOF"},
		{"a: [", "line 1"},
		{"version: 1\nentries: []\n", "no entries"},
		{"version: 2\nentries: []\n", `version is "2"`},
		{"- a\n", "not a mapping"},
		{"version: 1\nentries: []\n---\nversion: 1\n", "more than one document"},
		{"version: 1\nversion: 1\nentries: []\n", "stands twice"},
		{"version: 1\nentry: []\n", `key "entry" is not known`},
		{"version: 1\nentries:\n  - id: x\n", "has no name"},
		{"version: 1\nentries:\n  - id: x\n", "has no source"},
		{"version: 1\nentries:\n  - id: x\n", "has no kinds"},
		{"version: 1\nentries:\n  - id: x\n", "suffixes, tokens or aliases"},
		{"version: 1\nentries:\n  - {id: X, name: X, kinds: [cdn], aliases: [x.test], source: s}\n", `line 3: id "X"`},
		{"version: 1\nentries:\n  - {id: -x, name: X, kinds: [cdn], aliases: [x.test], source: s}\n", `id "-x"`},
		{"version: 1\nentries:\n  - {id: x, name: X, kinds: [cdn], aliases: [x.test], source: s}\n  - {id: x, name: X, kinds: [cdn], aliases: [y.test], source: s}\n", `line 4: id "x" stands at line 3 already`},
		{"version: 1\nentries:\n  - {id: x, name: X, kinds: [cnd], aliases: [x.test], source: s}\n", `kind "cnd" is not known`},
		{"version: 1\nentries:\n  - {id: x, name: X, kinds: [cdn, cdn], aliases: [x.test], source: s}\n", `kind "cdn" stands twice`},
		{entry("suffixes: [com.au]"), `line 7: name "com.au" is a public suffix`},
		{entry("suffixes: [localhost]"), "single label"},
		{entry("suffixes: [192.0.2.1]"), "not a domain name"},
		{entry("suffixes: [Acme.test]"), `has to be written "acme.test"`},
		{entry("suffixes: [acme.test.]"), `has to be written "acme.test"`},
		{entry("suffixes: ['*.*.acme.test']"), "star"},
		{entry("suffixes: ['*.']"), "not a domain name"},
		{entry("suffixes: [acme.test, acme.test]"), `suffix "acme.test" stands at line 7 already`},
		{entry("suffixes: [acme.test, '*.acme.test']"), `suffix "acme.test" stands at line 7 already`},
		{entry("suffixes: [{kinds: [cdn]}]"), "no suffix"},
		{entry("suffixes: [{suffix: acme.test, kind: cdn}]"), `key "kind" is not known`},
		{entry("suffixes: [{suffix: acme.test, claimable: maybe}]"), "neither true nor false"},
		{entry("suffixes: ['ns{1..}.acme.test']"), "range"},
		{entry("suffixes: ['ns{5..1}.acme.test']"), "range"},
		{entry("suffixes: ['ns{1..2000}.acme.test']"), "range"},
		{entry("suffixes: ['ns}1..2{.acme.test']"), "range"},
		{entry("suffixes: ['ns{1.acme.test']"), "range"},
		{entry("suffixes: ['ns{0..1}.a{0..1}.test']"), "not a domain name"},
		{entry("suffixes: acme.test"), "not a list"},
		{entry("suffixes: [[acme.test]]"), "not a plain text"},
		{entry("suffixes: [&a acme.test, *a]"), "not a plain text"},
		{entry("suffixes: [!!str acme.test]"), "not a plain text"},
		{entry("aliases: [com]"), "single label"},
		{entry("aliases: [a.test, a.test]"), "stands at line 7 already"},
		{entry("tokens: [ab]"), "too short"},
		{entry("tokens: ['a***b']"), "too short"},
		{entry("tokens: ['abc**d']"), "one star"},
		{entry("tokens: ['v=spf1']"), "protocols"},
		{entry("tokens: [abc=, ABC=]"), "stands at line 7 already"},
		{entry("tokens: ['']"), "is empty"},
		{entry("tokens: ['abc= ']"), "blanks"},
		{entry(`tokens: ["abc\u0007="]`), "control characters"},
		{entry("comment: x"), `key "comment" is not known`},
		{"version: 1\nentries:\n" + strings.Repeat(" ", maxTable), "over"},
	}
	for _, tt := range tests {
		_, err := Load(strings.NewReader(tt.text))
		require.ErrorIs(t, err, ErrTable, "%.80q", tt.text)
		require.ErrorContains(t, err, tt.want, "%.80q", tt.text)
	}
	_, err := Load(strings.NewReader(entry("suffixes: [com.au]\n    tokens: [ab]")))
	require.ErrorContains(t, err, "line 7")
	require.ErrorContains(t, err, "line 8", "all faults at once")
}

// FuzzLoad holds that Load never panics and that what it takes can be asked.
func FuzzLoad(f *testing.F) {
	seeds := []string{
		string(embedded[:2000]), entry("suffixes: ['ns{1..3}.acme.test', '*.b.test']"), entry("tokens: ['a*bc']"), "a: &a [*a]", "version: 1\nentries: [{}]",
		entry("aliases: [a.test]"), "? [a]\n: b\n", "!!binary a", "- - - -", "{{{{", "version: 1\nentries:\n - id: \"\\ud800\"\n", "%YAML 1.2\n---\na: b\n",
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, e := range c.Entries() {
			require.True(t, isID(e.ID) && e.Source != "" && e.Name != "" && len(e.Kinds) > 0)
			for _, s := range e.Suffixes {
				m, ok := c.Match("x." + s.Name)
				require.True(t, ok && m.Entry.ID == e.ID, "%s", s.Name)
				_, ok = c.Match(s.Name)
				require.True(t, ok || s.Below)
			}
		}
		require.Equal(t, c.Hash(), c.Extend(c).Hash())
	})
}

// FuzzToken holds that a token never matches inside a text, and case does not
// matter.
func FuzzToken(f *testing.F) {
	c := defaultTable(f)
	for _, s := range []string{"MS=ms1", "google-site-verification=x", "pardot1=2", "x.azurewebsites.net", "v=spf1 -all", "\xff=\x00", "ZOOM_verify_\u212a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, txt string) {
		e, ok := c.Token(txt)
		if !ok {
			return
		}
		lower := strings.ToLower(strings.TrimSpace(txt))
		require.True(t, slices.ContainsFunc(e.Tokens, func(token string) bool {
			first, _, star := strings.Cut(strings.ToLower(token), "*")
			return strings.HasPrefix(lower, first) && (star || len(lower) > len(first))
		}))
		again, _ := c.Token(lower)
		require.Equal(t, e.ID, again.ID)
	})
}
