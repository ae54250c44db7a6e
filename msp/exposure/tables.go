package exposure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mspscan/msp"
)

// TablesV1 names the default tables.
const TablesV1 = "doors/v1"

// Family groups controls that stop the same step of an attack: of several in
// one family only the strongest counts.
type Family string

// The families, in the order in which they are multiplied.
const (
	Auth   Family = "auth"
	Path   Family = "path"
	Detect Family = "detect"
)

func families() []Family { return []Family{Auth, Path, Detect} }

// Safeguard is what a control takes off a door: the share R, or the share by
// kind where that differs.
type Safeguard struct {
	Control msp.Control                `json:"control"`
	Family  Family                     `json:"family"`
	R       float64                    `json:"r"`
	ByKind  map[msp.AccessKind]float64 `json:"by_kind,omitempty"`
}

// On gives the share that the control takes off a door of a kind.
func (s Safeguard) On(k msp.AccessKind) float64 {
	if r, ok := s.ByKind[k]; ok {
		return r
	}
	return s.R
}

// Tables are the numbers of the model: expert judgement, versioned, printed in
// every report and open to change. All shares lie in 0 to 1.
type Tables struct {
	Version  string                     `json:"version"`
	Base     map[msp.AccessKind]float64 `json:"base"`     // b: transmission of a door without controls
	Controls []Safeguard                `json:"controls"` // r
	Verified float64                    `json:"verified"` // e, by evidence
	Attested float64                    `json:"attested"`
	Expired  float64                    `json:"expired"`
	// Values stand in for an asset without a value, by criticality, in the
	// organisation's currency; "" is for an asset without criticality and by
	// default as much as critical, so that saying nothing never pays.
	Values     map[string]float64 `json:"values"`
	ExactDoors int                `json:"exact_doors"` // most uncertain draws for the exact method
	Trials     int                `json:"trials"`      // of the Monte Carlo method; rounded up to whole words of 64
	Seed       uint64             `json:"seed"`
}

// DefaultTables gives doors/v1.
func DefaultTables() Tables {
	return Tables{
		Version: TablesV1,
		Base: map[msp.AccessKind]float64{
			msp.DomainAdmin: .95, msp.RMMAgent: .95, msp.AccessInternal: .95,
			msp.BackupAdmin: .90, msp.SoftwareUpdate: .90,
			msp.RemoteSupport: .80, msp.RDP: .80, msp.SSH: .75,
			msp.VPN: .70, msp.API: .70, msp.AccessDNS: .90, msp.AccessHosting: .90,
			msp.AccessMail: .90, msp.DataCustody: 1, msp.AccessSaaS: 1, msp.Physical: .30,
		},
		Controls: []Safeguard{
			{Control: msp.MFA, Family: Auth, R: .5, ByKind: map[msp.AccessKind]float64{msp.RMMAgent: .1}},
			{Control: msp.PhishingResistantMFA, Family: Auth, R: .7},
			{Control: msp.JITPAM, Family: Auth, R: .8, ByKind: map[msp.AccessKind]float64{msp.RMMAgent: .6}},
			{Control: msp.NamedAccounts, Family: Auth, R: .2},
			{Control: msp.CredentialsDedicated, Family: Auth, R: .2},
			{Control: msp.JumpHost, Family: Path, R: .4},
			{Control: msp.AllowList, Family: Path, R: .3},
			{Control: msp.DedicatedPath, Family: Path, R: .3},
			{Control: msp.Segmentation, Family: Path, R: .8},
			{Control: msp.EgressFiltering, Family: Path, R: .1},
			{Control: msp.Logging, Family: Detect, R: .1},
			{Control: msp.Monitored, Family: Detect, R: .3},
		},
		Verified: 1, Attested: .7, Expired: 0,
		Values: map[string]float64{
			"critical": 1_000_000, "high": 300_000, "medium": 100_000, "low": 30_000, "": 1_000_000,
		},
		ExactDoors: 25, Trials: 10_240, Seed: 1,
	}
}

// overlay replaces the safeguards of base that changed names, and adds new ones.
func overlay(base, changed []Safeguard) []Safeguard {
	out := slices.Clone(base)
	for _, c := range changed {
		at := slices.IndexFunc(out, func(s Safeguard) bool { return s.Control == c.Control })
		if at < 0 {
			out = append(out, c)
			continue
		}
		out[at] = c
	}
	return out
}

// Validate reports the first number that makes no sense.
func (t Tables) Validate() error {
	if t.ExactDoors < 0 || t.ExactDoors > 30 {
		return fmt.Errorf("exact_doors is %d; between 0 and 30 can be factored", t.ExactDoors)
	}
	if t.Trials < 64 || t.Trials > 1<<24 {
		return fmt.Errorf("trials is %d; between 64 and %d make sense", t.Trials, 1<<24)
	}
	for name, v := range t.Values {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("value of criticality %q is %v; an amount of 0 or more is wanted", name, v)
		}
	}
	for _, e := range t.entries() {
		if v := *e.at(&t); !(v >= 0 && v <= 1) {
			return fmt.Errorf("%s is %v; a share between 0 and 1 is wanted", e.name, v)
		}
	}
	return t.validFamilies()
}

func (t Tables) validFamilies() error {
	seen := map[msp.Control]bool{}
	for _, s := range t.Controls {
		if !slices.Contains(families(), s.Family) {
			return fmt.Errorf("control %s is in family %q; auth, path or detect is wanted", s.Control, s.Family)
		}
		if seen[s.Control] {
			return fmt.Errorf("control %s stands twice in the tables", s.Control)
		}
		seen[s.Control] = true
	}
	return nil
}

// safeguard finds a control in the tables.
func (t Tables) safeguard(c msp.Control) (Safeguard, bool) {
	for _, s := range t.Controls {
		if s.Control == c {
			return s, true
		}
	}
	return Safeguard{}, false
}

// clone copies t so that a change leaves t alone.
func (t Tables) clone() Tables {
	t.Base = cloneMap(t.Base)
	t.Values = cloneMap(t.Values)
	t.Controls = slices.Clone(t.Controls)
	for i := range t.Controls {
		t.Controls[i].ByKind = cloneMap(t.Controls[i].ByKind)
	}
	return t
}

func cloneMap[K comparable](m map[K]float64) map[K]float64 {
	out := make(map[K]float64, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// entry is one number of the tables that says how far a door is open.
type entry struct {
	name  string
	get   func(*Tables) float64
	set   func(*Tables, float64)
	match func(door) bool // doors that it bears on
}

func (e entry) at(t *Tables) *float64 {
	v := e.get(t)
	return &v
}

// entries lists every share of the tables, sorted by name.
func (t Tables) entries() []entry {
	list := []entry{
		{"e(verified)", func(t *Tables) float64 { return t.Verified }, func(t *Tables, v float64) { t.Verified = v }, anyDoor},
		{"e(attested)", func(t *Tables) float64 { return t.Attested }, func(t *Tables, v float64) { t.Attested = v }, anyDoor},
		{"e(expired)", func(t *Tables) float64 { return t.Expired }, func(t *Tables, v float64) { t.Expired = v }, anyDoor},
	}
	for k := range t.Base {
		list = append(list, entry{
			"b(" + string(k) + ")",
			func(t *Tables) float64 { return t.Base[k] }, func(t *Tables, v float64) { t.Base[k] = v },
			func(d door) bool { return d.kind == k },
		})
	}
	for i, s := range t.Controls {
		list = append(list, shareEntries(i, s)...)
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return list
}

func shareEntries(i int, s Safeguard) []entry {
	claimed := func(d door) bool { _, ok := d.controls[s.Control]; return ok }
	list := []entry{{
		"r(" + string(s.Control) + ")",
		func(t *Tables) float64 { return t.Controls[i].R }, func(t *Tables, v float64) { t.Controls[i].R = v },
		func(d door) bool { _, own := s.ByKind[d.kind]; return !own && claimed(d) },
	}}
	for k := range s.ByKind {
		list = append(list, entry{
			"r(" + string(s.Control) + ", " + string(k) + ")",
			func(t *Tables) float64 { return t.Controls[i].ByKind[k] }, func(t *Tables, v float64) { t.Controls[i].ByKind[k] = v },
			func(d door) bool { return d.kind == k && claimed(d) },
		})
	}
	return list
}

func anyDoor(door) bool { return true }
