package spf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

const suites = "../../../shared/suites/"

// world is a DNS of records by name and type; what is not in it does not exist.
type world map[string]scanner.Answer

func (w world) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	if strings.Contains(string(q.Name), "_dns_error.") {
		return fakedns.Unknown("servfail")
	}
	if a, ok := w[string(q.Name)+" "+q.Type]; ok {
		return a
	}
	return gone()
}

func (w world) set(name, qtype string, values ...[]string) {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, v := range values {
		a.Records = append(a.Records, scanner.Record{Type: qtype, Fields: v})
	}
	w[strings.ToLower(strings.TrimSuffix(name, "."))+" "+qtype] = a
}

// checkCase is one case of the suite: HELO is checked first, and the sender if
// HELO says nothing against it.
type checkCase struct {
	name, helo, sender, ip, want string
	zone                         world
}

func (c checkCase) run() Verdict {
	ctx, ip := context.Background(), netip.MustParseAddr(c.ip)
	checker := Checker{Resolver: c.zone}
	v := checker.Check(ctx, ip, "", c.helo)
	if c.sender != "" && (v.Result == Pass || v.Result == None) {
		v = checker.Check(ctx, ip, c.sender, c.helo)
	}
	return v
}

// readCases reads a file of the suite: documents of "key: value" lines, where
// each expect closes a case over the records and values that stand above it.
func readCases(path string) ([]checkCase, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []checkCase
	c := checkCase{zone: world{}}
	for _, line := range strings.Split(string(raw), "\n") {
		if strings.HasPrefix(line, "---") {
			c = checkCase{zone: world{}}
			continue
		}
		key, value, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "- "), ":")
		if value = strings.TrimSpace(value); !found || strings.HasPrefix(key, "#") {
			continue
		}
		switch key {
		case "name":
			c.name = filepath.Base(path) + ": " + value
		case "domain":
			c.helo = value
		case "sender":
			c.sender = value
		case "ip":
			c.ip = value
		case "expect":
			c.want = value
			done := c
			done.zone = copyOf(c.zone)
			list = append(list, done)
		default:
			c.zone.read(key, value)
		}
	}
	return list, nil
}

func copyOf(w world) world {
	out := world{}
	for k, v := range w {
		out[k] = v
	}
	return out
}

func (w world) read(key, value string) {
	name, rest, _ := strings.Cut(value, " ")
	items := strings.FieldsFunc(rest, func(c rune) bool { return c == ',' || c == ' ' })
	switch key {
	case "spf", "exp":
		w.set(name, "TXT", []string{rest})
	case "a", "aaaa":
		w.addresses(name, items)
	case "mx":
		var hosts [][]string
		for i, ip := range items {
			host := fmt.Sprintf("x%d.%s", i, name)
			hosts = append(hosts, []string{fmt.Sprint(i), host})
			w.addresses(host, []string{ip})
		}
		w.set(name, "MX", hosts...)
	case "ptr":
		var names [][]string
		for _, n := range items {
			names = append(names, []string{n})
		}
		w.set(string(reverse(netip.MustParseAddr(name))), "PTR", names...)
	}
}

func (w world) addresses(name string, items []string) {
	byType := map[string][][]string{}
	for _, s := range items {
		qtype := "A"
		if netip.MustParseAddr(s).Is6() {
			qtype = "AAAA"
		}
		byType[qtype] = append(byType[qtype], []string{s})
	}
	for qtype, values := range byType {
		w.set(name, qtype, values...)
	}
}

// standardSaysCheck lists cases that the standard decides otherwise, by name,
// HELO name and address.
func standardSaysCheck() map[string]string {
	return map[string]string{
		"exists.yml: Exists ip6.test.org 167.1.2.3":                  "fail: exists asks for A only, whatever the family of the sender (RFC 7208 section 5.7)",
		"macro.yml: Macro expansion 2 mx.example.org 2001:db8::cb01": "fail: the name has AAAA only, exists asks for A (RFC 7208 section 5.7)",
		"all.yml: All test test.org 10.0.0.1":                        "permerror: a syntax error anywhere in the record, also behind all (RFC 7208 section 4.6)",
		"basic.yml: DNS Lookup Limits ok.test.org 172.168.0.1":       "permerror: ten void look-ups, the limit is two (RFC 7208 section 4.6.4)",
	}
}

func TestConformanceStalwart(t *testing.T) {
	files, err := filepath.Glob(suites + "stalwart-spf/*.yml")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("suite not here: stalwart-spf")
	}
	total, passed, other := 0, 0, 0
	for _, path := range files {
		cases, err := readCases(path)
		require.NoError(t, err)
		require.NotEmpty(t, cases, path)
		for _, c := range cases {
			total++
			v := c.run()
			got := strings.TrimSpace(string(v.Result) + " " + v.Explanation)
			why, decided := standardSaysCheck()[strings.Join([]string{c.name, c.helo, c.ip}, " ")]
			switch {
			case decided:
				other++
				t.Logf("stalwart-spf, the standard decides otherwise: %s (%s, %s): the suite wants %s; %s", c.name, c.helo, c.ip, c.want, why)
				require.Equal(t, strings.SplitN(why, ":", 2)[0], got)
			case got == c.want || string(v.Result) == c.want:
				passed++
			default:
				t.Errorf("%s: helo %s, sender %s, ip %s: got %q, want %q", c.name, c.helo, c.sender, c.ip, got, c.want)
			}
		}
	}
	t.Logf("stalwart-spf: %d of %d; %d more decided by the standard", passed, total, other)
	require.Greater(t, total, 100)
}

// standardSaysRecord lists records of the suite that the standard decides
// otherwise.
func standardSaysRecord() map[string]string {
	return map[string]string{
		"V=spf1 all Include:example.org a ?a -a +a ~a a:x a:x/0 a:x/24//64 a:x//64 mx mx:x ptr ptr:x IP4:10.0.0.1 ip4:0.0.0.0/0 ip4:10.0.0.1/24 ip6:2001:db8::1 ip6:2001:db8::1/128 exists:x REDIRECT=x exp=X Other=x": "not valid: " +
			"x is a domain-spec without a dot before its top label (RFC 7208 section 7.1, domain-end)",
	}
}

func TestConformanceRecords(t *testing.T) {
	raw, err := os.ReadFile(suites + "mox-records/spf-record.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("suite not here: mox-records")
	}
	require.NoError(t, err)
	var cases []struct {
		Record string
		Valid  bool
		Note   string
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	passed, other := 0, 0
	for _, c := range cases {
		rec, ok := Parse(c.Record)
		got := ok && len(rec.Errors) == 0
		if why, decided := standardSaysRecord()[c.Record]; decided {
			other++
			require.NotEqual(t, c.Valid, got, "the table is stale")
			t.Logf("mox-records spf, the standard decides otherwise: %q: %s", c.Record, why)
			continue
		}
		if got != c.Valid {
			t.Errorf("%q: valid %v, want %v (%s): %v", c.Record, got, c.Valid, c.Note, rec.Errors)
			continue
		}
		passed++
	}
	t.Logf("mox-records spf: %d of %d; %d more decided by the standard", passed, len(cases), other)
}

// The probe must not break on any record set of the suite, and must agree with
// the evaluation on what is a permerror whatever the sender: syntax, and includes
// and redirects to nothing.
func TestWalkAgreesWithEvaluation(t *testing.T) {
	cases := map[string]Result{
		"v=spf1 all/32":                      Permerror,
		"v=spf1 include:no.example -all":     Permerror,
		"v=spf1 redirect=no.example":         Permerror,
		"v=spf1 redirect=acme.example":       Permerror,
		"v=spf1 include:acme.example":        Permerror,
		"v=spf1 a:no.example mx:no.example":  Neutral,
		"v=spf1 include:_dns_error.org -all": Temperror,
		"v=spf1 a mx ip4:192.0.2.9 ~all":     Softfail,
	}
	for record, want := range cases {
		w := world{}
		w.set("acme.example", "TXT", []string{record})
		v := Checker{Resolver: w}.Check(context.Background(), netip.MustParseAddr("198.51.100.1"), "a@acme.example", "")
		require.Equal(t, want, v.Result, record)
		f := Probe().Run(context.Background(), scanner.Env{Resolver: w}, fact.Task{Name: msp.Name("acme.example")})
		var data fact.SPF
		require.NoError(t, f.Decode(&data))
		wantProbe := map[Result]string{Permerror: ResultPermerror, Temperror: ResultTemperror}[want]
		if wantProbe == "" {
			wantProbe = ResultOK
		}
		require.Equal(t, wantProbe, data.Result, record)
	}
}
