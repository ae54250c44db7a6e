package pipeline

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/indicator"
)

// TestConcerning holds that a hit deep in the chain comes to the watched names
// whose records led there, and only to those.
func TestConcerning(t *testing.T) {
	g := seen(t,
		observe(t, fact.ProbeMX, "acme.com.au", fact.Present, fact.MX{Hosts: []fact.MXHost{{Host: "mx.filter.test"}}}),
		observe(t, fact.ProbeDelegation, "filter.test", fact.Present, fact.Delegation{Zone: "filter.test", ParentNS: []msp.Name{"ns.evil.test"}}),
		observe(t, fact.ProbeHosts, "www.acme.com.au", fact.Present, fact.Hosts{Name: "www.acme.com.au", Addresses: []string{"192.0.2.66"}}),
		observe(t, fact.ProbeHosts, "vpn.acme.com.au", fact.Present, fact.Hosts{Name: "vpn.acme.com.au", Addresses: []string{"192.0.2.67"}}),
		observe(t, fact.ProbeRegistered, "nobody.test", fact.Absent, fact.Registered{Domain: "nobody.test"}),
	)
	set, err := indicator.Load("feed", []byte("evil.test\n192.0.2.66\nnobody.test\n"))
	require.NoError(t, err)
	var got []string
	for _, h := range concerning(g, indicator.Match([]indicator.Set{set}, g.Facts(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))) {
		got = append(got, string(h.Host)+" "+h.Observed)
	}
	require.Equal(t, []string{"acme.com.au ns.evil.test", "www.acme.com.au 192.0.2.66"}, got, "nothing watched led to nobody.test")
	require.Nil(t, concerning(g, nil))
}

// TestSets holds that a set counts once, keeps out services that give names to
// anybody, and is shown.
func TestSets(t *testing.T) {
	dir := t.TempDir()
	name := write(t, dir, "feed.csv", "domain\nevil.test\ndyndns.org\nevil.dyndns.org\nwithdrawn.test\n127.0.0.1\n")
	j, err := newJudge(Config{Indicators: []string{name, write(t, dir, "again.csv", "domain\nevil.test\ndyndns.org\nevil.dyndns.org\nwithdrawn.test\n127.0.0.1\n")}})
	require.NoError(t, err)
	require.Len(t, j.sets, 2, "the embedded one and the feed")
	require.Equal(t, 3, j.sets[1].Live())
	_, files := embed(j.setFiles)
	require.Len(t, files, 2, "both stand in the journal")
	require.Contains(t, j.setNotes()[1], "3 in force, 2 that could not be used.")
	require.Equal(t, j.sets[1].SHA256, j.setPacks()[1].Hash)
	var b bytes.Buffer
	j.warnSets(&b, false)
	require.Contains(t, b.String(), filepath.Base(name)+":3:1: dyndns.org is ")
	require.Contains(t, b.String(), filepath.Base(name)+":6:1: 127.0.0.1 is no public address; left out\n")
	b.Reset()
	j.warnSets(&b, true)
	require.Empty(t, b.String())
}

// TestEmbeddedSet holds that the embedded names are none that anybody can have.
func TestEmbeddedSet(t *testing.T) {
	cat, err := loadCatalog()
	require.NoError(t, err)
	own, err := indicator.APT10()
	require.NoError(t, err)
	for _, e := range own.Entries {
		require.False(t, givenToAnybody(cat, e.Name), e.Name)
	}
}

// TestResumeWithOtherIndicators holds that two halves of a run that do not fit
// are refused.
func TestResumeWithOtherIndicators(t *testing.T) {
	dir := t.TempDir()
	journal, inv := filepath.Join(dir, "run.ndjson"), write(t, dir, "inventory.yaml", "version: 1\norganisation: {id: acme, domains: [acme.test]}\nproviders: [{id: n, kind: msp}]\nrelationships: [{provider: n, service: s}]\n")
	zones := world(t, "")
	cfg := Config{Zones: zones, Journal: journal, Quiet: true, Inventories: []string{inv}, Ranks: 1, Outputs: []Output{{"json", filepath.Join(dir, "r.json")}}}
	s := Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
	require.NoError(t, Scan(t.Context(), cfg, s))
	cfg.Resume = true
	require.NoError(t, Scan(t.Context(), cfg, s))
	cfg.Indicators = []string{write(t, dir, "feed.csv", "evil.test\n")}
	err := Scan(t.Context(), cfg, s)
	require.ErrorContains(t, err, "begun with other --indicators")
	require.True(t, isUsage(err))
}
