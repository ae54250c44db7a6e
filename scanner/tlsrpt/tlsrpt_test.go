package tlsrpt

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func txt(texts ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, s := range texts {
		a.Records = append(a.Records, scanner.Record{Type: "TXT", Fields: strings.Split(s, "|")})
	}
	return a
}

func probe(t *testing.T, name msp.Name, a scanner.Answer) (fact.Fact, fact.TLSRPT) {
	t.Helper()
	env := scanner.Env{Resolver: &fakedns.Resolver{Table: map[string]scanner.Answer{"_smtp._tls.acme.example TXT": a}}}
	f := Probe().Run(context.Background(), env, fact.Task{Probe: fact.ProbeTLSRPT, Name: name})
	var data fact.TLSRPT
	require.NoError(t, f.Decode(&data))
	return f, data
}

func TestProbe(t *testing.T) {
	cases := []struct {
		name    string
		answer  scanner.Answer
		outcome fact.Outcome
		reason  string
		uris    []string
		errors  int
	}{
		{"sound", txt("other", "v=TLSRPTv1;rua=mailto:a@|b.example,https://c.example/x"), fact.Present, "", []string{"mailto:a@b.example", "https://c.example/x"}, 0},
		{"unsound", txt("v=TLSRPTv1; rua=mailto:a@b.example,ftp://c.example"), fact.Broken, "invalid", []string{"mailto:a@b.example"}, 1},
		{"no receiver", txt("v=TLSRPTv1"), fact.Broken, "invalid", nil, 1},
		{"several", txt("v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:c@b.example"), fact.Broken, "multiple", []string{"mailto:a@b.example"}, 1},
		{"another record", txt("v=TLSRPTv2; rua=mailto:a@b.example"), fact.Absent, "", nil, 0},
		{"none", fakedns.None("NOERROR", "acme.example"), fact.Absent, "", nil, 0},
		{"no name", fakedns.None("NXDOMAIN", "acme.example"), fact.Absent, "", nil, 0},
		{"timeout", fakedns.Unknown("timeout"), fact.Unknown, "timeout", nil, 0},
		{"refused", fakedns.Unknown("refused"), fact.Unknown, "refused", nil, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, "acme.example", c.answer)
			require.Equal(t, c.outcome, f.Outcome)
			require.Equal(t, c.reason, f.Reason)
			require.Equal(t, c.uris, data.URIs)
			require.Len(t, data.Errors, c.errors)
			require.Len(t, f.Queries, 1)
			require.Equal(t, c.outcome != fact.Unknown, len(f.Observed) == 1)
		})
	}
	f, _ := probe(t, msp.Name(strings.Repeat("a.", 121)+"example"), scanner.Answer{})
	require.Equal(t, fact.Absent, f.Outcome)
	require.Empty(t, f.Queries)
}

func TestWrongURI(t *testing.T) {
	for _, s := range []string{"mailto:a@b.example", "mailto:a@b.example?subject=x", "https://b.example", "HTTPS://b.example:8443/x?y"} {
		require.Empty(t, wrongURI(s), s)
	}
	for _, s := range []string{"", "a@b.example", "mailto:a", "mailto:@b.example", "mailto:a@b", "http://b.example", "https:///x", "https://192.0.2.1/", "mailto:a@b.example!1m", "https://b.example/%", "mailto:ä@b.example"} {
		require.NotEmpty(t, wrongURI(s), s)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/x;", "v=TLSRPTv1;;=;rua=,", "v=TLSRPTv1 ; x=y; rua=mailto:%@b.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := Parse(text)
		if ok != IsRecord(text) {
			t.Fatal("Parse and IsRecord differ")
		}
		if ok && len(r.Errors) == 0 && len(r.URIs) == 0 {
			t.Fatal("sound without a receiver")
		}
	})
}
