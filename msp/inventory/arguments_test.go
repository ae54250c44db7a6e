package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArguments(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.yaml", "b.yaml", "@own.yaml", "x[1].yaml"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	require.NoError(t, os.WriteFile("list", []byte("# clients\r\n\n  b.yaml  \r\nmissing.yaml\n"), 0o600))
	require.NoError(t, os.WriteFile("empty", []byte("# none\n"), 0o600))
	require.NoError(t, os.WriteFile("endless", []byte(strings.Repeat("x", maxListLine+1)), 0o600))
	for _, tt := range []struct {
		in, want []string
		err      string
	}{
		{[]string{"a.yaml", "gone.yaml"}, []string{"a.yaml", "gone.yaml"}, ""},
		{[]string{"@list", "a.yaml"}, []string{"b.yaml", "missing.yaml", "a.yaml"}, ""},
		{[]string{"?.yaml"}, []string{"a.yaml", "b.yaml"}, ""},
		{[]string{"@own.yaml"}, []string{"@own.yaml"}, ""},
		{[]string{"x[1].yaml"}, []string{"x[1].yaml"}, ""},
		{[]string{"@none"}, nil, "read list of inventories"},
		{[]string{"@empty"}, nil, "names none"},
		{[]string{"@endless"}, nil, "too long"},
		{[]string{"no*"}, nil, "matches no file"},
		{[]string{"[a"}, nil, "syntax error in pattern"},
	} {
		got, err := Arguments(tt.in)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err, tt.in)
			continue
		}
		require.NoError(t, err, tt.in)
		require.Equal(t, tt.want, got)
	}
	require.NoError(t, os.MkdirAll(filepath.Join("dir", "sub"), 0o700))
	got, err := Arguments([]string{"dir/*"})
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join("dir", "sub")}, got)
}
