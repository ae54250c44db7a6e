package mtasts

import (
	"bytes"
	"context"
	"errors"
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

// files answers fetches from a table and counts them.
type files struct {
	body  []byte
	err   error
	asked []msp.Name
}

func (f *files) Fetch(_ context.Context, domain msp.Name) ([]byte, error) {
	f.asked = append(f.asked, domain)
	return f.body, f.err
}

func probe(t *testing.T, name msp.Name, a scanner.Answer, f Fetcher, passive bool) (fact.Fact, fact.MTASTS) {
	t.Helper()
	env := scanner.Env{Passive: passive, Resolver: &fakedns.Resolver{Table: map[string]scanner.Answer{"_mta-sts.acme.example TXT": a}}}
	got := Probe(f).Run(context.Background(), env, fact.Task{Probe: fact.ProbeMTASTS, Name: name})
	var data fact.MTASTS
	require.NoError(t, got.Decode(&data))
	return got, data
}

func TestProbeRecord(t *testing.T) {
	cases := []struct {
		name    string
		answer  scanner.Answer
		outcome fact.Outcome
		reason  string
		id      string
		errors  int
	}{
		{"sound", txt("other", "v=STSv1; id=|2026a;"), fact.Present, "", "2026a", 0},
		{"unsound", txt("v=STSv1; id=a-b"), fact.Broken, "invalid", "", 1},
		{"two ids", txt("v=STSv1; id=a; id=b"), fact.Broken, "invalid", "a", 1},
		{"several", txt("v=STSv1; id=a", "v=STSv1; id=b"), fact.Broken, "multiple", "a", 1},
		{"another record", txt("v=STSv2; id=a"), fact.Absent, "", "", 0},
		{"none", fakedns.None("NOERROR", "acme.example"), fact.Absent, "", "", 0},
		{"no name", fakedns.None("NXDOMAIN", "acme.example"), fact.Absent, "", "", 0},
		{"timeout", fakedns.Unknown("timeout"), fact.Unknown, "timeout", "", 0},
		{"servfail", fakedns.Unknown("servfail"), fact.Unknown, "servfail", "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, "acme.example", c.answer, nil, false)
			require.Equal(t, c.outcome, f.Outcome)
			require.Equal(t, c.reason, f.Reason)
			require.Equal(t, c.id, data.ID)
			require.Len(t, data.Errors, c.errors)
			require.Equal(t, fact.Unknown, data.Policy)
			require.Equal(t, "not fetched", data.PolicyReason)
		})
	}
	f, _ := probe(t, msp.Name(strings.Repeat("a.", 121)+"example"), scanner.Answer{}, nil, false)
	require.Equal(t, fact.Absent, f.Outcome)
	require.Empty(t, f.Queries)
}

func TestProbePolicy(t *testing.T) {
	const sound = "version: STSv1\r\nmode: enforce\r\nmx: *.Acme.example\r\nmx: mx.vendor.test\r\nmax_age: 604800\r\n"
	cases := []struct {
		name    string
		files   files
		outcome fact.Outcome
		reason  string
	}{
		{"sound", files{body: []byte(sound)}, fact.Present, ""},
		{"refused", files{err: ErrNotFetched}, fact.Unknown, "not fetched"},
		{"failed", files{err: errors.New("certificate has expired")}, fact.Unknown, "certificate has expired"},
		{"unsound", files{body: []byte("version: STSv1\nmode: off\nmax_age: 1\n")}, fact.Broken, "line 2: mode is not enforce, testing or none"},
		{"no text", files{body: []byte{0xff, 0xfe}}, fact.Broken, "not UTF-8"},
		{"huge", files{body: bytes.Repeat([]byte("a"), maxPolicy+1)}, fact.Unknown, "the policy file is over 64 kB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, "acme.example", txt("v=STSv1; id=a"), &c.files, false)
			require.Equal(t, fact.Present, f.Outcome)
			require.Equal(t, c.outcome, data.Policy)
			require.Equal(t, c.reason, data.PolicyReason)
			require.Equal(t, []msp.Name{"acme.example"}, c.files.asked)
			if c.name == "sound" {
				require.Equal(t, "enforce", data.Mode)
				require.Equal(t, []string{"*.acme.example", "mx.vendor.test"}, data.MX)
				require.Equal(t, 604800, data.MaxAge)
			}
		})
	}
}

func TestProbeFetchesOnlyWhatIsThere(t *testing.T) {
	for _, a := range []scanner.Answer{txt("v=STSv1"), txt("v=STSv1; id=a", "v=STSv1; id=b"), fakedns.None("NXDOMAIN", "acme.example"), fakedns.Unknown("timeout")} {
		f := &files{}
		probe(t, "acme.example", a, f, false)
		require.Empty(t, f.asked)
	}
	f := &files{}
	probe(t, "acme.example", txt("v=STSv1; id=a"), f, true)
	require.Empty(t, f.asked, "passive")
}

func TestParsePolicy(t *testing.T) {
	p := ParsePolicy("version: STSv1\nmode: testing\nmode: none\nmx: a.example\nmax_age: 9999999999\nmax_age: x\nother: ü")
	require.Empty(t, p.Errors)
	require.Equal(t, Policy{Mode: "testing", MX: []string{"a.example"}, MaxAge: maxMaxAge}, p)
	for text, want := range map[string]string{
		"version: STSv1\nmode: none\nmax_age: -1":      "line 3: max_age is not 1 to 10 digits",
		"version: STSv1\n\nmode: none\nmax_age: 1":     "line 2 is empty",
		"version: STSv1\nmode: none\nmax_age: 1\nx":    "line 4 has no colon",
		"version : STSv1\nmode: none\nmax_age: 1":      "version is missing",
		"version: STSv1\nmode: enforce\nmax_age: 1":    "mode enforce needs an mx",
		"version: STSv1\nmode: none\nmax_age:\nmx: _a": "line 4: mx is not a name or *. and a name",
	} {
		require.Contains(t, ParsePolicy(text).Errors, want, text)
	}
}

func TestCovers(t *testing.T) {
	p := Policy{MX: []string{"mx.acme.example", "*.vendor.test"}}
	for host, want := range map[string]bool{
		"mx.acme.example": true, "MX.acme.example.": true, "a.vendor.test": true, "a.b.vendor.test": false,
		"vendor.test": false, "xmx.acme.example": false, "": false, "avendor.test": false,
	} {
		require.Equal(t, want, p.Covers(host), host)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=STSv1; id=2026a;", "v=STSv1;;=;id=", "v=STSv1 \t; x=y; id=a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := Parse(text)
		if ok != IsRecord(text) {
			t.Fatal("Parse and IsRecord differ")
		}
		if ok && len(r.Errors) == 0 && r.ID == "" {
			t.Fatal("sound without an id")
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{"version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 1\n", "mode:\r\n\r\n:", "version:STSv1\nmode:none\nmax_age:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := ParsePolicy(text)
		if len(p.Errors) == 0 && (p.Mode == "" || p.Mode != "none" && len(p.MX) == 0) {
			t.Fatalf("sound: %+v", p)
		}
		if p.MaxAge < 0 || p.MaxAge > maxMaxAge {
			t.Fatalf("max_age %d", p.MaxAge)
		}
		p.Covers(text)
	})
}
