package exposure

import (
	"math"

	"mspscan/msp"
)

// Uncontrolled gives, for each provider and each critical asset (or one of
// unstated criticality), the most credible path on which no control is answered
// yes, and the most credible one on which every control is answered, too, and
// none with yes: the same path twice is given twice. A path may be far down the
// list of Paths, or off its end, and still be the one that nobody guards. Sorted
// by asset and provider.
func (m *Model) Uncontrolled() []msp.PathExposure {
	w, err := newWays(m)
	if err != nil { // the doors of a model lie between its nodes
		return nil
	}
	var list []msp.PathExposure
	for _, a := range m.s.assets {
		if a.criticality != "critical" && a.criticality != "" {
			continue
		}
		for _, without := range [][]msp.Answer{{msp.Yes}, {msp.Yes, msp.Unknown}} {
			list = append(list, m.foremost(w, w.across(m, a.node, without), a.node)...)
		}
	}
	return list
}

// foremost gives the most credible path from each provider asked for to a node.
func (m *Model) foremost(w *ways, weight []float64, target int32) []msp.PathExposure {
	var list []msp.PathExposure
	tree := w.back.Shortest(weight, target)
	hops := w.back.Hops(tree)
	router := w.g.Router(weight, tree.Dist, target)
	for _, p := range m.asked() {
		if hops[p] > maxHops || m.stopped() {
			continue
		}
		for _, r := range router.KShortest(p, 1) {
			list = append(list, m.path(p, w, r.Edges))
		}
	}
	return list
}

// across is toward for paths over doors none of whose controls has one of the
// answers.
func (w *ways) across(m *Model, target int32, answers []msp.Answer) []float64 {
	weight := append([]float64(nil), w.toward(m, target)...)
	for e := range weight {
		if m.doors[w.door[e]].answeredAny(answers) {
			weight[e] = math.Inf(1)
		}
	}
	return weight
}

// answeredAny reports whether a control of the door has one of the answers; one
// that is not there is unknown.
func (d *door) answeredAny(answers []msp.Answer) bool {
	for _, c := range msp.AllControls() {
		for _, a := range answers {
			if d.controls[c].Answer == a {
				return true
			}
		}
	}
	return false
}
