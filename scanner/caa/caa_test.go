package caa

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

// record makes a CAA record; the value may hold blanks.
func record(name msp.Name, flags, tag, value string) scanner.Record {
	return scanner.Record{Name: name, Type: "CAA", Fields: []string{flags, tag, value}}
}

func set(records ...scanner.Record) scanner.Answer {
	return scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", Records: records}
}

func TestParseValue(t *testing.T) {
	tests := []struct {
		in   string
		want Value
		ok   bool
	}{
		{"ca.test", Value{Issuer: "ca.test"}, true},
		{" \tCA.Test ", Value{Issuer: "ca.test"}, true},
		{"", Value{}, true},
		{";", Value{}, true},
		{" ; ", Value{}, true},
		{"ca.test;", Value{Issuer: "ca.test"}, true},
		{"ca.test; account=230123", Value{"ca.test", []Parameter{{"account", "230123"}}}, true},
		{"ca.test;A = x=y ; b=", Value{"ca.test", []Parameter{{"a", "x=y"}, {"b", ""}}}, true},
		{"; policy=ev", Value{"", []Parameter{{"policy", "ev"}}}, true},
		{"%%%%%", Value{}, false},
		{"ca_x.test", Value{}, false},
		{"-ca.test", Value{}, false},
		{"ca..test", Value{}, false},
		{"ca.test.", Value{}, false},
		{"ca.test account=1", Value{}, false},
		{"ca.test; account", Value{}, false},
		{"ca.test; =1", Value{}, false},
		{"ca.test; a b=1", Value{}, false},
		{"ca.test; a=1 2", Value{}, false},
		{"ca.test; a=\x7f", Value{}, false},
		{"ca.test; a=1;", Value{}, false},
		{"ca.test; a=1; b=ü", Value{}, false},
	}
	for _, tt := range tests {
		v, err := ParseValue(tt.in)
		require.Equal(t, tt.ok, err == nil, "%q: %v", tt.in, err)
		require.Equal(t, tt.want, v, tt.in)
		if err != nil {
			require.ErrorIs(t, err, ErrValue)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		flags, tag, value string
		want              fact.CAARecord
	}{
		{"0", "issue", "ca.test", fact.CAARecord{Tag: "issue", Value: "ca.test", Issuer: "ca.test"}},
		{"128", "ISSUEWILD", ";", fact.CAARecord{Flags: 128, Tag: "issuewild", Value: ";"}},
		{"0", "issuemail", "mail-ca.test", fact.CAARecord{Tag: "issuemail", Value: "mail-ca.test", Issuer: "mail-ca.test"}},
		{"0", "issue", "a\nb", fact.CAARecord{Tag: "issue", Value: `a\010b`, Error: `malformed issue value: issuer "a\\010b" is not a domain name`}},
		{"0", "iodef", "mailto:sec@acme.test", fact.CAARecord{Tag: "iodef", Value: "mailto:sec@acme.test"}},
		{"0", "iodef", "sec@acme.test", fact.CAARecord{Tag: "iodef", Value: "sec@acme.test", Error: "the iodef value is not a mailto, http or https URL"}},
		{"256", "issue", "ca.test", fact.CAARecord{Tag: "issue", Value: "ca.test", Error: "the flags are not a number up to 255"}},
		{"0", "is sue", "ca.test", fact.CAARecord{Tag: "is sue", Value: "ca.test", Error: "the tag holds something else than letters and digits"}},
		{"0", "", "x", fact.CAARecord{Value: "x", Error: "the tag is empty"}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, Parse(record("a.test", tt.flags, tt.tag, tt.value)))
	}
	require.NotEmpty(t, Parse(scanner.Record{Fields: []string{"0"}}).Error)
}

func TestClimb(t *testing.T) {
	none := func(zone msp.Name) scanner.Answer { return fakedns.None("NOERROR", zone) }
	const name msp.Name = "a.b.test"
	tests := []struct {
		name    string
		table   map[string]scanner.Answer
		outcome fact.Outcome
		reason  string
		at      msp.Name
		steps   int
		unknown []string
	}{
		{"at the name", map[string]scanner.Answer{"a.b.test CAA": set(record(name, "0", "issue", "ca.test"))}, fact.Present, "", name, 1, nil},
		{"at an ancestor", map[string]scanner.Answer{"a.b.test CAA": none("b.test"), "b.test CAA": set(record("b.test", "0", "issue", ";"))}, fact.Present, "", "b.test", 2, nil},
		{"at the top", map[string]scanner.Answer{"a.b.test CAA": fakedns.None("NXDOMAIN", "test"), "b.test CAA": none("test"), "test CAA": set(record("test", "0", "issue", "ca.test"))}, fact.Present, "", "test", 3, nil},
		{"nowhere; the root is not asked", map[string]scanner.Answer{"a.b.test CAA": none("b.test"), "b.test CAA": none("b.test"), "test CAA": none("test")}, fact.Absent, "", "", 3, nil},
		{"ancestor not clean", map[string]scanner.Answer{"a.b.test CAA": none("b.test"), "b.test CAA": fakedns.Unknown("servfail")}, fact.Unknown, "servfail", "", 2, nil},
		{"loop of aliases", map[string]scanner.Answer{"a.b.test CAA": {Outcome: fact.Broken, Reason: "cname_loop"}}, fact.Unknown, "cname_loop", "", 1, nil},
		{"set behind an alias", map[string]scanner.Answer{"a.b.test CAA": fakedns.Alias(set(record("x.other", "0", "issue", "ca.test")), name, "x.other")}, fact.Present, "", name, 1, nil},
		{"an alias without a set leads on to the parent of the name", map[string]scanner.Answer{
			"a.b.test CAA": fakedns.Alias(none("other"), name, "x.other"), "b.test CAA": set(record("b.test", "128", "tbs", "x")),
		}, fact.Present, "", "b.test", 2, []string{"tbs"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &fakedns.Resolver{Table: tt.table}
			f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Probe: fact.ProbeCAA, Name: name})
			var c fact.CAA
			require.NoError(t, f.Decode(&c))
			require.Equal(t, []any{tt.outcome, tt.reason, tt.at, tt.unknown}, []any{f.Outcome, f.Reason, c.At, c.UnknownCritical})
			require.Len(t, c.Climb, tt.steps)
			require.Len(t, r.Asked(), tt.steps)
		})
	}
}

func TestEvaluate(t *testing.T) {
	type prop struct{ flags, tag, value string }
	const uri = "https://ca.test/acct/1"
	tests := []struct {
		name      string
		set       []prop
		host, any bool // may issue for the name, for *.name
	}{
		{"empty", nil, true, true},
		{"named", []prop{{"0", "issue", "ca.test"}}, true, true},
		{"named in capitals", []prop{{"0", "ISSUE", "CA.test"}}, true, true},
		{"another", []prop{{"0", "issue", "other.test"}}, false, false},
		{"one of two", []prop{{"0", "issue", "other.test"}, {"0", "issue", "ca.test"}}, true, true},
		{"nobody", []prop{{"0", "issue", ";"}}, false, false},
		{"malformed restricts", []prop{{"0", "issue", "%%%"}}, false, false},
		{"malformed beside good", []prop{{"0", "issue", "%%%"}, {"0", "issue", "ca.test"}}, true, true},
		{"iodef only", []prop{{"0", "iodef", "mailto:a@b.test"}}, true, true},
		{"issuemail only", []prop{{"0", "issuemail", ";"}}, true, true},
		{"wild forbidden", []prop{{"0", "issue", "ca.test"}, {"0", "issuewild", ";"}}, true, false},
		{"wild only", []prop{{"0", "issuewild", "ca.test"}}, true, true},
		{"wild overrides", []prop{{"0", "issue", "other.test"}, {"0", "issuewild", "ca.test"}}, false, true},
		{"unknown", []prop{{"0", "tbs", "x"}}, true, true},
		{"unknown, other flags", []prop{{"126", "tbs", "x"}}, true, true},
		{"unknown critical", []prop{{"128", "tbs", "x"}, {"0", "issue", "ca.test"}}, false, false},
		{"unknown critical by the wrong bit", []prop{{"1", "tbs", "x"}}, false, false},
		{"critical and known", []prop{{"128", "issue", "ca.test"}}, true, true},
		{"account", []prop{{"0", "issue", "ca.test; accounturi=" + uri}}, true, true},
		{"other account", []prop{{"0", "issue", "ca.test; accounturi=" + uri + "2"}}, false, false},
		{"two accounts", []prop{{"0", "issue", "ca.test; accounturi=" + uri + "; accounturi=" + uri}}, false, false},
		{"method", []prop{{"0", "issue", "ca.test; validationmethods=dns-01,http-01"}}, true, true},
		{"other method", []prop{{"0", "issue", "ca.test; validationmethods=http-01"}}, false, false},
		{"malformed methods", []prop{{"0", "issue", "ca.test; validationmethods=dns-01,,"}}, false, false},
		{"two lists of methods", []prop{{"0", "issue", "ca.test; validationmethods=dns-01; validationmethods=dns-01"}}, false, false},
		{"unknown parameter", []prop{{"0", "issue", "ca.test; policy=ev"}}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var records []scanner.Record
			for _, p := range tt.set {
				records = append(records, record("a.test", p.flags, p.tag, p.value))
			}
			req := Request{Issuer: "ca.test", AccountURI: uri, Method: "dns-01"}
			got, why := Evaluate(parseSet(records), req)
			require.Equal(t, tt.host, got, why)
			require.Equal(t, got, why == "")
			req.Wildcard = true
			got, why = Evaluate(parseSet(records), req)
			require.Equal(t, tt.any, got, why)
		})
	}
	ok, _ := Evaluate(parseSet([]scanner.Record{record("a.test", "0", "issue", "ca.test; accounturi="+uri)}), Request{Issuer: "ca.test"})
	require.False(t, ok, "an account that is not known does not match")
}

func FuzzParse(f *testing.F) {
	seeds := [][3]string{
		{"0", "issue", "ca.test; accounturi=https://ca.test/1"},
		{"128", "tbs", ";"},
		{"0", "iodef", "mailto:a@b"},
		{"300", "", "\x00"},
		{"1", "issuewild", ` \065;="`},
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, flags, tag, value string) {
		r := Parse(record("a.test", flags, tag, value))
		require.Equal(t, value, unprintable(r.Value))
		for _, c := range []byte(r.Tag + r.Value + r.Error + string(r.Issuer)) {
			require.True(t, c >= ' ' && c <= '~', "only printable text is kept")
		}
		if r.Issuer != "" {
			v, err := ParseValue(string(r.Issuer))
			require.NoError(t, err)
			require.Equal(t, r.Issuer, v.Issuer)
		}
		ok, why := Evaluate([]fact.CAARecord{r}, Request{Issuer: "ca.test"})
		require.Equal(t, ok, why == "")
	})
}
