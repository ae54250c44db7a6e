//go:build servers

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// isHosted reports whether a zone is none of a registry.
func isHosted(origin string) bool { return !isRegistry(origin) }

// zoneTexts gives the zones of the matrix, the deepest first, without SOA and NS.
func zoneTexts() []struct{ origin, text string } {
	return []struct{ origin, text string }{
		{"acme.example", `
ns1 A 192.0.2.21
ns2 A 192.0.2.22
@ A 198.51.100.10
www CNAME @
@ MX 10 mail
mail A 198.51.100.25
@ TXT "v=spf1 mx include:_spf.acme.example -all"
@ TXT "google-site-verification=rXOxyZounnZasA8Z7oaD3c14JdjS9aKSWvsR1EbUSIQ"
_spf TXT "v=spf1 ip4:198.51.100.0/24 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@acme.example"
@ CAA 0 issue "letsencrypt.org"
_mta-sts TXT "v=STSv1; id=20260101"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@acme.example"
_25._tcp.mail TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
`},
		{"wild.example", "* A 198.51.100.30\n"},
		{"empty.example", "@ A 198.51.100.40\n"},
		{"plain.example", "@ A 198.51.100.50\n"},
		{"example", `
a.nic A 192.0.2.1
acme NS ns1.acme
acme NS ns2.acme
ns1.acme A 192.0.2.21
ns2.acme A 192.0.2.22
wild NS ns1.acme
wild NS ns2.acme
empty NS ns1.acme
empty NS ns2.acme
plain NS ns1.acme
plain NS ns2.acme
`},
		{".", "a.rootns A 192.0.2.1\nexample NS a.nic.example.\na.nic.example A 192.0.2.1\n"},
	}
}

// signedZones writes the zones, signed but for plain.example, and the root's key
// as "anchor"; it gives their folder.
func signedZones(t *testing.T, dir string) string {
	dir = filepath.Join(dir, "zones")
	keys := filepath.Join(dir, "keys")
	require.NoError(t, os.MkdirAll(keys, 0o700))
	for _, z := range zoneTexts() {
		name := z.origin
		if name == "." {
			name = "root"
		}
		ns := map[string]string{"root": "@ NS a.rootns.\n", "example": "@ NS a.nic\n"}[name]
		if ns == "" {
			ns = "@ NS ns1.acme.example.\n@ NS ns2.acme.example.\n"
		}
		origin := strings.TrimSuffix(z.origin, ".") + "."
		text := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns1.acme.example. hostmaster.acme.example. 7 3600 600 86400 300\n%s%s", origin, ns, z.text)
		file := filepath.Join(dir, name+".zone")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		if z.origin != "plain.example" {
			key := sign(t, keys, origin, file)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "anchor"), key, 0o600)) // the root's is last
		}
	}
	return dir
}

// sign replaces a zone file by its signed form and gives the zone's public key.
func sign(t *testing.T, keys, origin, file string) []byte {
	out, err := exec.Command("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", keys, origin).CombinedOutput()
	require.NoError(t, err, string(out))
	command(t, "dnssec-signzone", "-S", "-z", "-g", "-K", keys, "-d", keys, "-o", origin, "-f", file+".signed", file)
	require.NoError(t, os.Rename(file+".signed", file))
	key, err := os.ReadFile(filepath.Join(keys, strings.TrimSpace(string(out))+".key"))
	require.NoError(t, err)
	return key
}

// transfers names the zone that anybody may transfer.
const transfers = "acme.example"

func serveNSD(t *testing.T, dir, name, zones string, want func(string) bool, at ...string) {
	dir = filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	conf := fmt.Sprintf("server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  zonesdir: %q\n  hide-version: no\n", zones)
	conf += fmt.Sprintf("  pidfile: \"%[1]s/nsd.pid\"\n  zonelistfile: \"%[1]s/zone.list\"\n  xfrdfile: \"%[1]s/xfrd.state\"\n", dir)
	for _, a := range at {
		conf += "  ip-address: " + a + "\n"
	}
	conf += "remote-control:\n  control-enable: no\n"
	for _, file := range zoneFiles(t, zones) {
		if !want(origin(file)) {
			continue
		}
		conf += fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", origin(file), file)
		if origin(file) == transfers {
			conf += "  provide-xfr: 0.0.0.0/0 NOKEY\n"
		}
	}
	path := filepath.Join(dir, "nsd.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, at[0]+":53", "nsd", "-d", "-c", path)
}

func serveBIND(t *testing.T, dir, name, zones string, want func(string) bool, at ...string) {
	dir = filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	conf := fmt.Sprintf(`options {
  directory %[1]q; pid-file "%[1]s/named.pid"; session-keyfile "%[1]s/session.key"; managed-keys-directory %[1]q;
  listen-on port 53 { %[2]s; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; allow-transfer { none; }; minimal-responses no;
};
controls { };
`, dir, strings.Join(at, "; "))
	for _, file := range zoneFiles(t, zones) {
		if !want(origin(file)) {
			continue
		}
		who := "none"
		if origin(file) == transfers {
			who = "any"
		}
		conf += fmt.Sprintf("zone %q { type primary; file %q; allow-transfer { %s; }; };\n", origin(file), filepath.Join(zones, file), who)
	}
	path := filepath.Join(dir, "named.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, at[0]+":53", "named", "-g", "-c", path, "-n", "1")
}

func serveKnot(t *testing.T, dir, name, zones string, want func(string) bool, at ...string) {
	dir = filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	var listen []string
	for _, a := range at {
		listen = append(listen, a+"@53")
	}
	conf := fmt.Sprintf("server:\n  listen: [%s]\n  rundir: %[2]q\n  version: \"Knot DNS\"\ndatabase:\n  storage: %[2]q\ncontrol:\n  listen: \"%[2]s/knot.sock\"\n", strings.Join(listen, ", "), dir)
	conf += "log:\n  - target: stderr\n    any: warning\nacl:\n  - id: anybody\n    address: 0.0.0.0/0\n    action: transfer\n"
	conf += fmt.Sprintf("template:\n  - id: default\n    storage: %q\n    zonefile-sync: -1\n    journal-content: none\nzone:\n", zones)
	for _, file := range zoneFiles(t, zones) {
		if !want(origin(file)) {
			continue
		}
		conf += fmt.Sprintf("  - domain: %s\n    file: %s\n", origin(file), file)
		if origin(file) == transfers {
			conf += "    acl: anybody\n"
		}
	}
	path := filepath.Join(dir, "knot.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, at[0]+":53", "knotd", "-c", path)
}
