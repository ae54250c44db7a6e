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

// Group is a need of Owner that any one of Members can serve: a redundancy
// group. A group without members is always served.
type Group struct {
	Owner   int32
	Members []int32
}

// Outage gives the nodes that are down once the failed ones are: a node is down
// as soon as all members of one of its groups are (AND within a group, OR over
// groups). A member that stands twice counts once. Least fixpoint, linear time.
func Outage(n int, groups []Group, failed ...int32) []bool {
	left := make([]int32, len(groups))
	serves := make([][]int32, n)
	for i, g := range groups {
		for _, m := range g.Members {
			if k := len(serves[m]); k > 0 && serves[m][k-1] == int32(i) {
				continue
			}
			serves[m] = append(serves[m], int32(i))
			left[i]++
		}
	}
	down := make([]bool, n)
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
		for _, g := range serves[m] {
			if left[g]--; left[g] == 0 {
				fall(groups[g].Owner)
			}
		}
	}
	return down
}

// Compromise gives the nodes that a compromise of the failed ones touches: any
// member of any group is enough (OR over both). The counterpart of Outage: more
// members make an outage rarer and a compromise likelier.
func Compromise(n int, groups []Group, failed ...int32) []bool {
	var from, to []int32
	for _, g := range groups {
		for _, m := range g.Members {
			from, to = append(from, m), append(to, g.Owner)
		}
	}
	return rows(n, from, to).Reach(failed...)
}
