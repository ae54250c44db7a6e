package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/domain"
)

// vendors gives the entry that each vendor of the suite is.
func vendors() map[string]string {
	return map[string]string{
		"Active! gate SS": "active-gate-ss", "Adobe Acrobat Sign": "adobe", "Adobe": "adobe", "Akamai Cloudpiercer": "akamai", "Alibaba Cloud": "alibaba-cloud",
		"android mobile mdm": "android-enterprise", "anodot": "anodot", "Apple": "apple", "Atlassian": "atlassian", "Amazon Simple Email": "amazon-web-services",
		"Azure": "microsoft-azure", "Barracuda Vulnerability Manager": "barracuda", "Feedblitz": "feedblitz", "Botify": "botify", "Brave": "brave", "bugcrowd": "bugcrowd",
		"Citrix": "citrix", "cloudControl": "cloudcontrol", "dailymotion": "dailymotion", "detectify": "detectify", "docusign": "docusign", "Dropbox": "dropbox",
		"Dynatrace": "dynatrace", "Facebook": "meta", "Firebase": "google-cloud", "GMail": "google", "GoDaddy Web Services": "godaddy", "Have I been pwned": "have-i-been-pwned",
		"heroku": "heroku", "knowbe4": "knowbe4", "Let's Encrypt": "letsencrypt", "LINE WORKS": "line-works", "loaderio": "loaderio", "logmein": "goto", "mailigen": "mailigen",
		"Mailjet": "mailjet", "Mail.Ru": "mail-ru", "Microsoft Office 365": "microsoft-365", "pardot": "pardot", "Postman": "postman", "protonmail": "proton",
		"sendinblue": "brevo", "segment": "segment", "SendGrid": "sendgrid", "Site24x7": "site24x7", "Sophos": "sophos", "spycloud": "spycloud", "statuspage": "statuspage",
		"swisssign": "swisssign", "Symantec MDM": "symantec-mdm", "t-systems": "telesec", "teamviewer": "teamviewer", "tinfosecurity": "tinfoil-security", "Trend Micro": "trend-micro",
		"Twilio": "twilio", "SAKURA Web Accelerator": "sakura-webaccel", "webex": "cisco-webex", "wmail": "wavebox", "Workplace": "meta", "wrike": "wrike", "Yandex": "yandex",
		"Zapier": "zapier", "Zoho Mail": "zoho-mail", "Zoom": "zoom",
	}
}

// TestConformanceTextVendors runs the suite of TXT records. Two of its samples are SPF
// records: their vendors are found by the includes, as the scan finds them.
func TestConformanceTextVendors(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "suites", "txtra", "cases.json"))
	if err != nil {
		t.Skipf("suite not here: %v", err)
	}
	var cases []struct {
		Txt, Vendor string
		NoMatch     bool `json:"no_match"`
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	c, passed, spf := defaultTable(t), 0, 0
	for _, tt := range cases {
		require.False(t, tt.NoMatch)
		e, ok := c.Token(tt.Txt)
		if !ok && strings.HasPrefix(tt.Txt, "v=spf") {
			e, ok = bySPF(t, c, tt.Txt)
			spf++
		}
		require.True(t, ok, tt.Txt)
		require.Equal(t, vendors()[tt.Vendor], e.ID, "%s: %s", tt.Txt, tt.Vendor)
		passed++
	}
	require.Equal(t, 2, spf)
	t.Logf("txtra: %d of %d; %d of them SPF records, by their includes", passed, len(cases), spf)
}

func bySPF(t *testing.T, c *Catalog, txt string) (Entry, bool) {
	for _, include := range regexp.MustCompile(`include:(\S+)`).FindAllStringSubmatch(txt, -1) {
		n, err := domain.Parse(include[1])
		require.NoError(t, err)
		if m, ok := c.Match(n); ok {
			return m.Entry, true
		}
	}
	return Entry{}, false
}
