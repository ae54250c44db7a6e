//go:build servers

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
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

// TestRealServers scans the sample twice: through the embedded server, and
// through NSD behind a validating Unbound. It runs in a network namespace of its
// own, see .ci/servers.sh.
func TestRealServers(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join("..", "..", "testdata", "ridgeline")
	zones := filepath.Join(sample, "zones")
	serveZones(t, dir, zones, filepath.Join(sample, "trust-anchor"))

	embedded := scanSample(t, sample, filepath.Join(dir, "embedded.json"), "--zones", zones)
	real := scanSample(t, sample, filepath.Join(dir, "real.json"), "--resolver", "127.0.0.1:53", "--rate-per-server", "100")
	require.NotEmpty(t, embedded)
	require.Equal(t, embedded, real, "NSD and Unbound give the findings of the embedded server")
	t.Logf("%d findings through the embedded server, the same through NSD and Unbound", len(embedded))
}

// TestRealServersPlanted scans the planted exposures through NSD behind a
// validating Unbound and holds the findings against the same table.
func TestRealServersPlanted(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "planted")
	serveZones(t, t.TempDir(), filepath.Join(dir, "zones"), filepath.Join(dir, "trust-anchor"))
	table := behindValidator(readPlanted(t, filepath.Join(dir, "expected.csv")))
	scores := map[string]*score{}
	for _, inventory := range inventories(table) {
		if inventory == sweptInventory {
			continue // thousands of names, some below a registry that is silent: Unbound waits for each
		}
		got := scanPlanted(t, dir, inventory, "--resolver", "127.0.0.1:53", "--rate", "2000", "--rate-per-server", "500")
		comparePlanted(t, inventory, table, got, scores)
	}
	printScores(t, scores)
}

// behindValidator adds what differs behind a validating Unbound, and rightly so:
// more is left open there.
func behindValidator(table []planted) []planted {
	for zone, why := range map[string]string{
		"expired.test":              "bogus: the validator answers SERVFAIL for whatever it holds",
		"early.test":                "bogus",
		"stranger.test":             "bogus",
		"forged.test":               "bogus",
		"bare.test":                 "bogus",
		"takeover-referral.example": "Unbound makes an empty answer without proof of the referral of one server",
		"lame-referral.example":     "Unbound makes an empty answer without proof of the referral of one server",
	} {
		table = append(table, planted{inventory: "dns", subject: zone, rule: "*", want: "unknown", why: why})
	}
	return table
}

// serveZones serves a folder of zone files as the embedded server would: NSD at
// the addresses of the name servers, one more for each address with a folder or
// with manners of its own, and a validating Unbound at 127.0.0.1.
//
// The registries have an NSD of their own: one that also served the zones below
// would answer for a zone that it does not hold with a referral, not with REFUSED.
func serveZones(t *testing.T, dir, zones, anchor string) {
	folders, manners := folderAddresses(t, zones), mannersOf(t, zones)
	registry := without(serverAddresses(t, zones, isRegistry), slices.Collect(maps.Keys(manners)))
	hosts := serverAddresses(t, zones, func(string) bool { return true })
	loopback(t, slices.Concat(hosts, folders, slices.Collect(maps.Keys(manners))))
	startNSD(t, nsd{dir: filepath.Join(dir, "registry"), zones: zones, at: registry, want: isRegistry})
	startNSD(t, nsd{
		dir: filepath.Join(dir, "hosts"), zones: zones, at: without(hosts, registry, folders, slices.Collect(maps.Keys(manners))),
		want: func(o string) bool { return !isRegistry(o) },
	})
	for _, a := range folders {
		startNSD(t, nsd{dir: filepath.Join(dir, a), zones: filepath.Join(zones, a), at: []string{a}, manner: manners[a]})
		delete(manners, a)
	}
	for a, manner := range manners {
		switch manner {
		case "silent":
		case "recursive":
			startUnbound(t, unbound{dir: filepath.Join(dir, a), at: a, zones: zones})
		default:
			startNSD(t, nsd{dir: filepath.Join(dir, a), zones: zones, at: []string{a}, manner: manner, want: func(o string) bool { return !isRegistry(o) }})
		}
	}
	startUnbound(t, unbound{dir: filepath.Join(dir, "resolver"), at: "127.0.0.1", anchor: anchor})
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

func without(list []string, drop ...[]string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(slices.Concat(drop...), s) })
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

// folderAddresses lists the folders that say all that one address serves.
func folderAddresses(t *testing.T, zones string) []string {
	entries, err := os.ReadDir(zones)
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list
}

// mannersOf reads how single servers behave, by address.
func mannersOf(t *testing.T, zones string) map[string]string {
	data, err := os.ReadFile(filepath.Join(zones, "servers.txt"))
	require.NoError(t, err)
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(192\.0\.2\.\d+)\s+(\w+)`).FindAllStringSubmatch(string(data), -1) {
		out[m[1]] = m[2]
	}
	return out
}

// loopback brings up lo with the addresses of the zones, the silent ones
// included: there a connection is refused, as by the embedded server.
func loopback(t *testing.T, addresses []string) {
	command(t, "ip", "link", "set", "lo", "up")
	slices.Sort(addresses)
	for _, a := range slices.Compact(addresses) {
		command(t, "ip", "addr", "replace", a+"/32", "dev", "lo")
	}
}

func command(t *testing.T, name string, args ...string) {
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
}

// nsd is an NSD of its own: the wanted zones of a folder at some addresses.
type nsd struct {
	dir, zones string
	at         []string
	manner     string // "servfail": the zone files are missing; "transfer": to anybody
	want       func(origin string) bool
}

func startNSD(t *testing.T, n nsd) {
	require.NoError(t, os.Mkdir(n.dir, 0o700))
	abs, err := filepath.Abs(n.zones)
	require.NoError(t, err)
	var conf strings.Builder
	fmt.Fprintf(&conf, "server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  zonesdir: %q\n", abs)
	fmt.Fprintf(&conf, "  pidfile: %q\n  zonelistfile: %q\n  xfrdfile: %q\n  logfile: %q\n", n.dir+"/nsd.pid", n.dir+"/zone.list", n.dir+"/xfrd.state", n.dir+"/nsd.log")
	for _, a := range n.at {
		fmt.Fprintf(&conf, "  ip-address: %s\n", a)
	}
	conf.WriteString("remote-control:\n  control-enable: no\n")
	for _, file := range zoneFiles(t, abs) {
		if n.want != nil && !n.want(origin(file)) {
			continue
		}
		fmt.Fprintf(&conf, "zone:\n  name: %q\n", origin(file))
		switch n.manner {
		case "servfail":
			file = "missing-" + file
		case "transfer":
			conf.WriteString("  provide-xfr: 0.0.0.0/0 NOKEY\n")
		}
		fmt.Fprintf(&conf, "  zonefile: %q\n", file)
	}
	path := filepath.Join(n.dir, "nsd.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf.String()), 0o600))
	start(t, n.at[0]+":53", "nsd", "-d", "-c", path)
}

func zoneFiles(t *testing.T, dir string) []string {
	files, err := filepath.Glob(filepath.Join(dir, "*.zone"))
	require.NoError(t, err)
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

// unbound is a resolver: one that validates from an anchor, or a name server
// that holds the zones of a folder and recurses for anybody.
type unbound struct{ dir, at, anchor, zones string }

func startUnbound(t *testing.T, u unbound) {
	require.NoError(t, os.Mkdir(u.dir, 0o700))
	hints := filepath.Join(u.dir, "root.hints")
	require.NoError(t, os.WriteFile(hints, []byte(". 86400 IN NS a.rootns.\na.rootns. 86400 IN A 192.0.2.1\n"), 0o600))
	home := u.dir
	if u.zones != "" { // where $INCLUDE looks
		var err error
		home, err = filepath.Abs(u.zones)
		require.NoError(t, err)
	}
	conf := fmt.Sprintf(`server:
  interface: %s
  port: 53
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  chroot: ""
  username: ""
  directory: %q
  pidfile: %q
  use-syslog: no
  root-hints: %q
  do-not-query-localhost: no
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
  do-ip6: no
  ede: yes
`, u.at, home, u.dir+"/unbound.pid", hints)
	if u.anchor != "" {
		abs, err := filepath.Abs(u.anchor)
		require.NoError(t, err)
		conf += fmt.Sprintf("  trust-anchor-file: %q\n  module-config: \"validator iterator\"\n", abs)
	}
	conf += "remote-control:\n  control-enable: no\n"
	if u.zones != "" {
		conf += authZones(t, u.zones)
	}
	path := filepath.Join(u.dir, "unbound.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, u.at+":53", "unbound", "-d", "-c", path)
}

// authZones lets Unbound answer with authority for the zones of a folder.
func authZones(t *testing.T, zones string) string {
	abs, err := filepath.Abs(zones)
	require.NoError(t, err)
	var conf strings.Builder
	for _, file := range zoneFiles(t, abs) {
		if !isRegistry(origin(file)) {
			fmt.Fprintf(&conf, "auth-zone:\n  name: %q\n  zonefile: %q\n  for-downstream: yes\n  for-upstream: no\n", origin(file), filepath.Join(abs, file))
		}
	}
	return conf.String()
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
