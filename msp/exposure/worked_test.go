package exposure

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func day() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }

func yes(e msp.Evidence) msp.Reply { return msp.Reply{Answer: msp.Yes, Evidence: e} }

func plain(v float64) msp.Money { return msp.Money{Min: v, Likely: v, Max: v, Known: true} }

// worked is the inventory of the worked example.
func worked() *msp.Inventory {
	return &msp.Inventory{
		Version:      1,
		Organisation: msp.Organisation{ID: "acme", Name: "Acme Mining Ltd", Currency: "AUD"},
		Assets: []msp.Asset{
			{ID: "ad", Name: "Active Directory", Kind: "identity", Criticality: "critical", Value: plain(4e6)},
			{ID: "erp", Name: "ERP", Kind: "application", Criticality: "critical", Value: plain(5e6)},
			{ID: "mail", Name: "Mail", Kind: "service", Criticality: "high", Value: plain(1e6)},
		},
		Providers: []msp.Provider{
			{ID: "northmsp", Name: "NorthMSP Pty Ltd", Kind: "msp"},
			{ID: "rmmvendor", Name: "RMM Vendor Inc", Kind: "software"},
			{ID: "mailco", Name: "MailCo", Kind: "saas"},
		},
		Relationships: []msp.Relationship{
			{Provider: "northmsp", Customer: "acme", Service: "managed desktop", AccessStated: true, Access: []msp.Access{
				{ID: "north-rmm", Kind: msp.RMMAgent, Reaches: []string{"ad"}, Controls: map[msp.Control]msp.Reply{
					msp.MFA: {}, msp.Logging: yes(msp.Verified),
				}},
				{ID: "north-vpn", Kind: msp.VPN, Reaches: []string{"erp"}, Controls: map[msp.Control]msp.Reply{
					msp.MFA: yes(msp.Verified), msp.JumpHost: yes(msp.Attested),
				}},
			}},
			{Provider: "rmmvendor", Customer: "northmsp", Service: "RMM platform", AccessStated: true, Access: []msp.Access{
				{ID: "rmm-update", Kind: msp.SoftwareUpdate},
			}},
			{Provider: "mailco", Customer: "acme", Service: "mail", AccessStated: true, Access: []msp.Access{
				{ID: "mailco-mail", Kind: msp.AccessMail, Reaches: []string{"mail"}},
			}},
		},
		Internal: []msp.Internal{
			{ID: "ad-erp", From: "ad", Reaches: []string{"erp"}, Kind: msp.AccessInternal},
			{ID: "ad-mail", From: "ad", Reaches: []string{"mail"}, Kind: msp.AccessInternal},
		},
	}
}

func workedModel(t *testing.T) *Model {
	t.Helper()
	m, err := Build(inputOf(worked(), day()), DefaultTables(), day())
	require.NoError(t, err)
	return m
}

func by(t *testing.T, m *Model, provider string) msp.Exposure {
	t.Helper()
	for _, e := range m.Exposures() {
		if e.Provider == provider {
			return e
		}
	}
	t.Fatalf("no exposure of %s", provider)
	return msp.Exposure{}
}

func TestWorkedExampleTransmission(t *testing.T) {
	m := workedModel(t)
	for id, want := range map[string]msp.Range{
		"north-rmm": {Hi: .855, Lo: .7695}, "north-vpn": {Hi: .252, Lo: .252}, "rmm-update": {Hi: .90, Lo: .90},
		"ad-erp": {Hi: .95, Lo: .95}, "mailco-mail": {Hi: .90, Lo: .90},
	} {
		d, err := m.door(id)
		require.NoError(t, err)
		require.InDelta(t, want.Hi, m.hi.t[d], 1e-12, id)
		require.InDelta(t, want.Lo, m.lo.t[d], 1e-12, id)
	}
}

func TestWorkedExampleExposure(t *testing.T) {
	m := workedModel(t)
	north := by(t, m, "northmsp")
	require.Equal(t, Exact, north.Method)
	for i, want := range []string{"ad .8550 3420000", "erp .8596 4297815", "mail .8122 812250"} {
		a := north.Assets[i]
		require.Equal(t, want, fmt.Sprintf("%s %s %.0f", a.Asset, fmt.Sprintf("%.4f", a.P.Hi)[1:], a.Money.Hi))
	}
	require.Equal(t, "8530065", fmt.Sprintf("%.0f", north.Money.Hi))
	for provider, want := range map[string]string{
		"northmsp": "85.3 78.0 8.53", "rmmvendor": "76.8 70.2 7.68", "mailco": "9.0 9.0 0.90",
	} {
		e := by(t, m, provider)
		require.Equal(t, want, fmt.Sprintf("%.1f %.1f %.2f", e.Score.Hi, e.Score.Lo, e.Money.Hi/1e6), provider)
	}
	vendor := by(t, m, "rmmvendor")
	require.Equal(t, "0.7736", fmt.Sprintf("%.4f", vendor.Assets[1].P.Hi))
}

// TestWorkedExampleFixes holds the fixes of the example, measured on northmsp.
func TestWorkedExampleFixes(t *testing.T) {
	m := workedModel(t)
	for _, c := range []struct {
		want string
		ids  []string
	}{
		{"4.36 51.1 %", []string{"north-rmm.jit_pam=yes"}},
		{"2.43 28.5 %", []string{"ad-erp.segmentation=yes"}},
		{"3.04 35.6 %", []string{"close:ad-erp"}},
		{"5.33 62.5 %", []string{"north-rmm.jit_pam=yes", "ad-erp.segmentation=yes"}},
		{"0.24 2.8 %", []string{"close:north-vpn"}},
	} {
		f, err := m.Worth(c.ids...)
		require.NoError(t, err)
		require.Equal(t, "northmsp", f.Provider)
		require.Equal(t, c.want, fmt.Sprintf("%.2f %s", f.Reduction/1e6, percent(f.Reduction, f.Before)), c.ids)
		require.InDelta(t, f.Before-f.After, f.Reduction, 1e-6)
	}
}

func TestFixesRankSinglesThenSets(t *testing.T) {
	m := workedModel(t)
	fixes := m.Fixes(100)
	require.NotEmpty(t, fixes)
	var jit, vpn int
	for i, f := range fixes {
		require.Equal(t, "northmsp", f.Provider)
		if i > 0 && len(f.IDs) == 1 {
			require.LessOrEqual(t, f.Reduction, fixes[i-1].Reduction+1e-6)
		}
		switch f.IDs[0] {
		case "north-rmm.jit_pam=yes":
			jit = i
			require.Contains(t, f.Text, "just-in-time privileged access")
			require.InDelta(t, 4.36e6+.9*4.36e6, f.Sum, 1e5, "and the vendor above")
		case "close:north-vpn":
			vpn = i
		}
	}
	require.Less(t, jit, vpn)
	sets := fixes[len(fixes)-3:]
	require.Equal(t, []string{"close:north-rmm", "close:north-vpn"}, sets[0].IDs, "nothing is left for a third")
	require.InDelta(t, 0, sets[0].After, 1e-6)
	require.Equal(t, []string{"north-rmm.phishing_resistant_mfa=yes", "north-rmm.segmentation=yes"}, sets[1].IDs)
	require.Len(t, sets[2].IDs, 3)
}

func TestWorkedExamplePaths(t *testing.T) {
	m := workedModel(t)
	for provider, want := range map[string]string{"northmsp": "82.9", "rmmvendor": "74.6", "mailco": "9.0"} {
		e, best := by(t, m, provider), 0.0
		for _, p := range e.BestPath {
			for _, a := range m.s.assets {
				if a.id == p.Asset {
					best += a.value * p.Probability.Hi
				}
			}
		}
		require.Equal(t, want, fmt.Sprintf("%.1f", 100*best/m.Value()), provider)
	}
	var toERP []string
	over := 1.0
	for _, p := range m.Paths(10) {
		if p.Provider == "rmmvendor" && p.Asset == "erp" {
			toERP = append(toERP, fmt.Sprint(p.Nodes, p.Doors, p.More))
			over *= 1 - p.Probability.Hi
		}
	}
	require.Equal(t, []string{
		"[rmmvendor northmsp ad erp] [rmm-update north-rmm ad-erp] false",
		"[rmmvendor northmsp erp] [rmm-update north-vpn] false",
	}, toERP)
	require.Equal(t, "0.7920", fmt.Sprintf("%.4f", 1-over), "what noisy-or over paths would say")
}

func TestPathsSayThatTheyWereCut(t *testing.T) {
	m := workedModel(t)
	more := 0
	for _, p := range m.Paths(1) {
		if p.More {
			more++
			require.Equal(t, "erp", p.Asset)
		}
	}
	require.Equal(t, 2, more, "northmsp and rmmvendor have a second way to the ERP")
	require.Empty(t, m.Paths(0))
}

func TestWorkedExampleQuestion(t *testing.T) {
	m := workedModel(t)
	narrows := m.Narrows()
	require.Len(t, narrows, 1)
	require.Equal(t, "north-rmm mfa northmsp", fmt.Sprint(narrows[0].Door, " ", narrows[0].Control, " ", narrows[0].Provider))
	require.Equal(t, "0.73", fmt.Sprintf("%.2f", narrows[0].Range/1e6))
	one, err := m.Narrow("north-rmm", msp.MFA)
	require.NoError(t, err)
	require.Equal(t, narrows[0], one)
	answered, err := m.Narrow("north-vpn", msp.MFA)
	require.NoError(t, err)
	require.Zero(t, answered.Range)
}

func TestWorkedExampleInWords(t *testing.T) {
	text, err := workedModel(t).Explain("northmsp")
	require.NoError(t, err)
	require.Equal(t, []string{
		"If NorthMSP Pty Ltd is compromised, AUD 8.53M of AUD 10.0M is expected to be reached (AUD 7.80M if every answer that is still unknown turns out to be yes): a score of 85 (78-85) of 100.",
		"The fix that comes to mind first is to close north-vpn (VPN into ERP), its own door to the most valuable asset that it enters directly. On its own that is hardly worth it: it cuts only AUD 237k (2.8 %), since ERP would still be reached with a probability of 81 % through north-rmm (RMM agent into Active Directory) and then ad-erp (from Active Directory to ERP).",
		"More is won by having segmentation in place and verified on north-rmm (RMM agent into Active Directory): it cuts AUD 5.82M (68.2 %).",
		"The best two changes that leave every door in use are phishing-resistant multi-factor authentication and segmentation, both on north-rmm (RMM agent into Active Directory); together they cut AUD 6.83M (80.1 %).",
		"Of the answers noted as unknown, ask first for this one: is there multi-factor authentication on north-rmm (RMM agent into Active Directory)? It settles AUD 727k of the range.",
	}, text)
}

// TestWorkedExampleInWordsWithCosts: the best value for money stands beside what
// cuts most.
func TestWorkedExampleInWordsWithCosts(t *testing.T) {
	m, err := Build(inputOf(costed(), day()), DefaultTables(), day())
	require.NoError(t, err)
	text, err := m.Explain("northmsp")
	require.NoError(t, err)
	require.Len(t, text, 6)
	require.Contains(t, text[1], "it cuts only AUD 237k (2.8 %) for AUD 40k, since ERP would still be reached")
	require.Contains(t, text[2], "it cuts AUD 5.82M (68.2 %) for AUD 300k.")
	require.Equal(t, "The best value for money is having just-in-time privileged access in place and verified on north-rmm (RMM agent into Active Directory): it cuts AUD 4.36M (51.1 %) for AUD 120k, AUD 36.4 for each AUD 1 spent. Changes without a cost are not compared.", text[3])
	require.Contains(t, text[4], "together they cut AUD 6.83M (80.1 %; no cost given).")
	text, err = m.Explain("mailco")
	require.NoError(t, err)
	require.Contains(t, text[1], "That is worth it where the service can do without: it cuts AUD 900k (100.0 %; no cost given).")
}

func TestByDoorAndChokes(t *testing.T) {
	m := workedModel(t)
	shares, err := m.ByDoor("northmsp")
	require.NoError(t, err)
	require.Equal(t, "north-rmm", shares[0].Door)
	require.Equal(t, "north-vpn", shares[len(shares)-1].Door)
	require.InDelta(t, 239_400, shares[len(shares)-1].Money, 5e3)
	chokes, err := m.Chokes("rmmvendor")
	require.NoError(t, err)
	require.Equal(t, []string{"ad", "erp", "mail"}, chokes[0].Assets)
	require.Equal(t, []string{"northmsp", "rmm-update"}, []string{chokes[0].ID, chokes[1].ID})
	require.InDelta(t, by(t, m, "rmmvendor").Money.Hi, chokes[0].Money, 1e-6)
}

func TestWorkedExampleCut(t *testing.T) {
	m := workedModel(t)
	for provider, want := range map[string][]string{
		"northmsp": {"north-rmm", "north-vpn"}, "rmmvendor": {"rmm-update"}, "mailco": {},
	} {
		cut, err := m.Cut(provider)
		require.NoError(t, err)
		require.Equal(t, want, cut)
	}
	cut, err := m.Cut("mailco", "mail")
	require.NoError(t, err)
	require.Equal(t, []string{"mailco-mail"}, cut)
}

func TestWorkedExampleSensitivity(t *testing.T) {
	s := workedModel(t).Sensitivity(.2)
	require.Equal(t, []string{"northmsp", "rmmvendor", "mailco"}, s.Ranking)
	require.Equal(t, len(s.Swings), s.Held)
	require.Len(t, s.Swings, 19)
	require.Less(t, s.Spreads[0].Least, s.Spreads[0].Money)
	require.Greater(t, s.Spreads[0].Most, s.Spreads[0].Money)
	for _, run := range s.Swings {
		require.LessOrEqual(t, run.Is, 1.0)
	}
}

func TestDoors(t *testing.T) {
	doors := workedModel(t).Doors()
	require.Len(t, doors, 6)
	require.Equal(t, DoorState{
		ID: "rmm-update", Kind: msp.SoftwareUpdate, Level: msp.FullControl, From: "rmmvendor", Targets: []string{"northmsp"}, T: msp.Range{Hi: .9, Lo: .9},
	}, doors[5])
	require.Equal(t, msp.Read, doors[2].Level)
}
