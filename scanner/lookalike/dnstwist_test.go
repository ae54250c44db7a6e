package lookalike

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// TestConformanceDnstwist holds the look-alikes of ten domains against those of
// the dnstwist command, made offline with the same words and suffixes: each of
// its names has to be among ours.
func TestConformanceDnstwist(t *testing.T) {
	dnstwist, err := exec.LookPath("dnstwist")
	if err != nil {
		t.Skip("dnstwist: not installed (Debian: apt-get install dnstwist): skipped")
	}
	words, suffixes := peerList(t, "english.dict", "//"), peerList(t, "common_tlds.dict", "//")
	fuzzers := []string{
		"addition", "bitsquatting", "cyrillic", "dictionary", "homoglyph", "hyphenation", "insertion", "omission", "repetition",
		"replacement", "subdomain", "tld-swap", "transposition", "various", "vowel-swap",
	}
	total := 0
	for _, d := range []msp.Name{
		"acme.com", "nttdata.com", "southerncross-it.com.au", "pilbaranet.net", "1and1.org", "cloudflare.com", "a-b-c.io",
		"jica.jp", "screenconnect.com", "bhp.au",
	} {
		ours := map[string]bool{string(d): true}
		for c := range All(d, Options{Words: words, Suffixes: suffixes}) {
			ours[string(c.Name)] = true
		}
		for _, fuzzer := range fuzzers {
			theirs := peerNames(t, dnstwist, fuzzer, d)
			missing := slices.DeleteFunc(slices.Clone(theirs), func(n string) bool { return ours[n] })
			t.Logf("dnstwist %s %s: %d of %d", d, fuzzer, len(theirs)-len(missing), len(theirs))
			assert.Empty(t, missing, "%s %s", d, fuzzer)
			total += len(theirs)
		}
	}
	require.Greater(t, total, 50_000)
}

// peerNames runs dnstwist with one fuzzer; in this format it sends nothing.
func peerNames(t *testing.T, command, fuzzer string, d msp.Name) []string {
	args := []string{"--format", "list", "--fuzzers", fuzzer, "--dictionary", peerFile("english.dict"), "--tld", peerFile("common_tlds.dict"), string(d)}
	var said bytes.Buffer
	cmd := exec.Command(command, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if strings.Contains(said.String(), "selected fuzzing algorithms do not generate") {
		return nil
	}
	require.NoError(t, err, said.String())
	return strings.Fields(string(out))
}

func peerFile(name string) string { return filepath.Join("/usr/share/dnstwist/dictionaries", name) }

func peerList(t *testing.T, name, comment string) []string {
	data, err := os.ReadFile(peerFile(name))
	require.NoError(t, err)
	var list []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, comment) {
			list = append(list, line)
		}
	}
	require.NotEmpty(t, list)
	return list
}
