package graphout

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/exposure"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

func input(t *testing.T, inv *msp.Inventory, facts ...fact.Fact) Input {
	t.Helper()
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	for _, f := range facts {
		require.NoError(t, g.Apply(f))
	}
	m, err := exposure.New(t.Context(), g, exposure.DefaultTables(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return Input{Graph: g, Model: m}
}

func sample(t *testing.T) *msp.Inventory {
	t.Helper()
	inv, problems := inventory.Decode([]inventory.File{{Name: "sample.yaml", Data: inventory.Sample()}})
	require.NoError(t, problems.Err())
	return inv
}

// mx shows that the organisation's mail goes to somebody nobody declared.
func mx(t *testing.T) fact.Fact {
	t.Helper()
	data, err := json.Marshal(fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{{Host: "mx.filter.test"}}})
	require.NoError(t, err)
	return fact.Fact{Task: fact.Task{Probe: fact.ProbeMX, Name: "acme.example"}, Outcome: fact.Present, Data: data}
}

func render(t *testing.T, format string, in Input) string {
	t.Helper()
	for _, f := range Formats() {
		if f.Name == format {
			var b bytes.Buffer
			require.NoError(t, f.Write(&b, in))
			return b.String()
		}
	}
	t.Fatalf("no format %s", format)
	return ""
}

// hostile has names that break out of every format that lets them.
func hostile(t *testing.T) *msp.Inventory {
	inv := sample(t)
	inv.Assets[0].Name = "</text><script>alert(1)</script>\x00\x1b[31m\u202e\"'&"
	inv.Providers[0].Name = "=HYPERLINK(\"http://x\")\r\n]]>-->"
	return inv
}

func TestXMLIsWellFormed(t *testing.T) {
	for _, format := range []string{"svg", "graphml"} {
		for name, inv := range map[string]*msp.Inventory{"sample": sample(t), "hostile": hostile(t), "empty": {Organisation: msp.Organisation{ID: "org"}}} {
			text := render(t, format, input(t, inv, mx(t)))
			d := xml.NewDecoder(strings.NewReader(text))
			for {
				tok, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err, "%s of %s", format, name)
				if start, ok := tok.(xml.StartElement); ok {
					require.NotEqual(t, "script", start.Name.Local)
				}
			}
			for _, bad := range []string{"\x00", "\x1b", "\u202e", "http://x\r"} {
				require.NotContains(t, text, bad)
			}
		}
	}
}

func TestSVGTellsTheExample(t *testing.T) {
	text := render(t, "svg", input(t, sample(t), mx(t)))
	for _, want := range []string{
		`role="img"`, "<title id=\"t\">", "score 85, 8.53M at risk", "worth 5.00M",
		"north-rmm: rmm agent from northmsp to ad, control, open with 86 % (77 to 86 %)",
		"filter.test: trust to receive acme, seen in DNS",
	} {
		require.Contains(t, text, want)
	}
	require.NotRegexp(t, regexp.MustCompile(`(?i)href|<script|@import|url\(http`), text, "nothing from outside")
}

// TestSVGAttackRunsRight: a sub-provider stands left of its provider, and that
// left of what it enters.
func TestSVGAttackRunsRight(t *testing.T) {
	in := input(t, sample(t))
	s := stage(in)
	column := map[string]int{}
	for x, c := range s.layers(s.chosen(in)) {
		for _, n := range c {
			column[s.nodes[n].id] = x
		}
	}
	require.Less(t, column["rmmvendor"], column["northmsp"])
	require.Less(t, column["northmsp"], column["ad"])
	require.Equal(t, column["northmsp"], column["mailco"])
}

func TestSVGIsTrimmed(t *testing.T) {
	inv := &msp.Inventory{Organisation: msp.Organisation{ID: "org"}}
	for i := range 120 {
		a, p := fmt.Sprintf("a%03d", i), fmt.Sprintf("p%03d", i)
		inv.Assets = append(inv.Assets, msp.Asset{ID: a, Value: msp.Money{Min: 1, Likely: float64(i), Max: float64(2 * i), Known: true}})
		inv.Providers = append(inv.Providers, msp.Provider{ID: p})
		inv.Relationships = append(inv.Relationships, msp.Relationship{Provider: p, Customer: "org", AccessStated: true, Access: []msp.Access{
			{ID: "d" + p, Kind: msp.VPN, Reaches: []string{a}},
		}})
	}
	text := render(t, "svg", input(t, inv))
	require.Equal(t, 150, strings.Count(text, "<rect class=\"n "))
	require.Contains(t, text, "150 of 240 nodes: those on the most credible paths")
	require.Contains(t, text, "(p119)", "the dearest stay")
	require.NotContains(t, text, "(p001)")
}

func TestFormatsAreStable(t *testing.T) {
	for _, f := range Formats() {
		first := render(t, f.Name, input(t, sample(t), mx(t)))
		turned := sample(t)
		for i, j := 0, len(turned.Providers)-1; i < j; i, j = i+1, j-1 {
			turned.Providers[i], turned.Providers[j] = turned.Providers[j], turned.Providers[i]
		}
		for i, j := 0, len(turned.Relationships)-1; i < j; i, j = i+1, j-1 {
			turned.Relationships[i], turned.Relationships[j] = turned.Relationships[j], turned.Relationships[i]
		}
		require.Equal(t, first, render(t, f.Name, input(t, turned, mx(t))), f.Name)
	}
}

// TestOpenGraph holds the payload to the rules of BloodHound's ingest: one to
// three kinds, no objectid, ids without a colon, flat properties, edge kinds of
// letters, digits and underscores, ends that exist; and to the schema beside it.
func TestOpenGraph(t *testing.T) {
	in := input(t, hostile(t), mx(t))
	in.SIDs = map[string]string{"ad": "S-1-5-21-1-2-3"}
	var p payload
	require.NoError(t, json.Unmarshal([]byte(render(t, "opengraph", in)), &p))
	var x extension
	require.NoError(t, json.Unmarshal([]byte(render(t, "opengraph-schema", in)), &x))
	kinds, traversable := map[string]bool{}, map[string]bool{}
	for _, k := range x.NodeKinds {
		kinds[k.Name] = true
		require.True(t, strings.HasPrefix(k.Name, x.Schema.Namespace+"_"))
	}
	for _, k := range x.RelationshipKinds {
		require.False(t, kinds[k.Name], "%s twice", k.Name)
		require.Regexp(t, `^MSP_[A-Za-z0-9_]+$`, k.Name)
		kinds[k.Name], traversable[k.Name] = true, k.IsTraversable
	}
	require.Regexp(t, `^v\d+\.\d+\.\d+$`, x.Schema.Version)
	ids := map[string]bool{}
	for _, n := range p.Graph.Nodes {
		require.NotContains(t, n.ID, ":")
		require.False(t, ids[n.ID], "%s twice", n.ID)
		ids[n.ID] = true
		require.True(t, kinds[n.Kinds[0]], n.Kinds)
		require.LessOrEqual(t, len(n.Kinds), 3)
		for key, v := range n.Properties {
			require.Regexp(t, `^[a-z]+$`, key)
			require.NotEqual(t, "objectid", key)
			require.NotContains(t, fmt.Sprintf("%T", v), "map")
		}
	}
	joins := 0
	for _, e := range p.Graph.Edges {
		require.True(t, kinds[e.Kind], e.Kind)
		require.True(t, ids[e.Start.Value], e.Start)
		if e.Kind == "MSP_IsDomain" {
			joins++
			require.Equal(t, ogEnd{"id", "S-1-5-21-1-2-3", "Domain"}, e.End)
			continue
		}
		require.True(t, ids[e.End.Value], e.End)
	}
	require.Equal(t, 1, joins)
	require.True(t, traversable["MSP_RmmAgent"])
	require.False(t, traversable["MSP_Mail"], "reading leads nowhere")
	require.False(t, traversable["MSP_Receive"], "what DNS shows is no way in")
}

// TestOpenGraphSchemas validates the payload by the JSON Schemas of BloodHound's
// ingest (cmd/api/src/services/upload/jsonschema of its repository), if their
// folder is given: they are not this project's to carry.
func TestOpenGraphSchemas(t *testing.T) {
	dir := os.Getenv("MSPSCAN_OPENGRAPH_SCHEMAS")
	if dir == "" {
		t.Skip("MSPSCAN_OPENGRAPH_SCHEMAS names no folder")
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, name := range []string{"node", "edge", "metadata"} {
		s, err := jsonschema.NewCompiler().Compile(filepath.Join(dir, name+".json"))
		require.NoError(t, err)
		compiled[name] = s
	}
	in := input(t, hostile(t), mx(t))
	in.SIDs = map[string]string{"ad": "S-1-5-21-1-2-3"}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(render(t, "opengraph", in)))
	require.NoError(t, err)
	root := doc.(map[string]any)
	require.NoError(t, compiled["metadata"].Validate(root["metadata"]))
	payload := root["graph"].(map[string]any)
	for what, list := range map[string]any{"node": payload["nodes"], "edge": payload["edges"]} {
		require.NotEmpty(t, list)
		for _, item := range list.([]any) {
			require.NoError(t, compiled[what].Validate(item))
		}
	}
}

func TestCSV(t *testing.T) {
	in := input(t, hostile(t), mx(t))
	nodes, err := csv.NewReader(strings.NewReader(render(t, "neo4j-nodes", in))).ReadAll()
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, r := range nodes[1:] {
		ids[r[0]] = true
		require.NotRegexp(t, `^[=+@-]`, r[1], "no formula")
	}
	edges, err := csv.NewReader(strings.NewReader(render(t, "neo4j-edges", in))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{":START_ID", ":END_ID"}, edges[0][:2])
	for _, r := range edges[1:] {
		require.True(t, ids[r[0]] && ids[r[1]], r)
	}
	require.Contains(t, edges, []string{"northmsp", "ad", "north-rmm", "control", "0.855", "0.7695", "true", "RMM_AGENT"})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReported(t *testing.T) {
	for _, f := range Formats() {
		require.ErrorContains(t, f.Write(full{}, input(t, sample(t))), "disk full", f.Name)
	}
}
