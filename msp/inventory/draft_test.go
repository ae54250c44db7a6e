package inventory

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func draft() Draft {
	return Draft{
		Title:        []string{"A draft.", "hostile\nversion: 2 \u202e"},
		Organisation: DraftParty{ID: "acme", Name: "Acme: the #1", Domains: []msp.Name{"acme.test"}, Hosts: []msp.Name{"www.acme.test"}},
		Providers: []DraftParty{
			{ID: "365", Name: "no", Kind: "saas", Domains: []msp.Name{"office.test", "xn--bcher-kva.test"}, Evidence: []string{"x\n- id: evil"}},
			{ID: "gate", Name: `Active! "gate" \ SS`, Kind: "hosting"},
		},
		Relationships: []DraftRelationship{
			{Provider: "365", Customer: "acme", Service: "mail, web hosting", DNSServices: []string{"mail", "web"}, Evidence: strings.Split(strings.Repeat("e,", 30), ",")},
			{Provider: "gate", Customer: "365", Service: "DNS hosting", DNSServices: []string{"dns"}},
		},
		Questions: []string{"Which doors?\nproviders: []"},
	}
}

// TestDraft holds that a draft is a valid inventory that says what was put in,
// whatever the texts from outside hold.
func TestDraft(t *testing.T) {
	d := draft()
	text := d.YAML()
	inv, diags := Decode([]File{{Name: "draft.yaml", Data: text}})
	require.Empty(t, diags, string(text))
	require.Equal(t, "Acme: the #1", inv.Organisation.Name)
	require.Equal(t, []msp.Name{"www.acme.test"}, inv.Organisation.Hosts)
	require.Len(t, inv.Providers, 2)
	require.Equal(t, "no", inv.Providers[0].Name)
	require.Equal(t, "365", inv.Providers[0].ID)
	require.Equal(t, d.Providers[1].Name, inv.Providers[1].Name)
	require.Len(t, inv.Relationships, 2)
	for i, r := range inv.Relationships {
		require.Equal(t, d.Relationships[i].Service, r.Service)
		require.Equal(t, d.Relationships[i].DNSServices, r.DNSServices)
		require.False(t, r.AccessStated, "access is not known")
	}
	require.True(t, strings.HasPrefix(string(text), "# yaml-language-server: $schema="+SchemaFile+"\n"))
	require.Contains(t, string(text), "# and 19 more\n")
	require.Equal(t, text, draft().YAML())
}

func TestDraftEmpty(t *testing.T) {
	d := Draft{Organisation: DraftParty{ID: "acme", Name: "acme.test", Domains: []msp.Name{"acme.test"}}}
	inv, diags := Decode([]File{{Name: "draft.yaml", Data: d.YAML()}})
	require.NoError(t, diags.Err(), string(d.YAML()))
	require.Len(t, diags, 1, "that nobody is there is worth a warning")
	require.Empty(t, inv.Providers)
	require.NotContains(t, string(d.YAML()), "To ask")
}

func TestAccessUnknown(t *testing.T) {
	head := "version: 1\norganisation: {id: acme, domains: [acme.test]}\nproviders: [{id: p, kind: msp}]\nrelationships:\n  - {provider: p, service: s, access: "
	for text, want := range map[string][2]bool{ // stated, accepted
		"unknown": {false, true}, "?": {false, true}, "": {false, true}, "none": {true, true}, "[]": {true, true}, "maybe": {false, false},
	} {
		inv, diags := Decode([]File{{Name: "i.yaml", Data: []byte(head + text + "}\n")}})
		require.Equal(t, want[1], diags.Err() == nil, "%s: %v", text, diags)
		if want[1] {
			require.Equal(t, want[0], inv.Relationships[0].AccessStated, text)
		}
	}
}

// FuzzDraft holds that no text breaks out of its place.
func FuzzDraft(f *testing.F) {
	f.Add("Acme", "a.test MX b.test")
	f.Add("'\"\\\n#: - [x]", "\r\nversion: 9")
	f.Add("yes", "\u2028\u0085\x00##")
	f.Fuzz(func(t *testing.T, name, line string) {
		if strings.TrimSpace(name) == "" || len(name) > 200 || name != msp.Visible(name) || strings.TrimSpace(name) != name {
			name = "Acme"
		}
		d := Draft{
			Title: []string{line}, Organisation: DraftParty{ID: "acme", Name: name, Domains: []msp.Name{"acme.test"}},
			Providers:     []DraftParty{{ID: "p", Name: "P", Kind: "other", Evidence: []string{line}}},
			Relationships: []DraftRelationship{{Provider: "p", Customer: "acme", Service: "s", Evidence: []string{line}}},
			Questions:     []string{line},
		}
		inv, diags := Decode([]File{{Name: "d.yaml", Data: d.YAML()}})
		require.NoError(t, diags.Err(), string(d.YAML()))
		require.Equal(t, name, inv.Organisation.Name)
		require.Len(t, inv.Providers, 1)
		require.Len(t, inv.Relationships, 1)
	})
}
