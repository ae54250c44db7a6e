package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
)

// worldZones is a small Internet: Acme, who serves it, and nobody else.
const worldZones = `
== acme.test
@ NS ns3.host.test.
@ MX 10 mx.filter.test.
@ TXT "v=spf1 include:_spf.filter.test ~all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:r@reports.test"
www CNAME site.host.test.
support CNAME acme.screenconnect.com.
== host.test
@ NS ns1.host.test.
@ NS ns2.host.test.
ns1 A 192.0.2.50
ns2 A 192.0.2.51
ns3 A 192.0.2.52
site A 192.0.2.60
== filter.test
@ NS ns1.host.test.
@ NS ns2.host.test.
mx A 192.0.2.70
_spf TXT "v=spf1 ip4:192.0.2.70 -all"
== other.test
@ NS ns1.host.test.
mx A 192.0.2.71
== reports.test
@ NS ns1.host.test.
acme.test._report._dmarc TXT "v=DMARC1"
== screenconnect.com
@ NS ns1.host.test.
acme A 192.0.2.80
`

// world writes the zone files, with changes of old by new, and gives their
// folder. servers says how single servers behave.
func world(t *testing.T, servers string, changes ...string) string {
	dir := t.TempDir()
	text := strings.NewReplacer(changes...).Replace(worldZones)
	for _, part := range strings.Split(text, "\n== ")[1:] {
		name, records, _ := strings.Cut(part, "\n")
		head := "$ORIGIN " + name + ".\n$TTL 300\n@ SOA ns1.host.test. hostmaster 1 3600 900 604800 300\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".zone"), []byte(head+records+"\n"), 0o600))
	}
	if servers != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "servers.txt"), []byte(servers), 0o600))
	}
	return dir
}

const worldInventory = `version: 1
organisation: {id: acme, name: Acme, domains: [acme.test], hosts: [www.acme.test]}
assets: [{id: ad, name: AD, kind: identity, criticality: critical}]
providers:
  - {id: north, name: North, kind: msp, domains: [host.test]}
relationships:
  - provider: north
    service: desktop
    access: [{id: vpn, kind: vpn, reaches: [ad], controls: {mfa: MFA}}]
`

// scanned scans the world and gives the report and the error.
func scanned(t *testing.T, cfg Config, mfa string) (*reports.Report, string, error) {
	inv := filepath.Join(t.TempDir(), "inventory.yaml")
	require.NoError(t, os.WriteFile(inv, []byte(strings.ReplaceAll(worldInventory, "MFA", mfa)), 0o600))
	var out, errs bytes.Buffer
	cfg.Inventories, cfg.Ranks, cfg.Outputs = []string{inv}, 2, []Output{{"json", "-"}}
	err := Scan(context.Background(), cfg, Streams{Out: &out, Err: &errs})
	if out.Len() == 0 {
		return nil, errs.String(), err
	}
	r, readErr := reports.Read(&out)
	require.NoError(t, readErr)
	return r, errs.String(), err
}

// states gives rule and subject of each finding of some rules with its state.
func statesOf(r *reports.Report, rules ...string) map[string]msp.FindingState {
	out := map[string]msp.FindingState{}
	for _, f := range r.Findings {
		for _, rule := range rules {
			if f.Rule == rule {
				out[rule+" "+f.Subject.ID] = f.State
			}
		}
	}
	return out
}
