package secret

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFind(t *testing.T) {
	fill := func(n int) string { return strings.Repeat("A7b", n)[:n] }
	for name, c := range map[string]struct {
		text, kind, secret string
	}{
		"AWS":               {"key AKIAIOSFODNN7EXAMPLE here", "an access key of AWS", "IOSFODNN7EXAMPLE"},
		"AWS, temporary":    {"ASIAIOSFODNN7EXAMPLE", "an access key of AWS", "IOSFODNN7EXAMPLE"},
		"PEM":               {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----", "a private key", "\nMIIE\nabc=\n"},
		"PEM, encrypted":    {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE\n-----END RSA", "a private key", "\nProc-Type: 4,ENCRYPTED\n\nMIIE\n"},
		"PEM in JSON":       {`"-----BEGIN PRIVATE KEY-----\n` + fill(64) + `"`, "a private key", `\n` + fill(64)},
		"PEM without end":   {"-----BEGIN PRIVATE KEY-----\n" + fill(64) + "\n" + fill(64) + "\nnext_key: 1", "a private key", "\n" + fill(64) + "\n" + fill(64)},
		"OpenPGP":           {"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nxcLY\n-----END PGP", "a private key", "\nVersion: 1\n\nxcLY\n"},
		"age":               {"AGE-SECRET-KEY-1" + strings.Repeat("Q", 58), "a secret key of age", strings.Repeat("Q", 58)},
		"GitHub":            {"ghp_" + fill(36), "a token of GitHub", fill(36)},
		"GitHub, fine":      {"github_pat_" + fill(82), "a token of GitHub", fill(82)},
		"GitLab":            {"glpat-" + fill(20), "a token of GitLab", fill(20)},
		"Slack":             {"xoxb-" + fill(24), "a token of Slack", fill(24)},
		"Slack hook":        {"https://hooks.slack.com/services/T000/B000/" + fill(24), "a web hook of Slack", "T000/B000/" + fill(24)},
		"Google":            {"AIza" + fill(35), "an API key of Google", fill(35)},
		"Stripe":            {"sk_live_" + fill(24), "a key of Stripe", fill(24)},
		"JWT":               {"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.sig", "a JSON web token", "hbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.sig"},
		"Azure SAS":         {"?sv=2024&sig=" + fill(44), "a shared access signature", fill(44)},
		"Azure storage":     {"AccountKey=" + fill(44), "a password", fill(44)},
		"URL":               {"nats://worker:hunter2@broker:4222", "a password in a URL", "hunter2"},
		"URL without user":  {"redis://:hunter2@cache", "a password in a URL", "hunter2"},
		"password":          {"log in with password=hunter2, then wait", "a password", "hunter2"},
		"password in JSON":  {`{"password": "hunter2"}`, "a password", "hunter2"},
		"environment":       {"DB_PASSWORD=letmein", "a password", "letmein"},
		"upper case":        {"PWD = Sommer", "a password", "Sommer"},
		"API key":           {"api-key: 9f8e7d6c5b", "a password", "9f8e7d6c5b"},
		"letter a":          {"token: 11111a", "a password", "11111a"},
		"letter z":          {"token: 11111z", "a password", "11111z"},
		"letter A":          {"token: 11111A", "a password", "11111A"},
		"letter Z":          {"token: 11111Z", "a password", "11111Z"},
		"three letters":     {"pwd=abc", "a password", "abc"},
		"access key alone":  {"AKIAIOSFODNN7EXAMPLE", "an access key of AWS", "IOSFODNN7EXAMPLE"},
		"beside I with dot": {"İ password=hunter2", "a password", "hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Find(c.text)
			require.Len(t, got, 1)
			require.Equal(t, c.kind, got[0].Kind)
			require.Equal(t, c.secret, c.text[got[0].Start:got[0].End])
			holds(t, c.text)
		})
	}
}

func TestFindNothing(t *testing.T) {
	for _, s := range []string{
		"", "password", "Password: rotated quarterly", "password policy: yes", "secret: protected", "token = no",
		"akia", "AKIA", "AKIAIOSFODNN7EXAMPLEAKIA", "see https://example.com/a:b@c", "https://northmsp.example:8443/path",
		"token: 123456", "token: {}@[]`1", "pwd=ab", "a://b c:d@e",
		"MFA for every account, tokens: hardware", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
		"key: value", "MSA-2024-01 signed", "keys=2", "mailto:a@b.example", "the private key is kept in an HSM",
	} {
		got, found := Blot(s)
		require.Equal(t, s, got)
		require.Empty(t, found, s)
	}
}

func TestSeveral(t *testing.T) {
	got, found := Blot("url postgres://a:password=hunter2@db, AKIAIOSFODNN7EXAMPLE, pwd=AKIAIOSFODNN7EXAMPLE")
	require.Equal(t, "url postgres://a:xxxxxxxxxxxxxxxxxxx, AKIAxxxxxxxxxxxxxxxx, pwd=xxxxxxxxxxxxxxxxxxxx", got)
	require.Len(t, found, 3)
	require.Equal(t, "a password in a URL", found[0].Kind)
	got, _ = Blot(`"password=a\"bc\u0041d", "x"`)
	require.Equal(t, `"password=x\"xx\u0041x", "x"`, got)
}

func TestApart(t *testing.T) {
	for name, c := range map[string]struct{ in, want []Match }{
		"side by side": {[]Match{{"b", 5, 9}, {"a", 1, 5}}, []Match{{"a", 1, 5}, {"b", 5, 9}}},
		"longer later": {[]Match{{"a", 1, 5}, {"b", 3, 9}}, []Match{{"b", 1, 9}}},
		"as long":      {[]Match{{"a", 1, 5}, {"b", 3, 7}}, []Match{{"a", 1, 7}}},
		"longer first": {[]Match{{"b", 4, 6}, {"a", 1, 5}}, []Match{{"a", 1, 6}}},
		"within":       {[]Match{{"b", 2, 4}, {"a", 1, 5}}, []Match{{"a", 1, 5}}},
		"to one end":   {[]Match{{"b", 2, 5}, {"a", 1, 5}}, []Match{{"a", 1, 5}}},
		"from one":     {[]Match{{"b", 1, 4}, {"a", 1, 5}}, []Match{{"a", 1, 5}}},
		"three":        {[]Match{{"a", 1, 3}, {"b", 2, 6}, {"c", 5, 7}}, []Match{{"b", 1, 7}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, apart(c.in)) })
	}
}

func TestLong(t *testing.T) {
	body := strings.Repeat("MIIEowIBAAKCAQEA7b9f\n", 3000)
	got, found := Blot("-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----")
	require.Len(t, found, 1)
	require.NotContains(t, got, "MIIE")
	got, found = Blot("-----BEGIN PRIVATE KEY----- -----BEGIN EC PRIVATE KEY-----\nMIIE\n-----END EC")
	require.Len(t, found, 1)
	require.Equal(t, "-----BEGIN PRIVATE KEY----- xxxxxxxxxx xx xxxxxxx xxxxxxxx\nxxxx\n-----END EC", got)
	got, found = Blot("key api-key=one, api_key=two, apikey=six")
	require.Len(t, found, 3)
	require.Equal(t, "key api-key=xxx, api_key=xxx, apikey=xxx", got)
}

// holds checks what Blot promises: the same places, no secret left, and nothing
// more to write over.
func holds(t *testing.T, s string) {
	t.Helper()
	out, found := Blot(s)
	require.Len(t, out, len(s))
	again, _ := Blot(out)
	require.Equal(t, out, again)
	for _, m := range found {
		require.Less(t, m.Start, m.End)
		for i := m.Start; i < m.End; i++ {
			require.True(t, out[i] == blot || out[i] <= ' ' && out[i] == s[i] || strings.Contains(s[:i+1], `\`) || strings.ContainsRune(brackets, rune(out[i])), "%q", out)
		}
	}
	if len(found) == 0 {
		require.Equal(t, s, out)
	}
}

func FuzzBlot(f *testing.F) {
	for _, s := range []string{
		"password=hunter2", "a://b:c@d AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----\nx\n", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.",
		"token: a1b2c3 token=x", `password=a\"b\u0041c`, "sig=password=hunter2", "İİ pwd=\xff\xfe\xfd", "pass word = ghp_", "secret=secret=secret", "password='a:b' api key: aaaaa1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 4096 {
			holds(t, s)
		}
	})
}
