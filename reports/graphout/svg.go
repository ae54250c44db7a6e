package graphout

import (
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

type (
	exposed = msp.Exposure
	path    = msp.PathExposure
)

// Sizes of the picture, in pixels.
const (
	columnWidth = 280
	rowHeight   = 64
	boxWidth    = 176
	boxHeight   = 44
	margin      = 32
	header      = 72
)

// SVG draws the graph in columns in the direction of attack: sub-providers,
// providers, what they enter, what lies behind. It is one file without scripts
// or anything from outside, with a text for every box and line, and tells
// kinds apart by shape and dash as well as colour, so that it can be read aloud
// and printed in black. At most 150 nodes are drawn.
func SVG(w io.Writer, in Input) error {
	s := stage(in)
	keep := s.chosen(in)
	columns := s.layers(keep)
	s.untangle(columns)
	p := picture{s: &s, at: map[int]point{}}
	for x, c := range columns {
		for y, n := range c {
			p.at[n] = point{margin + float64(x)*columnWidth, header + margin + float64(y)*rowHeight}
			p.height = max(p.height, p.at[n].y+rowHeight)
		}
	}
	p.width = max(margin*2+float64(len(columns))*columnWidth, 640)
	p.height = max(p.height+margin, 160)
	p.open(len(columns), count(keep))
	for _, e := range s.edges {
		if keep[e.from] && keep[e.to] {
			p.line(e)
		}
	}
	for _, c := range columns {
		for _, n := range c {
			p.box(n)
		}
	}
	p.b.WriteString("</svg>\n")
	return write(w, "svg", p.b.String())
}

type point struct{ x, y float64 }

type picture struct {
	s             *scene
	at            map[int]point
	width, height float64
	b             strings.Builder
}

func (p *picture) open(columns, drawn int) {
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="t d">`+"\n",
		p.width, p.height, p.width, p.height)
	note := fmt.Sprintf("%d nodes", drawn)
	if all := p.s.inUse(); drawn < all {
		note = fmt.Sprintf("%d of %d nodes: those on the most credible paths", drawn, all)
	}
	fmt.Fprintf(&p.b, "<title id=\"t\">%s</title>\n<desc id=\"d\">%s, in %d columns in the direction of attack, from left to right.</desc>\n",
		escape(p.s.title), escape(note), columns)
	p.b.WriteString(`<style>
text{font:12px Helvetica,Arial,sans-serif;fill:#111}
.h{font-size:18px;font-weight:bold}.s{fill:#444;font-size:11px}.e{fill:#222;font-size:10px;paint-order:stroke;stroke:#fff;stroke-width:3px}
.n{fill:#fff;stroke:#111;stroke-width:1.5}.organisation{fill:#DCE8F3;stroke:#1F4E79;stroke-width:3}.asset{fill:#E3F1E4;stroke:#2E7D32}
.provider{fill:#FFF1DC;stroke:#B26A00}.third_party{fill:#FCE4E2;stroke:#B3261E;stroke-dasharray:5 3}
.l{fill:none;stroke:#555}.r{stroke-dasharray:2 3}.d{stroke-dasharray:7 4;stroke:#777}.u{stroke:#B3261E}
</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="#fff"/>
`)
	fmt.Fprintf(&p.b, "<text class=\"h\" x=\"%d\" y=\"34\">%s</text>\n", margin, escape(p.s.title))
	fmt.Fprintf(&p.b, "<text class=\"s\" x=\"%d\" y=\"54\">%s. Solid: access with control, by how far it stands open. Dotted: read only. Dashed: seen in DNS; red: nobody declared it.</text>\n", margin, escape(note))
}

// inUse counts the nodes that have an edge.
func (s *scene) inUse() int {
	used := make([]bool, len(s.nodes))
	for _, e := range s.edges {
		used[e.from], used[e.to] = true, true
	}
	return count(used)
}

// line draws an edge from the right side of one box to the left side of another;
// within a column it bends round on the right, and back it runs a little lower,
// beside the way there.
func (p *picture) line(e edge) {
	a, b := p.at[e.from], p.at[e.to]
	start, end := point{a.x + boxWidth, a.y + boxHeight/2}, point{b.x, b.y + boxHeight/2}
	bend, out := (end.x-start.x)/2, 0.0
	switch {
	case a.x == b.x:
		end.x, bend = b.x+boxWidth, 70
		out = 2 * bend
		if a == b {
			start.y, end.y = start.y-10, end.y+10
		}
	case b.x < a.x:
		start, end = point{a.x, start.y + 10}, point{b.x + boxWidth, end.y + 10}
		bend = (end.x - start.x) / 2
	}
	x3 := end.x - bend + out
	fmt.Fprintf(&p.b, "<g><title>%s</title><path class=\"%s\" stroke-width=\"%.1f\" marker-end=\"url(#a)\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"/>",
		escape(p.lineWords(e)), lineClass(e), 1+2.5*e.t.Hi, start.x, start.y, start.x+bend, start.y, x3, end.y, end.x, end.y)
	if e.door {
		x, y := (start.x+3*(start.x+bend)+3*x3+end.x)/8, (start.y+end.y)/2-3
		fmt.Fprintf(&p.b, "<text class=\"e\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f %%</text>", x, y, 100*e.t.Hi)
	}
	p.b.WriteString("</g>\n")
}

func lineClass(e edge) string {
	switch {
	case e.door && e.level == msp.FullControl:
		return "l"
	case e.door:
		return "l r"
	case e.declared:
		return "l d"
	}
	return "l d u"
}

func (p *picture) lineWords(e edge) string {
	from, to := p.s.nodes[e.from].id, p.s.nodes[e.to].id
	if !e.door {
		return fmt.Sprintf("%s: trust to %s %s, seen in DNS", from, e.kind, to)
	}
	return fmt.Sprintf("%s: %s from %s to %s, %s, open with %.0f %% (%.0f to %.0f %%)", e.id, strings.ReplaceAll(e.kind, "_", " "),
		from, to, e.level, 100*e.t.Hi, 100*e.t.Lo, 100*e.t.Hi)
}

func (p *picture) box(n int) {
	at, node := p.at[n], p.s.nodes[n]
	round := 4
	if party(node) {
		round = boxHeight / 2
	}
	fmt.Fprintf(&p.b, "<g><title>%s</title><rect class=\"n %s\" x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"%d\"/>",
		escape(boxWords(node)), kindName(node.kind), at.x, at.y, boxWidth, boxHeight, round)
	fmt.Fprintf(&p.b, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>", at.x+boxWidth/2, at.y+18, escape(short(node.name)))
	fmt.Fprintf(&p.b, "<text class=\"s\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%s</text></g>\n", at.x+boxWidth/2, at.y+34, escape(underline(node)))
}

// underline is the second line of a box.
func underline(n node) string {
	switch n.kind {
	case graph.NodeOrganisation:
		return "organisation"
	case graph.NodeAsset:
		return "worth " + millions(n.value)
	case graph.NodeProvider:
		return fmt.Sprintf("score %.0f, %s at risk", n.score.Hi, millions(n.money.Hi))
	}
	return "not declared"
}

func boxWords(n node) string {
	return fmt.Sprintf("%s (%s): %s", n.name, n.id, underline(n))
}

func millions(v float64) string {
	if v >= 1e5 {
		return fmt.Sprintf("%.2fM", v/1e6)
	}
	return fmt.Sprintf("%.0f", v)
}

// short cuts a name to what fits in a box.
func short(s string) string {
	const most = 26
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
