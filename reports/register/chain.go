package register

import (
	"slices"
	"strings"

	"mspscan/msp"
)

// chains knows who serves whom.
type chains struct {
	by        map[string]*msp.Provider
	suppliers map[string][]*msp.Relationship // by customer, in the order of the file
}

func chainsOf(inv *msp.Inventory) chains {
	c := chains{by: parties(inv), suppliers: map[string][]*msp.Relationship{}}
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		c.suppliers[r.Customer] = append(c.suppliers[r.Customer], r)
	}
	return c
}

// link is a relationship in the supply chain of a contract. Rank 1 is the direct
// provider, each subcontractor one more than whom it serves (Implementing
// Regulation (EU) 2024/2956, article 2).
type link struct {
	rank int
	r    *msp.Relationship
}

// chain follows the subcontractors behind a direct relationship. A party is
// ranked by its shortest way; a relationship that leads back to where its
// customer already hangs on it is left out, for a chain has no circles.
func (c chains) chain(direct *msp.Relationship) []link {
	rank := map[string]int{direct.Provider: 1}
	parties := []string{direct.Provider} // in the order in which they are reached
	for i := 0; i < len(parties); i++ {
		at := parties[i]
		for _, r := range c.suppliers[at] {
			if rank[r.Provider] == 0 {
				rank[r.Provider] = rank[at] + 1
				parties = append(parties, r.Provider)
			}
		}
	}
	out := []link{{1, direct}}
	for _, customer := range parties {
		n := rank[customer]
		for _, r := range c.suppliers[customer] {
			if rank[r.Provider] > n || !c.hangsOn(r.Provider, customer) {
				out = append(out, link{n + 1, r})
			}
		}
	}
	slices.SortStableFunc(out[1:], func(a, b link) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.r.Provider+">"+a.r.Customer+"/"+a.r.Service, b.r.Provider+">"+b.r.Customer+"/"+b.r.Service)
	})
	return out
}

// hangsOn reports whether customer is served by supplier, at any number of
// ranks, or is it.
func (c chains) hangsOn(customer, supplier string) bool {
	seen := map[string]bool{customer: true}
	queue := []string{customer}
	for len(queue) > 0 {
		if queue[0] == supplier {
			return true
		}
		for _, r := range c.suppliers[queue[0]] {
			if !seen[r.Provider] {
				seen[r.Provider] = true
				queue = append(queue, r.Provider)
			}
		}
		queue = queue[1:]
	}
	return false
}

// below names all parties that a provider hangs on, sorted.
func (c chains) below(inv *msp.Inventory, id string) string {
	names := map[string]bool{}
	for _, l := range c.chain(&msp.Relationship{Provider: id})[1:] {
		names[nameOf(c.by, inv, l.r.Provider)] = true
	}
	out := make([]string, 0, len(names))
	for n := range names {
		out = append(out, n)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
