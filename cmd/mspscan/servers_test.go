//go:build servers

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sampleNow is the day on which the sample is judged in tests.
const sampleNow = "2026-06-01T00:00:00Z"

// TestRealServers scans the sample twice: through the embedded server, and
// through NSD behind a validating Unbound. It runs in a network namespace of its
// own, see .ci/servers.sh.
func TestRealServers(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join("..", "..", "testdata", "ridgeline")
	zones := filepath.Join(sample, "zones")
	all := serverAddresses(t, zones, func(string) bool { return true })
	registry := serverAddresses(t, zones, isRegistry)
	loopback(t, all)
	// Two servers: one that also served the registries' zones would answer for a
	// zone that it does not hold with a referral, not with REFUSED.
	startNSD(t, dir, "registry", zones, registry, isRegistry)
	startNSD(t, dir, "hosts", zones, without(all, registry), func(o string) bool { return !isRegistry(o) })
	startUnbound(t, dir, filepath.Join(sample, "trust-anchor"))

	embedded := scanSample(t, sample, filepath.Join(dir, "embedded.json"), "--zones", filepath.Join(sample, "zones"))
	real := scanSample(t, sample, filepath.Join(dir, "real.json"), "--resolver", "127.0.0.1:53", "--rate-per-server", "100")
	require.NotEmpty(t, embedded)
	require.Equal(t, embedded, real, "NSD and Unbound give the findings of the embedded server")
	t.Logf("%d findings through the embedded server, the same through NSD and Unbound", len(embedded))
}

// isRegistry reports whether a zone is the root or a top-level domain.
func isRegistry(origin string) bool { return origin == "." || !strings.Contains(origin, ".") }

func origin(file string) string {
	o := strings.TrimSuffix(filepath.Base(file), ".zone")
	if o == "root" {
		return "."
	}
	return o
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// serverAddresses gives the addresses in 192.0.2.0/24 of the name servers of the
// zones wanted: those that glue or the zone's own data name.
func serverAddresses(t *testing.T, zones string, want func(origin string) bool) []string {
	seen := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(zones, "*.zone"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		if !want(origin(f)) {
			continue
		}
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, a := range regexp.MustCompile(`(?m)^(\S+)\s.*\bA\s+(192\.0\.2\.\d+)`).FindAllStringSubmatch(string(data), -1) {
			if isRegistry(origin(f)) && !strings.HasPrefix(a[1], "a.") {
				continue // glue of a zone below
			}
			seen[a[2]] = true
		}
	}
	var list []string
	for a := range seen {
		list = append(list, a)
	}
	sort.Strings(list)
	return list
}

// loopback brings up lo with the addresses of the zones.
func loopback(t *testing.T, addresses []string) {
	command(t, "ip", "link", "set", "lo", "up")
	for _, a := range addresses {
		command(t, "ip", "addr", "add", a+"/32", "dev", "lo")
	}
}

func command(t *testing.T, name string, args ...string) {
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
}

func startNSD(t *testing.T, dir, name, zones string, addresses []string, want func(origin string) bool) {
	dir = filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	abs, err := filepath.Abs(zones)
	require.NoError(t, err)
	var conf strings.Builder
	fmt.Fprintf(&conf, "server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  zonesdir: %q\n", abs)
	fmt.Fprintf(&conf, "  pidfile: %q\n  zonelistfile: %q\n  xfrdfile: %q\n  logfile: %q\n", dir+"/nsd.pid", dir+"/zone.list", dir+"/xfrd.state", dir+"/nsd.log")
	for _, a := range addresses {
		fmt.Fprintf(&conf, "  ip-address: %s\n", a)
	}
	conf.WriteString("remote-control:\n  control-enable: no\n")
	files, err := os.ReadDir(abs)
	require.NoError(t, err)
	for _, f := range files {
		if want(origin(f.Name())) {
			fmt.Fprintf(&conf, "zone:\n  name: %q\n  zonefile: %q\n", origin(f.Name()), f.Name())
		}
	}
	path := filepath.Join(dir, "nsd.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf.String()), 0o600))
	start(t, addresses[0]+":53", "nsd", "-d", "-c", path)
}

func startUnbound(t *testing.T, dir, anchor string) {
	hints := filepath.Join(dir, "root.hints")
	require.NoError(t, os.WriteFile(hints, []byte(". 86400 IN NS a.rootns.\na.rootns. 86400 IN A 192.0.2.1\n"), 0o600))
	abs, err := filepath.Abs(anchor)
	require.NoError(t, err)
	conf := fmt.Sprintf(`server:
  interface: 127.0.0.1
  port: 53
  do-daemonize: no
  chroot: ""
  username: ""
  directory: %q
  pidfile: %q
  use-syslog: no
  root-hints: %q
  trust-anchor-file: %q
  do-not-query-localhost: no
  module-config: "validator iterator"
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
  do-ip6: no
  ede: yes
remote-control:
  control-enable: no
`, dir, dir+"/unbound.pid", hints, abs)
	path := filepath.Join(dir, "unbound.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, "127.0.0.1:53", "unbound", "-d", "-c", path)
}

// start runs a server until the test ends and waits until it takes connections.
func start(t *testing.T, addr, name string, args ...string) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if full, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		cmd.Path = full
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	require.Eventually(t, func() bool {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, 15*time.Second, 100*time.Millisecond, "%s does not answer at %s: %s", name, addr, &log)
}

// scanSample gives the findings of a scan as "rule subject severity id".
func scanSample(t *testing.T, sample, out string, args ...string) []string {
	args = append([]string{"scan", filepath.Join(sample, "inventory.yaml"), "--now", sampleNow, "--quiet", "-o", "json=" + out}, args...)
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	require.Equal(t, 0, code, stderr.String())
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	var r struct {
		Findings []struct {
			ID, Rule, Severity string
			Subject            struct{ Kind, ID string }
		}
	}
	require.NoError(t, json.Unmarshal(data, &r))
	var list []string
	for _, f := range r.Findings {
		list = append(list, strings.Join([]string{f.Rule, f.Subject.Kind, f.Subject.ID, f.Severity, f.ID}, " "))
	}
	return list
}
