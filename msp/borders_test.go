package msp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNameBorders: the limits of RFC 1035 section 2.3.4, octet by octet.
func TestNameBorders(t *testing.T) {
	label := strings.Repeat("a", 63)
	full := strings.Join([]string{label, label, label, label[:61]}, ".") // 255 octets on the wire
	for s, ok := range map[string]bool{
		label: true, label + "a": false, label + ".b": true, label + "a.b": false,
		strings.Repeat(`\000`, 63): true, strings.Repeat(`\000`, 64): false,
		full: true, full + ".": true, full + "a": false, full[:len(full)-1] + `\.`: true, "b." + full[2:]: true, "b." + full: false,
		`a\`: false, `a\0`: false, `a\01`: false, `a\012`: true, `a\255`: true, `a\256`: false, `a\25a`: false, `a\/`: true, `a\:`: true,
	} {
		_, err := ParseName(s)
		require.Equal(t, ok, err == nil, "%.80q: %v", s, err)
	}
}

func TestWithinBorders(t *testing.T) {
	for _, c := range []struct {
		name, zone Name
		want       bool
	}{
		{"a.b", "b", true},
		{".b", "b", false},
		{`a\.b`, "b", false},
		{`a\\.b`, "b", true},
		{`a\\\.b`, "b", false},
		{`\.b`, "b", false},
		{`\\.b`, "b", true},
		{"b", "a.b", false},
		{"ab", "b", false},
	} {
		require.Equal(t, c.want, c.name.Within(c.zone), "%s in %s", c.name, c.zone)
	}
	require.Equal(t, Root, Name("a").Parent())
	require.Equal(t, Name("b"), Name("a.b").Parent())
}

func TestSeverityBorders(t *testing.T) {
	require.Equal(t, "severity(-1)", Severity(-1).String())
	require.Equal(t, "severity(5)", Severity(5).String())
	require.Equal(t, "info", Severity(0).String())
	require.False(t, Pos{}.Known())
	require.True(t, Pos{Line: 1}.Known())
}
