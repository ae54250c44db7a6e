package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/graph"
)

// mark reads "domain domain @legal #entry =name ~country".
func mark(s string) graph.Mark {
	var m graph.Mark
	for _, f := range strings.Fields(s) {
		switch f[0] {
		case '@':
			m.Legal = strings.ReplaceAll(f[1:], ":", " ")
		case '#':
			m.Entry = f[1:]
		case '=':
			m.Name = f[1:]
		case '~':
			m.Country = f[1:]
		default:
			m.Domains = append(m.Domains, msp.Name(f))
		}
	}
	return m
}

// keys adds inventories, each a list of declared marks, and gives the keys in
// the same shape.
func keys(inventories [][]string) [][]string {
	j := graph.NewJoiner()
	var handles [][]int
	for i, list := range inventories {
		handles = append(handles, nil)
		for _, s := range list {
			handles[i] = append(handles[i], j.Add(i, mark(s), true))
		}
	}
	all := j.Keys()
	out := make([][]string, len(handles))
	for i, list := range handles {
		for _, h := range list {
			out[i] = append(out[i], all[h])
		}
	}
	return out
}

func TestJoin(t *testing.T) {
	for name, c := range map[string]struct{ in, want [][]string }{
		"second domain alone":            {[][]string{{"a.com a.net =a"}, {"a.net =a-two"}}, [][]string{{"a.com"}, {"a.com"}}},
		"legal id, other domains":        {[][]string{{"a.com @ABN:51824753556"}, {"b.com @ABN:51824753556"}}, [][]string{{"a.com"}, {"a.com"}}},
		"most name it first":             {[][]string{{"b.com a.com"}, {"b.com a.com"}, {"a.com"}}, [][]string{{"b.com"}, {"b.com"}, {"b.com"}}},
		"entry":                          {[][]string{{"#m365 m.com"}, {"#m365"}}, [][]string{{"m365"}, {"m365"}}},
		"two numbers, one domain":        {[][]string{{"a.com @ABN:51824753556"}, {"a.com @ABN:99999999999"}}, [][]string{{"a.com"}, {"a.com (2)"}}},
		"two numbers, a third without":   {[][]string{{"a.com @ABN:11111111111"}, {"a.com @ABN:99999999999"}, {"a.com"}}, [][]string{{"a.com (2)"}, {"a.com (3)"}, {"a.com"}}},
		"one inventory holds both":       {[][]string{{"a.com group.com", "b.com group.com"}, {"group.com"}}, [][]string{{"a.com", "b.com"}, {"group.com"}}},
		"of two, the first domain holds": {[][]string{{"a.com", "b.com"}, {"a.com b.com"}}, [][]string{{"a.com", "b.com"}, {"a.com"}}},
		"a mail service's domain":        {[][]string{{"a.com post.com"}, {"b.com post.com"}, {"post.com"}}, [][]string{{"a.com"}, {"b.com"}, {"post.com"}}},
		"twins in one inventory":         {[][]string{{"a.com =a", "a.com =a"}}, [][]string{{"a.com", "a.com (2)"}}},
		"names alone":                    {[][]string{{"=smith-it ~AU"}, {"=smith-it ~AU"}, {"=smith-it ~NZ"}}, [][]string{{"smith-it"}, {"smith-it"}, {"smith-it (2)"}}},
		"a name does not reach a domain": {[][]string{{"=smith-it"}, {"smith.com =smith-it"}}, [][]string{{"smith-it"}, {"smith.com"}}},
		"a country is no part of a name": {[][]string{{"a.com =x ~AU"}, {"a.com =x ~NZ"}}, [][]string{{"a.com"}, {"a.com"}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, keys(c.in)) })
	}
}

// TestJoinSeen joins what only DNS shows of a party with those who declare it,
// though one inventory has both.
func TestJoinSeen(t *testing.T) {
	j := graph.NewJoiner()
	north := j.Add(0, mark("north.com =north"), true)
	seen := j.Add(0, mark("north.net =north-net"), false)
	both := j.Add(1, mark("north.com north.net =north"), true)
	all := j.Keys()
	require.Equal(t, []string{"north.com", "north.com", "north.com"}, []string{all[north], all[seen], all[both]})
}

// TestJoinProperties holds on random inventories that no two providers of one
// inventory and no two numbers of one scheme ever share a key, and that the order
// of inventories changes nothing.
func TestJoinProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	joinedTwo := 0
	for round := range 5000 {
		inventories := make([][]string, 1+r.IntN(6))
		for i := range inventories {
			for range 1 + r.IntN(3) {
				inventories[i] = append(inventories[i], randomMark(r))
			}
			slices.Sort(inventories[i])
			inventories[i] = slices.Compact(inventories[i]) // twins have no order
		}
		got := keys(inventories)
		number := map[string]string{}
		for i, list := range got {
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(list))), len(list), "round %d: %v gave %v", round, inventories, got)
			for k, key := range list {
				legal := mark(inventories[i][k]).Legal
				if old := number[key]; legal != "" && old != "" {
					require.Equal(t, old, legal, "round %d: %v gave %v", round, inventories, got)
				}
				if legal != "" {
					number[key] = legal
				}
			}
			if i > 0 && slices.Contains(got[0], list[0]) {
				joinedTwo++
			}
		}
		order := r.Perm(len(inventories))
		shuffled := make([][]string, len(order))
		for to, from := range order {
			shuffled[to] = inventories[from]
		}
		again := keys(shuffled)
		for to, from := range order {
			require.Equal(t, got[from], again[to], "round %d: %v", round, inventories)
		}
	}
	require.Greater(t, joinedTwo, 500, "the rounds do join")
}

func randomMark(r *rand.Rand) string {
	var parts []string
	for _, n := range r.Perm(5)[:r.IntN(3)] {
		parts = append(parts, fmt.Sprintf("d%d.com", n))
	}
	if r.IntN(4) == 0 {
		parts = append(parts, fmt.Sprintf("@ABN:1000%d", r.IntN(3)))
	}
	return strings.Join(append(parts, fmt.Sprintf("=n%d", r.IntN(3))), " ")
}

func TestMark(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	inv := &msp.Inventory{Organisation: msp.Organisation{ID: "acme"}, Providers: []msp.Provider{
		{ID: "north", Name: "North IT", Domains: []msp.Name{"www.north.example", "north.example", "outlook.com", "tenant.azurewebsites.net"}, LegalID: msp.LegalID{Scheme: "ABN", Value: "51 824-753 556"}, Country: "AU"},
		{ID: "ms", Name: "Microsoft", Domains: []msp.Name{"microsoft.com"}},
		{ID: "none", LegalID: msp.LegalID{Scheme: "ABN", Value: "n/a"}},
	}}
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	require.Equal(t, graph.Mark{
		Legal: "ABN 51824753556", Domains: []msp.Name{"north.example", "tenant.azurewebsites.net"}, Name: "north-it", Country: "AU",
	}, g.Mark("north"), "one spelling, its own names only")
	require.Equal(t, graph.Mark{Name: "none"}, g.Mark("none"))
	require.NotEmpty(t, g.Mark("ms").Entry)
	require.Equal(t, graph.Mark{}, g.Mark("nobody"))
}
