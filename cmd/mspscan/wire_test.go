//go:build servers && linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The two network namespaces that .ci/wire.sh makes, and the cable between them:
// the tests and the servers live in one, what is tested asks from the other.
const (
	clientAt   = "10.77.0.1"
	resolverIn = "10.77.0.2" // of the servers' end of the cable
	serverEnd  = "wire-s"
	clientEnd  = "wire-c"

	rootIn, hostIn = "192.0.2.1", "192.0.2.11" // NSD: registries, hosts
)

// wire is the place that a test of the wire runs in.
type wire struct {
	client string // the client's namespace, by name
	short  bool   // the form for CI: fewer names, packets and inventories
}

// onWire gives the place; outside .ci/wire.sh there is none.
func onWire(t *testing.T) wire {
	w := wire{client: os.Getenv("MSPSCAN_WIRE_CLIENT"), short: os.Getenv("MSPSCAN_WIRE_SHORT") != ""}
	if w.client == "" {
		t.Skip("needs the namespaces of .ci/wire.sh")
	}
	return w
}

// count gives full in the full form and short in the one for CI.
func (w wire) count(full, short int) int {
	if w.short {
		return short
	}
	return full
}

// dial opens a connection from the client's namespace: the socket stays there,
// whichever thread uses it.
func (w wire) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = w.inside(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// inside calls do with the thread in the client's namespace.
func (w wire) inside(do func() error) error {
	runtime.LockOSThread()
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := os.Open(filepath.Join("/run/netns", w.client))
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter namespace: %w", err)
	}
	done := do()
	if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("leave namespace: %w", err) // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return done
}

// run gives what a command says that runs in the client's namespace.
func (w wire) run(t *testing.T, name string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", w.client, name}, args...)...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// scan runs mspscan as its users do, in the client's namespace.
func (w wire) scan(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	return w.run(t, os.Getenv("MSPSCAN_WIRE_BINARY"), append([]string{"scan"}, args...)...)
}

// lose drops share percent of the packets of the cable, each way, until the test
// ends. What is dropped vanishes on arrival: the sender learns nothing.
func (w wire) lose(t *testing.T, share int) {
	t.Helper()
	chance := fmt.Sprintf("numgen random mod 100 < %d ", share)
	if share == 100 {
		chance = ""
	}
	rules := func(end string) string {
		return fmt.Sprintf("add table inet loss\nadd chain inet loss in { type filter hook input priority 0; }\n"+
			"flush chain inet loss in\nadd rule inet loss in iifname %s %sdrop\n", end, chance)
	}
	for end, prefix := range map[string][]string{serverEnd: nil, clientEnd: {"ip", "netns", "exec", w.client}} {
		line := append(prefix, "nft", "-f", "-")
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Stdin = strings.NewReader(rules(end))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
}

// serveWire serves zones by their origin, without their SOA and NS: NSD and,
// before it, Unbound. Those of hosts live at one address, the registries above
// them at another.
func serveWire(t *testing.T, zones map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for origin, text := range zones {
		name, ns := origin, "ns1.host.example."
		if isRegistry(origin) {
			ns = "a.rootns."
		}
		if origin == "." {
			name = "root"
		}
		head := fmt.Sprintf("$ORIGIN %s.\n$TTL 300\n@ SOA %s hostmaster.host.example. 7 3600 600 86400 300\n", strings.TrimSuffix(origin, "."), ns)
		if !strings.Contains(text, "@ NS ") {
			head += "@ NS " + ns + "\n"
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".zone"), []byte(head+text), 0o600))
	}
	loopback(t, []string{rootIn, hostIn})
	startNSD(t, nsd{dir: filepath.Join(dir, "registry"), zones: dir, at: []string{rootIn}, want: isRegistry})
	startNSD(t, nsd{dir: filepath.Join(dir, "hosts"), zones: dir, at: []string{hostIn}, want: func(o string) bool { return !isRegistry(o) }})
	startUnbound(t, unbound{dir: filepath.Join(dir, "unbound"), at: resolverIn})
}

// below gives the registries above zones of example: a delegation each, to
// ns1.host.example unless ns names others.
func below(ns map[string][]string) map[string]string {
	example := "a.nic A " + rootIn + "\nhost NS ns1.host\nns1.host A " + hostIn + "\n"
	for zone, hosts := range ns {
		label := strings.TrimSuffix(zone, ".example")
		if len(hosts) == 0 {
			hosts = []string{"ns1.host.example."}
		}
		for _, h := range hosts {
			example += label + " NS " + h + "\n"
		}
	}
	return map[string]string{
		".":            "a.rootns A " + rootIn + "\nexample NS a.nic.example.\na.nic.example A " + rootIn + "\n",
		"example":      example,
		"host.example": "ns1 A " + hostIn + "\n",
	}
}

// bound is what a figure is held to.
type bound struct {
	op    string
	limit float64
}

func exactly(x float64) bound { return bound{"=", x} }
func atMost(x float64) bound  { return bound{"<=", x} }
func atLeast(x float64) bound { return bound{">=", x} }

// told is a figure that nothing is held to.
func told() bound { return bound{} }

func (b bound) holds(v float64) bool {
	switch b.op {
	case "=":
		return v == b.limit
	case "<=":
		return v <= b.limit
	case ">=":
		return v >= b.limit
	}
	return true
}

// tally keeps a figure for the table and the JSON of .ci/wire.sh, and fails the
// test if it is out of bounds.
func tally(t *testing.T, name string, value float64, b bound) {
	t.Helper()
	text := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	want := ""
	if b.op != "" {
		want = b.op + " " + text(b.limit)
	}
	if !b.holds(value) {
		t.Errorf("%s is %s, wanted %s", name, text(value), want)
	}
	f, err := os.OpenFile(os.Getenv("MSPSCAN_WIRE_FIGURES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer f.Close()
	_, err = fmt.Fprintf(f, "%s\t%s\t%s\t%t\n", name, text(value), want, b.holds(value))
	require.NoError(t, err)
}

// took rounds a duration for a figure.
func took(start time.Time) float64 {
	return float64(time.Since(start).Round(100*time.Millisecond)) / float64(time.Second)
}
