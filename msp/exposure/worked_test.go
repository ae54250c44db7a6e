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
