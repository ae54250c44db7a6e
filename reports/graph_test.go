package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

func drawnGraph(t *testing.T, name string) *graph.Graph {
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(&msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Name: name, Domains: []msp.Name{"acme.example"}},
		Assets:       []msp.Asset{{ID: "ad", Name: "AD"}},
		Providers:    []msp.Provider{{ID: "north", Name: "NorthMSP", Domains: []msp.Name{"north.example"}}},
		Relationships: []msp.Relationship{{
			Provider: "north", Customer: "acme", Service: "desktop", AccessStated: true,
			Access: []msp.Access{{ID: "rmm", Kind: msp.RMMAgent, Reaches: []string{"ad"}}},
		}},
	}, cat)
	require.NoError(t, err)
	f, err := fact.New(fact.Task{Probe: fact.ProbeMX, Name: "acme.example"}, fact.Present, "",
		fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{{Host: "mx.filter.example", Outcome: fact.Present}}})
	require.NoError(t, err)
	f.At = time.Unix(0, 0).UTC()
	require.NoError(t, g.Apply(f))
	return g
}

func TestDOT(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, DOT(&b, drawnGraph(t, "Acme")))
	for _, want := range []string{
		"digraph mspscan {", `n0 [label="Acme (acme)", shape=doubleoctagon];`, `label="rmm: rmm_agent"`,
		`label="filter.example", style="rounded,dashed"`, `label="receive", style=dashed, color="#B3261E"`,
	} {
		require.Contains(t, b.String(), want)
	}
}

func TestMermaid(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Mermaid(&b, drawnGraph(t, "Acme")))
	require.True(t, strings.HasPrefix(b.String(), "flowchart LR\n"))
	require.Contains(t, b.String(), `n0 -.->|"receive"| n3`)
	require.Contains(t, b.String(), "linkStyle 2 stroke")
}

// Outside text stays text in both formats.
func TestGraphTextIsHarmless(t *testing.T) {
	for _, hostile := range []string{
		`"]; evil [label="x`, "a\"] --> b", "\x1b[31mred", "</script><img src=x onerror=alert(1)>", "click n0 href \"javascript:alert(1)\"",
		"line\nend", "\u202ereversed", "\u200bzero", `back\slash`, strings.Repeat("x", 5000),
	} {
		var dot, mermaid bytes.Buffer
		g := drawnGraph(t, hostile)
		require.NoError(t, DOT(&dot, g))
		require.NoError(t, Mermaid(&mermaid, g))
		require.Equal(t, 4+4+3+1, strings.Count(dot.String(), "\n"), "one line a node and an edge: %q", hostile)
		for _, r := range dot.String() + mermaid.String() {
			require.False(t, r < ' ' && r != '\n' || r == 0x202e || r == 0x200b || r >= 0x7f && r < 0xa0, "%U from %q", r, hostile)
		}
		require.NotContains(t, mermaid.String(), "<")
		label := strings.SplitN(mermaid.String(), "\n", 3)[1]
		require.Equal(t, 2, strings.Count(label, `"`), "%q ends its string in %s", hostile, label)
	}
}
