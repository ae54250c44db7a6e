package csr

// Reach gives the nodes that a path leads to from any of the sources, the
// sources among them. Linear time.
func (g *Graph) Reach(sources ...int32) []bool {
	seen := make([]bool, g.Len())
	stack := make([]int32, 0, 64)
	for _, s := range sources {
		if !seen[s] {
			seen[s] = true
			stack = append(stack, s)
		}
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, to := range g.To[g.Off[n]:g.Off[n+1]] {
			if !seen[to] {
				seen[to] = true
				stack = append(stack, to)
			}
		}
	}
	return seen
}

// Group is a need of Owner that any one of Members, and any one of Spares, can
// serve: a redundancy group. Spares are not in use: an outage has to take them
// too, but a compromise of one touches nobody. A group without members is always
// served.
type Group struct {
	Owner   int32
	Members []int32
	Spares  []int32
}

// Needs holds groups in rows: which of them each node serves, and whom a break-in
// goes on to.
type Needs struct {
	groups []Group
	serves *Graph  // member -> group, each once
	size   []int32 // members of each group
	owners *Graph  // member, no spare -> owner
	bears  *Graph  // owner -> member or spare
}

// NewNeeds readies the groups of n nodes. A member that stands twice in a group
// counts once.
func NewNeeds(n int, groups []Group) *Needs {
	d := &Needs{groups: groups, size: make([]int32, len(groups))}
	var member, group, all, used, owner []int32
	last := make([]int32, n) // the group, from 1, that a node was last added to
	for i, g := range groups {
		if len(g.Members) == 0 {
			continue
		}
		for k := range len(g.Members) + len(g.Spares) {
			m := g.at(k)
			if last[m] == int32(i)+1 {
				continue
			}
			last[m] = int32(i) + 1
			member, group, all = append(member, m), append(group, int32(i)), append(all, g.Owner)
			if d.size[i]++; k < len(g.Members) {
				used, owner = append(used, m), append(owner, g.Owner)
			}
		}
	}
	d.serves, d.owners, d.bears = rows(n, member, group), rows(n, used, owner), rows(n, all, member)
	return d
}

// at gives the members, then the spares.
func (g *Group) at(k int) int32 {
	if k < len(g.Members) {
		return g.Members[k]
	}
	return g.Spares[k-len(g.Members)]
}

// Outage gives the nodes that are down once the failed ones are: a node is down
// as soon as all members of one of its groups are (AND within a group, OR over
// groups). Least fixpoint, linear time.
func (d *Needs) Outage(failed ...int32) []bool {
	left := append(make([]int32, 0, len(d.size)), d.size...)
	down := make([]bool, d.serves.Len())
	stack := make([]int32, 0, len(failed))
	fall := func(m int32) {
		if !down[m] {
			down[m] = true
			stack = append(stack, m)
		}
	}
	for _, f := range failed {
		fall(f)
	}
	for len(stack) > 0 {
		m := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, g := range d.serves.To[d.serves.Off[m]:d.serves.Off[m+1]] {
			if left[g]--; left[g] == 0 {
				fall(d.groups[g].Owner)
			}
		}
	}
	return down
}

// Compromise gives the nodes that a compromise of the failed ones touches: any
// member of any group is enough (OR over both). The counterpart of Outage: more
// members make an outage rarer and a compromise likelier.
func (d *Needs) Compromise(failed ...int32) []bool { return d.owners.Reach(failed...) }

// Touching gives the nodes whose compromise touches one of those given, and
// these themselves.
func (d *Needs) Touching(nodes ...int32) []bool { return d.owners.Reverse().Reach(nodes...) }

// Bearing gives the nodes whose outage can have a part in one of those given, and
// these themselves.
func (d *Needs) Bearing(nodes ...int32) []bool { return d.bears.Reach(nodes...) }
