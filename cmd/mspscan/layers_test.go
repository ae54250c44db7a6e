package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// layer gives the height of a package of ours: it may import lower ones only.
func layer(pkg string) (int, bool) {
	switch {
	case pkg == "msp":
		return 0, true
	case pkg == "msp/graph", pkg == "msp/journal", pkg == "msp/review", pkg == "scanner":
		return 3, true
	case pkg == "msp/graph/csr":
		return 1, true
	case pkg == "msp/fact", pkg == "msp/filelock", pkg == "msp/domain", pkg == "msp/questionnaire", pkg == "msp/secret", pkg == "msp/strict", pkg == "scanner/internal/fieldlist":
		return 1, true
	case pkg == "scanner/lookalike", pkg == "msp/inventory", pkg == "msp/catalog", pkg == "msp/history", pkg == "msp/indicator", pkg == "msp/waiver":
		return 2, true
	case pkg == "scanner/probes", pkg == "scanner/plan":
		return 5, true
	case pkg == "msp/exposure", pkg == "rules/subject", strings.HasPrefix(pkg, "scanner/"):
		return 4, true
	case pkg == "rules":
		return 5, true
	case pkg == "reports":
		return 5, true
	case strings.HasPrefix(pkg, "reports/"):
		return 6, true
	case pkg == "cmd/mspscan/internal/sandbox":
		return 6, true
	case strings.HasPrefix(pkg, "cmd/mspscan/internal/"):
		return 7, true
	case pkg == "cmd/mspscan":
		return 8, true
	}
	return 0, false
}

// home gives the packages that may import a third-party module.
func home(imported, pkg string, test bool) bool {
	homes := map[string][]string{
		"github.com/miekg/dns":         {"scanner/resolve", "scanner/scantest", "scanner/dnsx"},
		"github.com/projectdiscovery/": {"scanner/dnsx"},
		"cel.dev/":                     {"rules"},
		"github.com/xuri/excelize":     {"reports/xlsx", "msp/inventory"},
		"github.com/nats-io/":          {"scanner/queue"},
		"github.com/spf13/cobra":       {"cmd/mspscan"},
		"github.com/landlock-lsm/":     {"cmd/mspscan/internal/sandbox"},
		"filippo.io/age":               {"cmd/mspscan/internal/pipeline"},
		"gonum.org/":                   {},
	}
	for prefix, at := range homes {
		if !strings.HasPrefix(imported, prefix) {
			continue
		}
		if test && (strings.HasPrefix(prefix, "gonum") || strings.HasPrefix(pkg, "scanner/") || pkg == "msp/review") {
			return true // oracles, servers on loopback, and workbooks that tests spoil
		}
		for _, h := range at {
			if pkg == h || strings.HasPrefix(pkg, h+"/") {
				return true
			}
		}
		return false
	}
	return true
}

// forbidden gives why one package of ours must not import another, beyond the
// order of layers.
func forbidden(pkg, imported string) string {
	under := func(p, top string) bool { return p == top || strings.HasPrefix(p, top+"/") }
	switch {
	case under(pkg, "scanner") && under(imported, "rules"), under(pkg, "rules") && under(imported, "scanner"):
		return "scanner and rules never see each other: they meet in msp/fact"
	case under(pkg, "reports") && (under(imported, "scanner") || under(imported, "rules")):
		return "reports render a model and know neither scanner nor rules"
	}
	return ""
}

// TestLayers holds the import order of the design. It parses the files itself:
// a test that asks `go list` is answered from the cache and lies.
func TestLayers(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			files++
			checkFile(t, root, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 50, "the walk found the tree")
}

func checkFile(t *testing.T, root, name string) {
	rel, err := filepath.Rel(root, name)
	require.NoError(t, err)
	pkg := path.Dir(filepath.ToSlash(rel))
	height, known := layer(pkg)
	if !known {
		t.Errorf("%s: package %s has no layer: the tree's folders are cmd, scanner, msp, rules, reports", rel, pkg)
		return
	}
	src, err := os.ReadFile(name)
	require.NoError(t, err)
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
	require.NoError(t, err)
	test := strings.HasSuffix(name, "_test.go")
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		if !home(imported, pkg, test) {
			t.Errorf("%s imports %s outside its home", rel, imported)
		}
		if pkg == "msp" && !test && strings.Contains(imported, ".") {
			t.Errorf("%s: package msp imports the standard library only, not %s", rel, imported)
		}
		ours, ok := strings.CutPrefix(imported, "mspscan/")
		if !ok {
			continue
		}
		if why := forbidden(pkg, ours); why != "" {
			t.Errorf("%s imports %s: %s", rel, ours, why)
		}
		below, known := layer(ours)
		if !test && (!known || below >= height) {
			t.Errorf("%s (layer %d) imports %s (layer %d)", rel, height, ours, below)
		}
	}
}

// TestClock holds that only the pipeline reads the clock or draws randomness;
// the exchange layer measures durations and draws ids.
func TestClock(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, top := range []string{"msp", "rules", "reports", "scanner"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			rel, _ := filepath.Rel(root, name)
			if in := filepath.ToSlash(rel); strings.HasPrefix(in, "scanner/resolve/") || strings.HasPrefix(in, "scanner/scantest/") || strings.HasPrefix(in, "scanner/dnsx/") {
				return nil
			}
			src, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, call := range []string{"time.Now(", "time.Since(", "rand.Int", "rand.Read("} {
				if strings.Contains(string(src), call) {
					t.Errorf("%s calls %s…): clock and randomness are arguments", rel, call)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
}
