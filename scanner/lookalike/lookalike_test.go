package lookalike

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/domain"
)

func made(t *testing.T, n msp.Name, o Options) map[msp.Name]Candidate {
	t.Helper()
	out := map[msp.Name]Candidate{}
	for c := range All(n, o) {
		_, twice := out[c.Name]
		require.False(t, twice, "%s comes twice", c.Name)
		out[c.Name] = c
	}
	return out
}

func TestFamilies(t *testing.T) {
	got := made(t, "acme-it.com.au", Options{Least: 1})
	tests := map[msp.Name]Family{
		"acrne-it.com.au":       Homoglyph,
		"acnne-it.com.au":       Homoglyph,
		"xn--cme-it-2nf.com.au": Homoglyph, // аcme-it
		"acmes-it.com.au":       Plural,    // a part of the label
		"acme-its.com.au":       Plural,
		"accme-it.com.au":       Repetition,
		"ac-me-it.com.au":       Hyphenation,
		"acme-it-com-au.biz":    Flatten, // as jica-go-jp.biz
		"acme-itcomau.com":      Flatten,
		"acme-it.au":            Flatten, // a level less
		"acme-itcom.au":         Flatten,
		"acmeit.com.au":         Omission,
		"amce-it.com.au":        Transposition,
		"acme-it.net.au":        Suffix,
		"acme-it.com":           Suffix,
		"acmi-it.com.au":        VowelSwap,
		"acme-it7.com.au":       Addition,
		"acfme-it.com.au":       Insertion,
		"ac.me-it.com.au":       Subdomain,
		"scme-it.com.au":        Replacement,
		"ccme-it.com.au":        Bitsquatting,
		"login-acme-it.com.au":  Dictionary,
		"acme-support.com.au":   Dictionary,
		"acme-it-update.com.au": Dictionary,
	}
	for name, family := range tests {
		c, ok := got[name]
		require.True(t, ok, name)
		require.Equal(t, family.String(), c.Family.String(), name)
	}
	require.Len(t, slices.Compact(slices.Sorted(func(yield func(Family) bool) {
		for _, c := range got {
			if !yield(c.Family) {
				return
			}
		}
	})), len(Families()), "each family makes some")
	for _, out := range []msp.Name{"acme-it.com.au", "acme--it.com.au.com.au", "-acme-it.com.au"} {
		require.NotContains(t, got, out)
	}
}

func TestNobodyRegistersThese(t *testing.T) {
	for _, n := range []msp.Name{".", "com", "com.au", "acme.azurewebsites.net", ""} {
		require.Empty(t, made(t, n, Options{}), n)
	}
	require.NotEmpty(t, made(t, "www.acme.com.au", Options{}), "the registrable domain counts")
	require.Equal(t, made(t, "www.acme.com.au", Options{}), made(t, "acme.com.au", Options{}))
}

// TestOrder holds that the same domain gives the same list, and that Top ranks.
func TestOrder(t *testing.T) {
	first, second := slices.Collect(All("northmsp.example", Options{})), slices.Collect(All("northmsp.example", Options{}))
	require.Equal(t, first, second)
	top, total := Top("northmsp.example", Options{}, 100)
	require.Equal(t, len(first), total)
	require.Len(t, top, 100)
	all, _ := Top("northmsp.example", Options{}, len(first)+1)
	require.Len(t, all, len(first))
	require.Equal(t, all[:100], top, "the best of all")
	require.True(t, slices.IsSortedFunc(all, func(a, b Candidate) int { return b.Likeness - a.Likeness }))
}

func TestLeast(t *testing.T) {
	all, few := made(t, "northmsp.example", Options{Least: 1}), made(t, "northmsp.example", Options{Least: DefaultLeast})
	require.Greater(t, len(all), 5*len(few))
	require.Greater(t, len(few), 500)
	for n, c := range few {
		require.GreaterOrEqual(t, c.Likeness, DefaultLeast)
		require.Equal(t, all[n], c, "what is left out changes nothing else")
	}
	for n, c := range all {
		require.True(t, c.Likeness > 0 && c.Likeness < 100, n)
		if c.Likeness >= DefaultLeast {
			require.Contains(t, few, n)
		}
	}
}

func TestOwnLists(t *testing.T) {
	got := made(t, "northmsp.example", Options{Words: []string{"wombat"}, Suffixes: []string{"test"}})
	require.Contains(t, got, msp.Name("northmsp-wombat.example"))
	require.Contains(t, got, msp.Name("northmsp.test"))
	require.NotContains(t, got, msp.Name("northmsp-login.example"))
	require.NotContains(t, got, msp.Name("northmsp.com"))
}

// TestTables holds what the tables promise: letters that a name may hold as they
// are, none twice, words and suffixes that can be part of a name.
func TestTables(t *testing.T) {
	for r := range rune(0x80) {
		once := map[string]bool{}
		for _, g := range glyphsOf(r) {
			require.False(t, once[string(g.text)], "%c: %s stands twice", r, string(g.text))
			once[string(g.text)] = true
			checkLetters(t, g.text)
		}
	}
	for letter, c := range cyrillicOf() {
		require.True(t, letter >= 'a' && letter <= 'z')
		checkLetters(t, []rune{c})
	}
	for _, w := range Words() {
		require.True(t, Valid(w), w)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(Words()))), len(Words()))
	for _, s := range Suffixes() {
		require.True(t, ValidSuffix(s), s)
		require.Equal(t, msp.Name(s), domain.Suffix(msp.Name("zz9."+s)), "%s is no public suffix", s)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(Suffixes()))), len(Suffixes()))
}

// checkLetters holds the letters against the strict reader of names.
func checkLetters(t *testing.T, letters []rune) {
	for _, around := range []string{"x%x", "%x", "x%"} {
		label := strings.Replace(around, "%", string(letters), 1)
		want, err := domain.Parse(label + ".example")
		require.NoError(t, err, label)
		got, ok := appendLabel(nil, []rune(label))
		require.True(t, ok, label)
		require.Equal(t, string(want), string(got)+".example", label)
	}
}

func TestKeyboards(t *testing.T) {
	tests := map[rune]string{'1': "2aq", 'a': "12qswyz", 'w': "23aeqsx", 'm': "jklnp", 'p': "0lmo", '-': "", 'é': ""}
	for r, want := range tests {
		require.Equal(t, want, string(neighbours(r)), "%c", r)
	}
	for r := range maps.Keys(tests) {
		for _, n := range neighbours(r) {
			require.Contains(t, neighbours(n), r, "neighbours are so both ways: %c %c", r, n)
		}
	}
}

// TestEveryNameIsValid reads each candidate of some odd domains as an inventory
// would.
func TestEveryNameIsValid(t *testing.T) {
	long := strings.Repeat("a", 60) + "bcd.example"
	for _, n := range []msp.Name{"b.example", "xn--mnchen-3ya.de", "a-b-c.co.uk", msp.Name(long), "1and1.com"} {
		for c := range All(n, Options{Least: DefaultLeast}) {
			parsed, err := domain.Parse(string(c.Name))
			require.NoError(t, err)
			require.Equal(t, parsed, c.Name)
		}
	}
}

func FuzzAll(f *testing.F) {
	for _, s := range []string{"acme.example", "a.b.com.au", "xn--mnchen-3ya.de", "-", ".", "a", "x--y.com", "xn--a.com", strings.Repeat("a.", 100) + "com"} {
		f.Add(s, 60)
	}
	f.Fuzz(func(t *testing.T, s string, least int) {
		n, err := msp.ParseName(s)
		if err != nil {
			return
		}
		left := 3000 // the rest is more of the same
		for c := range All(n, Options{Least: least}) {
			parsed, err := msp.ParseName(string(c.Name))
			if err != nil || parsed != c.Name || c.Name == n || c.Likeness < 1 || c.Likeness > 99 {
				t.Fatalf("%q: candidate %q: %v", s, c.Name, err)
			}
			if left--; left == 0 {
				return
			}
		}
	})
}

// BenchmarkAll prints names made a second; TestConformanceDnstwist holds what they are.
func BenchmarkAll(b *testing.B) {
	names := 0
	for b.Loop() {
		for range All("southerncross-it.com.au", Options{}) {
			names++
		}
	}
	b.ReportMetric(float64(names)/b.Elapsed().Seconds(), "names/s")
	b.ReportMetric(float64(names)/float64(b.N), "names/domain")
}
