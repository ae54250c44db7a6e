package exposure

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	yamllib "go.yaml.in/yaml/v3"

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
	for _, text := range []string{
		`{"version": "acme/v1", "base": {"vpn": 0.5}, "values": {"low": 5, "not_stated": 7},` + "\n\t" + `"controls": [{"control": "mfa", "family": "auth", "r": 6e-1}]}`,
		"version: acme/v1\nbase: {vpn: .5}\nvalues: {low: 5, not_stated: 7}\ncontrols:\n  - {control: mfa, family: auth, r: 0.6}\n",
	} {
		tables, err := ReadTables("model.yaml", []byte(text))
		require.NoError(t, err)
		require.Equal(t, "acme/v1", tables.Version)
		require.False(t, tables.BuiltIn())
		require.InDelta(t, .5, tables.Base[msp.VPN], 0)
		require.InDelta(t, .95, tables.Base[msp.RMMAgent], 0, "what is not named stays")
		require.InDelta(t, 5, tables.Values["low"], 0)
		require.InDelta(t, 7, tables.Values[""], 0)
		mfa, _ := tables.safeguard(msp.MFA)
		require.InDelta(t, .6, mfa.On(msp.RMMAgent), 0, "a control is replaced whole")
		require.Len(t, tables.Controls, 12)
		m, err := Build(inputOf(worked(), day()), tables, day())
		require.NoError(t, err)
		require.Equal(t, "acme/v1", m.Tables().Version)
		require.Equal(t, tables.Hash(), m.Tables().Hash())
		require.NotEqual(t, DefaultTables().Hash(), tables.Hash())
	}
}

func TestReadTablesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "m:1:1: the tables have no version; add version: a name of your own, such as acme/v1",
		`{}`:                         "m:1:1: the tables have no version; add version: a name of your own, such as acme/v1",
		`[]`:                         "m:1:1: the file is a list; write {version, base, controls, verified, attested, expired, values, exact_doors, trials, seed}",
		`version: doors/v1`:          "m:1:10: version doors/v1 is that of the built-in tables; give changed tables a name of their own, such as acme/v1",
		`version: a b`:               `m:1:10: version "a b" is no name of letters, digits, dots, slashes and hyphens; give changed tables a name of their own, such as acme/v1`,
		"version: x\nbas: 1":         `m:2:1: unknown key "bas" of the file; did you mean base?`,
		"version: x\nversion: y":     "m:2:1: the key version stands twice in the file; keep one",
		"version: x\nbase: 1":        "m:2:7: base is a single value; write {",
		"version: x\nbase: {vpm: 1}": `m:2:8: unknown key "vpm" of base; did you mean vpn?`,
		"version: x\nbase:\n  vpn: 1.5\n  rdp: 50%":                   "m:3:8: base of vpn is \"1.5\"; write a share from 0 to 1, such as 0.7\nm:4:8: base of rdp is \"50%\"; write a share from 0 to 1, such as 0.7",
		"version: x\nbase: {vpn: .nan}":                               `m:2:13: base of vpn is ".nan"; write a share from 0 to 1, such as 0.7`,
		"version: x\nverified: -1":                                    `m:2:11: verified is "-1"; write a share from 0 to 1, such as 0.7`,
		"version: x\nverified: [1]":                                   `m:2:11: verified is a list; write a share from 0 to 1, such as 0.7`,
		"version: x\nattested:":                                       `m:2:10: attested is blank; write a share from 0 to 1, such as 0.7`,
		"version: x\nvalues: {low: -1}":                               `m:2:15: the value of low is "-1"; write a plain number of the currency's units, such as 300000`,
		"version: x\nvalues: {lo: 1}":                                 `m:2:10: unknown key "lo" of values; write one of critical, high, medium, low, not_stated`,
		"version: x\nexact_doors: 99":                                 `m:2:14: exact_doors is "99"; write a whole number from 0 to 30`,
		"version: x\ntrials: 1":                                       `m:2:9: trials is "1"; write a whole number from 64 to 16777216`,
		"version: x\nseed: -1":                                        `m:2:7: seed is "-1"; write a whole number from 0 to 4294967295`,
		"version: x\ncontrols: {mfa: 1}":                              "m:2:11: controls is no list; write a list: - {control: mfa, family: auth, r: 0.5}",
		"version: x\ncontrols: [{control: mfa, family: f, r: 1}]":     `m:2:35: unknown family "f"; write one of auth, path, detect`,
		"version: x\ncontrols: [{control: mfaa, family: auth, r: 1}]": `m:2:22: unknown control "mfaa"; did you mean mfa?`,
		"version: x\ncontrols: [{control: mfa, family: auth, r: 2}]":  `m:2:44: r is "2"; write a share from 0 to 1, such as 0.7`,
		"version: x\ncontrols: [{control: mfa, family: auth}]":        "m:2:12: a control has no r; add it: a control that is named replaces the built-in one whole",
		"version: x\ncontrols:\n- {control: mfa, family: auth, r: 1}\n- {control: mfa, family: auth, r: 0}": "m:4:3: control mfa stands twice, first on line 3; keep one",
		"version: x\ncontrols: [{control: mfa, family: auth, r: 1, by_kind: {vpnn: 1}}]":                    `m:2:57: unknown key "vpnn" of by_kind; did you mean vpn?`,
		"version: &a x": "m:1:10: anchors and aliases are not read; write the value out",
		`[`:             "m:1:1: not YAML",
	} {
		_, err := ReadTables("m", []byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

// TestExampleTables: the example file is what it says, for the reader and for the
// schema.
func TestExampleTables(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", ".github", "examples", "model.yaml"))
	require.NoError(t, err)
	tables, err := ReadTables("model.yaml", data)
	require.NoError(t, err)
	require.Equal(t, "example/v1", tables.Version)
	require.InDelta(t, .6, tables.Base[msp.VPN], 0)
	schema := compiledSchema(t)
	require.NoError(t, schema.Validate(asJSON(t, data)))
	for _, bad := range []string{"{}", "version: doors/v1", "version: x\nbase: {vpm: 1}", "version: x\nbase: {vpn: 2}", "version: x\nvalues: {lo: 1}", "version: x\ntrials: 1", "version: x\ncontrols: [{control: mfa}]"} {
		require.Error(t, schema.Validate(asJSON(t, []byte(bad))), bad)
		_, err := ReadTables("m", []byte(bad))
		require.Error(t, err, bad)
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	text, err := TablesSchema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("model", doc))
	s, err := c.Compile("model")
	require.NoError(t, err)
	return s
}

func asJSON(t *testing.T, data []byte) any {
	var v any
	require.NoError(t, yamllib.Unmarshal(data, &v))
	text, err := json.Marshal(v)
	require.NoError(t, err)
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return out
}

func FuzzReadTables(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("..", "..", ".github", "examples", "model.yaml"))
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"version": "x", "controls": [{"control": "mfa", "family": "auth", "r": 0.5, "by_kind": {"vpn": 1}}], "trials": 64}`))
	f.Add([]byte("version: x\nbase: {vpn: 1e-9}\nvalues: {not_stated: 0}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tables, err := ReadTables("model.yaml", data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, tables.Validate())
		require.False(t, tables.BuiltIn())
		require.Len(t, tables.Hash(), 64)
	})
}

// TestHashKnowsEveryNumber: no number of the tables can change without the hash,
// and the order of controls is none.
func TestHashKnowsEveryNumber(t *testing.T) {
	base := DefaultTables()
	seen := map[string]string{base.Hash(): "built in"}
	note := func(name string, tables Tables) {
		require.NotContains(t, seen, tables.Hash(), name)
		seen[tables.Hash()] = name
	}
	for _, e := range base.entries() {
		c := base.clone()
		e.set(&c, e.get(&c)/3+.001)
		note(e.name, c)
	}
	for name, change := range map[string]func(*Tables){
		"version": func(t *Tables) { t.Version = "x" }, "trials": func(t *Tables) { t.Trials++ }, "seed": func(t *Tables) { t.Seed++ },
		"exact": func(t *Tables) { t.ExactDoors-- }, "value": func(t *Tables) { t.Values["low"]++ }, "family": func(t *Tables) { t.Controls[0].Family = Path },
	} {
		c := base.clone()
		change(&c)
		note(name, c)
	}
	c := base.clone()
	slices.Reverse(c.Controls)
	require.Equal(t, base.Hash(), c.Hash())
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
