//go:build servers

package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/journal"
)

// The simulated portfolio: organisations that lean on shared providers, which lean
// on hosts of DNS and of mail.
const (
	sharedProviders = 2000
	providersEach   = 10
)

// TestPortfolioScale scans simulated portfolios end to end against NSD and Unbound
// and prints what each cost. ORGS lists the sizes, MSPSCAN is the binary; without
// it the scan runs in the test's process, for profiles. See .ci/bench-portfolio.sh.
func TestPortfolioScale(t *testing.T) {
	var sizes []int
	for _, f := range strings.Fields(os.Getenv("ORGS")) {
		n, err := strconv.Atoi(f)
		require.NoError(t, err)
		sizes = append(sizes, n)
	}
	require.NotEmpty(t, sizes, "ORGS names no size; run .ci/bench-portfolio.sh")
	dir := t.TempDir()
	if kept := os.Getenv("SCALE_DIR"); kept != "" {
		dir = kept
	}
	zones, addresses := scaleZones(t, dir, slices.Max(sizes))
	loopback(t, slices.Concat(addresses, []string{registryAt, registryBehind}))
	scaleNSD(t, dir, "registry", zones, isRegistry, registryAt, registryBehind)
	scaleNSD(t, dir, "hosts", zones, isHosted, addresses...)
	fmt.Println("| organisations | time | CPU s | peak RSS MiB | queries | queries an organisation | checks asked | checks taken over | journals MiB | reports MiB | organisations/s |")
	fmt.Println("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for i, n := range sizes {
		startUnbound(t, unbound{dir: filepath.Join(dir, fmt.Sprintf("unbound%d", i)), at: fmt.Sprintf("127.0.0.%d", 60+i)})
		scaleRun(t, filepath.Join(dir, strconv.Itoa(n)), n, fmt.Sprintf("127.0.0.%d", 60+i))
	}
}

// scaleRun scans so many organisations and prints a row.
func scaleRun(t *testing.T, dir string, n int, resolver string) {
	scaleInventories(t, dir, n)
	args := []string{
		"scan", filepath.Join(dir, "inventories"), "--resolver", resolver, "--rate", "50000", "--rate-per-server", "50000", "--now", sampleNow,
		"--journal", filepath.Join(dir, "journals"), "-o", "json=" + filepath.Join(dir, "reports", "{id}.json"),
		"-o", "json=" + filepath.Join(dir, "portfolio.json"), "-o", "md=" + filepath.Join(dir, "portfolio.md"),
	}
	begin := time.Now()
	var said []byte
	var err error
	rss, cpu := int64(0), time.Duration(0)
	if binary := os.Getenv("MSPSCAN"); binary != "" {
		cmd := exec.Command(binary, args...)
		said, err = cmd.CombinedOutput()
		require.NoError(t, err, string(said))
		rss = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	} else {
		var out bytes.Buffer
		require.Zero(t, run2(args, &out, &out), out.String())
		said = out.Bytes()
	}
	wall := time.Since(begin)
	asked, taken := scaleSaid(t, string(said))
	queries := scaleQueries(t, filepath.Join(dir, "journals"), n)
	fmt.Printf("| %d | %s | %.0f | %.0f | %d | %.1f | %d | %d | %.0f | %.0f | %.1f |\n", n, wall.Round(time.Second), cpu.Seconds(), float64(rss)/1024,
		queries, float64(queries)/float64(n), asked, taken, sizeOf(t, filepath.Join(dir, "journals")), sizeOf(t, filepath.Join(dir, "reports")), float64(n)/wall.Seconds())
}

// scaleSaid reads the counts of checks from what the scan says.
func scaleSaid(t *testing.T, said string) (asked, taken int) {
	at := strings.Index(said, "Checks asked: ")
	require.GreaterOrEqual(t, at, 0, said)
	_, err := fmt.Sscanf(said[at:], "Checks asked: %d; taken over from another organisation: %d", &asked, &taken)
	require.NoError(t, err, said)
	return asked, taken
}

// scaleQueries counts the exchanges in the journals, each once however many
// organisations cite it.
func scaleQueries(t *testing.T, dir string, n int) int {
	files, err := filepath.Glob(filepath.Join(dir, "*.ndjson.gz"))
	require.NoError(t, err)
	require.Len(t, files, n)
	seen, seed := map[uint64]bool{}, maphash.MakeSeed()
	for _, f := range files {
		r, err := journal.Open(f)
		require.NoError(t, err)
		require.True(t, r.End.Complete, f)
		for _, f := range r.Facts {
			for _, q := range f.Queries {
				seen[maphash.Comparable(seed, q)] = true
			}
		}
	}
	return len(seen)
}

func sizeOf(t *testing.T, dir string) float64 {
	var sum int64
	require.NoError(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		sum += info.Size()
		return err
	}))
	return float64(sum) / (1 << 20)
}

// scaleZones writes the zones of the shared providers and of n organisations, and
// gives their folder and the addresses of the hosts that serve them.
func scaleZones(t *testing.T, dir string, n int) (zones string, addresses []string) {
	zones = filepath.Join(dir, "zones")
	require.NoError(t, os.Mkdir(zones, 0o700))
	ns := func(owner string, host int) string {
		return fmt.Sprintf("%[1]s NS ns1.dns%[2]d.example.\n%[1]s NS ns2.dns%[2]d.example.\n", owner, host)
	}
	write := func(origin, records string) {
		name := strings.TrimSuffix(origin, ".")
		if name == "" {
			name = "root"
		}
		text := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns1.dns0.example. h.example. 1 3600 600 86400 300\n%s", origin, records)
		require.NoError(t, os.WriteFile(filepath.Join(zones, name+".zone"), []byte(text), 0o600))
	}
	var registry strings.Builder
	registry.WriteString("@ NS a.nic\n@ NS b.nic\na.nic A 192.0.2.1\nb.nic A 192.0.2.2\n")
	for i := range dnsHosts {
		addresses = append(addresses, fmt.Sprintf("192.0.2.%d", 10+2*i), fmt.Sprintf("192.0.2.%d", 11+2*i))
		write(fmt.Sprintf("dns%d.example.", i), ns("@", i)+fmt.Sprintf("ns1 A 192.0.2.%d\nns2 A 192.0.2.%d\n", 10+2*i, 11+2*i))
		registry.WriteString(ns(fmt.Sprintf("dns%d", i), i))
		fmt.Fprintf(&registry, "ns1.dns%[1]d A 192.0.2.%[2]d\nns2.dns%[1]d A 192.0.2.%[3]d\n", i, 10+2*i, 11+2*i)
	}
	for i := range mailHosts {
		write(fmt.Sprintf("mail%d.example.", i), ns("@", i)+"mx A 198.51.100.9\n_spf TXT \"v=spf1 ip4:198.51.100.0/26 -all\"\n")
		registry.WriteString(ns(fmt.Sprintf("mail%d", i), i))
	}
	domain := func(name string, i int, more string) {
		write(name+".example.", ns("@", i%dnsHosts)+fmt.Sprintf(`@ A 198.51.100.20
www CNAME @
@ MX 10 mx.mail%[1]d.example.
@ TXT "v=spf1 mx include:_spf.mail%[1]d.example -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@%[2]s.example"
@ CAA 0 issue "letsencrypt.org"
%[3]s`, i%mailHosts, name, more))
		registry.WriteString(ns(name, i%dnsHosts))
	}
	for i := range sharedProviders {
		domain(fmt.Sprintf("p%d", i), i, "")
	}
	for i := range n {
		domain(fmt.Sprintf("o%d", i), i, fmt.Sprintf("portal CNAME www.p%d.example.\n", providersOf(i)[0]))
	}
	write("example.", registry.String())
	write(".", "@ NS a.rootns.\na.rootns A 192.0.2.1\nexample NS a.nic.example.\nexample NS b.nic.example.\na.nic.example A 192.0.2.1\nb.nic.example A 192.0.2.2\n")
	return zones, addresses
}

// providersOf gives the providers of an organisation: some have very many clients,
// most have few.
func providersOf(org int) []int {
	random := rand.New(rand.NewPCG(uint64(org), 7))
	var list []int
	for len(list) < providersEach {
		u := random.Float64()
		if p := int(sharedProviders * u * u * u); !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// scaleInventories writes the inventories of n organisations.
func scaleInventories(t *testing.T, dir string, n int) {
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "inventories"), 0o700))
	kinds := []string{"vpn", "rmm_agent", "domain_admin", "backup_admin", "remote_support", "rdp", "ssh", "api", "hosting", "saas"}
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "version: 1\norganisation: {id: o%[1]d, name: Organisation %[1]d, currency: AUD, domains: [o%[1]d.example], hosts: [portal.o%[1]d.example]}\n", i)
		b.WriteString("assets:\n  - {id: ad, name: Directory, kind: identity, criticality: critical, value: 2000000}\n  - {id: erp, name: ERP, kind: application, criticality: high}\n  - {id: files, name: Files, kind: data, criticality: medium}\nproviders:\n")
		list := providersOf(i)
		for _, p := range list {
			fmt.Fprintf(&b, "  - {id: p%[1]d, name: Provider %[1]d, kind: msp, domains: [p%[1]d.example]}\n", p)
		}
		b.WriteString("relationships:\n")
		for k, p := range list {
			reach := []string{"ad", "erp", "files"}[k%3]
			mfa := []string{"yes", "no", "unknown"}[(i+k)%3]
			fmt.Fprintf(&b, "  - {provider: p%d, service: support, dns_services: [web], contract: {ref: C-%d, starts: 2025-01-01, ends: 2027-12-31, incident_notice_hours: 24}, access: [{id: a%d, kind: %s, reaches: [%s], controls: {mfa: %s}}]}\n", p, k, k, kinds[k], reach, mfa)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "inventories", fmt.Sprintf("o%d.yaml", i)), []byte(b.String()), 0o600))
	}
}

// scaleNSD serves zones without a limit on its rate.
func scaleNSD(t *testing.T, dir, name, zones string, want func(string) bool, at ...string) {
	dir = filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	conf := fmt.Sprintf("server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  zonesdir: %q\n  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\n", zones)
	conf += fmt.Sprintf("  pidfile: \"%[1]s/nsd.pid\"\n  zonelistfile: \"%[1]s/zone.list\"\n  xfrdfile: \"%[1]s/xfrd.state\"\n  logfile: \"%[1]s/nsd.log\"\n", dir)
	for _, a := range at {
		conf += "  ip-address: " + a + "\n"
	}
	var b strings.Builder
	b.WriteString(conf + "remote-control:\n  control-enable: no\n")
	for _, file := range zoneFiles(t, zones) {
		if want(origin(file)) {
			fmt.Fprintf(&b, "zone:\n  name: %q\n  zonefile: %q\n", origin(file), file)
		}
	}
	path := filepath.Join(dir, "nsd.conf")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	start(t, at[0]+":53", "nsd", "-d", "-c", path)
}
