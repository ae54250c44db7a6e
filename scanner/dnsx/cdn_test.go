package dnsx

import (
	"context"
	"strings"
	"testing"

	"github.com/projectdiscovery/cdncheck"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func TestCDNProbe(t *testing.T) {
	const name msp.Name = "www.acme.test"
	a := func(addrs ...string) scanner.Answer {
		var lines []string
		for _, addr := range addrs {
			lines = append(lines, string(name)+" A "+addr)
		}
		return fakedns.Found(lines...)
	}
	alias := func(ans scanner.Answer, to ...msp.Name) scanner.Answer {
		return fakedns.Alias(ans, append([]msp.Name{name}, to...)...)
	}
	nodata := fakedns.None("NOERROR", "acme.test")
	item := func(value, kind, provider string) fact.CDNItem {
		return fact.CDNItem{Value: value, Kind: kind, Provider: provider}
	}
	tests := []struct {
		name    string
		a, aaaa scanner.Answer
		outcome fact.Outcome
		reason  string
		items   []fact.CDNItem
	}{
		{"nothing known", a("192.0.2.1"), nodata, fact.Absent, "", nil},
		{"waf", a("104.16.1.1", "192.0.2.1"), nodata, fact.Present, "", []fact.CDNItem{item("104.16.1.1", "waf", "cloudflare")}},
		{"IPv6 only", nodata, fakedns.Found(string(name) + " AAAA 2606:4700::1"), fact.Unknown, "no_ipv6_ranges", nil},
		{"cloud", a("3.5.140.1"), nodata, fact.Present, "", []fact.CDNItem{item("3.5.140.1", "cloud", "amazon-web-services")}},
		{"cdn by range", a("151.101.1.1"), nodata, fact.Present, "", []fact.CDNItem{item("151.101.1.1", "cdn", "fastly")}},
		{
			"targets", alias(a("192.0.2.1"), "acme.edgekey.net", "e1.akamaiedge.net"), nodata, fact.Present, "",
			[]fact.CDNItem{item("acme.edgekey.net", "cdn", "akamai"), item("e1.akamaiedge.net", "cdn", "akamai")},
		},
		{"one target of two tables", alias(a("192.0.2.1"), "acme.edgesuite.net"), nodata, fact.Present, "", []fact.CDNItem{item("acme.edgesuite.net", "cdn", "akamai")}},
		{"cloudfront", alias(a("192.0.2.1"), "d1.cloudfront.net"), nodata, fact.Present, "", []fact.CDNItem{item("d1.cloudfront.net", "cdn", "amazon-web-services")}},
		{"bucket", alias(a("192.0.2.1"), "acme.s3.amazonaws.com"), nodata, fact.Present, "", []fact.CDNItem{item("acme.s3.amazonaws.com", "cloud", "amazon-web-services")}},
		{"waf target", alias(a("192.0.2.1"), "acme.impervadns.net"), nodata, fact.Present, "", []fact.CDNItem{item("acme.impervadns.net", "waf", "imperva")}},
		{"no substring", alias(a("192.0.2.1"), "notfastly.net"), nodata, fact.Absent, "", nil},
		{"a name the library cannot read", alias(a("192.0.2.1"), "com"), nodata, fact.Absent, "", nil},
		{"none and half unknown", a("192.0.2.1"), fakedns.Unknown("servfail"), fact.Unknown, "servfail", nil},
		{"found and half unknown", a("104.16.1.1"), fakedns.Unknown("servfail"), fact.Present, "servfail", []fact.CDNItem{item("104.16.1.1", "waf", "cloudflare")}},
		{"unknown", fakedns.Unknown("timeout"), fakedns.Unknown("servfail"), fact.Unknown, "timeout", nil},
		{"no such name", fakedns.None("NXDOMAIN", "acme.test"), fakedns.None("NXDOMAIN", "acme.test"), fact.Absent, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &fakedns.Resolver{Table: map[string]scanner.Answer{string(name) + " A": tt.a, string(name) + " AAAA": tt.aaaa}}
			f := CDNProbe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Probe: fact.ProbeCDN, Name: name})
			var got fact.CDN
			require.NoError(t, f.Decode(&got))
			require.Equal(t, fact.CDN{Name: name, Items: tt.items}, got)
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			require.Equal(t, []string{string(name) + " A", string(name) + " AAAA"}, r.Asked())
		})
	}
}

// TestParties holds that each provider the library knows is an entry of the
// catalogue.
func TestParties(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	list := strings.Split(strings.Join([]string{
		cdncheck.DefaultCDNProviders, cdncheck.DefaultWafProviders, cdncheck.DefaultCloudProviders,
		"akamai", "amazon", "cloudflare", "edgecast", "fastly", "incapsula",
	}, ", "), ", ")
	require.Greater(t, len(list), 10)
	for _, provider := range list {
		_, ok := cat.Entry(partyOf(provider))
		require.True(t, ok, "%s", provider)
	}
}

func BenchmarkNewClassifier(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newClassifier(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Probe([]string{"192.0.2.53:53"}, nil)
	}
}
