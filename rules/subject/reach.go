package subject

import (
	"mspscan/msp"
	"mspscan/msp/graph"
)

// reach says which nodes a party gets to through doors. A node that is only read
// leads nowhere further; control of the organisation is control of every asset.
type reach struct {
	nodes   []graph.Node
	doors   []graph.Door // that are not over
	from    [][]int32    // node -> doors
	assets  []int32      // nodes
	stamp   []int32      // node -> run in which it was controlled
	touched []int32      // node -> run in which it was reached at all
	run     int32
	queue   []int32
	users   [][]int32 // party -> those that depend on it, declared or discovered
}

func newReach(g *graph.Graph, day msp.Date) *reach {
	r := &reach{nodes: g.Nodes()}
	r.from, r.users = make([][]int32, len(r.nodes)), make([][]int32, len(r.nodes))
	r.stamp, r.touched = make([]int32, len(r.nodes)), make([]int32, len(r.nodes))
	for _, d := range g.Doors() {
		if d.Ended.Known() && !day.Before(d.Ended) {
			continue
		}
		r.from[d.From] = append(r.from[d.From], int32(len(r.doors)))
		r.doors = append(r.doors, d)
	}
	for i, n := range r.nodes {
		if n.Kind == graph.NodeAsset {
			r.assets = append(r.assets, int32(i))
		}
	}
	r.dependents(g)
	return r
}

// dependents joins declared service and what DNS shows. A token proves a past
// account only, and a dead target carries nothing.
func (r *reach) dependents(g *graph.Graph) {
	deps := g.Dependencies()
	for _, e := range g.Edges() {
		switch e.Kind {
		case graph.EdgeServes:
			r.users[e.From] = append(r.users[e.From], e.To)
		case graph.EdgeDepends:
			if d := deps[e.Item]; d.Trust != msp.TrustVerify && !d.Dead {
				r.users[e.To] = append(r.users[e.To], e.From)
			}
		}
	}
}

// assetsOf gives the asset nodes that start reaches, in the order of the file;
// with assumed, doors that were never stated count as open.
func (r *reach) assetsOf(start int32, assumed bool) []int32 {
	r.run++
	r.queue = append(r.queue[:0], start)
	r.stamp[start] = r.run
	for i := 0; i < len(r.queue); i++ {
		r.spread(r.queue[i], assumed)
	}
	var out []int32
	for _, a := range r.assets {
		if r.touched[a] == r.run {
			out = append(out, a)
		}
	}
	return out
}

func (r *reach) spread(at int32, assumed bool) {
	if r.nodes[at].Kind == graph.NodeOrganisation {
		for _, a := range r.assets {
			r.hold(a, true)
		}
	}
	for _, i := range r.from[at] {
		d := &r.doors[i]
		if d.Assumed && !assumed {
			continue
		}
		for _, t := range d.Targets {
			r.enter(t, d.Assumed || d.Kind.Level() == msp.FullControl)
		}
	}
}

// enter is a door's target: reading the organisation itself reads every asset.
func (r *reach) enter(node int32, control bool) {
	if r.nodes[node].Kind == graph.NodeOrganisation && !control {
		for _, a := range r.assets {
			r.hold(a, false)
		}
	}
	r.hold(node, control)
}

func (r *reach) hold(node int32, control bool) {
	r.touched[node] = r.run
	if control && r.stamp[node] != r.run {
		r.stamp[node] = r.run
		r.queue = append(r.queue, node)
	}
}

// directUsers counts the direct providers that depend on a party, straight or
// through others; itself is none of them.
func (r *reach) directUsers(start int32) int64 {
	r.run++
	r.queue = append(r.queue[:0], start)
	r.stamp[start] = r.run
	count := int64(0)
	for i := 0; i < len(r.queue); i++ {
		for _, u := range r.users[r.queue[i]] {
			if r.stamp[u] == r.run || r.nodes[u].Kind == graph.NodeOrganisation {
				continue
			}
			r.stamp[u] = r.run
			r.queue = append(r.queue, u)
			if r.nodes[u].Kind == graph.NodeProvider && r.nodes[u].Rank == 1 {
				count++
			}
		}
	}
	return count
}
