package pipeline

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"

	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/reports"
)

// GraphFormats lists the formats of the graph command.
func GraphFormats() []string {
	var names []string
	for _, f := range reports.GraphFormats() {
		names = append(names, f.Name)
	}
	return names
}

// Graph writes the graph of an inventory or a journal.
func Graph(file string, outs []Output, stdout io.Writer) error {
	g, err := loadGraph(file)
	if err != nil {
		return err
	}
	v, err := newView(Config{}, nil, g)
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
	defer f.Close()
	start, err := bufio.NewReader(f).Peek(64)
	return (err == nil || err == io.EOF) && bytes.Contains(start, []byte(`"kind":"run"`))
}
