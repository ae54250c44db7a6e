package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/graph"
	"mspscan/reports"
)

// weighed gives the questions with the range of exposure that each answer
// removes, and one more for each relationship whose access was never stated.
func weighed(questions []msp.Question, m *exposure.Model, g *graph.Graph) []msp.Question {
	answers := m.Answers()
	out := make([]msp.Question, 0, len(questions))
	for _, q := range questions {
		q.Narrows = narrows(q, answers)
		out = append(out, q)
	}
	for _, d := range g.Doors() {
		if d.Assumed {
			out = append(out, unstated(d, g, answers.At(d.ID, "").Range))
		}
	}
	return out
}

// narrows weighs the missing controls of an access item. Each is measured
// alone, so the question is worth as much as its best answer.
func narrows(q msp.Question, answers *exposure.Answers) float64 {
	if q.Subject.Kind != msp.SubjectAccess {
		return 0
	}
	best := 0.0
	for _, key := range q.Missing {
		if control, ok := strings.CutPrefix(key, "controls."); ok {
			best = max(best, answers.At(q.Subject.ID, msp.Control(control)).Range)
		}
	}
	return best
}

// unstated asks for access that nobody stated: until it is, it may be anything.
func unstated(d graph.Door, g *graph.Graph, narrow float64) msp.Question {
	r := &g.Inventory().Relationships[d.Relationship]
	id := graph.RelationshipID(r)
	nodes := g.Nodes()
	sum := sha256.Sum256([]byte("question\x00access-unstated\x00" + id))
	return msp.Question{
		ID: hex.EncodeToString(sum[:8]), Subject: msp.Subject{Kind: msp.SubjectRelationship, ID: id}, Provider: r.Provider,
		Text: "What access does " + nodes[d.From].Name + " hold to " + nodes[d.Targets[0]].Name + " for " + r.Service +
			": which accounts, agents and connections, reaching what, protected how?",
		Why: "the inventory does not say", Missing: []string{"access"}, Narrows: narrow,
		WouldBeFinding: msp.Critical, Location: d.Pos, Kind: "answer",
	}
}

// shares gives how much hangs on each party, layer by layer.
func shares(g *graph.Graph) []reports.Concentration {
	users := []string{g.Inventory().Organisation.ID}
	for _, p := range g.Inventory().Providers {
		users = append(users, p.ID)
	}
	var list []reports.Concentration
	for _, c := range exposure.Concentrations(exposure.Uses(g), users) {
		list = append(list, reports.Concentration{Provider: c.Provider, Layer: c.Layer, C: c.C, I: c.I})
	}
	return list
}
