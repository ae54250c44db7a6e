package reports

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp/graph"
)

// A drawing is a graph made ready for a text format: nodes in order with an
// identifier that is safe everywhere, edges that name their source.
type drawing struct {
	nodes []drawnNode
	edges []drawnEdge
}

type drawnNode struct {
	key   string // n0, n1, …
	label string
	kind  graph.NodeKind
	rank  int
}

type drawnEdge struct {
	from, to string
	label    string
	kind     graph.EdgeKind
	declared bool
}

// draw takes the nodes that an edge joins, and all of the organisation's own.
// Ids and names go through shown, services through described.
func draw(g *graph.Graph, shown, described func(string) string) drawing {
	nodes, edges := g.Nodes(), g.Edges()
	used := make([]bool, len(nodes))
	for i, n := range nodes {
		used[i] = n.Kind != graph.NodeThirdParty
	}
	for _, e := range edges {
		used[e.From], used[e.To] = true, true
	}
	var d drawing
	for i, n := range nodes {
		if used[i] {
			d.nodes = append(d.nodes, drawnNode{key: key(int32(i)), label: nodeLabel(shown(n.ID), shown(n.Name)), kind: n.Kind, rank: n.Rank})
		}
	}
	for _, e := range edges {
		d.edges = append(d.edges, drawnEdge{from: key(e.From), to: key(e.To), label: edgeLabel(g, e, shown, described), kind: e.Kind, declared: isDeclared(g, e)})
	}
	return d
}

func key(n int32) string { return "n" + strconv.Itoa(int(n)) }

func nodeLabel(id, name string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}

func edgeLabel(g *graph.Graph, e graph.Edge, shown, described func(string) string) string {
	switch e.Kind {
	case graph.EdgeServes:
		return described(g.Inventory().Relationships[e.Item].Service)
	case graph.EdgeDepends:
		return string(g.Dependencies()[e.Item].Trust)
	}
	d := g.Doors()[e.Item]
	if d.Assumed {
		return "access not stated"
	}
	return fmt.Sprintf("%s: %s", shown(d.ID), d.Kind)
}

func isDeclared(g *graph.Graph, e graph.Edge) bool {
	return e.Kind != graph.EdgeDepends || g.Dependencies()[e.Item].Declared
}

// DOT writes the graph in the language of Graphviz. Providers point at whom
// they serve and what they reach; dashed edges were seen in DNS, red ones
// nobody declared.
func DOT(w io.Writer, g *graph.Graph) error { return writeDOT(w, draw(g, unchanged, unchanged)) }

// unchanged shows every name as it is.
func unchanged(s string) string { return s }

func writeDOT(w io.Writer, d drawing) error {
	var b strings.Builder
	b.WriteString("digraph mspscan {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=10];\n")
	for _, n := range d.nodes {
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", n.key, dotQuote(n.label), dotShape(n.kind))
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", e.from, e.to, dotQuote(e.label), dotStyle(e))
	}
	b.WriteString("}\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write dot: %w", err)
	}
	return nil
}

func dotShape(k graph.NodeKind) string {
	switch k {
	case graph.NodeOrganisation:
		return ", shape=doubleoctagon"
	case graph.NodeAsset:
		return ", shape=cylinder"
	case graph.NodeThirdParty:
		return ", style=\"rounded,dashed\""
	}
	return ""
}

func dotStyle(e drawnEdge) string {
	switch {
	case e.kind == graph.EdgeServes:
		return ", style=bold"
	case e.kind == graph.EdgeDepends && !e.declared:
		return ", style=dashed, color=\"#B3261E\", fontcolor=\"#B3261E\""
	case e.kind == graph.EdgeDepends:
		return ", style=dashed"
	}
	return ""
}

// dotQuote makes a DOT string of outside text: quotes and backslashes escaped,
// everything that is not printable shown as an escape.
func dotQuote(s string) string {
	q := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(visible(s))
	return `"` + q + `"`
}

// visible shows control, format and unassigned characters as escapes, so that
// they reach no terminal, and cuts very long text.
func visible(s string) string {
	const most = 200
	var b strings.Builder
	for i, r := range []rune(s) {
		if i == most {
			b.WriteString("…")
			break
		}
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}

// Mermaid writes the graph as a Mermaid flowchart, which code hosts show in
// Markdown. Dotted edges were seen in DNS.
func Mermaid(w io.Writer, g *graph.Graph) error {
	return writeMermaid(w, draw(g, unchanged, unchanged))
}

func writeMermaid(w io.Writer, d drawing) error {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for _, n := range d.nodes {
		left, right := mermaidShape(n.kind)
		fmt.Fprintf(&b, "  %s%s%s%s\n", n.key, left, mermaidQuote(n.label), right)
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "  %s %s|%s| %s\n", e.from, mermaidArrow(e), mermaidQuote(e.label), e.to)
	}
	undeclared := undeclaredLinks(d.edges)
	if len(undeclared) > 0 {
		fmt.Fprintf(&b, "  linkStyle %s stroke:#B3261E,color:#B3261E\n", strings.Join(undeclared, ","))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write mermaid: %w", err)
	}
	return nil
}

func undeclaredLinks(edges []drawnEdge) []string {
	var list []string
	for i, e := range edges {
		if !e.declared {
			list = append(list, strconv.Itoa(i))
		}
	}
	return list
}

func mermaidShape(k graph.NodeKind) (left, right string) {
	switch k {
	case graph.NodeOrganisation:
		return "{{", "}}"
	case graph.NodeAsset:
		return "[(", ")]"
	case graph.NodeThirdParty:
		return "(", ")"
	}
	return "[", "]"
}

func mermaidArrow(e drawnEdge) string {
	switch e.kind {
	case graph.EdgeServes:
		return "==>"
	case graph.EdgeDepends:
		return "-.->"
	}
	return "-->"
}

// mermaidQuote makes a Mermaid string of outside text: everything but letters,
// digits and plain punctuation as character codes, which Mermaid shows as text.
func mermaidQuote(s string) string {
	const plain = " .,-_/()+'"
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range visible(s) {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || slices.Contains([]rune(plain), r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "#%d;", r)
	}
	b.WriteByte('"')
	return b.String()
}

// GraphFormats names the formats of the graph command with their writers, in
// the order in which they are listed.
func GraphFormats() []GraphFormat {
	return []GraphFormat{{"dot", DOT}, {"mermaid", Mermaid}}
}

// Graphs gives the same formats with the names that a redaction hides replaced.
func (x *Redactor) Graphs() []GraphFormat {
	return []GraphFormat{
		{"dot", func(w io.Writer, g *graph.Graph) error { return writeDOT(w, draw(g, x.Name, x.Text)) }},
		{"mermaid", func(w io.Writer, g *graph.Graph) error { return writeMermaid(w, draw(g, x.Name, x.Text)) }},
	}
}

// GraphFormat is a way to write a graph down.
type GraphFormat struct {
	Name  string
	Write func(io.Writer, *graph.Graph) error
}
