package probes

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// scenario is one row of the suite's tables.
type scenario struct {
	name, zone           string
	mandatory, forbidden []string
	onlyMandatory        bool // every other tag is forbidden
}

// notAsked gives the scenarios that a scan cannot stand for, and why.
func notAsked(testCase string, s scenario) string {
	switch {
	case strings.Contains(s.name, "UNDEL") || strings.HasSuffix(s.name, "-UND"):
		return "an undelegated test: a scan begins at the delegation"
	case s.zone == ".":
		return "the root zone is in no inventory"
	case strings.HasPrefix(s.name, "ERROR-PREFIX-DATABASE"):
		return "a scan asks no database of routed prefixes, so none can fail"
	}
	return ""
}

// expected gives the scenarios whose tags the facts do not carry, and why. A
// scenario that passes must not stand here.
func expected() map[string]string {
	return map[string]string{
		"consistency05 ADDRESSES-MATCH-6":  "the suite's zone gives ns1 its addresses twice and ns2 none: only glue has them (RFC 1034 section 4.2.2 wants both alike)",
		"consistency05 IB-ADDR-MISMATCH-1": "no server listens at the old glue address, and a scan says so",
		"zone09 NON-AUTH-MX-RESPONSE":      "the suite's server that answers without authority, 127.19.9.34, is delegated to by no zone of the suite",
	}
}

// TestConformanceZonemaster runs the probes over the zones of the Zonemaster test suite and
// compares the facts with the tags that the suite wants and forbids.
func TestConformanceZonemaster(t *testing.T) {
	suite := filepath.Join("..", "..", "..", "shared", "suites", "zonemaster-zones")
	if _, err := os.Stat(suite); err != nil {
		t.Skip("suite not here: " + suite)
	}
	for _, testCase := range []struct{ family, name string }{
		{"Delegation-TP", "delegation01"},
		{"Delegation-TP", "delegation02"},
		{"Delegation-TP", "delegation03"},
		{"Consistency-TP", "consistency05"},
		{"Consistency-TP", "consistency06"},
		{"Basic-TP", "basic02"},
		{"Address-TP", "address01"},
		{"Zone-TP", "zone09"},
		{"Zone-TP", "zone11"},
		{"Nameserver-TP", "nameserver15"},
		{"Connectivity-TP", "connectivity04"},
	} {
		t.Run(testCase.name, func(t *testing.T) { runCase(t, suite, testCase.family, testCase.name) })
	}
}

func runCase(t *testing.T, suite, family, name string) {
	data := filepath.Join(suite, "test-zone-data")
	world := loadInternet(t, data, "main.cfg", filepath.Join(family, name, name+".cfg"))
	scenarios := readScenarios(t, filepath.Join(suite, "docs", "public", "specifications", "test-zones", family, name+".md"), name)
	prefixes := routedPrefixes(t, filepath.Join(data, family, name, "asnlookup.zonemaster.net.zone"))
	good, asked, left := 0, 0, 0
	for _, s := range scenarios {
		if why := notAsked(name, s); why != "" {
			t.Logf("zonemaster %s %s not asked: %s", name, s.name, why)
			left++
			continue
		}
		asked++
		f := collect(t, world, msp.Name(strings.TrimSuffix(s.zone, ".")))
		f.prefixes = prefixes
		wrong := compare(s, tagsOf(name, f))
		why, known := expected()[name+" "+s.name]
		switch {
		case wrong == "" && known:
			t.Errorf("%s %s passes now: take it off the list", name, s.name)
		case wrong == "":
			good++
		case known:
			t.Logf("zonemaster %s %s fails: %s", name, s.name, why)
		default:
			t.Errorf("%s %s (%s) fails: %s\n%+v", name, s.name, s.zone, wrong, f.delegation)
		}
	}
	require.NotZero(t, asked)
	t.Logf("zonemaster %s: %d of %d; %d more not asked", name, good, asked, left)
}

// collect runs the probes at one zone with a client of its own.
func collect(t *testing.T, world *internet, zone msp.Name) facts {
	t.Helper()
	client, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{resolverAddr()}, Dial: world.Dial, AllowPrivate: true,
		Rate: -1, RatePerServer: -1, Tries: 2, ScopeBudget: 1000,
	})
	require.NoError(t, err)
	f := facts{zone: zone}
	run := func(probe string, data any) fact.Outcome {
		p, ok := ByName(All(Deps{}), probe)
		require.True(t, ok)
		got := p.Run(context.Background(), scanner.Env{Resolver: client, Now: time.Unix(1.7e9, 0)}, fact.Task{Probe: probe, Name: zone})
		require.NoError(t, got.Decode(data))
		return got.Outcome
	}
	f.outcome = run(fact.ProbeDelegation, &f.delegation)
	f.mxOutcome = run(fact.ProbeMX, &f.mx)
	f.spfOutcome = run(fact.ProbeSPF, &f.spf)
	run(fact.ProbeAgree, &f.agree)
	run(fact.ProbeVersion, &f.version)
	return f
}

// routedPrefixes reads the rows of the suite's table of prefixes, where a case
// has one.
func routedPrefixes(t *testing.T, file string) map[string][]netip.Prefix {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	rows := map[string][]netip.Prefix{}
	for _, m := range regexp.MustCompile(`(?m)^(\S+)\s+TXT\s+"\d+ \| (\S+) \|`).FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = append(rows[m[1]], netip.MustParsePrefix(m[2]))
	}
	require.NotEmpty(t, rows, file)
	return rows
}

// compare says what is wrong with the tags, "" if nothing is.
func compare(s scenario, tags []string) string {
	var wrong []string
	for _, m := range s.mandatory {
		if !slices.Contains(tags, m) {
			wrong = append(wrong, "no "+m)
		}
	}
	for _, tag := range tags {
		if slices.Contains(s.mandatory, tag) { // one row wants and forbids the same tag
			continue
		}
		if s.onlyMandatory || slices.Contains(s.forbidden, tag) {
			wrong = append(wrong, "has "+tag)
		}
	}
	return strings.Join(wrong, ", ")
}

// readScenarios reads the table of scenarios and the zone names from a document.
func readScenarios(t *testing.T, doc, testCase string) []scenario {
	t.Helper()
	text, err := os.ReadFile(doc)
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "\n## Test scenarios and message tags")
	require.True(t, ok, doc)
	zones := zoneNames(string(text))
	nameLike := regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]*$`)
	tag := regexp.MustCompile(`[A-Z0-9]+_[A-Z0-9_]+`)
	var list []scenario
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, " \r\n")
		if strings.HasPrefix(line, "## ") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) < 3 || !nameLike.MatchString(strings.TrimSpace(cells[0])) {
			continue
		}
		cells[1] = strings.ReplaceAll(cells[1], "Z09, NO_MX_FOUND", ", Z09_NO_MX_FOUND") // a slip of one row
		s := scenario{name: strings.TrimSpace(cells[0]), mandatory: tag.FindAllString(cells[1], -1), forbidden: tag.FindAllString(cells[2], -1)}
		s.onlyMandatory = strings.TrimSpace(cells[2]) == "2)"
		s.zone = zoneOf(s.name, testCase, zones)
		list = append(list, s)
	}
	require.NotEmpty(t, list, doc)
	return list
}

// zoneOf gives the zone of a scenario: the document's, unless it is a slip that
// names the zone of another scenario.
func zoneOf(name, testCase string, zones map[string]string) string {
	own := strings.ToLower(strings.ReplaceAll(name, "_", "-")) + "." + testCase + ".xa"
	zone, ok := zones[name]
	if !ok {
		return own
	}
	first, _, _ := strings.Cut(zone, ".")
	if _, other := zones[strings.ToUpper(first)]; other && strings.ToUpper(first) != name {
		return own
	}
	return zone
}

func zoneNames(text string) map[string]string {
	zones := map[string]string{}
	heading := regexp.MustCompile(`^###+ ([A-Z0-9_-]+)\s*$`)
	zone := regexp.MustCompile("^\\* Zone: [\"`]?([^\"` ]+)")
	at := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			at = m[1]
		}
		if m := zone.FindStringSubmatch(line); m != nil && zones[at] == "" {
			zones[at] = strings.ToLower(m[1])
		}
	}
	return zones
}
