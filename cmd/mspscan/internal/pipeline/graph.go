package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"mspscan/msp/exposure"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/reports"
	"mspscan/reports/graphout"
)

// GraphFormats lists the formats of the graph command.
func GraphFormats() []string {
	var names []string
	for _, f := range reports.GraphFormats() {
		names = append(names, f.Name)
	}
	for _, f := range graphout.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// draw writes the graph with what the exposure model says of it, if the format
// is one of those.
func (v view) draw(format string, w io.Writer) (bool, error) {
	for _, f := range graphout.Formats() {
		if f.Name != format {
			continue
		}
		if v.cfg.Redact != "" && v.cfg.Redact != "none" {
			return true, usage("%s cannot be redacted; use dot or mermaid", format)
		}
		m, err := v.weigh()
		if err != nil {
			return true, err
		}
		return true, f.Write(w, graphout.Input{Graph: v.graph, Model: m, SIDs: v.cfg.SIDs})
	}
	return false, nil
}

// Graph writes the graph of an inventory or a journal.
func Graph(ctx context.Context, file string, outs []Output, sids map[string]string, stdout io.Writer) error {
	g, err := loadGraph(file)
	if err != nil {
		return err
	}
	for id := range sids {
		if n, ok := g.Node(id); !ok || g.Nodes()[n].Kind != graph.NodeAsset {
			return usage("--sid %s: the inventory has no such asset", id)
		}
	}
	v, err := newView(Config{SIDs: sids}, nil, g, func() (*exposure.Model, error) {
		return exposure.New(ctx, g, exposure.DefaultTables(), time.Now().UTC())
	})
	if err != nil {
		return err
	}
	return coded(CodeInternal, writeAll(outs, stdout, v.render))
}

func loadGraph(file string) (*graph.Graph, error) {
	cat, err := loadCatalog()
	if err != nil {
		return nil, err
	}
	if isJournal(file) {
		run, err := journal.Open(file)
		if err != nil {
			return nil, coded(CodeUsage, err)
		}
		return (&judge{catalog: cat}).replay(run)
	}
	loaded, err := inventory.Load([]string{file})
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	g, err := graph.New(loaded.Inventory, cat)
	return g, coded(CodeUsage, err)
}

// isJournal tells a journal from an inventory by its name or its first bytes.
func isJournal(file string) bool {
	if strings.HasSuffix(file, ".ndjson") || strings.HasSuffix(file, ".ndjson.gz") {
		return true
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	start, err := bufio.NewReader(f).Peek(64)
	return (err == nil || errors.Is(err, io.EOF)) && bytes.Contains(start, []byte(`"kind":"run"`))
}
