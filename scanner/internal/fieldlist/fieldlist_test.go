package fieldlist

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		fields int
		errors int
	}{
		"v=X1": {0, 0}, "v=X1;": {0, 0}, "v=X1 ; a=b ;": {1, 0}, "v=X1;a=b;c=d": {2, 0}, "v=X1; a=b \t": {1, 0},
		"v=X1;;": {0, 1}, "v=X1;a=b;;": {1, 1}, "v=X1;a": {0, 1}, "v=X1 a=b": {0, 1}, "v=X1;_a=b;c=d": {1, 1}, "v=X1;=": {0, 1},
	} {
		require.True(t, Is(text, "v=X1"), text)
		fields, errors := Parse(text, "v=X1")
		require.Len(t, fields, want.fields, text)
		require.Len(t, errors, want.errors, text)
	}
	for _, text := range []string{"", "v=X", "v=X12", " v=X1", "V=X1"} {
		require.False(t, Is(text, "v=X1"), text)
	}
}

func TestWords(t *testing.T) {
	require.True(t, IsName("a1_-.z"))
	require.True(t, IsName(strings.Repeat("a", 32)))
	for _, s := range []string{"", "_a", "-a", ".a", "a b", "ä", strings.Repeat("a", 33)} {
		require.False(t, IsName(s), s)
	}
	require.True(t, IsAlnum("aZ9", 3))
	for _, s := range []string{"", "aZ90", "a-b", "ä"} {
		require.False(t, IsAlnum(s, 3), s)
	}
	require.True(t, IsValue("x:/~!"))
	for _, s := range []string{"", "a b", "a=b", "a;b", "a\x7f", "ä"} {
		require.False(t, IsValue(s), s)
	}
}
