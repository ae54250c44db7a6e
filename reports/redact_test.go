package reports_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/ci"
	page "mspscan/reports/html"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

// secrets are the names in a report that a level hides.
type secrets struct {
	client, provider, both []string
}

func (s secrets) of(level reports.Redaction) (hidden, shown []string) {
	switch level {
	case reports.RedactClient:
		return append(append([]string{}, s.client...), s.both...), s.provider
	case reports.RedactProvider:
		return append(append([]string{}, s.provider...), s.both...), s.client
	}
	return append(append(append([]string{}, s.client...), s.provider...), s.both...), nil
}

// word makes a name that no rule and no format uses.
func word(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte([]string{"bdfgklmnprtvz", "aiou"}[i%2][r.IntN([]int{13, 4}[i%2])])
	}
	return "q" + b.String()
}

// disguised gives the mining company under random names, and free text in which
// the names stand in any case and between any signs.
func disguised(t *testing.T, seed uint64) (*reports.Report, *msp.Inventory, secrets) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	in, err := sample.Mining()
	require.NoError(t, err)
	var s secrets
	var pairs []string
	fresh := func(list *[]string, old string, min, max int) string {
		w := word(r, min+r.IntN(max-min+1))
		*list = append(*list, w)
		pairs = append(pairs, old, w)
		return w
	}
	for _, p := range []string{"southern", "rmmworks", "pilbara", "cloudforge", "paydirt", "watchtower", "nightdesk", "mailfilter", "cloudflare", "sendgrid"} {
		fresh(&s.provider, p, 5, 10)
	}
	for _, n := range []string{"Southern Cross Managed IT Pty Ltd", "RMM Works Inc", "PilbaraNet Telecom", "CloudForge Hosting", "PayDirt Payroll", "Watchtower Security Monitoring", "NightDesk Support Services"} {
		w := "Q" + word(r, 4) + " " + word(r, 6)
		s.provider = append(s.provider, w)
		pairs = append([]string{n, w + []string{" Pty Ltd", " Inc", ""}[r.IntN(3)]}, pairs...)
	}
	client := fresh(&s.client, "ridgeline", 4, 9)
	pairs = append([]string{"Ridgeline Minerals Ltd", "Q" + client[1:] + " Bergwerke GmbH"}, pairs...)
	for _, a := range []string{"scada", "payroll", "intranet"} {
		fresh(&s.client, a, 4, 8)
	}
	for i, ref := range []string{"C-17", "C-21", "C-30", "C-33", "SC-4", "SC-9"} {
		w := fmt.Sprintf("QX-%d%d", 100+i, r.IntN(9))
		s.both = append(s.both, w)
		pairs = append(pairs, ref, w)
	}
	for _, ip := range []string{"192.0.2.53", "192.0.2.1", "198.51.100.53"} {
		w := fmt.Sprintf("203.0.113.%d", 10+len(s.both)*7)
		s.both = append(s.both, w)
		pairs = append(pairs, ip, w)
	}
	rename := strings.NewReplacer(pairs...).Replace
	report := reports.Rename(*reports.Build(in), rename)
	inv := reports.Rename(*in.Graph.Inventory(), rename)
	s.client = append(s.client, "bücher-"+client+".example", "xn--bcher-"+client)
	inv.Organisation.Domains = append(inv.Organisation.Domains, msp.Name("xn--bcher-"+client+"-kva.example"))
	s.client[len(s.client)-2] = client + ".example"
	whisper(r, &report, s)
	return &report, &inv, s
}

// whisper puts the names into every free text of the report.
func whisper(r *rand.Rand, report *reports.Report, s secrets) {
	all := append(append(append([]string{}, s.client...), s.provider...), s.both...)
	text := func() string {
		var b strings.Builder
		for range 3 {
			w := all[r.IntN(len(all))]
			switch r.IntN(3) {
			case 0:
				w = strings.ToUpper(w)
			case 1:
				w = strings.ToLower(w)
			}
			open := []string{"", "(", "'", "sub.", "x=", "→", "_"}[r.IntN(7)]
			b.WriteString(" the " + open + w + []string{".", "!", ")", "'s", ":53", "/x", " "}[r.IntN(7)])
		}
		return b.String()
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		f.Message += text()
		f.Path += text()
		f.Title += text() // no longer the rule's own
		f.Evidence = append(f.Evidence, msp.EvidenceItem{Summary: text(), Server: text(), Dig: []string{text()}, Location: &msp.Pos{File: all[r.IntN(len(all))] + ".yaml", Line: 3}})
		if f.Waived != nil {
			f.Waived.Justification += text()
		}
	}
	for i := range report.Questions {
		report.Questions[i].Text += text()
	}
	for i := range report.Fixes {
		report.Fixes[i].Text += text()
	}
	for i := range report.Actions {
		report.Actions[i].Text += text()
	}
	for i := range report.DNS {
		report.DNS[i].Observed += text()
	}
	for i := range report.SupplyChain {
		report.SupplyChain[i].SourceEvidence += text()
	}
	report.Errors = append(report.Errors, text(), text())
	report.Run.Notes = append(report.Run.Notes, text())
	report.Run.CommandLine += text()
}

// outputs renders a report in every format, as text that can be searched.
func outputs(t *testing.T, r *reports.Report) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(name string, f reports.Renderer) {
		var b bytes.Buffer
		require.NoError(t, f.Render(&b, r), name)
		out[name] = b.String()
	}
	add("json", reports.JSON{})
	add("md", reports.Markdown{Least: msp.Low})
	add("csv", reports.CSV{})
	add("csv raw", reports.CSV{Raw: true})
	add("html", page.Page{})
	for _, f := range ci.Formats() {
		add(f.Name, f.Renderer)
	}
	var b bytes.Buffer
	require.NoError(t, reports.Summary(&b, r, reports.Terminal{Width: 400}))
	out["terminal"] = b.String()
	b.Reset()
	require.NoError(t, xlsx.Workbook{}.Render(&b, r))
	out["xlsx"] = unzipped(t, b.Bytes())
	for name := range out {
		out[name] = strings.ToLower(html.UnescapeString(out[name]))
	}
	return out
}

// unzipped gives all parts of a workbook one after the other.
func unzipped(t *testing.T, data []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	var b strings.Builder
	for _, f := range z.File {
		part, err := f.Open()
		require.NoError(t, err)
		_, err = io.Copy(&b, part)
		require.NoError(t, err)
		require.NoError(t, part.Close())
	}
	return b.String()
}

// TestRedact is the property that sharing rests on: whatever the names, none
// that the level hides stands in any output.
func TestRedact(t *testing.T) {
	checks := 0
	for seed := range uint64(6) {
		r, inv, s := disguised(t, seed)
		before := encode(t, r)
		for _, level := range []reports.Redaction{reports.RedactClient, reports.RedactProvider, reports.RedactPublic} {
			hidden, shown := s.of(level)
			x := reports.NewRedactor(r, level, reports.Names{Inventory: inv})
			redacted := outputs(t, x.Report())
			for name, out := range redacted {
				for _, w := range hidden {
					checks++
					if i := strings.Index(out, strings.ToLower(w)); i >= 0 {
						t.Errorf("seed %d, %s, %s: %q stands in %q", seed, level, name, w, out[max(0, i-60):min(len(out), i+60)])
					}
				}
			}
			for _, w := range shown {
				require.Contains(t, redacted["json"], strings.ToLower(w), "%s hides too much", level)
			}
		}
		require.Equal(t, string(before), string(encode(t, r)), "the report itself is left alone")
	}
	t.Logf("%d searches", checks)
}

// TestRedactKnowsLittle holds the same where the inventory is not at hand.
func TestRedactKnowsLittle(t *testing.T) {
	r, _, s := disguised(t, 99)
	for _, level := range []reports.Redaction{reports.RedactClient, reports.RedactProvider, reports.RedactPublic} {
		hidden, _ := s.of(level)
		out := outputs(t, reports.Redact(r, level, reports.Names{}))
		for _, w := range hidden {
			require.NotContains(t, out["json"], strings.ToLower(w), level)
		}
	}
}

func TestRedactIsStable(t *testing.T) {
	r, inv, _ := disguised(t, 3)
	for _, level := range []reports.Redaction{reports.RedactNone, reports.RedactClient, reports.RedactProvider, reports.RedactPublic} {
		names := reports.Names{Inventory: inv}
		require.Equal(t, string(encode(t, reports.Redact(r, level, names))), string(encode(t, reports.Redact(r, level, names))))
	}
	require.Equal(t, string(encode(t, r)), string(encode(t, reports.Redact(r, reports.RedactNone, reports.Names{}))))
	require.Equal(t, string(encode(t, r)), string(encode(t, reports.Redact(r, "", reports.Names{}))))
}

// TestRedactKeepsWhatCounts holds that severities, states, places and rules are
// the same, ids go on to match, and amounts are shares.
func TestRedactKeepsWhatCounts(t *testing.T) {
	r := mining(t)
	x := reports.Redact(r, reports.RedactPublic, reports.Names{})
	require.Equal(t, r.Summary.Open, x.Summary.Open)
	require.Equal(t, r.Coverage, x.Coverage)
	require.Len(t, x.Findings, len(r.Findings))
	ids := map[string]bool{}
	for i, f := range x.Findings {
		require.Equal(t, r.Findings[i].Rule, f.Rule)
		require.Equal(t, r.Findings[i].Severity, f.Severity)
		require.Equal(t, r.Findings[i].Location.Line, f.Location.Line)
		require.Equal(t, "file-1.yaml", f.Location.File)
		require.False(t, ids[f.ID])
		ids[f.ID] = true
	}
	for _, a := range x.Actions {
		for _, id := range a.Closes {
			require.True(t, ids[id], "%s is the id of a finding", id)
		}
	}
	providers := map[string]bool{"": true}
	for _, p := range x.Providers {
		require.Regexp(t, `^provider-[0-9]+$`, p.ID)
		require.Equal(t, p.ID, p.Name)
		providers[p.ID] = true
	}
	for _, f := range x.Findings {
		require.True(t, providers[f.Provider], f.Provider)
	}
	require.Equal(t, "client", x.Organisation.ID)
	require.InDelta(t, 100, x.Organisation.Value, 0)
	require.Equal(t, "units", x.Organisation.Currency)
	require.InDelta(t, r.Providers[0].Exposure.Hi/r.Organisation.Value*100, x.Providers[0].Exposure.Hi, 0.01)
	require.Equal(t, "withheld", x.Run.CommandLine)
	require.Contains(t, strings.Join(x.Run.Notes, " "), "Redacted for sharing (public)")
	require.Equal(t, r.Rules, x.Rules, "no rule names anybody")
}

// TestRedactForms holds how names are found in sentences.
func TestRedactForms(t *testing.T) {
	r := mining(t)
	inv := &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Name: "Acme Mining Ltd", Domains: []msp.Name{"acme.example", "xn--bcher-kva.example"}},
		Assets:       []msp.Asset{{ID: "mail", Name: "Mail"}, {ID: "x", Name: "Erp Süd"}},
		Providers: []msp.Provider{{
			ID: "nord", Name: "Nord Net GmbH", Domains: []msp.Name{"nordnet.example"}, LegalID: msp.LegalID{Value: "51 824 753 556"},
			Contacts: msp.Contacts{Always: "+61 2 5550 0100"}, Consent: msp.Consent{By: "K. Person, CISO"},
		}},
		Relationships: []msp.Relationship{{Provider: "nord", Alternatives: msp.OptList{Known: true, Values: []string{"Otherwise AG"}}, Access: []msp.Access{{ID: "nord-vpn", Shares: "blue key"}}}},
	}
	for i := range 5 { // a word that many rules use says nothing about an asset
		r.Rules = append(r.Rules, reports.Rule{RuleInfo: msp.RuleInfo{ID: fmt.Sprint("r", i), Title: "Mail can be forged"}})
	}
	r.Findings[0].Review = &reports.FindingReview{Owner: "R. Viewer", Status: "in_progress"}
	r.Errors = []string{
		"ACME Mining and acme mining ltd and acme-mining-ltd", "AcMe's", "bücher.example and XN--BCHER-KVA.example.", "_dmarc.acme.example, portal.acme.example, acme-example.mail.test",
		"Nord Net, nord>acme/mail-desk, nord-vpn, blue key", "mx.nordnet.example", "ABN 51824753556, call +61 2 5550 0100 or K. Person, CISO", "Erp Süd and erp süd", "AUD 4.5M or $12,000",
		"10.0.0.1:53, ip4:10.0.0.2/24, ip6:2001:db8::7, [2001:db8::8]:53", "google-site-verification=AbCdEf0123456789xyz MS=ms12345678", "jane.doe@acme.example", "Otherwise AG instead; R. Viewer",
		"mail is sent; the name northern stays", "teamviewer-sso", "v=spf1 include:spf.thirdparty.example -all",
		"nordnet.example._report._dmarc.thirdparty.example, acme.example._report._dmarc.thirdparty.example, key1._domainkey.acme.example",
	}
	got := func(level reports.Redaction) []string {
		return reports.Redact(r, level, reports.Names{Inventory: inv, Parties: []string{"TeamViewer", "Close"}}).Errors
	}
	public := strings.Join(got(reports.RedactPublic), "\n")
	for _, secret := range []string{"acme", "bücher", "xn--", "nord>", "nord-", "nord net", "nordnet", "blue key", "51824753556", "5550", "person, ciso", "süd", "4.5", "12,000", "10.0.0", "2001:db8", "abcdef", "12345678", "jane", "r. viewer", "otherwise", "teamviewer", "thirdparty"} {
		require.NotContains(t, strings.ToLower(public), secret, secret)
	}
	require.Contains(t, public, "_dmarc.domain-", "service labels stay")
	own := reports.Rename(*r, func(s string) string { return strings.ReplaceAll(s, "access-standing", "acme-standing") })
	require.Contains(t, string(encode(t, reports.Redact(&own, reports.RedactClient, reports.Names{Inventory: inv}))), `"rule": "client-standing"`, "rules of one's own may name the client")
	require.Regexp(t, `host-\d+\._report\._dmarc\.domain-\d+\.example, host-\d+\._report\._dmarc\.domain-\d+\.example, host-\d+\._domainkey\.domain-`, public)
	require.Contains(t, public, "mail is sent; the name northern stays")
	client := got(reports.RedactClient)
	require.Equal(t, "client and client and client", client[0])
	require.Equal(t, "client's", client[1])
	require.Contains(t, client[4], "Nord Net, nord>client/")
	require.Contains(t, client[15], "include:spf.thirdparty.example")
	require.Equal(t, "an amount or an amount", client[8])
	require.NotContains(t, client[16], "acme")
	provider := got(reports.RedactProvider)
	require.Equal(t, "ACME Mining and acme mining ltd and acme-mining-ltd", provider[0])
	require.Contains(t, provider[3], "portal.acme.example")
	require.NotContains(t, provider[15], "thirdparty")
	require.Equal(t, "AUD 4.5M or $12,000", provider[8])
}

// TestRedactPseudonymsAreFree holds that no pseudonym holds a name: one who
// calls an asset "asset-1" is not mistaken for another.
func TestRedactPseudonymsAreFree(t *testing.T) {
	r := mining(t)
	inv := &msp.Inventory{Organisation: msp.Organisation{ID: "client", Name: "Provider"}, Assets: []msp.Asset{{ID: "asset", Name: "domain"}, {ID: "asset-1", Name: "host"}}}
	r.Errors = []string{"client and provider and asset and asset-1 and domain and host"}
	got := reports.Redact(r, reports.RedactPublic, reports.Names{Inventory: inv}).Errors[0]
	for _, w := range []string{"client", "provider", "asset", "domain", "host"} {
		require.NotRegexp(t, regexp.MustCompile(`(^| )`+w+`(-1)?( |$)`), got)
	}
}

// TestRedactClasses holds that the table of field classes names fields that are
// there, so a renamed field cannot fall out of it unseen.
func TestRedactClasses(t *testing.T) {
	fields := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ], fields[typ.Name()] = true, true
			for i := range typ.NumField() {
				fields[typ.Name()+"."+typ.Field(i).Name] = true
				walk(typ.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[reports.Report]())
	table := reports.Classes()
	require.Greater(t, len(table), 80)
	for name := range table {
		require.True(t, fields[name], "%s is no field of the report", name)
	}
}

func TestParseRedaction(t *testing.T) {
	for _, s := range append(reports.Redactions(), "") {
		_, err := reports.ParseRedaction(s)
		require.NoError(t, err)
	}
	_, err := reports.ParseRedaction("all")
	require.ErrorContains(t, err, `unknown level "all"; known: none, client, provider, public`)
}

// TestRedactHostile holds that no text makes it fail, and that what comes out is
// still text.
func TestRedactHostile(t *testing.T) {
	in, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	r := reports.Build(in)
	for _, level := range []reports.Redaction{reports.RedactClient, reports.RedactProvider, reports.RedactPublic} {
		x := reports.Redact(r, level, reports.Names{Inventory: in.Graph.Inventory()})
		require.Len(t, x.Findings, len(r.Findings))
		require.True(t, utf8.Valid(encode(t, x)))
	}
}

func BenchmarkRedact(b *testing.B) {
	in, err := sample.Many(200, 50)
	require.NoError(b, err)
	r := reports.Build(in)
	for b.Loop() {
		reports.Redact(r, reports.RedactPublic, reports.Names{Inventory: in.Graph.Inventory()})
	}
}

func TestRedactGraphs(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	r := reports.Build(in)
	formats := func(level reports.Redaction) map[string]string {
		out := map[string]string{}
		for _, f := range reports.NewRedactor(r, level, reports.Names{Inventory: in.Graph.Inventory()}).Graphs() {
			var b bytes.Buffer
			require.NoError(t, f.Write(&b, in.Graph))
			out[f.Name] = strings.ToLower(b.String())
		}
		return out
	}
	for _, f := range reports.GraphFormats() {
		var b bytes.Buffer
		require.NoError(t, f.Write(&b, in.Graph))
		require.Equal(t, strings.ToLower(b.String()), formats(reports.RedactNone)[f.Name])
	}
	for name, out := range formats(reports.RedactPublic) {
		for _, w := range []string{"ridgeline", "southern", "scada", "pilbara", "plant control", "cloudflare", "mailfilter", "-door"} {
			require.NotContains(t, out, w, name)
		}
		require.Contains(t, out, "asset-1")
	}
	for name, out := range formats(reports.RedactClient) {
		require.NotContains(t, out, "ridgeline", name)
		require.Contains(t, out, "southern", name)
	}
}
