package html

import (
	"cmp"
	"fmt"
	"slices"

	"mspscan/reports"
)

// mostParties is how many parties a picture holds before nobody can read it.
const mostParties = 40

// Sizes of the picture.
const (
	boxWidth    = 224
	boxHeight   = 48
	columnWidth = 340
	rowHeight   = 66
	edgeSpace   = 28
)

// picture is the exposure graph ready to draw, in the direction of attack: who
// serves the providers, the providers, the organisation and its assets.
type picture struct {
	Width, Height int
	Nodes         []*node
	Edges         []*edge
	Left          int // parties that did not fit
}

type node struct {
	ID, Name, Under, Kind, Grade, Link string
	X, Y                               int

	party  bool
	rank   float64 // who is drawn first: exposure, else nearness
	column int
	place  float64
}

type edge struct {
	From, To *node
	Class    string // door, declared, seen
	Words    string
	Path     string
	Width    string

	p     float64
	names []string
}

// draw makes the picture from the report alone: what a redacted report does not
// hold cannot show.
func draw(v *view) picture {
	s := scene{v: v, at: map[string]*node{}, edge: map[[2]string]*edge{}}
	s.addNodes()
	s.addDoors()
	s.addLinks()
	s.drop()
	s.layer()
	return s.finish()
}

type scene struct {
	v     *view
	nodes []*node
	at    map[string]*node
	edges []*edge
	edge  map[[2]string]*edge
	left  int
}

func (s *scene) addNode(n *node) {
	if s.at[n.ID] == nil && n.ID != "" {
		s.at[n.ID] = n
		s.nodes = append(s.nodes, n)
	}
}

func (s *scene) addNodes() {
	o := s.v.Organisation
	s.addNode(&node{ID: o.ID, Name: cmp.Or(o.Name, o.ID), Kind: "organisation", Under: "the organisation", Link: "summary"})
	for _, a := range s.v.Assets {
		under := sentence(a.Criticality)
		if a.Value > 0 {
			under += ", " + s.v.Money(a.Value)
		}
		s.addNode(&node{ID: a.ID, Name: cmp.Or(a.Name, a.ID), Kind: "asset", Under: under, Link: anchor("asset", a.ID)})
	}
	for _, p := range s.v.Providers {
		s.addNode(partyNode(s.v, p))
	}
}

func partyNode(v *view, p reports.Provider) *node {
	n := &node{ID: p.ID, Name: cmp.Or(p.Name, p.ID), Kind: "provider", Grade: p.Grade, Link: anchor("provider", p.ID), party: true, rank: -float64(p.Rank)}
	if p.Exposure != nil {
		n.rank = 1 + p.Exposure.Hi
		n.Under = fmt.Sprintf("score %.0f, %s", p.Score.Hi, v.Money(p.Exposure.Hi))
	}
	if !p.Declared {
		n.Kind, n.Under = "undeclared", "declared by nobody"
	}
	return n
}

// join adds an edge, or what it says to the one that is there.
func (s *scene) join(from, to, class, word string, p float64) {
	a, b := s.at[from], s.at[to]
	if a == nil || b == nil || a == b {
		return
	}
	e := s.edge[[2]string{from, to}]
	if e == nil {
		e = &edge{From: a, To: b, Class: class}
		s.edge[[2]string{from, to}] = e
		s.edges = append(s.edges, e)
	}
	e.p = max(e.p, p)
	if word != "" && !slices.Contains(e.names, word) {
		e.names = append(e.names, word)
	}
}

// addDoors draws the ways of the report, door by door.
func (s *scene) addDoors() {
	for _, p := range s.v.Paths {
		for i := 0; i+1 < len(p.Nodes); i++ {
			word := ""
			if i < len(p.Doors) {
				word = p.Doors[i]
			}
			s.join(p.Nodes[i], p.Nodes[i+1], "door", word, p.Probability.Hi)
		}
	}
}

// addLinks draws who serves whom, where no door does so already.
func (s *scene) addLinks() {
	enters := map[string]bool{}
	for _, e := range s.edges {
		if e.From.party && !e.To.party {
			enters[e.From.ID] = true
		}
	}
	for _, l := range s.v.SupplyChain {
		if e := s.edge[[2]string{l.Provider, l.Recipient}]; e != nil && e.Class == "door" {
			continue
		}
		if l.Recipient == s.v.Organisation.ID && enters[l.Provider] {
			continue
		}
		class := "seen"
		if l.Source == "declared" {
			class = "declared"
		}
		s.join(l.Provider, l.Recipient, class, l.Service, 0)
	}
}

// drop leaves out parties without a line, and the least of them where they are
// too many to read.
func (s *scene) drop() {
	used := map[*node]bool{}
	for _, e := range s.edges {
		used[e.From], used[e.To] = true, true
	}
	s.nodes = slices.DeleteFunc(s.nodes, func(n *node) bool { return n.party && !used[n] })
	var parties []*node
	for _, n := range s.nodes {
		if n.party {
			parties = append(parties, n)
		}
	}
	slices.SortStableFunc(parties, func(a, b *node) int { return cmp.Compare(b.rank, a.rank) })
	out := map[*node]bool{}
	for i, n := range parties {
		out[n] = i >= mostParties
	}
	s.left = max(0, len(parties)-mostParties)
	s.nodes = slices.DeleteFunc(s.nodes, func(n *node) bool { return out[n] })
	s.edges = slices.DeleteFunc(s.edges, func(e *edge) bool { return out[e.From] || out[e.To] })
}

// finish gives every node its place and every edge its line.
func (s *scene) finish() picture {
	p := picture{Nodes: s.nodes, Edges: s.edges, Left: s.left}
	columns := s.columns()
	tallest := 1
	for _, c := range columns {
		tallest = max(tallest, len(c))
	}
	p.Width = 2*edgeSpace + max(0, len(columns)-1)*columnWidth + boxWidth + 44
	p.Height = 2*edgeSpace + tallest*rowHeight - (rowHeight - boxHeight)
	for x, c := range columns {
		top := (p.Height - len(c)*rowHeight + rowHeight - boxHeight) / 2
		for y, n := range c {
			n.X, n.Y = edgeSpace+x*columnWidth, top+y*rowHeight
		}
	}
	for _, e := range s.edges {
		e.finish()
	}
	slices.SortStableFunc(p.Edges, func(a, b *edge) int { return cmp.Compare(a.p, b.p) })
	return p
}

func (e *edge) finish() {
	e.Width = fmt.Sprintf("%.1f", 1.2+3*e.p)
	x1, y1 := e.From.X+boxWidth, e.From.Y+boxHeight/2
	x2, y2 := e.To.X-3, e.To.Y+boxHeight/2
	bend := max(50, (x2-x1)/2)
	c1, c2 := x1+bend, x2-bend
	switch {
	case e.From.X == e.To.X: // round the right side, within the column
		x2, c1, c2 = x1+3, x1+40, x1+43
	case e.To.X < e.From.X: // back: under the way there
		x1, y1, x2, y2 = e.From.X, y1+12, e.To.X+boxWidth+3, y2+12
		c1, c2 = x1-50, x2+50
	}
	e.Path = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, c1, y1, c2, y2, x2, y2)
	from, to := reports.Cut(e.From.Name, 60), reports.Cut(e.To.Name, 60)
	switch e.Class {
	case "door":
		e.Words = fmt.Sprintf("%s to %s by %s; most credible way through here: %.0f %%", from, to, listed(e.names), 100*e.p)
	case "declared":
		e.Words = fmt.Sprintf("%s serves %s: %s", from, to, listed(e.names))
	default:
		e.Words = fmt.Sprintf("%s serves %s, seen in DNS: %s", from, to, listed(e.names))
	}
}

// listed gives the first few of a list.
func listed(list []string) string {
	text := ""
	for i, s := range list {
		if i == 4 {
			return fmt.Sprintf("%s and %d more", text, len(list)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += reports.Cut(s, 80)
	}
	return text
}

// Tags describes a node for the reader of the picture.
func (n *node) Tags() string {
	return fmt.Sprintf("%s (%s): %s", reports.Cut(n.Name, 100), n.ID, n.Under)
}

// Short cuts the name to what fits in the box.
func (n *node) Short() string {
	if n.Grade != "" {
		return reports.Cut(n.Name, 20)
	}
	return reports.Cut(n.Name, 23)
}

// Doors counts the edges of a class.
func (p picture) Doors() int {
	n := 0
	for _, e := range p.Edges {
		if e.Class == "door" {
			n++
		}
	}
	return n
}
