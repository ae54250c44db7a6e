//go:build servers

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/dnsx"
	"mspscan/scanner/probes"
	"mspscan/scanner/resolve"
)

// The addresses of the small Internet that the matrix runs in: who answers there,
// and who stands behind when dnsdist is in front.
const (
	registryAt, registryBehind = "192.0.2.1", "192.0.2.2"
	serverAt, otherAt          = "192.0.2.21", "192.0.2.22"
	serverBehind               = "192.0.2.11"
	resolverAt, resolverBehind = "127.0.0.53", "127.0.0.1"
)

// asked is a question of the matrix and the truth of it.
type asked struct {
	task fact.Task
	want fact.Outcome
}

// questions asks every probe for something that is there, and for something that
// is not, where there is such a thing.
func questions() []asked {
	there := map[string]fact.Task{
		fact.ProbeAgree: {}, fact.ProbeCAA: {}, fact.ProbeDelegation: {}, fact.ProbeDMARC: {}, fact.ProbeDNSSEC: {}, fact.ProbeMX: {},
		fact.ProbeMTASTS: {}, fact.ProbeSPF: {}, fact.ProbeTLSRPT: {}, fact.ProbeTokens: {}, fact.ProbeRegistered: {},
		fact.ProbeTransfer: {}, fact.ProbeVersion: {},
		fact.ProbeHosts: {Name: "www.acme.example"}, fact.ProbeDANE: {Name: "mail.acme.example"}, fact.ProbeWildcard: {Name: "wild.example"},
		fact.ProbeDKIM: {Type: "s1"}, fact.ProbeSecond: {Type: "MX"},
	}
	gone := map[string]fact.Task{
		fact.ProbeCAA: {}, fact.ProbeDMARC: {}, fact.ProbeMX: {}, fact.ProbeMTASTS: {}, fact.ProbeSPF: {}, fact.ProbeTLSRPT: {},
		fact.ProbeTokens: {}, fact.ProbeTransfer: {}, fact.ProbeRecursion: {}, fact.ProbeWildcard: {}, fact.ProbeDANE: {},
		fact.ProbeDNSSEC: {Name: "plain.example"}, fact.ProbeDelegation: {Name: "nothing.acme.example"},
		fact.ProbeHosts: {Name: "nothing.acme.example"}, fact.ProbeRegistered: {Name: "nobody.example"},
		fact.ProbeDKIM: {Type: "s1"}, fact.ProbeSecond: {Type: "MX"}, fact.ProbeCDN: {Name: "acme.example"},
		fact.ProbeHostSweep: {}, fact.ProbeLookalikes: {Name: "acme.example", Type: "1-20"},
	}
	var list []asked
	add := func(tasks map[string]fact.Task, name msp.Name, want fact.Outcome) {
		for probe, t := range tasks {
			if t.Probe = probe; t.Name == "" {
				t.Name = name
			}
			list = append(list, asked{t, want})
		}
	}
	add(there, "acme.example", fact.Present)
	add(gone, "empty.example", fact.Absent)
	slices.SortFunc(list, func(a, b asked) int {
		if c := strings.Compare(a.task.Probe, b.task.Probe); c != 0 {
			return c
		}
		return int(a.want) - int(b.want)
	})
	return list
}

// fault is what dnsdist does to each query, as a line of its configuration.
type fault struct{ name, rule string }

func serverFaults() []fault {
	return []fault{
		{"none", ""},
		{"drop", `addAction(AllRule(), DropAction())`},
		{"drop datagrams", `addAction(TCPRule(false), DropAction())`},
		{"loss of 30 %", `addAction(AndRule({TCPRule(false), ProbaRule(0.3)}), DropAction())`},
		{"SERVFAIL", `addAction(AllRule(), RCodeAction(DNSRCode.SERVFAIL))`},
		{"REFUSED", `addAction(AllRule(), RCodeAction(DNSRCode.REFUSED))`},
		{"TC on datagrams", `addAction(TCPRule(false), TCAction())`},
		{"TC always", `addResponseAction(AllRule(), LuaResponseAction(function(dr) dr.dh:setTC(true) return DNSResponseAction.HeaderModify, "" end))`},
		{"delay 100 ms", `addAction(AllRule(), DelayAction(100))`},
		{"delay 2 s", `addAction(AllRule(), DelayAction(2000))`},
		{"spoofed address", `addAction(AllRule(), SpoofAction({"203.0.113.9"}, {ttl=60}))`},
	}
}

// TestMatrixFaults runs every probe while real servers misbehave: the servers of
// the zones, those of the zones above, or the resolver. What is there is never
// reported absent, what is not is never reported present.
func TestMatrixFaults(t *testing.T) {
	dir := t.TempDir()
	zones := signedZones(t, dir)
	loopback(t, []string{registryAt, registryBehind, serverAt, otherAt, serverBehind})
	serveNSD(t, dir, "registry", zones, isRegistry, registryBehind)
	serveNSD(t, dir, "hosts", zones, isHosted, serverBehind)
	all := questions()
	clean := make([]int, len(all)) // denials in the data where nothing is wrong
	rows := []string{matrixRow("truth", "", all, func(i int) string { return letter(all[i].want) })}
	for _, place := range []string{"servers", "parent", "resolver"} {
		for _, f := range serverFaults() {
			if f.name == "none" && place != "servers" {
				continue
			}
			t.Run(place+" "+f.name, func(t *testing.T) { rows = append(rows, oneFault(t, zones, place, f, all, clean)) })
		}
	}
	t.Log("fault x probe x outcome: P present, A absent, ? unknown\n" + strings.Join(rows, "\n"))
}

// oneFault runs all questions with one fault at one place, each with a resolver
// that has nothing in its cache, and gives the row of the matrix.
func oneFault(t *testing.T, zones, place string, f fault, all []asked, clean []int) string {
	dir := t.TempDir()
	front(t, dir, "parent", f, place, registryBehind, registryAt)
	front(t, dir, "servers", f, place, serverBehind, serverAt, otherAt)
	startUnbound(t, unbound{dir: filepath.Join(dir, "unbound"), at: resolverBehind, anchor: filepath.Join(zones, "anchor")})
	front(t, dir, "resolver", f, place, resolverBehind, resolverAt)
	facts := askAll(t, all, 800*time.Millisecond)
	stops := ""
	if place == "resolver" && f.name == "spoofed address" {
		p := scanner.Preflight(context.Background(), matrixClient(t, time.Second), resolverAt, func() string { return "k3v9x2m7q1w8z5t4" })
		require.True(t, p.Rewrites, "a scan stops at the preflight")
		stops = "  (the preflight stops a scan here)"
	}
	for i, got := range facts {
		if f.name == "none" {
			clean[i] = denials(got.Data)
			require.Equal(t, all[i].want, got.Outcome, "without a fault: %s %s %s", got.Task.Probe, got.Task.Name, got.Data)
		}
		if stops == "" && !refusesItself(place, f, got.Task.Probe) {
			honest(t, f.name+" at "+place, got, all[i].want, clean[i])
		}
	}
	return matrixRow(f.name, place, all, func(i int) string { return letter(facts[i].Outcome) }) + stops
}

// honest holds a fact to the truth or to unknown, as a whole and in its parts: it
// denies nothing more than it does without a fault.
func honest(t *testing.T, where string, got fact.Fact, truth fact.Outcome, clean int) {
	if got.Outcome != truth && got.Outcome != fact.Unknown {
		t.Errorf("%s: %s %s is %s (%s), truth %s\n%s", where, got.Task.Probe, got.Task.Name, got.Outcome, got.Reason, truth, got.Data)
	}
	if denials(got.Data) > clean {
		t.Errorf("%s: a part of %s %s is denied: %s", where, got.Task.Probe, got.Task.Name, got.Data)
	}
}

// refusesItself allows the one case where a fault is the truth: a server that
// refuses everything refuses transfer and recursion, and hides its software.
func refusesItself(place string, f fault, probe string) bool {
	active := probe == fact.ProbeTransfer || probe == fact.ProbeRecursion || probe == fact.ProbeVersion
	return place == "servers" && f.name == "REFUSED" && active
}

// denials counts what a fact's data calls absent.
func denials(data json.RawMessage) int {
	return len(regexp.MustCompile(`"(outcome|same|signed|authorised|[a-z]+_outcome)":"absent"|"(end_)?rcode":"NXDOMAIN"|"state":"(no_address|nxdomain)"`).FindAll(data, -1))
}

func letter(o fact.Outcome) string {
	return [...]string{fact.Unknown: "?", fact.Present: "P", fact.Absent: "A", fact.Broken: "B"}[o]
}

func matrixRow(fault, place string, all []asked, cell func(i int) string) string {
	line := fmt.Sprintf("%-16s %-9s", fault, place)
	for i, a := range all {
		switch {
		case i > 0 && all[i-1].task.Probe == a.task.Probe:
			line += cell(i)
		default:
			line += "  " + a.task.Probe + " " + cell(i)
		}
	}
	return line
}

// askAll runs the questions at the same time, as a scan does.
func askAll(t *testing.T, all []asked, timeout time.Duration) []fact.Fact {
	cat, err := catalog.Default()
	require.NoError(t, err)
	client := matrixClient(t, timeout)
	list := probes.All(probes.Deps{Catalog: cat, More: []scanner.Probe{dnsx.Probe([]string{resolverAt + ":53"}, nil), dnsx.CDNProbe()}})
	asks := map[string]bool{}
	for _, a := range all {
		asks[a.task.Probe] = true
	}
	env := scanner.Env{Resolver: client, Now: time.Now(), Random: func() string { return "k3v9x2m7q1w8z5t4" }}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	facts := make([]fact.Fact, len(all))
	var wg sync.WaitGroup
	for _, p := range list {
		if p.Name == fact.ProbeBrandNames {
			continue // asks below suffixes that no server here holds
		}
		require.True(t, asks[p.Name], "no question for probe %s", p.Name)
		for i, a := range all {
			if a.task.Probe == p.Name {
				wg.Go(func() { facts[i] = p.Run(ctx, env, a.task) })
			}
		}
	}
	wg.Wait()
	return facts
}

func matrixClient(t *testing.T, timeout time.Duration) *resolve.Client {
	client, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{netip.MustParseAddrPort(resolverAt + ":53")}, AllowPrivate: true, Rate: -1, RatePerServer: -1, InFlight: 64,
		Timeout: timeout, UDPWait: timeout / 3, NameTimeout: 3 * timeout, Tries: 2, ScopeBudget: 10000,
	})
	require.NoError(t, err)
	return client
}

// front puts dnsdist before a server, with the fault if it is its place.
func front(t *testing.T, dir, name string, f fault, place, behind string, at ...string) {
	rule := ""
	if place == name {
		rule = f.rule
	}
	conf := fmt.Sprintf("setSecurityPollSuffix('')\nsetACL('0.0.0.0/0')\nnewServer({address='%s:53', healthCheckMode='up', sockets=8})\n%s\n", behind, rule)
	for i, a := range at {
		conf += fmt.Sprintf("%s('%s:53')\n", []string{"setLocal", "addLocal"}[min(i, 1)], a)
	}
	path := filepath.Join(dir, name+".conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	start(t, at[0]+":53", "dnsdist", "--supervised", "--disable-syslog", "-C", path)
}

// TestMatrixServers asks the same of NSD, BIND and Knot: the facts are the
// same but for what servers say of themselves, and dig sees what the facts say.
func TestMatrixServers(t *testing.T) {
	dir := t.TempDir()
	zones := signedZones(t, dir)
	loopback(t, []string{registryAt, serverAt, otherAt})
	serveNSD(t, dir, "registry", zones, isRegistry, registryAt)
	first := map[string]string{}
	for _, s := range []struct {
		name  string
		serve func(t *testing.T, dir, name, zones string, want func(string) bool, at ...string)
	}{{"NSD", serveNSD}, {"BIND", serveBIND}, {"Knot", serveKnot}} {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			s.serve(t, dir, s.name, zones, isHosted, serverAt, otherAt)
			startUnbound(t, unbound{dir: filepath.Join(dir, "unbound"), at: resolverAt, anchor: filepath.Join(zones, "anchor")})
			all := questions()
			facts := askAll(t, all, 6*time.Second)
			for i, f := range facts {
				require.Equal(t, all[i].want, f.Outcome, "%s %s: %s %s", f.Task.Probe, f.Task.Name, f.Reason, f.Data)
				key, data := f.Task.Probe+" "+string(f.Task.Name)+" "+f.Task.Type, plain(f)
				if other, ok := first[key]; ok {
					require.Equal(t, other, data, "%s differs from NSD: %s", s.name, key)
				}
				first[key] = data
			}
			queries, sets := likeDig(t, facts)
			t.Logf("%s: %d facts as by the others; dig repeats %d queries and %d record sets", s.name, len(facts), queries, sets)
		})
	}
}

// plain gives the data of a fact without what a server says of itself.
func plain(f fact.Fact) string {
	data := string(f.Data)
	if f.Task.Probe == fact.ProbeTransfer { // how much goes into the first message, and how it says no
		data = regexp.MustCompile(`"records":\d+|"rcode":"(REFUSED|NOTAUTH)"`).ReplaceAllString(data, "")
	}
	if f.Task.Probe == fact.ProbeVersion {
		data = regexp.MustCompile(`"texts":\[[^]]*\]`).ReplaceAllString(data, "")
	}
	return fmt.Sprintf("%s %s %s %v", f.Outcome, f.Reason, data, f.Observed)
}

// likeDig repeats the evidence with dig: each query once by its own line, and
// each record set that a resolver gave.
func likeDig(t *testing.T, facts []fact.Fact) (queries, sets int) {
	status := regexp.MustCompile(`status: (\w+)`)
	flags := regexp.MustCompile(`;; flags: ([a-z ]+);`)
	done := map[string]bool{}
	for _, f := range facts {
		for _, q := range f.Queries {
			line := q.Dig()
			if done[line] || q.Error != "" || strings.HasSuffix(q.Question, " AXFR") || f.Task.Probe == fact.ProbeSecond {
				continue
			}
			done[line] = true
			out, err := exec.Command("dig", append(strings.Fields(line)[1:], "+tries=2", "+time=4")...).CombinedOutput()
			require.NoError(t, err, "%s: %s", line, out)
			require.Equal(t, q.Rcode, string(submatch(status, out)), "%s\n%s", line, out)
			require.Equal(t, q.Flags, string(submatch(flags, out)), "%s\n%s", line, out)
			queries++
		}
		for _, o := range f.Observed {
			line := o.Name.FQDN() + " " + o.Type
			if done[line] {
				continue
			}
			done[line] = true
			require.Equal(t, o.Values, digValues(t, o), line)
			sets++
		}
	}
	require.Greater(t, queries, 50)
	require.Greater(t, sets, 20)
	return queries, sets
}

func submatch(re *regexp.Regexp, b []byte) []byte {
	if m := re.FindSubmatch(b); m != nil {
		return m[1]
	}
	return nil
}

// digValues gives a record set by dig, as facts write it.
func digValues(t *testing.T, o fact.Observation) []string {
	out, err := exec.Command("dig", "@"+resolverAt, "+noall", "+answer", "+nosplit", o.Name.FQDN(), o.Type).CombinedOutput()
	require.NoError(t, err, string(out))
	var list []string
	for line := range bytes.Lines(out) {
		f := strings.Fields(string(line))
		if len(f) < 5 || f[3] != o.Type {
			continue
		}
		for i := 4; i < len(f) && o.Type != "TXT"; i++ {
			if len(f[i]) > 1 {
				f[i] = strings.TrimSuffix(f[i], ".")
			}
		}
		value := strings.Join(f[4:], " ")
		if o.Type == "DS" || o.Type == "TLSA" {
			value = strings.ToLower(value)
		}
		list = append(list, value)
	}
	slices.Sort(list)
	return list
}
