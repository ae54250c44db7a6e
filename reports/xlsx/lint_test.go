package xlsx

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

func TestLintComplains(t *testing.T) {
	for want, do := range map[string]func(*lint){
		"over 31":           func(l *lint) { l.sheet(strings.Repeat("x", 32)) },
		"forbidden":         func(l *lint) { l.sheet("a/b") },
		"reserved":          func(l *lint) { l.sheet("hiStory") },
		"used twice":        func(l *lint) { l.sheet("A"); l.sheet("a") },
		`"A1" is no name`:   func(l *lint) { l.table("A1", nil) },
		`"R1C1" is no name`: func(l *lint) { l.table("R1C1", nil) },
		"stands twice":      func(l *lint) { l.table("tbl", []string{"H", "h"}) },
		"is empty":          func(l *lint) { l.table("tbl", []string{""}) },
		"refers to no sheet": func(l *lint) {
			l.defined("name", "'Nowhere'!$A$1")
		},
		`defined name "X" is used twice`: func(l *lint) { l.sheet("S"); l.defined("x", "'S'!A1"); l.defined("X", "'S'!A1") },
		"used and not defined":           func(l *lint) { l.uses("list_none") },
		"over 255":                       func(l *lint) { l.uses(strings.Repeat("x", 256)) },
		"leads nowhere":                  func(l *lint) { l.sheet("S"); l.link("S", "http://evil.example", 1) },
		"more than 65529 links":          func(l *lint) { l.sheet("S"); l.link("S", "'S'!A1", maxLinks+1) },
		"not 6 or 8 digits":              func(l *lint) { l.color("FFF") },
		"no alt text":                    func(l *lint) { l.picture("S", " ") },
	} {
		var l lint
		do(&l)
		require.ErrorContains(t, l.check(), want)
	}
	var good lint
	good.sheet("S")
	good.table("tbl_x", []string{"A", "B"})
	good.defined("list_x", "'S'!$A$1:$A$2")
	good.uses("list_x")
	good.link("S", "'S'!A1", 1)
	require.NoError(t, good.check())
}

func TestCut(t *testing.T) {
	for _, s := range []string{"", "a", strings.Repeat("x", maxUnits), strings.Repeat("x", maxUnits+1), strings.Repeat("𝒳", maxUnits/2), strings.Repeat("𝒳", maxUnits/2+1), strings.Repeat("é", 3*maxUnits)} {
		out := cut(s)
		require.LessOrEqual(t, len(utf16.Encode([]rune(out))), maxUnits)
		if len(utf16.Encode([]rune(s))) <= maxUnits {
			require.Equal(t, s, out)
			continue
		}
		require.True(t, strings.HasSuffix(out, cutNote), "a cut is visible")
		require.True(t, strings.HasPrefix(s, strings.TrimSuffix(out, cutNote)))
	}
}

func TestMoneyFormatHoldsNoData(t *testing.T) {
	for in, want := range map[string]string{"AUD": `"AUD" #,##0`, "": "#,##0", `A"U;D`: `"AUD" #,##0`, "aud": "#,##0"} {
		require.Equal(t, want, moneyFormat(in))
	}
}

func TestSortChildren(t *testing.T) {
	in := `<Types xmlns="x"><Override PartName="/b"></Override><Default Extension="xml"></Default><Override PartName="/a"></Override></Types>`
	want := `<Types xmlns="x"><Default Extension="xml"></Default><Override PartName="/a"></Override><Override PartName="/b"></Override></Types>`
	require.Equal(t, want, sortChildren(in))
	require.Equal(t, want, sortChildren(want))
	require.Equal(t, "<Types/>", sortChildren("<Types/>"))
}

func TestHeaderText(t *testing.T) {
	require.Equal(t, "A && B", headerText("A & B", 40))
	require.Equal(t, "abc…", headerText("abcdefgh", 4))
	require.Equal(t, `\x1b[31m`, headerText("\x1b[31m", 40))
}

func TestColName(t *testing.T) {
	for n, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 52: "AZ", 703: "AAA"} {
		require.Equal(t, want, colName(n))
	}
}
