package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefuseClobber(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(at("i.yaml"), nil, 0o600))
	require.NoError(t, os.Symlink(at("i.yaml"), at("link")))
	cfg := Config{Inventories: []string{at("i.yaml")}, Journal: at("j.ndjson"), Waivers: at("w.yaml")}
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{at("a.json"), at("b.md")}, ""},
		{[]string{"-", at("b.md")}, ""},
		{[]string{at("i.yaml")}, "a file that is read"},
		{[]string{at("link")}, "a file that is read"},
		{[]string{at("x/../w.yaml")}, "a file that is read"},
		{[]string{at("j.ndjson")}, "the journal"},
		{[]string{at("old.ndjson")}, "a file that is read"},
		{[]string{at("a"), at("a")}, "the output f"},
		{[]string{"-", "-"}, "the output f"},
	} {
		cfg.Outputs = nil
		for _, f := range c.files {
			cfg.Outputs = append(cfg.Outputs, Output{"f", f})
		}
		err := cfg.refuseClobber(at("old.ndjson"))
		if c.want == "" {
			require.NoError(t, err, c.files)
			continue
		}
		require.ErrorContains(t, err, c.want, c.files)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, CodeUsage, e.Code)
	}
}
