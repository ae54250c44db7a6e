package exposure

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func TestTransmission(t *testing.T) {
	old := msp.Reply{Answer: msp.Yes, Evidence: msp.Verified, Date: msp.Date{Year: 2024, Month: 5, Day: 31}}
	fresh := msp.Reply{Answer: msp.Yes, Evidence: msp.Verified, Date: msp.Date{Year: 2024, Month: 6, Day: 1}}
	for _, c := range []struct {
		name     string
		kind     msp.AccessKind
		controls map[msp.Control]msp.Reply
		hi, lo   float64
	}{
		{"no controls", msp.RDP, nil, .80, .80},
		{"no is nothing", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: {Answer: msp.No}}, .80, .80},
		{"not applicable is nothing, either way", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: {Answer: msp.NA}}, .80, .80},
		{"verified", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: yes(msp.Verified)}, .40, .40},
		{"attested", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: yes(msp.Attested)}, .80 * .65, .80 * .65},
		{"expired", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: old}, .80, .80},
		{"24 months to the day", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: fresh}, .40, .40},
		{"unknown", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: {}}, .80, .40},
		{"two of a family are the stronger", msp.RDP, map[msp.Control]msp.Reply{msp.MFA: yes(msp.Verified), msp.NamedAccounts: yes(msp.Verified)}, .40, .40},
		{"attested strong beats verified weak", msp.RDP, map[msp.Control]msp.Reply{msp.JITPAM: yes(msp.Attested), msp.MFA: yes(msp.Verified)}, .80 * (1 - .8*.7), .80 * (1 - .8*.7)},
		{"families multiply", msp.SSH, map[msp.Control]msp.Reply{msp.MFA: yes(msp.Verified), msp.Segmentation: yes(msp.Verified), msp.Monitored: yes(msp.Verified)}, .75 * .5 * .2 * .7, .75 * .5 * .2 * .7},
		{"by kind", msp.RMMAgent, map[msp.Control]msp.Reply{msp.JITPAM: yes(msp.Verified)}, .95 * .4, .95 * .4},
		{"saas is certain", msp.AccessSaaS, nil, 1, 1},
	} {
		d := door{kind: c.kind, controls: c.controls}
		require.InDelta(t, c.hi, DefaultTables().transmission(d, day(), high), 1e-12, c.name)
		require.InDelta(t, c.lo, DefaultTables().transmission(d, day(), low), 1e-12, c.name)
	}
}

func TestEveryKindAndControlIsInTheTables(t *testing.T) {
	tables := DefaultTables()
	require.NoError(t, tables.Validate())
	for _, k := range msp.AccessKinds() {
		require.Contains(t, tables.Base, k)
	}
	for _, c := range msp.AllControls() {
		_, known := tables.safeguard(c)
		require.True(t, known, c)
	}
	for _, c := range append(msp.Criticalities(), "") {
		require.Contains(t, tables.Values, c)
	}
}

func TestReadTables(t *testing.T) {
	tables, err := ReadTables(strings.NewReader(`{"version": "acme/v1", "base": {"vpn": 0.5}, "values": {"low": 5},
		"controls": [{"control": "mfa", "family": "auth", "r": 0.6}]}`))
	require.NoError(t, err)
	require.Equal(t, "acme/v1", tables.Version)
	require.InDelta(t, .5, tables.Base[msp.VPN], 0)
	require.InDelta(t, .95, tables.Base[msp.RMMAgent], 0, "what is not named stays")
	require.InDelta(t, 5, tables.Values["low"], 0)
	mfa, _ := tables.safeguard(msp.MFA)
	require.InDelta(t, .6, mfa.On(msp.RMMAgent), 0, "a control is replaced whole")
	require.Len(t, tables.Controls, 12)
	m, err := Build(inputOf(worked(), day()), tables, day())
	require.NoError(t, err)
	require.Equal(t, "acme/v1", m.Tables().Version)

	for text, want := range map[string]string{
		`{}`:                                      "version of their own",
		`{"version": "doors/v1"}`:                 "version of their own",
		`{"version": "x", "bas": 1}`:              "unknown field",
		`{"version": "x", "base": {"vpn": 1.5}}`:  "b(vpn) is 1.5",
		`{"version": "x", "verified": -1}`:        "e(verified) is -1",
		`{"version": "x", "values": {"low": -1}}`: "amount",
		`{"version": "x", "exact_doors": 99}`:     "exact_doors",
		`{"version": "x", "trials": 1}`:           "trials",
		`{"version": "x", "controls": [{"control": "mfa", "family": "f"}]}`:          "family",
		`{"version": "x", "controls": [{"control": "n", "family": "auth", "r": 2}]}`: "r(n) is 2",
		`[`: "read tables",
	} {
		_, err := ReadTables(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestTablesAreCopied(t *testing.T) {
	m := workedModel(t)
	m.Tables().Base[msp.VPN] = 0
	require.InDelta(t, .7, m.Tables().Base[msp.VPN], 0)
}

func TestValues(t *testing.T) {
	in := Input{Organisation: "org", Assets: []Asset{
		{ID: "pert", Value: msp.Money{Min: 3e6, Likely: 5e6, Max: 9e6, Known: true}},
		{ID: "plain", Value: plain(.1)},
		{ID: "low", Criticality: "low"},
		{ID: "none"},
		{ID: "zero", Value: plain(0)},
		{ID: "odd", Criticality: "odd"},
	}}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	got := map[string]float64{}
	for _, a := range m.s.assets {
		got[a.id] = a.value
	}
	require.Equal(t, map[string]float64{"pert": 32e6 / 6, "plain": .1, "low": 30_000, "none": 1_000_000, "zero": 0, "odd": 1_000_000}, got)
	require.Equal(t, []string{"low", "none", "odd"}, m.Defaulted())
}

func TestNoValueNoScore(t *testing.T) {
	in := Input{
		Organisation: "org", Providers: []Party{{ID: "x"}}, Assets: []Asset{{ID: "a", Value: plain(0)}},
		Doors: []Door{link("d", msp.RDP, "x", "a")},
	}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	require.Equal(t, msp.Range{}, by(t, m, "x").Score)
	text, err := m.Explain("x")
	require.NoError(t, err)
	require.NotEmpty(t, text)
	require.Empty(t, m.Fixes(3))
}

func TestBuildRefuses(t *testing.T) {
	base := func() Input {
		return Input{Organisation: "org", Providers: []Party{{ID: "x"}}, Assets: []Asset{{ID: "a", Value: plain(1)}}}
	}
	for want, change := range map[string]func(in *Input){
		`"nobody" is no node`:    func(in *Input) { in.Doors = []Door{link("d", msp.RDP, "nobody", "a")} },
		`target "nothing"`:       func(in *Input) { in.Doors = []Door{link("d", msp.RDP, "x", "nothing")} },
		`kind "telepathy"`:       func(in *Input) { in.Doors = []Door{link("d", "telepathy", "x", "a")} },
		"two different doors":    func(in *Input) { in.Doors = []Door{link("d", msp.RDP, "x", "a"), link("d", msp.SSH, "x", "a")} },
		`id "x" is used twice`:   func(in *Input) { in.Assets = append(in.Assets, Asset{ID: "x", Value: plain(1)}) },
		`id "org" is used twice`: func(in *Input) { in.Assets = append(in.Assets, Asset{ID: "org", Value: plain(1)}) },
		"0 or more is wanted":    func(in *Input) { in.Assets[0].Value = plain(-1) },
		"more than a number": func(in *Input) {
			in.Assets = append(in.Assets, Asset{ID: "b", Value: plain(1.7e308)}, Asset{ID: "c", Value: plain(1.7e308)})
		},
	} {
		in := base()
		change(&in)
		_, err := Build(in, DefaultTables(), day())
		require.ErrorContains(t, err, want)
	}
	bad := DefaultTables()
	bad.Attested = 3
	_, err := Build(base(), bad, day())
	require.ErrorContains(t, err, "e(attested)")
	_, err = Build(Input{Organisation: "org"}, DefaultTables(), time.Time{})
	require.NoError(t, err, "an empty organisation is nothing to fear")
}

// Rows with one id are one door: it unites the targets and keeps the weaker
// answers.
func TestDoorsWithOneIDAreJoined(t *testing.T) {
	in := Input{
		Organisation: "org", Providers: []Party{{ID: "x"}}, Assets: []Asset{{ID: "a", Value: plain(1)}, {ID: "b", Value: plain(1)}},
		Doors: []Door{
			with(with(link("d", msp.RDP, "x", "a"), msp.MFA, msp.Yes), msp.Logging, msp.Yes),
			with(with(link("d", msp.RDP, "x", "b"), msp.MFA, msp.Unknown), msp.Logging, msp.Yes),
		},
	}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	e := by(t, m, "x")
	require.InDelta(t, .8*.9, e.Assets[0].P.Hi, 1e-12)
	require.InDelta(t, .8*.9*.5, e.Assets[1].P.Lo, 1e-12)
}
