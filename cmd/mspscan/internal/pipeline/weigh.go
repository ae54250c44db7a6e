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

// concentration gives how much hangs on each party, and on whom the organisation
// stands, layer by layer.
func concentration(g *graph.Graph) ([]reports.Concentration, []reports.Layer) {
	org := g.Inventory().Organisation.ID
	users := []string{org}
	for _, p := range g.Inventory().Providers {
		users = append(users, p.ID)
	}
	uses := exposure.Uses(g)
	stands := exposure.Stands(uses, org, reports.LayerChance)
	return sharesOf(exposure.Concentrations(uses, users), exposure.Concentrations(uses, []string{org})), layersOf(exposure.Layers(uses, users), stands)
}

// sharesOf joins the counts over all users with those over the organisation
// alone.
func sharesOf(all, own []exposure.Concentration) []reports.Concentration {
	type key struct{ provider, layer string }
	alone := map[key]exposure.Concentration{}
	for _, c := range own {
		alone[key{c.Provider, c.Layer}] = c
	}
	var list []reports.Concentration
	for _, c := range all {
		o := alone[key{c.Provider, c.Layer}]
		list = append(list, reports.Concentration{Provider: c.Provider, Layer: c.Layer, C: c.C, I: c.I, Users: c.Users, Touches: o.C > 0, Stops: o.I > 0})
	}
	return list
}

func layersOf(all []exposure.Layer, stands []exposure.Stand) []reports.Layer {
	var list []reports.Layer
	for _, l := range all {
		row := reports.Layer{Layer: l.Name, Users: l.Users, Parties: l.Providers, HHI: l.HHI, Excess: l.Excess}
		for _, s := range stands {
			if s.Layer == l.Name {
				row.Direct, row.Own, row.Stops, row.Touches, row.Outage, row.Compromise = s.Direct, s.Own, s.Stops, s.Touches, s.Outage, s.Compromise
			}
		}
		list = append(list, row)
	}
	return list
}
