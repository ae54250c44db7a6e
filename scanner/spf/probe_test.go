package spf

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

type table map[string]scanner.Answer

// txt is a TXT set of one string a record; a text with | has several strings.
func txt(texts ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, s := range texts {
		a.Records = append(a.Records, scanner.Record{Type: "TXT", Fields: strings.Split(s, "|")})
	}
	return a
}

func gone() scanner.Answer   { return fakedns.None("NXDOMAIN", "example") }
func nodata() scanner.Answer { return fakedns.None("NOERROR", "example") }

func probe(t *testing.T, answers table) (fact.Fact, fact.SPF, *fakedns.Resolver) {
	t.Helper()
	r := &fakedns.Resolver{Table: answers}
	f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Probe: fact.ProbeSPF, Name: "acme.example"})
	var data fact.SPF
	require.NoError(t, f.Decode(&data))
	require.Equal(t, msp.Name("acme.example"), data.Domain)
	return f, data, r
}

func TestProbeOutcomes(t *testing.T) {
	cases := []struct {
		name    string
		answer  scanner.Answer
		outcome fact.Outcome
		result  string
		reason  string
	}{
		{"a record", txt("other", "v=spf1 -all"), fact.Present, ResultOK, ""},
		{"strings joined without blank", txt("v=spf1 -a|ll"), fact.Present, ResultOK, ""},
		{"upper case", txt("V=SPF1 -ALL"), fact.Present, ResultOK, ""},
		{"no record in the set", txt("other", "v=spf10 -all", " v=spf1 -all", "xv=spf1"), fact.Absent, ResultNone, ""},
		{"no set", nodata(), fact.Absent, ResultNone, ""},
		{"no name", gone(), fact.Absent, ResultNone, ""},
		{"two records", txt("v=spf1 -all", "v=spf1 +all"), fact.Broken, ResultPermerror, ResultPermerror},
		{"syntax", txt("v=spf1 ip4:10.0.0.256 -all"), fact.Broken, ResultPermerror, ResultPermerror},
		{"timeout", fakedns.Unknown("timeout"), fact.Unknown, ResultTemperror, "timeout"},
		{"servfail", fakedns.Unknown("servfail"), fact.Unknown, ResultTemperror, "servfail"},
		{"refused", fakedns.Unknown("refused"), fact.Unknown, ResultTemperror, "refused"},
		{"truncated", fakedns.Unknown("truncated"), fact.Unknown, ResultTemperror, "truncated"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data, _ := probe(t, table{"acme.example TXT": c.answer})
			require.Equal(t, c.outcome, f.Outcome)
			require.Equal(t, c.result, data.Result)
			require.Equal(t, c.reason, f.Reason)
			require.Len(t, f.Queries, 1)
		})
	}
}

func TestProbeTree(t *testing.T) {
	f, data, r := probe(t, table{
		"acme.example TXT":                txt("v=spf1 a mx include:_spf.vendor.example ?include:soft.example -include:no.example exists:%{i}.e.example ptr ~all exp=why.%{i}.example"),
		"acme.example A":                  fakedns.Found("acme.example A 192.0.2.1"),
		"acme.example MX":                 fakedns.Found("acme.example MX 10 mx.acme.example"),
		"_spf.vendor.example TXT":         txt("v=spf1 ip4:198.51.100.0/24 ip4:198.51.100.128/25 ip6:2001:db8::/96 include:%{d2}.deep.example ?ip4:203.0.113.0/24 -all ip4:10.0.0.0/8"),
		"vendor.example.deep.example TXT": txt("v=spf1 ip4:192.0.2.0/30 redirect=last.example"),
		"last.example TXT":                txt("v=spf1 a:last.example ~all"),
		"last.example A":                  nodata(),
		"last.example AAAA":               nodata(),
		"soft.example TXT":                txt("v=spf1 ip4:10.0.0.0/8 +all"),
		"no.example TXT":                  txt("v=spf1 ip4:10.0.0.0/8 -all"),
	})
	require.Equal(t, fact.Present, f.Outcome)
	require.Equal(t, ResultOK, data.Result, data.Errors)
	require.Equal(t, "~", data.All)
	require.Equal(t, 10, data.Lookups)
	require.Equal(t, 1, data.Voids)
	require.InDelta(t, 256+4, data.IPv4, 0)
	require.InDelta(t, 1<<32, data.IPv6, 0)
	require.True(t, data.UsesPTR)
	require.False(t, data.PassAll, "+all below ?include passes nobody")
	require.Equal(t, []string{"acme.example: exists:%{i}.e.example"}, data.Unbounded)

	include := data.Tree.Terms[2]
	require.Equal(t, "include", include.Mechanism)
	require.Equal(t, msp.Name("_spf.vendor.example"), include.Target)
	require.Equal(t, 4, include.Lookups, "itself, include, redirect, a")
	require.Equal(t, 1, include.Voids)
	require.Equal(t, "NOERROR", include.Rcode)
	require.Equal(t, msp.Name("vendor.example.deep.example"), include.Node.Terms[3].Target)
	require.Equal(t, 3, include.Node.Terms[3].Lookups)
	require.Zero(t, include.Node.Terms[6].Target, "nothing behind all counts")
	require.Equal(t, "exp", data.Tree.Terms[8].Mechanism)
	for _, q := range r.Asked() {
		require.NotContains(t, q, "%", "no made-up names")
		require.NotContains(t, q, "why")
	}
	require.Len(t, f.Queries, len(r.Asked()))
}

func TestProbeFaults(t *testing.T) {
	cases := []struct {
		name   string
		table  table
		errors []string
	}{
		{"every syntax error is named", table{"acme.example TXT": txt("v=spf1 foo a:x mx/33 ip6:1 -all")}, []string{
			`acme.example: foo: not a mechanism of SPF (octet 8)`,
			`acme.example: a:x: a domain of one label (octet 12)`,
			`acme.example: mx/33: prefix length 33 is not 0 to 32 (octet 16)`,
			`acme.example: ip6:1: not an IPv6 address (octet 22)`,
		}},
		{"include of nothing", table{"acme.example TXT": txt("v=spf1 include:no.example -all"), "no.example TXT": gone()}, []string{
			"acme.example: include:no.example: no.example has no SPF record",
		}},
		{"redirect to no record", table{"acme.example TXT": txt("v=spf1 redirect=no.example"), "no.example TXT": txt("hello")}, []string{
			"acme.example: redirect=no.example: no.example has no SPF record",
		}},
		{"a loop", table{"acme.example TXT": txt("v=spf1 include:b.example -all"), "b.example TXT": txt("v=spf1 include:acme.example -all")}, []string{
			"b.example: include:acme.example: a loop, acme.example stands above it",
		}},
		{"itself", table{"acme.example TXT": txt("v=spf1 redirect=%{d}")}, []string{
			"acme.example: redirect=%{d}: a loop, acme.example stands above it",
		}},
		{"two records below", table{"acme.example TXT": txt("v=spf1 include:b.example -all"), "b.example TXT": txt("v=spf1 -all", "v=spf1 ~all")}, []string{
			"b.example: 2 SPF records, there may be one (RFC 7208 section 4.5)",
		}},
		{"three voids", table{
			"acme.example TXT": txt("v=spf1 a:a.example mx:a.example exists:a.example -all"),
			"a.example A":      gone(), "a.example MX": gone(),
		}, []string{
			"acme.example: 3 void look-ups, the limit is 2 (RFC 7208 section 4.6.4)",
		}},
		{"a fault decides whatever is unknown", table{"acme.example TXT": txt("v=spf1 include:slow.example mx/33 -all")}, []string{
			"acme.example: mx/33: prefix length 33 is not 0 to 32 (octet 29)",
		}},
		{"no name", table{"acme.example TXT": txt("v=spf1 include:a..example -all")}, []string{
			"acme.example: include:a..example: not a domain name",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data, _ := probe(t, c.table)
			require.Equal(t, ResultPermerror, data.Result)
			require.Equal(t, fact.Broken, f.Outcome)
			require.Equal(t, c.errors, data.Errors)
		})
	}
}

func TestProbeLimits(t *testing.T) {
	answers := func(n int) table {
		tab := table{}
		var terms []string
		for i := range n {
			host := fmt.Sprintf("h%d.example", i)
			terms = append(terms, "a:"+host)
			tab[host+" A"] = fakedns.Found(host + " A 192.0.2.1")
		}
		tab["acme.example TXT"] = txt("v=spf1 " + strings.Join(terms, " ") + " -all")
		return tab
	}
	_, data, _ := probe(t, answers(10))
	require.Equal(t, ResultOK, data.Result)
	_, data, _ = probe(t, answers(11))
	require.Equal(t, ResultPermerror, data.Result)
	require.Equal(t, 11, data.Lookups)
	require.False(t, data.Truncated)
	_, data, r := probe(t, answers(400))
	require.Equal(t, 400, data.Lookups, "all costs are seen")
	require.True(t, data.Truncated)
	require.Len(t, r.Asked(), maxQueries)
}

func TestProbeBoundsTheWalk(t *testing.T) {
	tab := table{"acme.example TXT": txt("v=spf1 include:n0.example -all")}
	for i := range 200 {
		tab[fmt.Sprintf("n%d.example TXT", i)] = txt(fmt.Sprintf("v=spf1 include:n%d.example -all", i+1))
	}
	f, data, r := probe(t, tab)
	require.Equal(t, fact.Broken, f.Outcome)
	require.True(t, data.Truncated)
	require.Less(t, len(r.Asked()), maxDepth+3)

	wide := table{"acme.example TXT": txt("v=spf1 include:w0.example include:w0.example -all")}
	for i := range 30 { // two includes of the next each: 2^30 nodes if nothing bounds them
		next := fmt.Sprintf("include:w%d.example", i+1)
		wide[fmt.Sprintf("w%d.example TXT", i)] = txt("v=spf1 " + next + " " + next + " -all")
	}
	f, data, _ = probe(t, wide)
	require.Equal(t, fact.Broken, f.Outcome)
	require.True(t, data.Truncated)
}

func TestProbeExchangers(t *testing.T) {
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf("acme.example MX 10 m%d.example", i)
	}
	_, data, r := probe(t, table{"acme.example TXT": txt("v=spf1 mx -all"), "acme.example MX": fakedns.Found(many...)})
	require.Equal(t, ResultPermerror, data.Result)
	require.Equal(t, 1, data.Lookups, "mx counts once")
	require.Len(t, r.Asked(), 2, "its addresses are not asked")
	_, data, _ = probe(t, table{"acme.example TXT": txt("v=spf1 mx -all"), "acme.example MX": fakedns.Found(many[:10]...)})
	require.Equal(t, ResultOK, data.Result)
	_, data, _ = probe(t, table{
		"acme.example TXT": txt("v=spf1 mx/14 a:h.example//64 -all"), "acme.example MX": fakedns.Found("acme.example MX 10 m.example"),
		"m.example A": fakedns.Found("m.example A 192.0.2.1"), "h.example A": nodata(),
		"h.example AAAA": fakedns.Found("h.example AAAA 2001:db8::1"),
	})
	require.Equal(t, ResultOK, data.Result)
	require.InDelta(t, 1<<18, data.IPv4, 0)
	require.InDelta(t, float64(1<<63)*2, data.IPv6, 0)
}

func TestProbePermissive(t *testing.T) {
	cases := []struct {
		name    string
		table   table
		all     string
		passAll bool
	}{
		{"+all", table{"acme.example TXT": txt("v=spf1 all")}, "+", true},
		{"?all", table{"acme.example TXT": txt("v=spf1 ?all")}, "?", false},
		{"no all", table{"acme.example TXT": txt("v=spf1 ip4:192.0.2.1")}, "", false},
		{"+all in an include", table{"acme.example TXT": txt("v=spf1 include:b.example -all"), "b.example TXT": txt("v=spf1 +all")}, "-", true},
		{"-all in an include", table{"acme.example TXT": txt("v=spf1 include:b.example ~all"), "b.example TXT": txt("v=spf1 -all")}, "~", false},
		{"+all behind -include", table{"acme.example TXT": txt("v=spf1 -include:b.example -all"), "b.example TXT": txt("v=spf1 +all")}, "-", false},
		{"+all by redirect", table{"acme.example TXT": txt("v=spf1 redirect=b.example"), "b.example TXT": txt("v=spf1 +all")}, "+", true},
		{"~all by redirect", table{"acme.example TXT": txt("v=spf1 redirect=b.example"), "b.example TXT": txt("v=spf1 ~all")}, "~", false},
		{"redirect in an include", table{
			"acme.example TXT": txt("v=spf1 include:b.example -all"), "b.example TXT": txt("v=spf1 redirect=c.example"),
			"c.example TXT": txt("v=spf1 +all"),
		}, "-", true},
		{"redirect beside all", table{"acme.example TXT": txt("v=spf1 redirect=b.example -all")}, "-", false},
		{"behind all", table{"acme.example TXT": txt("v=spf1 -all +all")}, "-", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, data, _ := probe(t, c.table)
			require.Equal(t, ResultOK, data.Result, data.Errors)
			require.Equal(t, c.all, data.All)
			require.Equal(t, c.passAll, data.PassAll)
		})
	}
}

func TestProbeTemporaryTroubleBelow(t *testing.T) {
	for _, term := range []string{"include:b.example", "redirect=b.example", "a:b.example", "mx:b.example", "exists:b.example"} {
		f, data, _ := probe(t, table{"acme.example TXT": txt("v=spf1 " + term)})
		require.Equal(t, fact.Present, f.Outcome, term)
		require.Equal(t, "timeout", f.Reason, term)
		require.Equal(t, ResultTemperror, data.Result, term)
		require.NotEmpty(t, data.Errors)
		require.Equal(t, "v=spf1 "+term, data.Tree.Record)
	}
	f, data, _ := probe(t, table{"acme.example TXT": txt("v=spf1 a:b.example"), "b.example A": nodata()})
	require.Equal(t, ResultTemperror, data.Result, "AAAA was not answered")
	require.Equal(t, "timeout", f.Reason)
	require.Zero(t, data.Voids)
}
