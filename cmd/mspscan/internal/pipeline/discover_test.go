package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

func discover(t *testing.T, zones, file string, domains ...string) (out, errs string, err error) {
	var stdout, stderr bytes.Buffer
	err = Discover(context.Background(), Config{Zones: zones, Ranks: 2}, Streams{Out: &stdout, Err: &stderr}, domains, file)
	return stdout.String(), stderr.String(), err
}

// TestDiscover drafts Acme from its zone files.
func TestDiscover(t *testing.T) {
	zones, file := world(t, ""), filepath.Join(t.TempDir(), "draft.yaml")
	out, said, err := discover(t, zones, file, "acme.test", "ACME.test.")
	require.NoError(t, err)
	require.Empty(t, out)
	require.Contains(t, said, "1 domain, ")
	require.Contains(t, said, "4 providers, 2 hosts")
	require.Contains(t, said, "mspscan scan "+file)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	inv, diags := inventory.Decode([]inventory.File{{Name: "draft.yaml", Data: text}})
	require.Empty(t, diags, string(text))
	require.Equal(t, "acme", inv.Organisation.ID)
	require.Equal(t, []msp.Name{"support.acme.test", "www.acme.test"}, inv.Organisation.Hosts)
	found := map[string]string{}
	for _, r := range inv.Relationships {
		require.False(t, r.AccessStated)
		found[r.Provider+">"+r.Customer] = r.Service + " " + strings.Join(r.DNSServices, "+")
	}
	require.Equal(t, map[string]string{
		"host-test>acme": "DNS hosting, web hosting dns+web", "filter-test>acme": "mail, sending mail mail",
		"reports-test>acme": "mail reports ", "connectwise-screenconnect>acme": "remote access web",
	}, found)
	for _, line := range []string{
		"# yaml-language-server: $schema=mspscan-inventory.schema.json\n", "  # acme.test MX mx.filter.test\n",
		"  # support.acme.test CNAME acme.screenconnect.com\n", "    access: unknown\n", "# - filter.test: which doors does it have into you",
	} {
		require.Contains(t, string(text), line)
	}

	again, said, err := discover(t, zones, "", "acme.test")
	require.NoError(t, err)
	require.Equal(t, string(text), again, "the same answers give the same draft")
	require.Contains(t, said, "-o FILE")
	_, _, err = discover(t, zones, file, "acme.test")
	require.ErrorContains(t, err, "is there already")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, text, kept, "a file is never overwritten")
	_, _, err = discover(t, zones, filepath.Join(t.TempDir(), "no", "folder.yaml"), "acme.test")
	require.Error(t, err)
}

// TestDiscoverInTheDark holds that silence gives questions, not a clean draft.
func TestDiscoverInTheDark(t *testing.T) {
	text, said, err := discover(t, world(t, "192.0.2.52 servfail\n"), "", "acme.test")
	require.NoError(t, err)
	require.NotContains(t, said, "(0 without a clean answer)")
	require.Contains(t, text, "# - mx of acme.test could not be looked at (servfail); run this again later.\n")
}

// TestDiscoverSample drafts the sample's organisation.
func TestDiscoverSample(t *testing.T) {
	text, _, err := discover(t, "../../../../testdata/ridgeline/zones", "", "ridgeline.example")
	require.NoError(t, err)
	inv, diags := inventory.Decode([]inventory.File{{Name: "draft.yaml", Data: []byte(text)}})
	require.Empty(t, diags, text)
	require.NotEmpty(t, inv.Relationships)
	require.Contains(t, text, "id: mimecast")
}

func TestDiscoverRefuses(t *testing.T) {
	for arg, want := range map[string]string{"": "empty", "com.au": "public suffix", "https://acme.example/": "not a domain name", "localhost": "single label"} {
		_, _, err := discover(t, t.TempDir(), "", arg)
		require.ErrorContains(t, err, want, arg)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, CodeUsage, e.Code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := Discover(ctx, Config{Zones: world(t, ""), Ranks: 2}, Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, []string{"acme.test"}, "")
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, CodeInterrupt, e.Code)
}

// seen makes a graph of an organisation alone from facts.
func seen(t *testing.T, facts ...fact.Fact) *graph.Graph {
	cat, err := catalog.Default()
	require.NoError(t, err)
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{
		ID: "acme", Name: "acme.com.au", Domains: []msp.Name{"acme.com.au"}, Hosts: []msp.Name{"www.acme.com.au", "vpn.acme.com.au", "mail.acme.com.au"},
	}}
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	for _, f := range facts {
		require.NoError(t, g.Apply(f))
	}
	return g
}

func observe(t *testing.T, probe string, name msp.Name, o fact.Outcome, data any) fact.Fact {
	raw, err := json.Marshal(data)
	require.NoError(t, err)
	f := fact.Fact{Task: fact.Task{Probe: probe, Name: name}, Outcome: o, Data: raw, At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	if o == fact.Unknown {
		f.Reason = "timeout"
	}
	f.Seal()
	return f
}

func acmeFacts(t *testing.T) []fact.Fact {
	return []fact.Fact{
		observe(t, fact.ProbeMX, "acme.com.au", fact.Present, fact.MX{Domain: "acme.com.au", Hosts: []fact.MXHost{
			{Host: "mx.filter.test", Outcome: fact.Present}, {Host: "mx2.acme.com.au", Outcome: fact.Present}, {Host: "mx.gone.test", Outcome: fact.Absent, Rcode: "NXDOMAIN"},
		}}),
		observe(t, fact.ProbeDelegation, "acme.com.au", fact.Present, fact.Delegation{Zone: "acme.com.au", ParentNS: []msp.Name{"ns1.acme.test"}}),
		observe(t, fact.ProbeDelegation, "filter.test", fact.Present, fact.Delegation{Zone: "filter.test", ParentNS: []msp.Name{"anna.ns.cloudflare.com"}}),
		observe(t, fact.ProbeDelegation, "cloudflare.com", fact.Present, fact.Delegation{Zone: "cloudflare.com", ParentNS: []msp.Name{"ns.filter.test"}}),
		observe(t, fact.ProbeHosts, "www.acme.com.au", fact.Present, fact.Hosts{Name: "www.acme.com.au", Addresses: []string{"192.0.2.1"}}),
		observe(t, fact.ProbeHosts, "mail.acme.com.au", fact.Absent, fact.Hosts{Name: "mail.acme.com.au"}),
		observe(t, fact.ProbeHosts, "vpn.acme.com.au", fact.Present, fact.Hosts{Name: "vpn.acme.com.au", Chain: []fact.Hop{{From: "vpn.acme.com.au", To: "gw.acme.com.au"}, {From: "gw.acme.com.au", To: "acme.dyndns.org"}}}),
		observe(t, fact.ProbeWildcard, "acme.com.au", fact.Present, fact.Wildcard{Zone: "acme.com.au", Resolved: 2, Targets: []string{"192.0.2.1"}}),
		observe(t, fact.ProbeTokens, "acme.com.au", fact.Present, fact.Tokens{Domain: "acme.com.au", Texts: []string{"atlassian-domain-verification=x"}}),
		observe(t, fact.ProbeCAA, "acme.com.au", fact.Unknown, fact.CAA{}),
	}
}

func TestDraftOfFacts(t *testing.T) {
	d := newDiscovery(seen(t, acmeFacts(t)...)).draft()
	inv, diags := inventory.Decode([]inventory.File{{Name: "d.yaml", Data: d.YAML()}})
	require.Empty(t, diags, string(d.YAML()))
	require.Equal(t, []msp.Name{"gw.acme.com.au", "mx2.acme.com.au", "vpn.acme.com.au"}, inv.Organisation.Hosts,
		"not www, which the wildcard makes, nor mail, which is not there")
	served := map[string]string{}
	for _, r := range inv.Relationships {
		served[r.Provider+">"+r.Customer] = r.Service
	}
	require.Equal(t, map[string]string{
		"acme-test>acme": "DNS hosting", "filter-test>acme": "mail", "cloudflare>filter-test": "DNS hosting", "filter-test>cloudflare": "DNS hosting",
	}, served, "deeper ranks, and a circle")
	asked := strings.Join(d.Questions, "\n")
	for _, want := range []string{
		"acme.com.au MX mx.gone.test: the name does not exist any more",
		"gw.acme.com.au CNAME acme.dyndns.org: a dynamic-DNS name",
		"account at Atlassian", "caa of acme.com.au could not be looked at (timeout)", "filter.test: which doors",
	} {
		require.Contains(t, asked, want)
	}
	require.NotContains(t, asked, "Cloudflare: which doors does it have into you", "it serves another")
}

// TestDraftDeclares holds that a scan of the draft finds every party that the
// draft was made of declared, with its relationship.
func TestDraftDeclares(t *testing.T) {
	facts := acmeFacts(t)
	draft := newDiscovery(seen(t, facts...)).draft()
	inv, diags := inventory.Decode([]inventory.File{{Name: "d.yaml", Data: draft.YAML()}})
	require.Empty(t, diags)
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	for _, f := range facts {
		require.NoError(t, g.Apply(f))
	}
	checked := 0
	for _, dep := range g.Dependencies() {
		if dep.Dead || dep.Trust == msp.TrustVerify || slices.Contains(dep.Kinds, catalog.DynamicDNS) {
			continue
		}
		require.True(t, dep.Declared && dep.Relationship, "%s relies on %s: %v", dep.From, dep.To, dep.Chain)
		checked++
	}
	require.Equal(t, 4, checked)
}

func TestDiscoverNoSuchDomain(t *testing.T) {
	text, said, err := discover(t, "../../../../testdata/ridgeline/zones", "", "nosuch.example")
	require.NoError(t, err)
	require.Contains(t, text, "nosuch.example does not exist, as its parent answers (NXDOMAIN)")
	require.NotContains(t, text, "run this again later")
	require.Contains(t, said, "nosuch.example does not exist (NXDOMAIN)")
}
