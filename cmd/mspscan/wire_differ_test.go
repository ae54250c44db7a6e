//go:build servers && linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

// digReply is what dig shows of one reply: its status and the records of the
// answer section; no status = no reply.
type digReply struct {
	status  string
	answers []string // "owner TYPE rdata", as facts write them
}

var (
	digHeader = regexp.MustCompile(`->>HEADER<<- opcode: \w+, status: (\w+),`)
	digRecord = regexp.MustCompile(`^(\S+)\s+\d+\s+(\w+)\s+(\S+)\s+(.*)$`)
)

// readDig reads the output of dig for questions that it was given in turn, each
// with its own "; <<>> DiG" line.
func readDig(out string) []digReply {
	var list []digReply
	section := ""
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "; <<>> DiG"):
			list = append(list, digReply{})
		case len(list) == 0 || line == "":
		case digHeader.MatchString(line):
			last := &list[len(list)-1]
			*last = digReply{status: digHeader.FindStringSubmatch(line)[1]}
		case strings.HasSuffix(line, " SECTION:"):
			section = line
		case !strings.HasPrefix(line, ";") && section == ";; ANSWER SECTION:":
			if m := digRecord.FindStringSubmatch(line); m != nil && m[2] == "IN" {
				list[len(list)-1].answers = append(list[len(list)-1].answers, recordText(m[1], m[3], m[4]))
			}
		}
	}
	return list
}

// recordText writes a record as mspscan does: names in lower case without final
// dot, numbers and hex as they are.
func recordText(owner, qtype, rdata string) string {
	fields := strings.Fields(rdata)
	for i, f := range fields {
		if qtype != "TXT" && qtype != "CAA" && len(f) > 1 {
			fields[i] = strings.ToLower(strings.TrimSuffix(f, "."))
		}
	}
	name := strings.ToLower(strings.TrimSuffix(owner, "."))
	return name + " " + qtype + " " + strings.Join(fields, " ")
}

// believed gives what a reader takes from a reply to a question: how it ended, and
// the records of the type, wherever they stand.
func (r digReply) believed(qtype string) (outcome string, records []string) {
	for _, a := range r.answers {
		f := strings.SplitN(a, " ", 3)
		if f[1] == qtype {
			records = append(records, f[2])
		}
	}
	slices.Sort(records)
	switch {
	case r.status == "":
		return "unknown timeout", nil
	case r.status != "NOERROR" && r.status != "NXDOMAIN":
		return "unknown " + strings.ToLower(r.status), nil
	case len(records) > 0:
		return "present NOERROR", records
	}
	return "absent " + r.status, nil
}

// ours gives the same of an answer of the strict client.
func ours(a scanner.Answer) (outcome string, records []string) {
	for _, r := range a.Records {
		f := r.Fields
		if r.Type == "TXT" || r.Type == "CAA" {
			records = append(records, r.Text())
			continue
		}
		records = append(records, strings.ToLower(strings.Join(f, " ")))
	}
	slices.Sort(records)
	switch a.Outcome {
	case fact.Present:
		return "present NOERROR", records
	case fact.Absent:
		return "absent " + a.Rcode, nil
	case fact.Broken:
		return "broken " + a.Reason, nil
	}
	return "unknown " + a.Reason, nil
}

// oddZone holds what is seldom asked for: aliases of all kinds, wildcards, empty
// names between, escapes, many and long records.
func oddZone() string {
	var b strings.Builder
	b.WriteString(`@ A 198.51.100.1
@ MX 10 mail
mail A 198.51.100.2
mail AAAA 2001:db8::2
www CNAME @
out CNAME n0.loss.example.
out2 CNAME out
dead CNAME nothing.loss.example.
gone CNAME nowhere
self CNAME self
loop1 CNAME loop2
loop2 CNAME loop1
under DNAME mail
below DNAME loss.example.
*.wild A 198.51.100.3
*.wild TXT "wild"
x.wild TXT "not wild"
a.b.c.deep A 198.51.100.4
many TXT "one" "two" "three"
many TXT "` + strings.Repeat("x", 250) + `" "` + strings.Repeat("y", 250) + `"
escapes TXT "a\"b\\c\;d\000e\255"
a\.b A 198.51.100.5
a\032b A 198.51.100.6
UPPER A 198.51.100.7
_sip._tcp SRV 10 5 5060 mail
_25._tcp.mail TLSA 3 1 1 00000000000000000000000000000000000000000000000000000000000000AA
caa CAA 0 issue "ca.example"
caa CAA 128 tbs "unknown"
sub NS ns1.host.example.
lame NS ns1.victim.example.
private A 10.0.0.1
`)
	for i := range 12 {
		fmt.Fprintf(&b, "hop%d CNAME hop%d\n", i, i+1)
	}
	b.WriteString("hop12 A 198.51.100.8\n")
	for i := range 60 {
		fmt.Fprintf(&b, "big A 198.51.101.%d\n", i)
	}
	return b.String()
}

// differQuestions asks for every owner of the zones and for names beside them, in
// all types, n questions at most.
func differQuestions(zones map[string]string, n int) []scanner.Question {
	names := map[string]bool{}
	for origin, text := range zones {
		if origin == "." {
			continue
		}
		names[origin], names["no-such-name."+origin], names["x.y."+origin] = true, true, true
		for line := range strings.Lines(text) {
			if owner, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok && owner != "@" && !strings.HasSuffix(owner, ".") {
				full := strings.ReplaceAll(owner, "*", "star") + "." + origin
				names[full], names["sub."+full] = true, true
			}
		}
	}
	var list []scanner.Question
	for _, qtype := range []string{"A", "TXT", "MX", "NS", "CNAME", "AAAA", "SOA", "CAA", "SRV", "TLSA", "DS"} {
		for _, name := range sortedKeys(names) {
			if parsed, err := msp.ParseName(name); err == nil && len(list) < n {
				list = append(list, scanner.Question{Name: parsed, Type: qtype})
			}
		}
	}
	return list
}

func sortedKeys(m map[string]bool) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// digAll asks all questions with dig, in the client's namespace, at one server.
func (w wire) digAll(t *testing.T, at string, questions []scanner.Question, options ...string) []digReply {
	t.Helper()
	var file strings.Builder
	for _, q := range questions {
		fmt.Fprintf(&file, "%s %s %s\n", q.Name.FQDN(), q.Type, strings.Join(options, " "))
	}
	batch := filepath.Join(t.TempDir(), "batch")
	require.NoError(t, os.WriteFile(batch, []byte(file.String()), 0o600))
	out, _ := w.run(t, "dig", "@"+at, "+nosplit", "+tries=3", "+time=8", "-f", batch)
	list := readDig(out)
	require.Len(t, list, len(questions), "a reply or a failure for each question")
	return list
}

// decidedDifference says why mspscan says something else than dig where both asked
// the same server, by the text that decides; "" = it should not.
func decidedDifference(ours, digs string) string {
	switch {
	case strings.HasPrefix(ours, "broken cname_loop"):
		return "RFC 1034 section 3.6.2: a loop of aliases is an error to be signalled; dig shows the aliases and no end"
	case ours == "unknown incomplete" && digs == "absent NOERROR":
		return "RFC 2308 section 2.1: the authoritative server followed the alias out of its zones; what the end holds it does not say"
	case ours == "unknown referral" && digs == "absent NOERROR", ours == "unknown lame" && strings.HasPrefix(digs, "absent"):
		return "RFC 2308 section 2.2: a referral is no NODATA; RFC 2181 section 5.4.1: nor is a denial without authority"
	case ours == "unknown budget":
		return "RFC 1034 section 5.2.2: chains are followed to a limit, eleven here as in Unbound and BIND"
	case ours == "unknown no_soa":
		return "RFC 2308 sections 2.2 and 5: a denial without SOA is not to be kept"
	}
	return ""
}

// TestWireDiffer puts the same questions to Unbound and to NSD by mspscan and by
// dig: outcome and records are the same, or the difference is decided.
func TestWireDiffer(t *testing.T) {
	w := onWire(t)
	zones := below(map[string][]string{"odd.example": nil, "loss.example": nil, "victim.example": {"ns.nowhere.victim.example."}})
	zones["odd.example"], zones["loss.example"] = oddZone(), lossZone(w.count(900, 90))
	serveWire(t, zones)
	questions := differQuestions(zones, w.count(10000, 1500))
	total, unexplained := 0, 0
	decided := map[string]int{}
	for _, server := range []netip.Addr{{}, netip.MustParseAddr(hostIn)} {
		at, options := resolverIn, []string(nil)
		if server.IsValid() {
			at, options = hostIn, []string{"+norec"}
		}
		replies := w.digAll(t, at, questions, options...)
		client, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(resolverIn + ":53")}, Dial: w.dial, Rate: -1, RatePerServer: -1, InFlight: 16})
		require.NoError(t, err)
		answers := resolveAll(client, questions, server)
		for i, q := range questions {
			total++
			our, ourRecords := ours(answers[i])
			its, itsRecords := replies[i].believed(q.Type)
			if our == its && slices.Equal(ourRecords, itsRecords) || strings.HasPrefix(our, "unknown ") && strings.HasPrefix(its, "unknown ") {
				continue
			}
			if why := decidedDifference(our, its); why != "" {
				decided[why]++
				continue
			}
			unexplained++
			t.Errorf("%s %s at %s: mspscan %s %q, dig %s %q %v", q.Name, q.Type, at, our, ourRecords, its, itsRecords, answers[i].Notes)
		}
	}
	for _, why := range sortedKeys(keysOf(decided)) {
		t.Logf("%d differences decided: %s", decided[why], why)
	}
	tally(t, "differ_questions", float64(total), told())
	tally(t, "differ_decided", float64(sum(decided)), told())
	tally(t, "differ_unexplained", float64(unexplained), exactly(0))
}

func keysOf(m map[string]int) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		out[k] = true
	}
	return out
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

func resolveAll(client *resolve.Client, questions []scanner.Question, server netip.Addr) []scanner.Answer {
	answers := make([]scanner.Answer, len(questions))
	slots := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for i, q := range questions {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			q.Server = server
			answers[i] = client.Resolve(context.Background(), q)
		})
	}
	wg.Wait()
	return answers
}

// decidedFaults says of each fault where mspscan does not come to the truth and dig
// or Unbound ends differently, who is right by which text. Where mspscan comes to
// the truth the zone itself decides.
func decidedFaults() map[string]string {
	return map[string]string{
		"cname-loop":        "RFC 1034 section 3.6.2: a loop is an error; an empty answer at its end is no denial",
		"cname-self":        "RFC 1034 section 3.6.2: the same",
		"cname-long":        "RFC 1034 section 5.2.2: chains are followed to a limit; what stands beyond is not known",
		"cname-two":         "RFC 2181 section 10.1: a name has one CNAME; which of two leads on is not known",
		"forged":            "RFC 8914 section 4.5: the server says itself that the answer is forged",
		"nxdomain-filtered": "RFC 8914 section 4.18: the server says itself that it filters: the name may well exist",
		"ra-off":            "RFC 2181 section 5.4.1: a denial without authority, and without recursion, proves nothing",
		"nxdomain-records":  "RFC 8020 section 2: NXDOMAIN means that nothing is there; an answer that shows records denies itself",
	}
}

// TestWireDifferFaults puts servers that misbehave before mspscan, dig and Unbound:
// what each of them believes.
func TestWireDifferFaults(t *testing.T) {
	w := onWire(t)
	world, err := scantest.Load(filepath.Join("..", "..", "scanner", "scantest", "testdata", "faults"))
	require.NoError(t, err)
	questions := []scanner.Question{{Name: "zone.example", Type: "A"}, {Name: "zone.example", Type: "TXT"}, {Name: "www.zone.example", Type: "A"}, {Name: "none.zone.example", Type: "A"}, {Name: "mail.zone.example", Type: "MX"}}
	truth := threeViews(t, world, "", questions)["mspscan"]
	c := comparison{truth: truth, counts: map[string]map[string]int{"mspscan": {}, "dig": {}, "unbound": {}}}
	slots := make(chan struct{}, 6)
	var wg sync.WaitGroup
	for i, f := range scantest.Faults() {
		if w.short && i%25 != 0 && decidedFaults()[f.Name] == "" {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			c.add(t, f, threeViews(t, world, f.Name, questions))
		})
	}
	wg.Wait()
	for _, who := range []string{"mspscan", "dig", "unbound"} {
		bound := told()
		if who == "mspscan" {
			bound = exactly(0)
		}
		tally(t, "differ_faults_"+who+"_lies", float64(c.counts[who]["lie"]), bound)
		tally(t, "differ_faults_"+who+"_false_cleans", float64(c.counts[who]["clean"]), bound)
		tally(t, "differ_faults_"+who+"_right", float64(c.counts[who]["right"]), told())
	}
	tally(t, "differ_faults_cases", float64(sum(c.counts["mspscan"])), told())
	tally(t, "differ_faults_undecided", float64(c.undecided), exactly(0))
}

// comparison counts what three programs believe.
type comparison struct {
	truth []view

	mu        sync.Mutex
	counts    map[string]map[string]int
	undecided int
}

// add judges the views of one fault; a difference that nothing decides fails.
func (c *comparison) add(t *testing.T, f scantest.Fault, views map[string][]view) {
	c.mu.Lock()
	defer c.mu.Unlock()
	open, others := false, map[string]bool{}
	for i, want := range c.truth {
		if f.Name == "nxdomain-records" && strings.HasPrefix(want.outcome, "absent") {
			continue // without records it is a sound NXDOMAIN
		}
		our := viewVerdict(views["mspscan"][i], want)
		c.counts["mspscan"][our]++
		for _, who := range []string{"dig", "unbound"} {
			v := viewVerdict(views[who][i], want)
			c.counts[who][v]++
			open = open || our != "right" && v != our
			if our == "right" && (v == "lie" || v == "clean") {
				others[who+" "+v] = true
			}
		}
	}
	why := decidedFaults()[f.Name]
	switch {
	case open && why == "":
		c.undecided++
		t.Errorf("not decided: %s: %v", f.Name, views)
	case open:
		t.Logf("%s (%s): %s", f.Name, f.Doc, why)
	case len(others) > 0:
		t.Logf("%s (%s): mspscan comes to the truth; %s", f.Name, f.Doc, strings.Join(sortedKeys(others), ", "))
	}
}

// view is what one program takes from an answer.
type view struct {
	outcome string
	records []string
}

// threeViews asks with one fault over UDP: mspscan and dig at the server, dig at an
// Unbound that asks the server.
func threeViews(t *testing.T, world *scantest.World, fault string, questions []scanner.Question) map[string][]view {
	n, err := world.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, n.Close()) }()
	if fault != "" {
		require.NoError(t, n.Inject(scantest.Rule{Below: "zone.example", Proto: "udp", Fault: fault}))
	}
	client, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{n.Resolver()}, Rate: -1, Timeout: 3 * time.Second})
	require.NoError(t, err)
	out := map[string][]view{}
	for _, a := range resolveAll(client, questions, netip.Addr{}) {
		outcome, records := ours(a)
		out["mspscan"] = append(out["mspscan"], view{outcome, records})
	}
	stop, at := forwardingUnbound(t, n.Resolver())
	defer stop()
	for who, to := range map[string]netip.AddrPort{"dig": n.Resolver(), "unbound": at} {
		for _, q := range questions {
			text, _ := exec.Command("dig", "@"+to.Addr().String(), "-p", fmt.Sprint(to.Port()), "+nosplit", "+tries=3", "+time=3", q.Name.FQDN(), q.Type).CombinedOutput()
			replies := readDig(string(text))
			outcome, records := "unknown timeout", []string(nil)
			if len(replies) > 0 {
				outcome, records = replies[len(replies)-1].believed(q.Type)
			}
			out[who] = append(out[who], view{outcome, records})
		}
	}
	return out
}

// forwardingUnbound starts an Unbound with an empty cache on a port of loopback that
// asks one server.
func forwardingUnbound(t *testing.T, server netip.AddrPort) (stop func(), at netip.AddrPort) {
	dir, err := os.MkdirTemp(t.TempDir(), "u")
	require.NoError(t, err)
	at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 20000+server.Port()%10000)
	conf := fmt.Sprintf("server:\n  interface: 127.0.0.1\n  port: %d\n  do-daemonize: no\n  chroot: \"\"\n  username: \"\"\n  directory: %q\n  pidfile: \"\"\n  use-syslog: no\n  do-not-query-localhost: no\n  do-ip6: no\n  module-config: \"iterator\"\nforward-zone:\n  name: \".\"\n  forward-addr: %s@%d\nremote-control:\n  control-enable: no\n", at.Port(), dir, server.Addr(), server.Port())
	file := filepath.Join(dir, "unbound.conf")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "/usr/sbin/unbound", "-d", "-c", file)
	require.NoError(t, cmd.Start())
	time.Sleep(500 * time.Millisecond)
	return func() { cancel(); _ = cmd.Wait() }, at
}

// viewVerdict holds what was believed against the truth.
func viewVerdict(got, want view) string {
	switch {
	case got.outcome == want.outcome && slices.Equal(got.records, want.records):
		return "right"
	case strings.HasPrefix(got.outcome, "unknown"), strings.HasPrefix(got.outcome, "broken"):
		return "unknown"
	case strings.HasPrefix(got.outcome, "absent") && strings.HasPrefix(want.outcome, "present"):
		return "clean"
	}
	return "lie"
}
