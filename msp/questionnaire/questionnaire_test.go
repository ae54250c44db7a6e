package questionnaire_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

func now() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }

func yes(day string) msp.Reply {
	d, _ := msp.ParseDate(day)
	return msp.Reply{Answer: msp.Yes, Date: d}
}

// inventory has a provider with everything answered, one with gaps, and one
// behind it.
func inventory() *msp.Inventory {
	all := map[msp.Control]msp.Reply{}
	for _, c := range msp.AllControls() {
		all[c] = yes("2026-01-01")
	}
	gaps := map[msp.Control]msp.Reply{msp.MFA: {}, msp.Logging: yes("2023-01-01"), msp.JumpHost: yes("")}
	ended := msp.Date{Year: 2026, Month: 1, Day: 1}
	return &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Name: "Acme Ltd"},
		Providers: []msp.Provider{
			{ID: "north", Name: "North Pty", Kind: "msp", Contacts: msp.Contacts{Users: "a", Always: "b"}, Answers: msp.Answers{IndicatorSweep: yes("2024-01-01")}},
			{ID: "quiet", Name: "Quiet Secret Co", Kind: "mssp", Contacts: msp.Contacts{Users: "quiet-contact", Always: "b"}},
			{ID: "sub", Name: "Sub Inc", Kind: "software", Contacts: msp.Contacts{Users: "a"}},
		},
		Relationships: []msp.Relationship{
			{
				Provider: "north", Customer: "acme", Service: "desktop", Purpose: "p", DataSensitivity: "secret", Contract: msp.Contract{None: true, Stated: true},
				NextAssessment: ended, Alternatives: msp.OptList{Known: true}, AccessStated: true,
				Access: []msp.Access{{ID: "n-vpn", Kind: msp.VPN, Controls: gaps}, {ID: "n-old", Kind: msp.RDP, Ended: ended}},
			},
			{Provider: "quiet", Customer: "acme", Service: "watch", Purpose: "p", DataSensitivity: "x", NextAssessment: ended, Alternatives: msp.OptList{Known: true}, AccessStated: true, Access: []msp.Access{{ID: "q-api", Kind: msp.API, Controls: all}}},
			{Provider: "sub", Customer: "north", Service: "tools", Access: nil},
		},
	}
}

func build() []questionnaire.Sheet {
	access := func(id string) msp.Subject { return msp.Subject{Kind: msp.SubjectAccess, ID: id} }
	return questionnaire.Build(questionnaire.Input{
		Inventory: inventory(), Now: now(), Due: msp.Date{Year: 2026, Month: 7, Day: 1},
		Rules: []msp.RuleInfo{{ID: "access-without-mfa", Expected: "A second factor.", References: []string{"ISM-1173", "ISM-1682"}}},
		Questions: []msp.Question{
			{Kind: "answer", Subject: access("n-vpn"), Missing: []string{"controls.mfa", "access.last_used"}, Narrows: 5, WouldBeFinding: msp.Critical},
			{Kind: "answer", Subject: access("n-vpn"), Missing: []string{"access.reviewed"}},
			{Kind: "observation", Subject: access("n-vpn"), Missing: []string{"controls.monitored"}},
			{Kind: "answer", Subject: access("n-old"), Missing: []string{"controls.mfa"}},
			{Kind: "answer", Subject: msp.Subject{Kind: msp.SubjectRelationship, ID: "sub>north/tools"}, Missing: []string{"access", "contract"}, Narrows: 9},
			{Kind: "answer", Subject: msp.Subject{Kind: msp.SubjectProvider, ID: "sub"}, Missing: []string{"assessments"}},
		},
		Worth: func(id string, c msp.Control) float64 {
			return map[string]float64{"n-vpn/mfa": 70, "n-vpn/allow_list": 80, "n-old/mfa": 99}[id+"/"+string(c)]
		},
	})
}

func keys(s questionnaire.Sheet) []string {
	var out []string
	for _, r := range s.Rows {
		out = append(out, r.Key)
	}
	return out
}

func TestBuildAsksWhatIsUnknownOrExpired(t *testing.T) {
	sheets := build()
	require.Len(t, sheets, 3, "the provider with everything answered gets none")
	north, sub, own := sheets[0], sheets[1], sheets[2]
	require.Equal(t, []string{
		"north:access/n-vpn#controls.allow_list", // worth most, though no rule waits for it
		"north:access/n-vpn#controls.mfa",
		"north:access/n-vpn#last_used",
		"north:access/n-vpn#controls.logging", // expired
		"north:provider/north#answers.indicator_sweep",
		"north:provider/north#compromise", "north:provider/north#baseline", "north:provider/north#openness", "north:provider/north#vulnerability_management",
	}, keys(north))
	require.Equal(t, "Acme Ltd", north.Organisation)
	require.Equal(t, "North Pty", north.PartyName)
	require.Equal(t, "2026-06-01", north.Prepared.String())
	mfa := north.Rows[1]
	require.Equal(t, "access n-vpn (vpn), desktop for Acme Ltd", mfa.About)
	require.Equal(t, "We expect: A second factor.", mfa.Why)
	require.Equal(t, "ISM-1173; ISM-1682", mfa.Source)
	require.True(t, north.Rows[3].Expired)
	require.Contains(t, north.Rows[3].Why, "older than two years")
	require.Equal(t, []string{
		"sub:relationship/sub>north/tools#access", "sub:relationship/sub>north/tools#contract", "sub:provider/sub#contacts.always",
		"sub:provider/sub#assessments.irap", "sub:provider/sub#assessments.iso27001", "sub:provider/sub#assessments.soc2",
		"sub:provider/sub#assessments.essential_eight", "sub:provider/sub#assessments.other",
	}, keys(sub))
	require.True(t, own.Own)
	require.Equal(t, []string{"acme:access/n-vpn#reviewed"}, keys(own))
	require.Equal(t, "North Pty: access n-vpn (vpn), desktop for Acme Ltd", own.Rows[0].About)
}

func TestBuildKeepsProvidersApart(t *testing.T) {
	for _, s := range build() {
		if s.Own {
			continue
		}
		text := ""
		for i, r := range s.Rows {
			require.Equal(t, s.Party, strings.SplitN(r.Key, ":", 2)[0])
			require.Equal(t, r.Check, questionnaire.Check(r.Key, r.About, r.Question))
			text += strings.Join(r.Cells(i+1), "\n")
		}
		for _, secret := range []string{"Quiet", "quiet", "q-api", "watch for", "secret"} {
			require.NotContains(t, text, secret, s.Party)
		}
		if s.Party == "north" {
			require.NotContains(t, text, "Sub Inc")
		}
	}
}

func TestFields(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range questionnaire.Fields() {
		key := string(f.Kind) + "#" + f.Key
		require.False(t, seen[key], key)
		seen[key] = true
		require.True(t, strings.HasSuffix(f.Question, "?"), f.Question)
		require.NotEmpty(t, f.Guidance())
		require.LessOrEqual(t, len(strings.Join(f.Answers(), ",")), 255, "a drop-down holds no more")
		target := questionnaire.Target{Party: "p", Kind: f.Kind, Subject: "a>b/c", Field: f.Key}
		got, ok := questionnaire.ParseKey(target.String())
		require.True(t, ok)
		require.Equal(t, target, got)
		found, ok := questionnaire.FieldOf(got)
		require.True(t, ok)
		require.Equal(t, f.Question, found.Question)
	}
	for _, bad := range []string{"", "x", "a:b", "a:b/c", "b/c#d"} {
		_, ok := questionnaire.ParseKey(bad)
		require.False(t, ok, bad)
	}
}

func field(t *testing.T, kind msp.SubjectKind, key string) questionnaire.Field {
	f, ok := questionnaire.FieldOf(questionnaire.Target{Kind: kind, Field: key})
	require.True(t, ok)
	return f
}

func TestRead(t *testing.T) {
	mfa := field(t, msp.SubjectAccess, "controls.mfa")
	v, p := mfa.Read(questionnaire.Answer{Answer: " Yes ", Evidence: "Verified", Date: "2026-03-01", Comment: "rule 7"})
	require.Nil(t, p)
	require.Equal(t, msp.Reply{Answer: msp.Yes, Evidence: msp.Verified, From: "rule 7", Date: msp.Date{Year: 2026, Month: 3, Day: 1}}, *v.Reply)
	v, p = mfa.Read(questionnaire.Answer{Answer: "n/a", Comment: "no remote access"})
	require.Nil(t, p)
	require.Equal(t, msp.Reply{Answer: msp.NA, Reason: "no remote access"}, *v.Reply)
	for _, blank := range []string{"", "?", "Unknown", " "} {
		v, p = mfa.Read(questionnaire.Answer{Answer: blank})
		require.Nil(t, p)
		require.True(t, v.Missing)
	}
	access := field(t, msp.SubjectRelationship, "access")
	v, _ = access.Read(questionnaire.Answer{Answer: "no"})
	require.Equal(t, questionnaire.Value{IsList: true, Text: "none"}, v)
	v, _ = access.Read(questionnaire.Answer{Answer: "yes"})
	require.True(t, v.Details)
	locations := field(t, msp.SubjectRelationship, "contract.locations")
	v, _ = locations.Read(questionnaire.Answer{Answer: "AU, NZ;AU ,"})
	require.Equal(t, []string{"AU", "NZ"}, v.List)
	v, _ = locations.Read(questionnaire.Answer{Answer: "NONE"})
	require.True(t, v.IsList && len(v.List) == 0)
	level := field(t, msp.SubjectProvider, "answers.essential_eight_level")
	v, _ = level.Read(questionnaire.Answer{Answer: "3"})
	require.Equal(t, "3", v.Text)
	for _, bad := range []string{"4", "-1", "none", "1.5", "two"} {
		_, p = level.Read(questionnaire.Answer{Answer: bad})
		require.NotNil(t, p, bad)
	}
}

func TestWriteCSV(t *testing.T) {
	s := build()[0]
	s.Rows[0].About = "=cmd()"
	var b bytes.Buffer
	require.NoError(t, questionnaire.WriteCSV(&b, s, func(s string) string { return strings.Replace(s, "=", "'=", 1) }))
	require.True(t, strings.HasPrefix(b.String(), "\ufeffKey,Check,No.,"))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, questionnaire.Titles(), rows[0])
	require.Len(t, rows, 1+len(s.Rows))
	require.Equal(t, "'=cmd()", rows[1][questionnaire.ColumnAbout])
}
