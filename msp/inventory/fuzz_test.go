package inventory

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// seeds are the inventories that fuzzing starts from.
func seeds(t testing.TB) [][]byte {
	out := [][]byte{Sample(), Starter(), []byte(withControl("?")), []byte(withProvider("hosts: [a.example]"))}
	for _, s := range trickyYAML {
		out = append(out, []byte(s))
	}
	base, err := os.ReadFile("../../testdata/badinputs/base.yaml")
	require.NoError(t, err)
	out = append(out, base)
	require.NotEmpty(t, out)
	return out
}

// checkDecode holds what is true of every input.
func checkDecode(t *testing.T, name string, data []byte) {
	t.Helper()
	inv, diags := Decode([]File{{Name: name, Data: data}})
	require.Equal(t, diags.Err() == nil, inv != nil)
	require.Equal(t, inv == nil, len(diags.Errors()) > 0, "an error says why")
	for _, d := range diags {
		require.Equal(t, name, d.Pos.File)
		require.Positive(t, d.Pos.Line, "%+v", d)
		require.Positive(t, d.Pos.Column, "%+v", d)
		require.NotEmpty(t, d.Problem)
		require.NotEmpty(t, d.Want, "%+v", d)
	}
	text := diags.Error()
	require.True(t, utf8.ValidString(text))
	require.NotContains(t, text, "\x1b")
	for _, line := range strings.Split(text, "\n") {
		require.False(t, strings.HasPrefix(line, "::") || strings.HasPrefix(line, "##"))
	}
	again, diags2 := Decode([]File{{Name: name, Data: data}})
	require.Equal(t, diags, diags2, "the same bytes give the same diagnostics")
	require.Equal(t, inv, again)
}

func TestDecodeSeeds(t *testing.T) {
	for _, s := range seeds(t) {
		checkDecode(t, "inventory.yaml", s)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkDecode(t, "inventory.yaml", data) })
}
