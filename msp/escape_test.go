package msp

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestVisible(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"plain text", "plain text"},
		{"Ünïcode 日本", "Ünïcode 日本"},
		{"a\x1b[31mb", `a\x1b[31mb`},
		{"\u009b31m", `\x9b31m`},
		{"a\r\nb\tc", `a\r\nb\tc`},
		{"a\u202eb\u200b", `a\u202eb\u200b`},
		{"\xff\xfe", `\xff\xfe`},
		{"##vso[task]", `\x23\x23vso[task]`},
		{"\u2028", `\u2028`},
		{"\U000e0001", `\U000e0001`},
		{"#1", "#1"},
		{"\u00a0", `\xa0`},
		{"\ufffd", "\ufffd"},
	} {
		require.Equal(t, tc.want, Visible(tc.in), "%q", tc.in)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[31m##\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		require.True(t, utf8.ValidString(v))
		require.NotContains(t, v, "##")
		for _, r := range v {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q", v)
		}
		require.Equal(t, v, Visible(v))
	})
}
