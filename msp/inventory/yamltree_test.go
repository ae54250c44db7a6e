package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v3"
)

// trickyYAML are texts in which a value, a comment or a list item may be
// mistaken for something else.
var trickyYAML = []string{
	"a:\n  - b\n  - c\nd: e\n",
	"a:\n- b\n- c\nd:\n- e\n",
	"a: |\n  - x\n  - y\n # c\nb:\n  - |\n    z\n   \n  - >-\n    - w\n",
	"a: \"x\n  - y\n  - z\"\nb:\n  - 1\n",
	"a: 'it''s\n  - y'\nb:\n  - 1\n",
	"a: x\n  - y\n  - z\nb: 1\n",
	"a:\n  - x\n   - y\n  - z\n",
	"a:\n  - {b: [1,\n  - 2]}\n  - c\n",
	"a:\n    - x\n  - y\n",
	"a:\n  - x\n    - y\n  - z\n",
	"# c\n\n---\na:\n# c\n  - x # - y\n\n  # c\n  - y\n...\n",
	"a: [x, y]\nb: {c: d}\n\"e\": f\n'g' : h\n? i\n: j\n",
	"a: don't # it's\nb: \"#\" # \"\nc:\n  - '#'\n",
	"a: - b\n", "a:\n- b\n c: d\n", "- a\n- b\n", "a\n", "a: b: c\n", "a: [b\nc: d\n",
	"a:\r\n  - b\r\n  - c\r\nd: e\r\n", "a:\r  - b\r  - c\r",
	"a:\n  - >2\n    x\n   y\n  - z\n", "a: |2-\n   x\n  y\nb: 1\n", "a: |\n\n\n  x\nb: 1\n", "|\n x\n", "a: >\nb: c\n",
	"a:\n  -\n    - b\n  - - c\n    - d\n  - - - e\n", "a:\n  - b: c\n    d: |\n      x\n    e: f\n  - g: h\n",
	"a: {b: c}\n}\n", "{a: b,\n c: [d,\n e]}\n", "a: {b: 'x\n  y', c: \"d\\\n  e\\\"\"}\nf:\n  - g\n",
	"a: what? yes\nb: x#y\nc: x #y\nd: a:b\n", "a: \n\n  b\n\n  c\nd:\n  - e\n\n  f\n  - g\n", "a:\n  b\n  - c\n", "a: 'x' y\n", "a:\n  - 'x' y\n  - z\n",
	"%YAML 1.2\n---\na: b\n", "a: b\n---\nc: d\n", "a: &x b\nc: *x\n", "a: !!str b\nc: !t d\n", "a: ?\nb: {c: ?, d: ? }\n",
	"a:\n\t- b\n", "a:\n  b:\n    - c\n  - d\n", "a:\n  - b\nc:\n- d\n - e\n", "a:\n- b\n-\n- c\n", "key: >\n  a\n\n  - b\nlist:\n  - c\n",
	"a: \"\\\n\"\nb:\n - c", "a: '\n---\n'\n", "a:\n  - # c\n    b\n  - c\n", "a: @b\n", "a: `b`\n", "a: %b\n", "--- a\n", "--- \na: b\n", "0: \n|", "-: ~\n-", "a: ~ # c\n- b\n", "a: ? # c\n  - b\n", "a:a:   ?\n - c\n\n ", "a:\r\r\n  - c b\r\n~\r\n", "{}\n0:", "0:\n- \n?", "a: \"b\" # c\n  d\n",
}

// checkTree holds the cut and walked tree of data against the tree of the whole
// text: the same values at the same places, or a problem in both.
func checkTree(t *testing.T, data []byte) {
	t.Helper()
	if len(checkText(data)) > 0 {
		return
	}
	lx := lex(data)
	if len(lx.problems) > 0 {
		checkRefusal(t, data, lx.problems)
		return
	}
	data = known(data, lx.questions)
	whole, bad := piece{data: data, line: 1}.mapping()
	doc := parseYAML(data, lx)
	var got []entry
	problems := doc.problems
	for _, e := range doc.entries {
		if e.items != nil {
			e.value = node{kind: list}
			for items, more := range e.items {
				problems = append(problems, more...)
				e.value.kids = append(e.value.kids, items...)
			}
		}
		got = append(got, entry{key: e.key, value: e.value})
	}
	require.Equal(t, len(bad) > 0, len(problems) > 0, "%q\nwhole: %v\ncut: %v", data, bad, problems)
	if len(bad) == 0 {
		require.Equal(t, shape(whole), shape(got), "%q", data)
	}
	require.LessOrEqual(t, countNodes(whole), lx.nodes, "%q", data)
}

// checkRefusal holds that an anchor, alias or tag that the lexical pass names is
// one for the YAML library too.
func checkRefusal(t *testing.T, data []byte, problems []problem) {
	t.Helper()
	whole, err := one(data)
	if err != nil {
		return
	}
	var odd bool
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		odd = odd || n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0
		for _, k := range n.Content {
			walk(k)
		}
	}
	walk(&whole)
	for _, p := range problems {
		for _, what := range []string{"an anchor", "an alias", "a tag: \"!"} {
			if strings.HasPrefix(p.what, what) && p.what != `a tag: "!"` {
				require.True(t, odd, "%q: %v", data, p)
			}
		}
	}
}

// shape prints entries with their places, but for those of top-level lists.
func shape(es []entry) string {
	var b strings.Builder
	var walk func(n node, top bool)
	walk = func(n node, top bool) {
		if !top || n.kind != list {
			fmt.Fprintf(&b, "%d:%d ", n.line, n.col)
		}
		fmt.Fprintf(&b, "%d %v %q (", n.kind, n.quoted, n.text)
		for _, k := range n.kids {
			walk(k, false)
		}
		b.WriteString(") ")
	}
	for _, e := range es {
		walk(e.key, false)
		walk(e.value, true)
		b.WriteString("\n")
	}
	return b.String()
}

func countNodes(es []entry) int {
	n := 0
	var walk func(node)
	walk = func(x node) {
		if x.kind != scalar || x.text != "" || x.quoted {
			n++
		}
		for _, k := range x.kids {
			walk(k)
		}
	}
	for _, e := range es {
		walk(e.key)
		walk(e.value)
	}
	return n
}

func TestCutTreeIsTheWholeTree(t *testing.T) {
	for _, s := range append(trickyYAML, string(Sample()), string(Starter())) {
		checkTree(t, []byte(s))
	}
}

func FuzzTree(f *testing.F) {
	for _, s := range trickyYAML {
		f.Add([]byte(s))
	}
	f.Add(Sample())
	f.Fuzz(func(t *testing.T, data []byte) { checkTree(t, data) })
}
