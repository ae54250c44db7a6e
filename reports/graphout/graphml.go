package graphout

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"mspscan/msp"
)

// GraphML writes the graph for yEd, Gephi and their like (GraphML 1.0).
func GraphML(w io.Writer, in Input) error {
	s := stage(in)
	var b strings.Builder
	b.WriteString(xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">` + "\n")
	for _, k := range graphMLKeys() {
		fmt.Fprintf(&b, "  <key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", k.id, k.on, k.name, k.kind)
	}
	b.WriteString("  <graph id=\"exposure\" edgedefault=\"directed\">\n")
	for _, n := range s.nodes {
		fmt.Fprintf(&b, "    <node id=\"%s\">%s%s%s%s%s%s</node>\n", escape(n.id), data("label", n.name), data("kind", kindName(n.kind)),
			number("rank", float64(n.rank)), number("value", n.value), number("exposure_hi", n.money.Hi), number("exposure_lo", n.money.Lo))
	}
	for i, e := range s.edges {
		fmt.Fprintf(&b, "    <edge id=\"e%d\" source=\"%s\" target=\"%s\">%s%s%s", i, escape(s.nodes[e.from].id), escape(s.nodes[e.to].id),
			data("door", e.id), data("access", e.kind), data("declared", strconv.FormatBool(e.declared)))
		if e.door {
			b.WriteString(data("level", e.level.String()) + number("t_hi", e.t.Hi) + number("t_lo", e.t.Lo))
		}
		b.WriteString("</edge>\n")
	}
	b.WriteString("  </graph>\n</graphml>\n")
	return write(w, "graphml", b.String())
}

type graphMLKey struct{ id, on, name, kind string }

func graphMLKeys() []graphMLKey {
	return []graphMLKey{
		{"label", "node", "label", "string"},
		{"kind", "node", "kind", "string"},
		{"rank", "node", "rank", "int"},
		{"value", "node", "value", "double"},
		{"exposure_hi", "node", "exposure_hi", "double"},
		{"exposure_lo", "node", "exposure_lo", "double"},
		{"door", "edge", "door", "string"},
		{"access", "edge", "access", "string"},
		{"declared", "edge", "declared", "boolean"},
		{"level", "edge", "level", "string"},
		{"t_hi", "edge", "t_hi", "double"},
		{"t_lo", "edge", "t_lo", "double"},
	}
}

func data(key, text string) string { return `<data key="` + key + `">` + escape(text) + `</data>` }

func number(key string, v float64) string {
	return `<data key="` + key + `">` + strconv.FormatFloat(v, 'f', -1, 64) + `</data>`
}

// escape makes outside text harmless in XML, in text and attributes alike.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(msp.Visible(s))); err != nil {
		return ""
	}
	return b.String()
}
