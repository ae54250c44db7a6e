package graphout

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// namespace starts every kind, as an OpenGraph extension must.
const namespace = "MSP"

// payload is a BloodHound OpenGraph upload.
type payload struct {
	Metadata struct {
		SourceKind string `json:"source_kind,omitempty"`
	} `json:"metadata"`
	Graph struct {
		Nodes []ogNode `json:"nodes"`
		Edges []ogEdge `json:"edges"`
	} `json:"graph"`
}

type ogNode struct {
	ID         string         `json:"id"`
	Kinds      []string       `json:"kinds"`
	Properties map[string]any `json:"properties"`
}

type ogEdge struct {
	Kind       string         `json:"kind"`
	Start      ogEnd          `json:"start"`
	End        ogEnd          `json:"end"`
	Properties map[string]any `json:"properties"`
}

type ogEnd struct {
	MatchBy string `json:"match_by"`
	Value   string `json:"value"`
	Kind    string `json:"kind,omitempty"`
}

// OpenGraph writes the graph as a BloodHound OpenGraph payload. Path finding
// needs the extension schema uploaded too (OpenGraphSchema). An asset whose
// security identifier is given joins the Active Directory domain that a
// collector of the user's own found: that edge is what makes a path from a
// provider to a domain.
func OpenGraph(w io.Writer, in Input) error {
	s := stage(in)
	var p payload
	p.Metadata.SourceKind = namespace
	p.Graph.Nodes, p.Graph.Edges = []ogNode{}, []ogEdge{}
	for _, n := range s.nodes {
		p.Graph.Nodes = append(p.Graph.Nodes, s.ogNode(n))
	}
	for _, e := range s.edges {
		p.Graph.Edges = append(p.Graph.Edges, s.ogEdge(e))
	}
	for _, n := range s.nodes {
		sid := strings.ToUpper(in.SIDs[n.id])
		if n.kind != graph.NodeAsset || sid == "" {
			continue
		}
		p.Graph.Edges = append(p.Graph.Edges, ogEdge{
			Kind: namespace + "_IsDomain", Start: ogEnd{"id", nodeID(n.id), ""}, End: ogEnd{"id", sid, "Domain"}, Properties: map[string]any{},
		})
	}
	return writeJSON(w, "opengraph", p)
}

// nodeID makes an id that can't meet those of another collector; a colon is not
// allowed in one.
func nodeID(id string) string {
	return "MSP-" + strings.ToUpper(strings.ReplaceAll(msp.Visible(id), ":", "-"))
}

func (s *scene) ogNode(n node) ogNode {
	props := map[string]any{"name": strings.ToUpper(msp.Visible(n.name)), "mspid": msp.Visible(n.id), "rank": n.rank}
	if n.kind == graph.NodeAsset {
		props["value"] = n.value
	}
	if n.kind == graph.NodeProvider || n.money.Hi > 0 {
		props["exposurehi"], props["exposurelo"] = n.money.Hi, n.money.Lo
		props["scorehi"], props["scorelo"] = n.score.Hi, n.score.Lo
	}
	return ogNode{ID: nodeID(n.id), Kinds: []string{namespace + "_" + label(kindName(n.kind)), namespace}, Properties: props}
}

func (s *scene) ogEdge(e edge) ogEdge {
	props := map[string]any{"declared": e.declared, "door": msp.Visible(e.id)}
	if e.door {
		props["level"], props["transmissionhi"], props["transmissionlo"] = e.level.String(), e.t.Hi, e.t.Lo
	}
	return ogEdge{
		Kind: edgeKind(e.kind), Start: ogEnd{"id", nodeID(s.nodes[e.from].id), ""}, End: ogEnd{"id", nodeID(s.nodes[e.to].id), ""}, Properties: props,
	}
}

// edgeKind makes rmm_agent MSP_RmmAgent; a kind holds letters, digits and
// underscores only.
func edgeKind(kind string) string { return namespace + "_" + label(kind) }

// extension is a BloodHound OpenGraph extension schema.
type extension struct {
	Schema struct {
		Name        string `json:"name"`
		DisplayName string `json:"display_name"`
		Version     string `json:"version"`
		Namespace   string `json:"namespace"`
	} `json:"schema"`
	NodeKinds         []nodeKind         `json:"node_kinds"`
	RelationshipKinds []relationshipKind `json:"relationship_kinds"`
}

type nodeKind struct {
	Name          string `json:"name"`
	DisplayName   string `json:"display_name"`
	Description   string `json:"description"`
	IsDisplayKind bool   `json:"is_display_kind"`
	Icon          string `json:"icon"`
	Colour        string `json:"color"` //nolint:misspell // the key of the published schema
}

type relationshipKind struct {
	Name          string `json:"name"`
	Description   string `json:"description"`
	IsTraversable bool   `json:"is_traversable"`
}

// OpenGraphSchema writes the extension schema of the payload: every kind, and
// which edges lead on. Control does, reading does not, and what DNS alone shows
// is evidence and no way in.
func OpenGraphSchema(w io.Writer, _ Input) error {
	var x extension
	x.Schema.Name, x.Schema.DisplayName = "mspscan", "Managed service providers"
	x.Schema.Version, x.Schema.Namespace = "v1.0.0", namespace
	for _, k := range []nodeKind{
		{"Organisation", "Organisation", "The organisation whose exposure is asked for", true, "building", "#1F4E79"},
		{"Asset", "Asset", "Something of value to the organisation", true, "database", "#2E7D32"},
		{"Provider", "Provider", "A declared provider of any rank", true, "handshake", "#B26A00"},
		{"ThirdParty", "Third party", "A party that DNS shows and nobody declared", true, "globe", "#B3261E"},
	} {
		k.Name = namespace + "_" + k.Name
		x.NodeKinds = append(x.NodeKinds, k)
	}
	for _, k := range msp.AccessKinds() {
		x.RelationshipKinds = append(x.RelationshipKinds, relationshipKind{
			edgeKind(string(k)), fmt.Sprintf("Access of kind %s: grants %s", k, k.Level()), k.Level() == msp.FullControl,
		})
	}
	x.RelationshipKinds = append(x.RelationshipKinds,
		relationshipKind{edgeKind("not_stated"), "Access that was never stated: it may be anything", true},
		relationshipKind{namespace + "_IsDomain", "The asset is this Active Directory domain", true})
	for _, t := range msp.Trusts() {
		x.RelationshipKinds = append(x.RelationshipKinds, relationshipKind{edgeKind(string(t)), "Seen in DNS: trust to " + string(t), false})
	}
	return writeJSON(w, "opengraph-schema", x)
}

func writeJSON(w io.Writer, format string, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", format, err)
	}
	return nil
}
