//go:build servers

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/journal"
)

// The portfolio: so many providers, spread over hosts of DNS and of mail.
const (
	portfolioSize = 1000
	dnsHosts      = 20
	mailHosts     = 10
)

// TestPortfolioBench scans a portfolio against NSD and Unbound and prints what it
// cost. MSPSCAN is the binary; see .ci/bench-portfolio.sh.
func TestPortfolioBench(t *testing.T) {
	binary := os.Getenv("MSPSCAN")
	if binary == "" {
		t.Skip("MSPSCAN names no binary to measure")
	}
	dir := t.TempDir()
	zones, addresses := portfolioZones(t, dir)
	loopback(t, slices.Concat(addresses, []string{registryAt, registryBehind})) // a copy: it sorts
	serveNSD(t, dir, "registry", zones, isRegistry, registryAt, registryBehind)
	serveNSD(t, dir, "hosts", zones, isHosted, addresses...)
	inventory := portfolioInventory(t, dir)
	fmt.Printf("%-28s %8s %8s %9s %9s %9s %7s %7s\n", "rates", "wall s", "CPU s", "RSS MiB", "queries", "a domain", "worst", "facts")
	for i, run := range []struct {
		name string
		args []string
	}{
		{"none to speak of", []string{"--rate", "20000", "--rate-per-server", "20000"}},
		{"the defaults (500/s, 5/s)", nil},
	} {
		if run.args == nil && os.Getenv("RATES") != "all" {
			continue
		}
		t.Run(run.name, func(t *testing.T) {
			startUnbound(t, unbound{dir: filepath.Join(dir, fmt.Sprintf("unbound%d", i)), at: resolverBehind})
			kept := filepath.Join(dir, fmt.Sprintf("run%d.ndjson", i))
			args := append([]string{"scan", inventory, "--resolver", resolverBehind, "--journal", kept, "-o", "json=" + kept + ".json", "-q"}, run.args...)
			cmd := exec.Command(binary, args...)
			begin := time.Now()
			out, err := cmd.CombinedOutput()
			wall := time.Since(begin)
			require.NoError(t, err, string(out))
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			queries, worst, facts := portfolioQueries(t, kept)
			fmt.Printf("%-28s %8.1f %8.1f %9.0f %9d %9.1f %7d %7d\n", run.name, wall.Seconds(), cpu.Seconds(),
				float64(usage.Maxrss)/1024, queries, float64(queries)/portfolioSize, worst, facts)
		})
	}
}

// portfolioZones writes the zones and gives their folder and the addresses of the
// hosts that serve them.
func portfolioZones(t *testing.T, dir string) (zones string, addresses []string) {
	zones = filepath.Join(dir, "zones")
	require.NoError(t, os.Mkdir(zones, 0o700))
	write := func(origin, ns, records string) {
		name := strings.TrimSuffix(origin, ".")
		if name == "" {
			name = "root"
		}
		text := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns1.dns0.example. h.example. 1 3600 600 86400 300\n%s%s", origin, ns, records)
		require.NoError(t, os.WriteFile(filepath.Join(zones, name+".zone"), []byte(text), 0o600))
	}
	ns := func(owner string, host int) string {
		return fmt.Sprintf("%[1]s NS ns1.dns%[2]d.example.\n%[1]s NS ns2.dns%[2]d.example.\n", owner, host)
	}
	var registry strings.Builder
	registry.WriteString("a.nic A 192.0.2.1\nb.nic A 192.0.2.2\n")
	for i := range dnsHosts {
		host := fmt.Sprintf("ns1 A 192.0.2.%d\nns2 A 192.0.2.%d\n", 10+2*i, 11+2*i)
		addresses = append(addresses, fmt.Sprintf("192.0.2.%d", 10+2*i), fmt.Sprintf("192.0.2.%d", 11+2*i))
		write(fmt.Sprintf("dns%d.example.", i), ns("@", i), host)
		registry.WriteString(ns(fmt.Sprintf("dns%d", i), i))
		fmt.Fprintf(&registry, "ns1.dns%[1]d A 192.0.2.%[2]d\nns2.dns%[1]d A 192.0.2.%[3]d\n", i, 10+2*i, 11+2*i)
	}
	for i := range mailHosts {
		write(fmt.Sprintf("mail%d.example.", i), ns("@", i), "mx A 198.51.100.9\n_spf TXT \"v=spf1 ip4:198.51.100.0/26 -all\"\n")
		registry.WriteString(ns(fmt.Sprintf("mail%d", i), i))
	}
	for i := range portfolioSize {
		write(fmt.Sprintf("p%d.example.", i), ns("@", i%dnsHosts), fmt.Sprintf(`@ A 198.51.100.20
www CNAME @
@ MX 10 mx.mail%[1]d.example.
@ TXT "v=spf1 mx include:_spf.mail%[1]d.example -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@p%[2]d.example"
@ CAA 0 issue "letsencrypt.org"
`, i%mailHosts, i))
		registry.WriteString(ns(fmt.Sprintf("p%d", i), i%dnsHosts))
	}
	write("example.", "@ NS a.nic\n@ NS b.nic\n", registry.String())
	write(".", "@ NS a.rootns.\n", "a.rootns A 192.0.2.1\nexample NS a.nic.example.\nexample NS b.nic.example.\na.nic.example A 192.0.2.1\nb.nic.example A 192.0.2.2\n")
	return zones, addresses
}

func portfolioInventory(t *testing.T, dir string) string {
	var b strings.Builder
	b.WriteString("version: 1\norganisation: {id: acme, name: Acme}\nassets:\n  - {id: ad, name: Directory, kind: identity, criticality: critical}\nproviders:\n")
	for i := range portfolioSize {
		fmt.Fprintf(&b, "  - {id: p%[1]d, name: Provider %[1]d, kind: msp, domains: [p%[1]d.example]}\n", i)
	}
	b.WriteString("relationships:\n")
	for i := range portfolioSize {
		fmt.Fprintf(&b, "  - {provider: p%d, service: support, access: [{id: a%d, kind: vpn, reaches: [ad], controls: {mfa: yes}}]}\n", i, i)
	}
	path := filepath.Join(dir, "inventory.yaml")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// portfolioQueries counts the exchanges of a run, each once however many facts
// share it, those of the worst provider's domain, and the facts.
func portfolioQueries(t *testing.T, file string) (total, worst, facts int) {
	run, err := journal.Open(file)
	require.NoError(t, err)
	seen := map[fact.Query]bool{}
	byName := map[string]int{}
	for _, f := range run.Facts {
		for _, q := range f.Queries {
			if !seen[q] {
				seen[q] = true
				byName[string(f.Task.Name)]++
			}
		}
	}
	for name, n := range byName {
		if strings.HasPrefix(name, "p") {
			worst = max(worst, n)
		}
	}
	return len(seen), worst, len(run.Facts)
}
