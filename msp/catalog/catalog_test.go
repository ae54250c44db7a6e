package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func defaultTable(t testing.TB) *Catalog {
	t.Helper()
	c, err := Default()
	require.NoError(t, err)
	return c
}

func TestMatch(t *testing.T) {
	c := defaultTable(t)
	tests := []struct {
		name, id, suffix string
		kinds            []string
		claimable        bool
	}{
		{"kim.ns.cloudflare.com", "cloudflare", "ns.cloudflare.com", []string{DNSHost}, true},
		{"www.acme.test.cdn.cloudflare.net", "cloudflare", "cdn.cloudflare.net", []string{CDN, WAF}, false},
		{"abc.trycloudflare.com", "cloudflare", "trycloudflare.com", []string{RemoteAccess}, true},
		{"www.cloudflare.com", "", "", nil, false},
		{"ns-2048.awsdns-63.co.uk", "amazon-web-services", "awsdns-63.co.uk", []string{DNSHost}, true},
		{"ns-1.awsdns-64.com", "", "", nil, false},
		{"ns-1.awsdns-7.com", "", "", nil, false},
		{"acme.ap-southeast-2.elasticbeanstalk.com", "amazon-web-services", "elasticbeanstalk.com", []string{Hosting}, true},
		{"acme.s3.amazonaws.com", "amazon-web-services", "s3.amazonaws.com", []string{Hosting}, true},
		{"ec2-1-2-3-4.ap-southeast-2.compute.amazonaws.com", "amazon-web-services", "amazonaws.com", []string{Hosting}, false},
		{"acme.azurewebsites.net", "microsoft-azure", "azurewebsites.net", []string{DNSHost, Hosting}, true},
		{"azurewebsites.net", "", "", nil, false},
		{"acme-com.mail.protection.outlook.com", "microsoft-365", "mail.protection.outlook.com", []string{Mail}, false},
		{"alt1.aspmx.l.google.com", "google-workspace", "aspmx.l.google.com", []string{Mail}, false},
		{"www.google.com", "", "", nil, false},
		{"acme.screenconnect.com", "connectwise-screenconnect", "screenconnect.com", []string{RemoteAccess, RMM}, true},
		{"screenconnect.com", "", "", nil, false},
		{"www.screenconnect.com", "", "", nil, false},
		{"www.acme.screenconnect.com", "connectwise-screenconnect", "screenconnect.com", []string{RemoteAccess, RMM}, true},
		{"evilscreenconnect.com", "", "", nil, false},
		{"screenconnect.com.evil.test", "", "", nil, false},
		{`acme\.screenconnect.com`, "", "", nil, false},
		{`a\\.screenconnect.com`, "connectwise-screenconnect", "screenconnect.com", []string{RemoteAccess, RMM}, true},
		{"acme.fortiddns.com", "fortinet", "fortiddns.com", []string{DynamicDNS, RemoteAccess}, true},
		{"acme.gpcloudservice.com", "palo-alto-networks", "gpcloudservice.com", []string{RemoteAccess}, false},
		{"acme.cloud.com", "citrix", "cloud.com", []string{RemoteAccess}, false},
		{"acme.ivanticloud.com", "ivanti", "ivanticloud.com", []string{RMM}, false},
		{"acme.itsaol.com", "changeip", "itsaol.com", []string{DynamicDNS}, true},
		{"acme.3322.org", "pubyun", "3322.org", []string{DynamicDNS}, true},
		{"ns1.nameserver.net.au", "ventraip", "nameserver.net.au", []string{DNSHost}, true},
		{"ns2.partnerconsole.net", "tpp-wholesale", "partnerconsole.net", []string{DNSHost, Hosting, Mail}, true},
		{"mx1.acme.mailguard.com.au", "mailguard", "mailguard.com.au", []string{MailSecurity}, false},
		{"au-smtp-inbound-1.mimecast.com", "mimecast", "mimecast.com", []string{MailSecurity}, false},
		{".", "", "", nil, false},
		{"", "", "", nil, false},
		{"com", "", "", nil, false},
	}
	for _, tt := range tests {
		m, ok := c.Match(msp.Name(tt.name))
		require.Equal(t, tt.id != "", ok, "%s: %s", tt.name, m.Entry.ID)
		require.Equal(t, tt.id, m.Entry.ID, tt.name)
		require.Equal(t, msp.Name(tt.suffix), m.Suffix.Name, tt.name)
		require.ElementsMatch(t, tt.kinds, m.Kinds, tt.name)
		require.Equal(t, tt.claimable, m.Suffix.Claimable, tt.name)
	}
}

func TestParty(t *testing.T) {
	c := defaultTable(t)
	tests := []struct{ name, id, party string }{
		{"kim.ns.cloudflare.com", "cloudflare", "Cloudflare"},
		{"www.cloudflare.com", "cloudflare", "Cloudflare"}, // its own domain
		{"letsencrypt.org", "letsencrypt", "Let's Encrypt"},
		{"ns1.acme.com.au", "acme.com.au", "acme.com.au"},
		{"x.acme.unlisted", "acme.unlisted", "acme.unlisted"},
		{"tenant.uk.com", "uk.com", "uk.com"}, // a private suffix owns nothing for its tenants
		{"com.au", "", ""},
		{"au", "", ""},
		{".", "", ""},
	}
	for _, tt := range tests {
		id, name, ok := c.Party(msp.Name(tt.name))
		require.Equal(t, tt.id, id, tt.name)
		require.Equal(t, tt.party, name)
		require.Equal(t, tt.id != "", ok)
	}
}

func TestToken(t *testing.T) {
	c := defaultTable(t)
	for txt, id := range map[string]string{
		"MS=ms12345678":                           "microsoft-365",
		"ms=ms1":                                  "microsoft-365",
		"MS=":                                     "",
		"  google-site-verification=x ":           "google",
		"asuid=0123":                              "microsoft-azure", // amass gives it to Google
		"teamviewer-sso-verification=0":           "teamviewer",
		"TAILSCALE-abc":                           "tailscale",
		"anthropic-domain-verification-a1b2c3=x":  "anthropic",
		"logmein-domain-confirmation=x":           "goto",
		"paloaltonetworks-site-verification=x":    "palo-alto-networks",
		"pardot801473=19f8":                       "pardot",
		"pardot":                                  "",
		"pardot=":                                 "",
		"acme.azurewebsites.net":                  "microsoft-azure",
		".azurewebsites.net":                      "",
		"v=spf1 include:sendgrid.net -all":        "",
		"v=DMARC1; p=none":                        "",
		"see also: google-site-verification=x":    "",
		"not-google-site-verification=x":          "",
		"":                                        "",
		"random words":                            "",
		"zoom_verify_abc":                         "zoom",
		"webexdomainverification.x=1":             "cisco-webex",
		"atlassian-sending-domain-verification=1": "atlassian",
		"status-page-domain-verification=1":       "statuspage",
		"zscaler-verification-42108621-10312025-7GNw9T": "zscaler",
	} {
		e, ok := c.Token(txt)
		require.Equal(t, id != "", ok, "%q: %s", txt, e.ID)
		require.Equal(t, id, e.ID, "%q", txt)
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"a*b", "axb", true},
		{"a*b", "ab", false},
		{"a*b", "axbx", false},
		{"a*b", "abb", true},
		{"*.net", "x.net", true},
		{"*.net", ".net", false},
		{"a*", "ab", true},
		{"a*", "a", false},
		{"a*b*c", "axbxc", true},
		{"a*b*c", "abbxc", true},
		{"a*b*c", "abc", false},
		{"a*b*c", "axbc", false},
		{"a*b*c", "axbbc", true},
		{"a*b*c", "a", false},
	} {
		require.Equal(t, tt.want, glob(tt.pattern, tt.s), "%s %s", tt.pattern, tt.s)
	}
}

func TestEntries(t *testing.T) {
	c := defaultTable(t)
	list := c.Entries()
	list[0].ID = "changed"
	e, ok := c.Entry(c.Entries()[0].ID)
	require.True(t, ok)
	require.NotEqual(t, "changed", e.ID, "the list is a copy")
	_, ok = c.Entry("no-such-entry")
	require.False(t, ok)
	for _, id := range []string{"cloudflare", "amazon-web-services", "microsoft-365", "microsoft-azure", "google-cloud", "imperva", "fastly", "akamai", "edgio", "oracle-cloud"} {
		_, ok := c.Entry(id)
		require.True(t, ok, id)
	}
}

func TestExtend(t *testing.T) {
	base := defaultTable(t)
	over := load(t, `
version: 1
entries:
  - {id: acme-dns, name: Acme DNS, kinds: [dns_host], suffixes: [ns.acme.test, ns.cloudflare.com], tokens: ["ms="], aliases: [github.com], source: own}
  - {id: mimecast, name: Mimecast (own), kinds: [mail], suffixes: ["*.mimecast.test"], source: own}
`)
	c := base.Extend(over)
	expect := func(name msp.Name, id string) {
		t.Helper()
		m, _ := c.Match(name)
		require.Equal(t, id, m.Entry.ID, "%s", name)
	}
	expect("x.ns.acme.test", "acme-dns")
	expect("kim.ns.cloudflare.com", "acme-dns")
	expect("x.pages.dev", "cloudflare")
	expect("x.mimecast.com", "")
	expect("x.mimecast.test", "mimecast")
	e, _ := c.Token("MS=ms1")
	require.Equal(t, "acme-dns", e.ID)
	id, _, _ := c.Party("www.github.com")
	require.Equal(t, "acme-dns", id)
	require.Len(t, c.Entries(), len(base.Entries())+1)
	require.NotEqual(t, base.Hash(), c.Hash())
	expectBase, _ := base.Match("kim.ns.cloudflare.com")
	require.Equal(t, "cloudflare", expectBase.Entry.ID, "the base is left as it was")
}

func TestHash(t *testing.T) {
	require.Equal(t, defaultTable(t).Hash(), defaultTable(t).Hash())
	one := load(t, "version: 1\nentries:\n  - {id: a, name: A, kinds: [cdn], aliases: [a.test], source: s}\n  - {id: b, name: B, kinds: [cdn], aliases: [b.test], source: s}\n")
	two := load(t, "# another order\nentries:\n- {source: s, id: b, name: B, kinds: [cdn], aliases: [b.test]}\n- {id: a, name: A, kinds: [cdn], aliases: [a.test], source: s}\nversion: 1\n")
	require.Equal(t, one.Hash(), two.Hash())
	three := load(t, "version: 1\nentries:\n  - {id: a, name: A, kinds: [waf], aliases: [a.test], source: s}\n  - {id: b, name: B, kinds: [cdn], aliases: [b.test], source: s}\n")
	require.NotEqual(t, one.Hash(), three.Hash())
}

func BenchmarkMatch(b *testing.B) {
	c := defaultTable(b)
	names := []msp.Name{"kim.ns.cloudflare.com", "a.b.c.d.e.acme.example", "acme-com.mail.protection.outlook.com", "www.acme.com.au"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Match(names[i%len(names)])
	}
}

func BenchmarkToken(b *testing.B) {
	c := defaultTable(b)
	for b.Loop() {
		c.Token("some-vendor-unknown-verification=0123456789abcdef")
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		if _, err := Default(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOwner: a registrable domain stands for the one entry that is behind it.
func TestOwner(t *testing.T) {
	c, err := Default()
	require.NoError(t, err)
	require.Equal(t, "mimecast", c.Owner("mimecast.com"))
	require.Empty(t, c.Owner("example.com"))
	require.Empty(t, c.Owner("www.mimecast.com"), "no registrable domain")
	contested := build([]Entry{{ID: "a", Suffixes: []Suffix{{Name: "x.shared.com"}}}, {ID: "b", Suffixes: []Suffix{{Name: "y.shared.com"}}, Aliases: []msp.Name{"named.com"}}, {ID: "c", Suffixes: []Suffix{{Name: "z.named.com"}}}})
	require.Empty(t, contested.Owner("shared.com"))
	require.Equal(t, "b", contested.Owner("named.com"), "what an entry names as its own counts")
}
