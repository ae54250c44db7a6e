package lookalike

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// TestConformanceDnstwist holds that everything that Debian's dnstwist makes of ten domains,
// with the same words and suffixes, is made here too. Names that no DNS label can
// hold are not counted. dnstwist only prints names here: it asks nothing.
func TestConformanceDnstwist(t *testing.T) {
	tool, err := exec.LookPath("dnstwist")
	if err != nil {
		t.Skip("dnstwist is not installed (Debian package dnstwist)")
	}
	words, suffixes := []string{"login", "update", "support"}, []string{"com", "net", "org", "net.au", "info"}
	dir := t.TempDir()
	dictionary, tld := filepath.Join(dir, "words"), filepath.Join(dir, "suffixes")
	require.NoError(t, os.WriteFile(dictionary, []byte(strings.Join(words, "\n")), 0o600))
	require.NoError(t, os.WriteFile(tld, []byte(strings.Join(suffixes, "\n")), 0o600))
	for _, name := range []string{
		"acme.com", "ridgeline.com.au", "northmsp.net", "southerncross-it.com.au", "telstra.com.au", "apt10.org", "bhp.com", "managed-services.co.nz", "microsoft365.com", "1and1.info",
	} {
		out, err := exec.Command(tool, "--format", "list", "--dictionary", dictionary, "--tld", tld, name).Output()
		require.NoError(t, err)
		ours := made(t, msp.Name(name), Options{Words: words, Suffixes: suffixes, Least: 1})
		n, missing := 0, []string(nil)
		for _, line := range strings.Fields(string(bytes.TrimSpace(out))) {
			parsed, err := domain.Parse(line)
			if err != nil || parsed == msp.Name(name) {
				continue // no name, or the domain itself
			}
			n++
			if _, ok := ours[parsed]; !ok {
				missing = append(missing, string(parsed))
			}
		}
		t.Logf("dnstwist %s: %d of %d", name, n-len(missing), n)
		require.Greater(t, n, 100, "dnstwist made names")
		require.Empty(t, missing, name)
	}
}
