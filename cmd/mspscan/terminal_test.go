package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"mspscan/msp/inventory"
)

// hostileInventory gives an inventory whose names are the hostile texts of the
// pack that an inventory may hold, and some of our own, and how many there are.
func hostileInventory(t *testing.T) (data []byte, texts int) {
	t.Helper()
	names := []string{
		"\x1b[31mred", "\x1b]0;title\a", "\x1b]8;;https://evil.example\x1b\\link", "\x9b2J", "a\rb", "\u202egnp.exe",
		"::error::pwned", "##vso[task.complete]", "\u200b=1+1", "{{.Name}}", "{relationship.provider_name}", "${{ github.token }}",
	}
	if raw, err := os.ReadFile(filepath.Join(badInputs, "hostile_strings.json")); err == nil {
		var list []any
		require.NoError(t, json.Unmarshal(raw, &list))
		for _, item := range list {
			if s, ok := item.(string); ok {
				names = append(names, s)
			}
		}
	}
	organisation := map[string]any{"id": "acme", "name": "Acme", "currency": "AUD"}
	inv := map[string]any{"version": 1, "organisation": organisation, "assets": []any{map[string]any{"id": "ad", "name": "AD", "kind": "identity", "criticality": "critical", "value": 1000000}}}
	var providers, relationships []any
	for _, name := range names {
		id := fmt.Sprintf("p%d", len(providers))
		p := map[string]any{"id": id, "kind": "msp", "name": name}
		r := map[string]any{"provider": id, "service": name, "access": []any{map[string]any{"id": "d-" + id, "kind": "rmm_agent", "reaches": []string{"ad"}}}}
		inv["providers"], inv["relationships"] = []any{p}, []any{r}
		one, err := json.Marshal(inv)
		require.NoError(t, err)
		if _, diags := inventory.Decode([]inventory.File{{Name: "i.json", Data: one}}); diags.Err() == nil {
			providers, relationships = append(providers, p), append(relationships, r)
		}
	}
	inv["providers"], inv["relationships"] = providers, relationships
	data, err := json.Marshal(inv)
	require.NoError(t, err)
	return data, len(providers)
}

// TestTerminalRecording records what a terminal gets: the summary in colour, the
// progress and a page, of an inventory of hostile names. It holds our own colours
// and line ends and no other control character.
func TestTerminalRecording(t *testing.T) {
	record, err := exec.LookPath("script")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("no script(1) of util-linux here")
	}
	p := newPlace(t)
	data, texts := hostileInventory(t)
	require.Greater(t, texts, 3)
	require.NoError(t, os.WriteFile(filepath.Join(p.cwd, "i.json"), data, 0o600))
	zones, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline", "zones"))
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	for _, args := range []string{
		"scan i.json --zones " + zones + " --journal run.ndjson --color always", "scan i.json --zones " + zones + " -o md",
		"whatif i.json --best 1", "validate i.json", "diff run.ndjson run.ndjson", "scan i.json --zones " + zones + " --dry-run",
	} {
		cmd := exec.CommandContext(t.Context(), record, "--quiet", "--return", "--command", "'"+self+"' -test.run='^TestAsBinary$' -- "+args, filepath.Join(p.tmp, "typescript"))
		cmd.Dir = p.cwd
		cmd.Env = append(os.Environ(), asBinary+"=1", "HOME="+p.home, "TMPDIR="+p.tmp, "TERM=xterm-256color")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %.2000s", args, out)
		text := string(out)
		if strings.Contains(args, "always") {
			require.Contains(t, text, "\x1b[1", "it is in colour")
		}
		if strings.HasPrefix(args, "scan") && !strings.HasSuffix(args, "--dry-run") {
			require.Contains(t, text, `\u202egnp.exe`, "%s: a name is shown, harmless", args)
		}
		own := regexp.MustCompile(`\x1b\[[0-9;]*m|\r\x1b\[2K|\r+\n`).ReplaceAllString(text, "\n")
		for _, r := range own {
			require.False(t, unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r), "%s: %U in %.3000q", args, r, own)
		}
		require.NotRegexp(t, `(?m)^\s*(::|##vso)`, own, args)
	}
}

// TestHostileNamesAreData holds that names are data everywhere: the same findings
// come of hostile names as of plain ones.
func TestHostileNamesAreData(t *testing.T) {
	p := newPlace(t)
	hostile, texts := hostileInventory(t)
	var inv map[string]any
	require.NoError(t, json.Unmarshal(hostile, &inv))
	for _, list := range []string{"providers", "relationships"} {
		for i, item := range inv[list].([]any) {
			field := map[string]string{"providers": "name", "relationships": "service"}[list]
			item.(map[string]any)[field] = fmt.Sprintf("plain %d", i)
		}
	}
	plain, err := json.Marshal(inv)
	require.NoError(t, err)
	zones, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline", "zones"))
	require.NoError(t, err)
	found := map[string][]string{}
	for name, data := range map[string][]byte{"hostile": hostile, "plain": plain} {
		require.NoError(t, os.WriteFile(filepath.Join(p.cwd, "i.json"), data, 0o600))
		o := runBinary(t, p, "scan", "i.json", "--zones", zones, "--now", "2026-06-01T00:00:00Z", "-q", "-o", "json=out.json")
		require.Equal(t, exitOK, o.code, o.stderr)
		raw, err := os.ReadFile(filepath.Join(p.cwd, "out.json"))
		require.NoError(t, err)
		var r struct {
			Findings []struct{ Rule, Provider, Severity string }
		}
		require.NoError(t, json.Unmarshal(raw, &r))
		for _, f := range r.Findings {
			found[name] = append(found[name], f.Rule+" "+f.Provider+" "+f.Severity)
		}
	}
	require.Greater(t, len(found["plain"]), texts)
	require.ElementsMatch(t, found["plain"], found["hostile"])
}
