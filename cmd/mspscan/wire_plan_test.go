//go:build servers && linux

package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWireSample scans the sample over the cable, with its real servers, as slowly
// as users do: how fast and how widely each server is asked, and whether anything
// leaves that the plan does not call for.
func TestWireSample(t *testing.T) {
	w := onWire(t)
	sample := filepath.Join("..", "..", "testdata", "ridgeline")
	serveZones(t, t.TempDir(), filepath.Join(sample, "zones"), filepath.Join(sample, "trust-anchor"))
	startUnbound(t, unbound{dir: filepath.Join(t.TempDir(), "outside"), at: resolverIn, anchor: filepath.Join(sample, "trust-anchor")})
	inventory := filepath.Join(sample, "inventory.yaml")
	dir := t.TempDir()

	plan, code := w.scan(t, inventory, "--resolver", resolverIn, "--ranks", "1", "--dry-run")
	require.Equal(t, 0, code, plan)
	first := plannedServers(t, zonesOfDryRun(t, plan))
	start := time.Now()
	r := record(t)
	journal := filepath.Join(dir, "run.ndjson")
	out, code := w.scan(t, inventory, "--resolver", resolverIn, "--ranks", "1", "--now", sampleNow, "-q", "--journal", journal, "-o", "json="+filepath.Join(dir, "r.json"))
	require.Equal(t, 0, code, out)
	heard := r.stop()
	tally(t, "sample_seconds", took(start), told())
	w.polite(t, "sample", heard)
	outsidePlan(t, heard, first, plannedServers(t, parentsOfTasks(t, journal)), journal)

	if w.short {
		return
	}
	r = record(t)
	out, code = w.scan(t, inventory, "--resolver", resolverIn, "--passive", "--now", sampleNow, "-q", "-o", "json="+filepath.Join(dir, "p.json"))
	require.Equal(t, 0, code, out)
	elsewhere := 0
	for _, m := range r.stop() {
		if m.query && m.server != netip.MustParseAddrPort(resolverIn+":53") {
			elsewhere++
			t.Errorf("a passive scan sends to %s: %s", m.server, m.question)
		}
	}
	tally(t, "passive_packets_elsewhere", float64(elsewhere), exactly(0))
}

// polite holds the rate and the questions in flight at every server but the
// resolver.
func (w wire) polite(t *testing.T, name string, heard []message) {
	t.Helper()
	var direct []message
	for _, m := range heard {
		if m.server.Addr().String() != resolverIn {
			direct = append(direct, m)
		}
	}
	asked := questionsOf(direct)
	require.NotEmpty(t, asked, "some server was asked")
	rate, who := busiest(asked)
	open, where := widest(direct, 2*time.Second)
	tally(t, name+"_server_queries", float64(len(asked)), told())
	tally(t, name+"_max_queries_in_a_second", float64(rate), atMost(5))
	tally(t, name+"_max_in_flight", float64(open), atMost(2))
	t.Logf("%s: %d questions to servers; at most %d in a second (%s), %d at a time (%s)", name, len(asked), rate, who, open, where)
}

// zonesOfDryRun gives the zones whose servers a dry run says are asked.
func zonesOfDryRun(t *testing.T, plan string) []string {
	t.Helper()
	var zones []string
	for _, z := range regexp.MustCompile(`(?m)^name servers of (\S+)`).FindAllStringSubmatch(plan, -1) {
		zones = append(zones, z[1])
	}
	require.NotEmpty(t, zones, plan)
	return zones
}

// parentsOfTasks gives the zones above the names that later rounds looked for: what
// the first one found brings more.
func parentsOfTasks(t *testing.T, journal string) []string {
	t.Helper()
	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	var zones []string
	for _, m := range regexp.MustCompile(`"probe":"registered","name":"[^".]+\.([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		zones = append(zones, m[1])
	}
	return zones
}

// plannedServers gives the addresses of the servers of zones, as their parents and
// they themselves name them.
func plannedServers(t *testing.T, zones []string) map[netip.Addr]bool {
	t.Helper()
	out := map[netip.Addr]bool{}
	for _, z := range zones {
		for _, line := range strings.Split(dig(t, resolverIn, z, "NS", "+short")+dig(t, rootIn, z, "NS", "+norec", "+noall", "+authority", "+answer"), "\n") {
			f := strings.Fields(line)
			if len(f) == 0 {
				continue
			}
			for _, a := range strings.Fields(dig(t, resolverIn, f[len(f)-1], "A", "+short")) {
				if addr, err := netip.ParseAddr(a); err == nil {
					out[addr] = true
				}
			}
		}
		for _, line := range strings.Split(dig(t, rootIn, z, "NS", "+norec", "+noall", "+additional"), "\n") {
			if f := strings.Fields(line); len(f) == 5 && f[3] == "A" { // glue
				out[netip.MustParseAddr(f[4])] = true
			}
		}
	}
	return out
}

func dig(t *testing.T, at string, args ...string) string {
	t.Helper()
	out, err := exec.Command("dig", append([]string{"@" + at, "+tries=1", "+time=2"}, args...)...).CombinedOutput()
	if len(out) == 0 {
		require.NoError(t, err)
	}
	return string(out)
}

// outsidePlan counts the packets that nothing calls for: to others than the
// planned servers, to another port than DNS, and questions that the journal does
// not hold.
func outsidePlan(t *testing.T, heard []message, first, later map[netip.Addr]bool, journal string) {
	t.Helper()
	kept := questionsInJournal(t, journal)
	packets, outside, unkept := 0, 0, 0
	first[netip.MustParseAddr(resolverIn)] = true
	for _, m := range heard {
		if !m.query || m.tcp && m.octets == 0 && !m.opens {
			continue // such as the last words of a connection of another test
		}
		packets++
		if m.server.Port() != 53 || !first[m.server.Addr()] && !later[m.server.Addr()] {
			outside++
			t.Errorf("outside the plan: %s %s", m.server, m.question)
		}
		preflight := strings.Contains(m.question, ".invalid. ") || m.question == ". DNSKEY" || m.question == ". NS"
		if m.question != "" && !preflight && !kept[m.question+" "+m.server.String()] {
			unkept++
			t.Errorf("not in the journal: %s %s", m.server, m.question)
		}
	}
	tally(t, "plan_packets", float64(packets), told())
	tally(t, "packets_outside_the_plan", float64(outside), exactly(0))
	tally(t, "questions_not_in_the_journal", float64(unkept), exactly(0))
}

// questionsInJournal gives "question server" of every exchange of a journal.
func questionsInJournal(t *testing.T, journal string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		var f struct {
			Queries []struct{ Server, Question string }
		}
		if json.Unmarshal([]byte(line), &f) != nil {
			continue
		}
		for _, q := range f.Queries {
			out[q.Question+" "+q.Server] = true
		}
	}
	return out
}

// TestWireEgress runs the main job offline where every packet to anywhere but
// loopback is counted; a deliberate one shows that the counter counts.
func TestWireEgress(t *testing.T) {
	w := onWire(t)
	sample := filepath.Join("..", "..", "testdata", "ridgeline")
	r := record(t)
	out, code := w.scan(t, filepath.Join(sample, "inventory.yaml"), "--zones", filepath.Join(sample, "zones"), "--active", "--sweep", "hosts", "-q", "-o", "json="+filepath.Join(t.TempDir(), "r.json"))
	require.Equal(t, 0, code, out)
	leaks := 0
	for _, m := range r.stop() {
		if m.query {
			leaks++
		}
	}
	tally(t, "offline_packets_leaked", float64(leaks), exactly(0))
	r = record(t)
	conn, err := w.dial(t.Context(), "udp", "198.51.100.1:9")
	require.NoError(t, err)
	_, err = conn.Write([]byte("leak"))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Len(t, r.stop(), 1, "the counter counts")
}
