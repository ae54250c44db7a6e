// Package graphout draws the exposure graph for other tools and for paper: SVG,
// GraphML, BloodHound OpenGraph with its extension schema, and CSV with the
// headers that graph databases import.
//
// Every edge points in the direction of attack: from who falls to what falls
// with it. Nothing depends on the order of the inventory.
package graphout

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/graph"
)

// Input is what a drawing needs.
type Input struct {
	Graph *graph.Graph
	Model *exposure.Model
	SIDs  map[string]string // asset id -> security identifier of its Active Directory object, for OpenGraph
}

// Format is a way to write a graph down.
type Format struct {
	Name  string
	Write func(io.Writer, Input) error
}

// Formats gives the formats in the order in which they are listed.
func Formats() []Format {
	return []Format{
		{"svg", SVG},
		{"graphml", GraphML},
		{"opengraph", OpenGraph},
		{"opengraph-schema", OpenGraphSchema},
		{"neo4j-nodes", NodesCSV},
		{"neo4j-edges", EdgesCSV},
	}
}

// scene is the graph made ready to draw: nodes by id, edges by kind, id and
// target.
type scene struct {
	title string
	nodes []node
	edges []edge
	index map[string]int
}

type node struct {
	id, name string
	kind     graph.NodeKind
	rank     int
	value    float64   // of an asset
	money    msp.Range // E of a provider
	score    msp.Range
}

type edge struct {
	id       string
	from, to int
	kind     string // access kind, or the trust of a dependency
	level    msp.Level
	t        msp.Range
	declared bool // else seen in DNS only
	door     bool
}

// stage makes the scene of an input.
func stage(in Input) scene {
	s := scene{title: "Exposure of " + in.Graph.Inventory().Organisation.ID, index: map[string]int{}}
	exposures := map[string]msp.Exposure{}
	for _, e := range in.Model.Exposures() {
		exposures[e.Provider] = e
	}
	values := in.Model.Values()
	for _, n := range in.Graph.Nodes() {
		e := exposures[n.ID]
		s.nodes = append(s.nodes, node{
			id: n.ID, name: n.Name, kind: n.Kind, rank: n.Rank, value: values[n.ID], money: e.Money, score: e.Score,
		})
	}
	slices.SortFunc(s.nodes, func(a, b node) int { return strings.Compare(a.id, b.id) })
	for i, n := range s.nodes {
		s.index[n.id] = i
	}
	s.addDoors(in)
	s.addDependencies(in)
	return s
}

func (s *scene) addDoors(in Input) {
	for _, d := range in.Model.Doors() {
		kind := string(d.Kind)
		if d.Assumed {
			kind = "not_stated"
		}
		for _, to := range d.Targets {
			s.edges = append(s.edges, edge{
				id: d.ID, from: s.index[d.From], to: s.index[to], kind: kind, level: d.Level, t: d.T, declared: true, door: true,
			})
		}
	}
}

// addDependencies turns what DNS shows round: who is relied on can harm who
// relies on it.
func (s *scene) addDependencies(in Input) {
	from := len(s.edges)
	for _, d := range in.Graph.Dependencies() {
		a, known := s.index[d.To]
		b, also := s.index[d.From]
		if known && also {
			s.edges = append(s.edges, edge{
				id: fmt.Sprintf("%s>%s/%s", d.To, d.From, d.Trust), from: a, to: b, kind: string(d.Trust), declared: d.Declared,
			})
		}
	}
	slices.SortStableFunc(s.edges[from:], func(a, b edge) int { return cmp.Compare(a.id, b.id) })
}

// kindName names a node's kind.
func kindName(k graph.NodeKind) string {
	switch k {
	case graph.NodeOrganisation:
		return "organisation"
	case graph.NodeAsset:
		return "asset"
	case graph.NodeProvider:
		return "provider"
	}
	return "third_party"
}

// write sends the text of a format out whole.
func write(w io.Writer, format, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write %s: %w", format, err)
	}
	return nil
}
