package catalog

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// marketing lists apexes under which vendors have their own sites beside, or
// instead of, names of customers: to lie there proves no use of a product.
func marketing() []msp.Name {
	return []msp.Name{
		"acronis.com", "amazon.com", "anydesk.com", "apple.com", "atera.com", "atlassian.com", "auvik.com", "barracudamsp.com", "beyondtrust.com", "cisco.com", "citrix.com",
		"cloudflare.com", "connectwise.com", "datto.com", "dropbox.com", "fortinet.com", "github.com", "gitlab.com", "godaddy.com", "google.com", "goto.com", "ivanti.com",
		"jumpcloud.com", "kaseya.com", "level.io", "logmein.com", "logmeininc.com", "manageengine.com", "microsoft.com", "n-able.com", "ninjaone.com", "office.com", "oracle.com",
		"paloaltonetworks.com", "pdq.com", "sap.com", "softonic.com", "splashtop.com", "tailscale.com", "teamviewer.com", "windows.net", "zoho.com", "zscaler.com",
	}
}

// TestLint holds the embedded table to what its readers count on, beyond what
// Load checks.
func TestLint(t *testing.T) {
	c := defaultTable(t)
	entries := c.Entries()
	require.GreaterOrEqual(t, len(entries), 300)
	for _, e := range entries {
		for _, s := range e.Suffixes {
			require.NotContains(t, marketing(), s.Name, "%s: a marketing apex proves nothing", e.ID)
			require.NotEqual(t, domain.Suffix(s.Name), s.Name, "%s: %s is a public suffix", e.ID, s.Name)
			require.Greater(t, len(s.Name.Labels()), 1)
			for _, k := range s.Kinds {
				require.Contains(t, Kinds(), k)
			}
		}
		for _, a := range e.Aliases {
			reg, ok := domain.Registrable(a)
			require.True(t, ok)
			require.Equal(t, a, reg, "%s: an alias is a registrable domain", e.ID)
			m, ok := c.Match(a)
			require.True(t, !ok || m.Entry.ID == e.ID, "%s: alias %s is a suffix of %s", e.ID, a, m.Entry.ID)
		}
		for _, selector := range e.DKIMSelectors {
			require.NotContains(t, selector, " ")
		}
		require.Greater(t, len(e.Source), 3, e.ID)
	}
}

// TestSorted holds that the file is sorted by id: a reader finds an entry.
func TestSorted(t *testing.T) {
	var file struct {
		Entries []struct {
			ID    string   `yaml:"id"`
			Kinds []string `yaml:"kinds"`
		} `yaml:"entries"`
	}
	require.NoError(t, yaml.Unmarshal(embedded, &file))
	require.NotEmpty(t, file.Entries)
	for i, e := range file.Entries {
		if i > 0 {
			require.Less(t, file.Entries[i-1].ID, e.ID)
		}
		require.True(t, slices.IsSorted(e.Kinds), "%s", e.ID)
	}
}

// TestCoverage holds that every kind is there in numbers that make it useful.
func TestCoverage(t *testing.T) {
	count := map[string]int{}
	tokens := 0
	for _, e := range defaultTable(t).Entries() {
		kinds := map[string]bool{}
		for _, k := range e.Kinds {
			kinds[k] = true
		}
		for _, s := range e.Suffixes {
			for _, k := range s.Kinds {
				kinds[k] = true
			}
		}
		for k := range kinds {
			count[k]++
		}
		tokens += len(e.Tokens)
	}
	for kind, least := range map[string]int{
		DNSHost: 60, Mail: 40, MailSecurity: 40, MailSender: 30, Hosting: 80, CDN: 20, WAF: 10, SaaS: 150,
		RMM: 40, RemoteAccess: 80, DynamicDNS: 30, Identity: 10, CA: 15,
	} {
		require.GreaterOrEqual(t, count[kind], least, kind)
	}
	require.GreaterOrEqual(t, tokens, 150)
}

// TestOwnTable holds that each entry is found by its own words.
func TestOwnTable(t *testing.T) {
	c := defaultTable(t)
	for _, e := range c.Entries() {
		for _, s := range e.Suffixes {
			m, ok := c.Match("tenant." + s.Name)
			require.True(t, ok)
			require.Equal(t, e.ID, m.Entry.ID, "%s", s.Name)
			require.Equal(t, s.Name, m.Suffix.Name)
			m, ok = c.Match(s.Name)
			require.True(t, s.Below || ok)
			require.True(t, !ok || m.Suffix.Name != s.Name || !s.Below)
			_, ok = c.Match("x" + s.Name)
			if ok {
				m, _ = c.Match("x" + s.Name)
				require.NotEqual(t, s.Name, m.Suffix.Name, "no substring")
			}
		}
		for _, token := range e.Tokens {
			got, ok := c.Token(strings.ReplaceAll(token, "*", "x") + "x1")
			if strings.Contains(token, "*") {
				got, ok = c.Token(strings.ReplaceAll(token, "*", "x1"))
			}
			require.True(t, ok, token)
			require.Equal(t, e.ID, got.ID, token)
		}
		for _, a := range e.Aliases {
			id, _, ok := c.Party("www." + a)
			require.True(t, ok)
			require.Equal(t, e.ID, id, "%s", a)
		}
	}
}

// TestDynamicDNSZones checks the zones that APT10's host names lay under against
// the table.
func TestDynamicDNSZones(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "apt10_dyndns_apexes.csv"))
	if err != nil {
		t.Skipf("data not here: %v", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), 100)
	c := defaultTable(t)
	for _, row := range rows[1:] {
		m, ok := c.Match("host." + msp.Name(row[0]))
		require.True(t, ok, row[0])
		require.Equal(t, []string{DynamicDNS}, m.Kinds, row[0])
		require.True(t, m.Suffix.Claimable)
	}
}
