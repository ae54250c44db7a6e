package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThreatTable holds that the table of threats has every row, in order, and
// that each names tests that are there: package.Test, a script as
// package.TestScript/name.
func TestThreatTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", ".github", "docs", "threats.md"))
	require.NoError(t, err)
	tests := testsOfTree(t)
	var rows []string
	named := regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)\\w+)(?:/([a-z]+))?`")
	for line := range strings.SplitSeq(string(text), "\n") {
		m := regexp.MustCompile(`^\| ([DOIPQR]\d+) \|([^|]+)\|([^|]+)\|([^|]+)\|$`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		rows = append(rows, m[1])
		of := named.FindAllStringSubmatch(m[4], -1)
		require.NotEmpty(t, of, "%s names no test", m[1])
		require.Equal(t, strings.Count(m[4], "`"), 2*len(of), "%s: every name is package.Test", m[1])
		for _, n := range of {
			require.True(t, tests[n[1]+"."+n[2]], "%s: there is no %s.%s", m[1], n[1], n[2])
			if n[3] != "" {
				require.FileExists(t, filepath.Join("..", "..", "testdata", "script", n[3]+".txtar"), m[1])
			}
		}
	}
	var want []string
	for _, family := range []struct {
		letter string
		last   int
	}{{"D", 21}, {"O", 12}, {"I", 7}, {"P", 7}, {"Q", 10}, {"R", 9}} {
		for n := range family.last {
			want = append(want, fmt.Sprintf("%s%d", family.letter, n+1))
		}
	}
	require.Equal(t, want, rows)
}

// eachFile parses every Go file of the tree; pkg is its folder.
func eachFile(t *testing.T, do func(name, pkg string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, top := range []string{"cmd", "msp", "reports", "rules", "scanner"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			do(name, path.Dir(filepath.ToSlash(rel)), f)
			return err
		}))
	}
}

func testsOfTree(t *testing.T) map[string]bool {
	out := map[string]bool{}
	eachFile(t, func(name, pkg string, f *ast.File) {
		if !strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				out[pkg+"."+fn.Name.Name] = true
			}
		}
	})
	require.Greater(t, len(out), 300)
	return out
}

// TestNoForeignCode holds that the program is Go alone: no C, no process, no
// plug-in, no unsafe memory but for the system calls of the bulk client; releases
// are built without CGO.
func TestNoForeignCode(t *testing.T) {
	eachFile(t, func(name, pkg string, f *ast.File) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if pkg == "scanner/resolve/bulk" && imported == "unsafe" {
				continue // system calls for many datagrams at a time
			}
			require.NotContains(t, []string{"C", "os/exec", "plugin", "unsafe"}, imported, name)
		}
	})
	for _, file := range []string{".goreleaser.yaml", "Makefile", ".github/actions/mspscan/action.yml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
		require.NoError(t, err)
		require.Regexp(t, `CGO_ENABLED *\??= *0`, string(text), file)
	}
}

// TestNobodyAsksForAny holds that a scan of the sample asks no question whose
// answer is much larger than itself: no ANY, in any exchange of its journal.
func TestNobodyAsksForAny(t *testing.T) {
	p := newPlace(t)
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline"))
	require.NoError(t, err)
	o := runBinary(t, p, "scan", filepath.Join(sample, "inventory.yaml"), "--zones", filepath.Join(sample, "zones"), "--active", "--journal", "run.ndjson", "-q")
	require.Equal(t, exitOK, o.code, o.stderr)
	text, err := os.ReadFile(filepath.Join(p.cwd, "run.ndjson"))
	require.NoError(t, err)
	types := map[string]int{}
	for _, m := range regexp.MustCompile(`"question":"[^" ]+ (?:[A-Z]+ )?([A-Z0-9]+)"`).FindAllSubmatch(text, -1) {
		types[string(m[1])]++
	}
	require.Greater(t, types["TXT"], 20, types)
	require.NotContains(t, types, "ANY")
	require.NotContains(t, types, "TYPE255")
}
