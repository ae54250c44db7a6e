package msp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseName(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{".", "."},
		{"Example.COM.", "example.com"},
		{"example.com", "example.com"},
		{`a\.b.example`, `a\.b.example`},
		{`\000x.example.`, `\000x.example`},
		{"_dmarc.example", "_dmarc.example"},
		{strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example"},
	} {
		n, err := ParseName(c.in)
		require.NoError(t, err, c.in)
		require.Equal(t, Name(c.want), n)
	}
}

func TestParseNameRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "empty name"},
		{"a..b", "empty label"},
		{".a", "empty label"},
		{"..", "empty label"},
		{`a\`, "unfinished escape"},
		{`a\1`, "unfinished escape"},
		{strings.Repeat("a", 64) + ".example", "over 63"},
		{strings.Repeat("abcdefg.", 32), "over 255"},
	} {
		_, err := ParseName(c.in)
		require.ErrorIs(t, err, ErrName, c.in)
		require.ErrorContains(t, err, c.want, c.in)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		name, zone Name
		want       bool
	}{
		{"a.example", "example", true},
		{"example", "example", true},
		{"example", ".", true},
		{"notexample", "example", false},
		{"a.notexample", "example", false},
		{"example", "a.example", false},
		{`a\.example`, "example", false},
		{`a\\.example`, "example", true},
	} {
		require.Equal(t, c.want, c.name.Within(c.zone), "%s in %s", c.name, c.zone)
	}
}

func TestParentAndLabels(t *testing.T) {
	require.Equal(t, Name("example"), Name("a.example").Parent())
	require.Equal(t, Root, Name("example").Parent())
	require.Equal(t, Root, Root.Parent())
	require.Equal(t, []string{`a\.b`, "example"}, Name(`a\.b.example`).Labels())
	require.Empty(t, Root.Labels())
	require.Equal(t, "example.", Name("example").FQDN())
	require.Equal(t, ".", Root.FQDN())
}

func TestDateOlderThan(t *testing.T) {
	now := time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		date   string
		months int
		want   bool
	}{
		{"2025-05-31", 12, false},
		{"2025-05-30", 12, true},
		{"2026-06-01", 12, false},
		{"2024-05-30", 24, true},
	} {
		d, err := ParseDate(c.date)
		require.NoError(t, err)
		require.Equal(t, c.want, d.OlderThan(c.months, now), c.date)
	}
	require.False(t, Date{}.OlderThan(0, now), "an unknown date is not old")
	_, err := ParseDate("2025-02-29")
	require.ErrorContains(t, err, "YYYY-MM-DD")
}

func TestReplyExpires(t *testing.T) {
	now := time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)
	require.True(t, Reply{Answer: Yes, Date: Date{2024, 5, 30}}.Expired(now))
	require.False(t, Reply{Answer: Yes, Date: Date{2024, 5, 31}}.Expired(now))
	require.False(t, Reply{Answer: Yes}.Expired(now))
}

func TestAccessLive(t *testing.T) {
	day := Date{2026, 5, 31}
	require.True(t, Access{}.Live(day))
	require.True(t, Access{Ended: Date{2026, 6, 1}}.Live(day))
	require.False(t, Access{Ended: day}.Live(day), "ended on the day is over")
}

func TestSourceFallsBack(t *testing.T) {
	s := Source{Pos: Pos{File: "i.yaml", Line: 3, Column: 1}}
	s.Mark("kind", 4, 9)
	require.Equal(t, "i.yaml:4:9", s.At("kind").String())
	require.Equal(t, "i.yaml:4:9", s.At("none", "kind").String())
	require.Equal(t, "i.yaml:3:1", s.At("none").String())
	require.True(t, s.Has("kind"))
	require.False(t, s.Has("none"))
}

func TestSeverityWords(t *testing.T) {
	for _, s := range Severities() {
		back, err := ParseSeverity(s.String())
		require.NoError(t, err)
		require.Equal(t, s, back)
	}
	_, err := ParseSeverity("urgent")
	require.ErrorContains(t, err, "known: critical")
	require.Equal(t, Info, Severity(0), "the zero severity is the least")
	require.Equal(t, Unknown, Answer(0), "not knowing is the zero answer")
}

func TestLevels(t *testing.T) {
	read := map[AccessKind]bool{AccessMail: true, AccessSaaS: true, DataCustody: true}
	for _, k := range AccessKinds() {
		require.Equal(t, read[k], k.Level() == Read, k)
	}
}

func FuzzParseName(f *testing.F) {
	seeds := []string{".", "a.example", `a\.b.example.`, `\255.x`, "a..b", strings.Repeat("a.", 130)}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			return
		}
		again, err := ParseName(n.FQDN())
		if err != nil || again != n {
			t.Fatalf("%q gives %q, which gives %q, %v", s, n, again, err)
		}
		if !n.Within(n.Parent()) {
			t.Fatalf("%q is not within its parent %q", n, n.Parent())
		}
	})
}

func TestDatePast(t *testing.T) {
	day := Date{2026, 5, 31}
	require.Equal(t, day, day.Past(day))
	require.Equal(t, Date{2026, 6, 1}, Date{2026, 6, 1}.Past(day), "it is tomorrow already elsewhere")
	require.False(t, Date{2026, 6, 2}.Past(day).Known(), "what has not happened is not known")
	require.False(t, Date{}.Past(day).Known())
}

func TestRelationshipID(t *testing.T) {
	require.Equal(t, "north>acme/managed-desktop", RelationshipID("north", "acme", "Managed desktop"))
	require.Equal(t, "north>acme/caf-desk", RelationshipID("north", "acme", "Café desk"))
	a, b := RelationshipID("north", "acme", "托管桌面"), RelationshipID("north", "acme", "网络支持")
	require.NotEqual(t, a, b, "services in other scripts are told apart")
	require.Regexp(t, `^north>acme/[0-9a-f]{8}$`, a)
}
