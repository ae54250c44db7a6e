package dmarc

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

// zone answers NXDOMAIN for every name that it does not hold.
type zone map[string]scanner.Answer

func (z zone) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	a, ok := z[string(q.Name)+" "+q.Type]
	if !ok {
		a = fakedns.None("NXDOMAIN", "example")
	}
	a.Queries = []fact.Query{{Question: q.Name.FQDN() + " " + q.Type, Rcode: a.Rcode}}
	return a
}

func txt(texts ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, s := range texts {
		a.Records = append(a.Records, scanner.Record{Type: "TXT", Fields: strings.Split(s, "|")})
	}
	return a
}

func probe(t *testing.T, name string, z zone) (fact.Fact, fact.DMARC) {
	t.Helper()
	f := Probe().Run(context.Background(), scanner.Env{Resolver: z}, fact.Task{Probe: fact.ProbeDMARC, Name: msp.Name(name)})
	var data fact.DMARC
	require.NoError(t, f.Decode(&data))
	require.NotEmpty(t, f.Queries)
	return f, data
}

func TestProbeEffective(t *testing.T) {
	slow := fakedns.Unknown("timeout")
	cases := []struct {
		name, domain string
		zone         zone
		outcome      fact.Outcome
		result       string
		effective    string
		at, org      string
	}{
		{
			"own record", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "reject", "acme.example", "acme.example",
		},
		{
			"test mode", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; t=y")},
			fact.Present, "ok", "quarantine", "acme.example", "acme.example",
		},
		{
			"by alias", "acme.example",
			zone{"_dmarc.acme.example TXT": fakedns.Alias(txt("v=DMARC1; p=|reject"), "_dmarc.acme.example", "d.vendor.example")},
			fact.Present, "ok", "reject", "acme.example", "acme.example",
		},
		{
			"below, p", "a.acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "reject", "acme.example", "acme.example",
		},
		{
			"below, sp", "a.acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; sp=none; p=reject"), "a.acme.example A": fakedns.None("NOERROR", "a")},
			fact.Present, "ok", "none", "acme.example", "acme.example",
		},
		{
			"below, np", "a.acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; sp=none; np=quarantine")},
			fact.Present, "ok", "quarantine", "acme.example", "acme.example",
		},
		{
			"below, np or sp not known", "a.acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; sp=none; np=quarantine"), "a.acme.example A": slow},
			fact.Unknown, "temperror", "", "acme.example", "acme.example",
		},
		{
			"own record at a subdomain: p, not sp", "a.acme.example",
			zone{"_dmarc.a.acme.example TXT": txt("v=DMARC1; p=none; sp=reject"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "none", "a.acme.example", "acme.example",
		},
		{
			"fewest labels", "a.b.acme.example",
			zone{"_dmarc.b.acme.example TXT": txt("v=DMARC1; p=none"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "reject", "acme.example", "acme.example",
		},
		{
			"psd=n ends the walk", "a.b.acme.example",
			zone{"_dmarc.b.acme.example TXT": txt("v=DMARC1; p=none; psd=n"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "none", "b.acme.example", "b.acme.example",
		},
		{
			"public suffix policy", "a.acme.example",
			zone{"_dmarc.example TXT": txt("v=DMARC1; p=reject; sp=quarantine; psd=y"), "a.acme.example A": txt()},
			fact.Present, "ok", "quarantine", "example", "acme.example",
		},
		{
			"not used if the organisation has one", "acme.example",
			zone{"_dmarc.example TXT": txt("v=DMARC1; p=reject; psd=y"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=none")},
			fact.Present, "ok", "none", "acme.example", "acme.example",
		},
		{
			"wrong p with rua", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=rejekt; rua=mailto:d@acme.example")},
			fact.Present, "ok", "none", "acme.example", "acme.example",
		},
		{
			"wrong sp with rua", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; sp=x; rua=mailto:d@acme.example")},
			fact.Present, "ok", "none", "acme.example", "acme.example",
		},
		{
			"wrong p without rua", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=rejekt")},
			fact.Broken, "invalid", "", "acme.example", "acme.example",
		},
		{
			"a tag twice", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; p=none")},
			fact.Broken, "invalid", "", "acme.example", "acme.example",
		},
		{
			"two records", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject", "v=DMARC1; p=reject")},
			fact.Broken, "multiple", "", "", "acme.example",
		},
		{
			"two records, a parent's is no substitute", "a.acme.example",
			zone{"_dmarc.a.acme.example TXT": txt("v=DMARC1; p=reject", "v=DMARC1; p=reject"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Broken, "multiple", "", "", "acme.example",
		},
		{
			"two records above", "a.acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject", "v=DMARC1; p=reject")},
			fact.Broken, "multiple", "", "", "a.acme.example",
		},
		{
			"two records on the way", "a.b.acme.example",
			zone{"_dmarc.b.acme.example TXT": txt("v=DMARC1; p=none", "v=DMARC1; p=none"), "_dmarc.acme.example TXT": txt("v=DMARC1; p=reject")},
			fact.Present, "ok", "reject", "acme.example", "acme.example",
		},
		{
			"none", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=spf1 -all")},
			fact.Absent, "none", "", "", "acme.example",
		},
		{
			"wrong version", "acme.example",
			zone{"_dmarc.acme.example TXT": txt("v=dmarc1; p=reject")},
			fact.Absent, "none", "", "", "acme.example",
		},
		{
			"not answered", "acme.example",
			zone{"_dmarc.acme.example TXT": slow},
			fact.Unknown, "temperror", "", "", "",
		},
		{
			"a parent not answered", "a.acme.example",
			zone{"_dmarc.acme.example TXT": slow, "_dmarc.example TXT": txt("v=DMARC1; p=reject")},
			fact.Unknown, "temperror", "", "", "",
		},
		{
			"an own record decides", "a.acme.example",
			zone{"_dmarc.a.acme.example TXT": txt("v=DMARC1; p=reject"), "_dmarc.acme.example TXT": slow},
			fact.Present, "ok", "reject", "a.acme.example", "",
		},
		{
			"two own records decide", "a.acme.example",
			zone{"_dmarc.a.acme.example TXT": txt("v=DMARC1; p=reject", "v=DMARC1"), "_dmarc.acme.example TXT": slow},
			fact.Broken, "multiple", "", "", "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, data := probe(t, c.domain, c.zone)
			require.Equal(t, c.result, data.Result)
			require.Equal(t, c.outcome, f.Outcome)
			require.Equal(t, c.effective, data.Effective)
			require.Equal(t, c.at, string(data.At))
			require.Equal(t, c.org, string(data.OrgDomain))
			require.Equal(t, f.Outcome == fact.Unknown, f.Reason == "timeout")
		})
	}
}

func TestProbeInherits(t *testing.T) {
	_, data := probe(t, "acme.example", zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; sp=quarantine")})
	require.Equal(t, []string{"reject", "quarantine", "quarantine"}, []string{data.Policy, data.Subdomain, data.NonExistent})
	_, data = probe(t, "acme.example", zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=reject; np=none")})
	require.Equal(t, []string{"reject", "reject", "none"}, []string{data.Policy, data.Subdomain, data.NonExistent})
}

func TestWalkIsBounded(t *testing.T) {
	_, data := probe(t, "a.b.c.d.e.f.g.h.i.j.mail.example.com", zone{})
	var names []string
	for _, s := range data.Walk {
		names = append(names, string(s.Name))
	}
	require.Equal(t, []string{
		"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
		"i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
	}, names)
	require.Len(t, targets("a.b.c.d.e.f.g.h"), 8)
	require.Len(t, targets("a.b.c.d.e.f.g"), 7)
	require.Len(t, targets(msp.Name(strings.Repeat("a.", 120)+"example")), 8)

	long := strings.Repeat("a.", 120) + "example.com" // 251 octets: _dmarc does not fit before it
	f, data := probe(t, long, zone{})
	require.Equal(t, fact.Absent, f.Outcome)
	require.Equal(t, "name too long", data.Walk[0].Reason)
}

func TestProbeReports(t *testing.T) {
	f, data := probe(t, "acme.example", zone{
		"_dmarc.acme.example TXT": txt("v=DMARC1; p=none; rua=mailto:a@acme.example!10m, mailto:b@ok.test,mailto:c@no.test," +
			"mailto:d@slow.test,mailto:e@gone.test,mailto:f@reports.acme.example,https://web.test/x,bogus; ruf=mailto:g@wrong.test"),
		"acme.example._report._dmarc.ok.test TXT":    txt("v=DMARC1"),
		"acme.example._report._dmarc.web.test TXT":   txt("v=DMARC1;"),
		"acme.example._report._dmarc.slow.test TXT":  fakedns.Unknown("timeout"),
		"acme.example._report._dmarc.wrong.test TXT": txt("v=DMARC2", "hello"),
		"ok.test MX":    fakedns.Found("ok.test MX 10 mx.ok.test"),
		"no.test MX":    fakedns.None("NOERROR", "no.test"),
		"slow.test MX":  fakedns.Unknown("servfail"),
		"wrong.test MX": fakedns.None("NOERROR", "wrong.test"),
	})
	require.Equal(t, fact.Present, f.Outcome)
	type row struct {
		tag, domain string
		external    bool
		authorised  fact.Outcome
		rcode       string
	}
	var got []row
	for _, r := range data.Reports {
		got = append(got, row{r.Tag, string(r.Domain), r.External, r.Authorised, r.Rcode})
	}
	require.Equal(t, []row{
		{"rua", "acme.example", false, fact.Present, ""},
		{"rua", "ok.test", true, fact.Present, "NOERROR"},
		{"rua", "no.test", true, fact.Absent, "NOERROR"},
		{"rua", "slow.test", true, fact.Unknown, "SERVFAIL"},
		{"rua", "gone.test", true, fact.Absent, "NXDOMAIN"},
		{"rua", "reports.acme.example", false, fact.Present, ""},
		{"rua", "web.test", true, fact.Present, "NXDOMAIN"},
		{"ruf", "wrong.test", true, fact.Absent, "NOERROR"},
	}, got)
	require.Equal(t, "mailto:a@acme.example", data.Reports[0].URI)
	require.Len(t, data.Errors, 1)
}

// The record is the parent's: its name stands in the authorisation record.
func TestReportsOfAnInheritedRecord(t *testing.T) {
	_, data := probe(t, "a.acme.example", zone{
		"_dmarc.acme.example TXT":                 txt("v=DMARC1; p=none; rua=mailto:b@ok.test"),
		"acme.example._report._dmarc.ok.test TXT": txt("v=DMARC1"),
	})
	require.Equal(t, fact.Present, data.Reports[0].Authorised)
	require.True(t, data.Reports[0].External)
}

// Below a psd=n record another part of the same registrable domain is another
// organisation.
func TestReportsWithinASplitOrganisation(t *testing.T) {
	z := zone{
		"_dmarc.b.acme.example TXT": txt("v=DMARC1; p=none; psd=n; rua=mailto:b@acme.example"),
		"_dmarc.acme.example TXT":   txt("v=DMARC1; p=none"),
	}
	_, data := probe(t, "b.acme.example", z)
	require.True(t, data.Reports[0].External)
	require.Equal(t, fact.Absent, data.Reports[0].Authorised)
}

func TestProbeBoundsReports(t *testing.T) {
	var uris []string
	for i := range maxReports + 3 {
		uris = append(uris, "mailto:r@"+string(rune('a'+i))+"x.test")
	}
	_, data := probe(t, "acme.example", zone{"_dmarc.acme.example TXT": txt("v=DMARC1; p=none; rua=" + strings.Join(uris, ","))})
	require.Len(t, data.Reports, maxReports+3)
	require.Equal(t, fact.Absent, data.Reports[maxReports-1].Authorised)
	require.Equal(t, fact.Unknown, data.Reports[maxReports].Authorised)
	require.Equal(t, "budget", data.Reports[maxReports].Reason)
}
