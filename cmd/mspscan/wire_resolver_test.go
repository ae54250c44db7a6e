//go:build servers && linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// forwarders that people have between them and a real resolver, each with what
// starts it at 10.77.0.2, port 5301 and on, before Unbound.
func forwarders(t *testing.T, dir string) []struct{ name, at string } {
	t.Helper()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	at := func(port int) string { return fmt.Sprintf("%s:%d", resolverIn, port) }
	dnsmasq := write("dnsmasq.conf", "port=5301\nlisten-address="+resolverIn+"\nbind-interfaces\nno-resolv\nno-hosts\nserver="+resolverIn+"\nuser=root\npid-file=\n")
	start(t, at(5301), "dnsmasq", "--keep-in-foreground", "--conf-file="+dnsmasq)
	cache := write("dnsdist.conf", "setSecurityPollSuffix('')\nsetACL('0.0.0.0/0')\nsetLocal('"+at(5302)+"')\nnewServer({address='"+at(53)+"', healthCheckMode='up', sockets=8})\npc=newPacketCache(10000)\ngetPool(''):setCache(pc)\n")
	start(t, at(5302), "dnsdist", "--supervised", "--disable-syslog", "-C", cache)
	chained := write("unbound.conf", fmt.Sprintf("server:\n  interface: %s\n  port: 5303\n  access-control: 0.0.0.0/0 allow\n  do-daemonize: no\n  chroot: \"\"\n  username: \"\"\n  directory: %q\n  pidfile: \"\"\n  use-syslog: no\n  do-not-query-localhost: no\n  local-zone: \"invalid.\" nodefault\n  module-config: \"iterator\"\nforward-zone:\n  name: \".\"\n  forward-addr: %s\nremote-control:\n  control-enable: no\n", resolverIn, dir, resolverIn))
	start(t, at(5303), "unbound", "-d", "-c", chained)
	return []struct{ name, at string }{{"unbound", at(53)}, {"dnsmasq", at(5301)}, {"dnsdist", at(5302)}, {"forwarding_unbound", at(5303)}}
}

// TestWireForwarders asks for names that exist, that hold other types, and that do
// not exist, twice, through forwarders as people have them: whoever is behind one
// that leaves the proof out of its denials is not flooded with unknowns.
func TestWireForwarders(t *testing.T) {
	w := onWire(t)
	n := 60
	zones := below(map[string][]string{"loss.example": nil})
	zones["loss.example"] = lossZone(n)
	serveWire(t, zones)
	for _, f := range forwarders(t, t.TempDir()) {
		unknown, wrong := 0, 0
		for range 2 { // the second time from its cache
			client, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(f.at)}, Dial: w.dial})
			require.NoError(t, err)
			bare := 0
			for i := range n {
				a := client.Resolve(context.Background(), scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.loss.example", i)), Type: "A"})
				if len(a.Notes) > 0 {
					bare++
				}
				switch lossVerdict(i, a) {
				case "unknown":
					unknown++
					t.Logf("%s: n%d: %s %s %v", f.name, i, a.Reason, a.Rcode, a.Queries)
				case "wrong":
					wrong++
				}
			}
			t.Logf("%s: %d of %d answers without SOA", f.name, bare, n)
		}
		tally(t, "forwarder_"+f.name+"_unknown", float64(unknown), exactly(0))
		tally(t, "forwarder_"+f.name+"_wrong", float64(wrong), exactly(0))
	}
}

// TestWireLiars asks through resolvers that lie: one that rewrites what does not
// exist stops a scan, one that denies what it filters makes unknowns, not findings.
func TestWireLiars(t *testing.T) {
	w := onWire(t)
	zones := below(map[string][]string{"acme.example": nil})
	zones["acme.example"] = "@ A 198.51.100.1\n@ MX 10 mail\nmail A 198.51.100.2\n@ TXT \"v=spf1 mx -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n@ CAA 0 issue \"ca.example\"\n"
	serveWire(t, zones)
	inventory, dir := inventoryOf(t, "acme.example", "", ""), t.TempDir()
	liar := func(port int, rule string) string {
		file := filepath.Join(dir, fmt.Sprint(port, ".conf"))
		at := fmt.Sprintf("%s:%d", resolverIn, port)
		require.NoError(t, os.WriteFile(file, []byte("setSecurityPollSuffix('')\nsetACL('0.0.0.0/0')\nsetLocal('"+at+"')\nnewServer({address='"+resolverIn+":53', healthCheckMode='up', sockets=8})\n"+rule+"\n"), 0o600))
		start(t, at, "dnsdist", "--supervised", "--disable-syslog", "-C", file)
		return at
	}
	out, code := w.scan(t, inventory, "--resolver", liar(5311, `addAction(AllRule(), SpoofAction({"203.0.113.9"}, {ttl=60}))`), "-q", "-o", "json="+filepath.Join(dir, "spoof.json"))
	tally(t, "liar_rewriting_exit_code", float64(code), exactly(3))
	t.Logf("a resolver that rewrites: exit %d: %s", code, strings.TrimSpace(out))

	filter := liar(5312, `addAction(AndRule({RegexRule("(^|\\.)acme\\.example$")}), RCodeAction(DNSRCode.NXDOMAIN))`)
	report := filepath.Join(dir, "filter.json")
	out, code = w.scan(t, inventory, "--resolver", filter, "-q", "-o", "json="+report)
	require.Contains(t, []int{0, 3}, code, out)
	data, err := os.ReadFile(report)
	require.NoError(t, err)
	var r struct {
		Coverage struct{ Unknown int }
		Findings []struct{ Rule, Message string }
	}
	require.NoError(t, json.Unmarshal(data, &r))
	invented := 0
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Rule, "mail-") || f.Rule == "dns-caa-absent" || f.Rule == "dns-dependency-unregistered" {
			invented++
			t.Errorf("a finding out of a filter's denial: %s: %s", f.Rule, f.Message)
		}
	}
	tally(t, "liar_filtering_findings", float64(invented), exactly(0))
	tally(t, "liar_filtering_unknown", float64(r.Coverage.Unknown), atLeast(5))
}

// TestWireOutage takes the resolver away for five seconds in the middle of a run:
// nothing is unknown for it.
func TestWireOutage(t *testing.T) {
	w := onWire(t)
	n := 400
	zones := below(map[string][]string{"loss.example": nil})
	zones["loss.example"] = lossZone(n)
	serveWire(t, zones)
	client, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(resolverIn + ":53")}, Dial: w.dial, Rate: 100})
	require.NoError(t, err)
	verdicts := make(chan string, n)
	for i := range n {
		go func() {
			a := client.Resolve(context.Background(), scanner.Question{Name: msp.Name(fmt.Sprintf("n%d.loss.example", i)), Type: "A"})
			if a.Outcome == fact.Unknown {
				t.Logf("n%d: %s %v", i, a.Reason, a.Queries)
			}
			verdicts <- lossVerdict(i, a)
		}()
	}
	time.Sleep(time.Second)
	w.lose(t, 100)
	time.Sleep(5 * time.Second)
	w.lose(t, 0)
	counts := map[string]int{}
	for range n {
		counts[<-verdicts]++
	}
	tally(t, "outage_names", float64(n), told())
	tally(t, "outage_unknown", float64(counts["unknown"]), exactly(0))
	tally(t, "outage_wrong", float64(counts["wrong"]), exactly(0))
}
