package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/strict"
)

// read takes a list of {name, level, day, words}.
func read(data string) (texts []string, days []msp.Date, err error) {
	r, doc := strict.Read("f.yaml", []byte(data), 2000)
	for _, item := range r.Items(doc, "an item") {
		f := r.Fields(item, "an item", []string{"name", "level", "day", "words"})
		texts = append(texts, r.Text(f["name"], "name", 20, false), r.Word(f["level"], "level", []string{"low", "high"}), r.Text(f["words"], "words", 40, true))
		days = append(days, r.Day(f["day"], "day"))
	}
	return texts, days, r.Err()
}

func TestReads(t *testing.T) {
	texts, days, err := read("- {name: a b, level: high, day: 2026-02-28}\n- words: |\n    one\n    two\n- {name: ~}\n")
	require.NoError(t, err)
	require.Equal(t, []string{"a b", "high", "", "", "", "one\ntwo", "", "", ""}, texts)
	require.Equal(t, []msp.Date{{Year: 2026, Month: 2, Day: 28}, {}, {}}, days)
	for _, blank := range []string{"", "# nothing\n", "~"} {
		texts, _, err := read(blank)
		require.NoError(t, err)
		require.Empty(t, texts)
	}
}

func TestProblems(t *testing.T) {
	for data, want := range map[string]string{
		"- {nam: a}":                    `f.yaml:1:4: unknown key "nam" of an item; did you mean name?`,
		"- {name: a, name: b}":          "f.yaml:1:13: the key name stands twice in an item; keep one",
		"- {level: hihg}":               `f.yaml:1:11: unknown level "hihg"; did you mean high?`,
		"- {day: 2026-02-30}":           `f.yaml:1:9: day "2026-02-30" is not a date; write a day`,
		"- {name: [a]}":                 "f.yaml:1:10: name is a list; write one value",
		"- {name: " + long(21) + "}":    "f.yaml:1:10: name has more than 20 characters",
		`- {name: "a\u0007"}`:           "f.yaml:1:10: name holds control characters",
		"- a":                           "f.yaml:1:3: an item is a single value",
		"- []":                          "f.yaml:1:3: an item is a list",
		"-":                             "f.yaml:1:2: an item is blank",
		"name: a":                       "f.yaml:1:1: the file is a mapping, not a list",
		"- &a {name: a}\n- *a":          "f.yaml:1:3: anchors and aliases are not read",
		"- !!str a":                     "f.yaml:1:3: tags are not read",
		"- {name: a":                    "f.yaml:1:1: not YAML",
		"- {name: a}\n---\n- {name: b}": "f.yaml:1:1: there is a second document",
		"\xff":                          "f.yaml:1:1: the file is not text in UTF-8",
		"a\x00":                         "f.yaml:1:1: the file is not text in UTF-8",
		strings.Repeat("[", 12):         "f.yaml:1:1: not YAML",
		"- " + strings.Repeat("[", 12) + strings.Repeat("]", 12): "nested deeper than 8 levels",
		long(2001):                   "f.yaml:1:1: the file is larger than 1 KiB; split it",
		"- {nam: a}\n- {level: x}\n": "f.yaml:2:11: unknown level \"x\"; write one of low, high",
	} {
		_, _, err := read(data)
		var list strict.Problems
		require.ErrorAs(t, err, &list, data)
		require.ErrorContains(t, err, want, data)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// FuzzRead holds that nothing in a file makes the reader panic, and that what it
// accepts is plain.
func FuzzRead(f *testing.F) {
	seeds := []string{"- {name: a}", "name: {a: [b]}", "- &a b", "- !x y", "---\n---\n", "\xff", "- {day: 2026-01-01, level: high}", "- words: |\n    a\n"}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		texts, _, err := read(data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, s := range texts {
			require.Equal(t, strings.TrimSpace(s), s)
		}
		_, doc := strict.Read("f", []byte(data), len(data))
		require.NotEqual(t, yaml.AliasNode, kindOf(doc))
	})
}

func kindOf(n *yaml.Node) yaml.Kind {
	if n == nil {
		return 0
	}
	return n.Kind
}
