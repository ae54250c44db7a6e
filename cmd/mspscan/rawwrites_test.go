package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// escapers are the functions whose result may be written as it is: the escaping
// helper of each medium, and what gives words, numbers and marks of our own.
var escapers = regexp.MustCompile(`^(` + strings.Join([]string{
	`msp\.Visible|Visible|visibleLines`, // terminal and logs
	`(reports\.)?TerminalText`,          // terminal
	`MarkdownText|MarkdownCode|cell`,    // Markdown; CSV of graphs
	`CSVCell|reports\.CSVCell`,          // CSV
	`dotQuote|mermaidQuote`,             // graph languages
	`escape|data`,                       // XML: GraphML, SVG
	`githubLine`,                        // workflow commands
	`said`,                              // diagnostics
	`strconv\.\w+|len|int|float64|strings\.Repeat|string\(…\)`,                                   // numbers and our own characters
	`(reports\.)?Score|plural|count|number|day|withWaived|SeverityMark|severityWords|stateWords`, // words of our own
	`dotShape|dotStyle|mermaidArrow|kindName|lineClass`,
	`(\w+\.)*b\.String`, // what was written into a builder, which is checked itself
}, "|") + `)$`)

// transparent functions give back what they are given, shorter or with a colour.
var transparent = regexp.MustCompile(`^(Cut|reports\.Cut|s\.paint|strings\.TrimSpace|strings\.TrimRight|cmp\.Or)$`)

// rawWrite is a write of text that no escaper made.
type rawWrite struct{ where, fn, call, arg string }

// TestRawWrites holds that text reaches a terminal, a page or a file through the
// escaping helper of its medium only. Syntax alone shows it: what a function
// writes is constant, a number, or comes out of an escaper, in place or by a
// variable of that function. Whatever else is written stands in allowedWrites,
// by function, with the reason why it is harmless; a function there that writes
// nothing raw any more fails too.
func TestRawWrites(t *testing.T) {
	found := map[string][]rawWrite{}
	for _, top := range []string{"cmd", "reports"} {
		for _, w := range rawWritesBelow(t, filepath.Join("..", "..", top)) {
			found[w.fn] = append(found[w.fn], w)
		}
	}
	for fn, writes := range found {
		if allowedWrites()[fn] == "" {
			for _, w := range writes {
				t.Errorf("%s: %s writes %s raw in %s: escape it for its medium", w.where, w.fn, w.arg, w.call)
			}
		}
	}
	for fn := range allowedWrites() {
		require.NotEmpty(t, found[fn], "%s writes nothing raw: take it off the list", fn)
	}
}

func rawWritesBelow(t *testing.T, root string) (out []rawWrite) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(filepath.Join("..", ".."), filepath.Dir(name))
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				out = append(out, rawWritesOf(set, filepath.ToSlash(rel)+"."+funcName(fn), fn)...)
			}
		}
		return err
	}))
	return out
}

func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return exprText(typ) + "." + fn.Name.Name
}

// rawWritesOf gives the raw writes of a function. A variable counts as safe if
// every assignment to it in the function is.
func rawWritesOf(set *token.FileSet, name string, fn *ast.FuncDecl) (out []rawWrite) {
	safe := safeVariables(fn)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, arg := range written(call) {
			if !isSafe(arg, safe) {
				out = append(out, rawWrite{set.Position(arg.Pos()).String(), name, exprText(call.Fun), exprText(arg)})
			}
		}
		return true
	})
	return out
}

// written gives the text arguments of a call that writes; none of another call.
func written(call *ast.CallExpr) []ast.Expr {
	name := exprText(call.Fun)
	switch {
	case name == "fmt.Fprint", name == "fmt.Fprintln", name == "io.WriteString":
		return call.Args[1:]
	case name == "fmt.Fprintf":
		return textArgs(call.Args[1:])
	case strings.HasSuffix(name, ".WriteString") && len(call.Args) == 1:
		return call.Args
	}
	return nil
}

// textArgs gives those arguments of a format that it writes as text: numbers and
// quoted ones are harmless. A format that is not constant is text itself.
func textArgs(args []ast.Expr) []ast.Expr {
	lit, ok := args[0].(*ast.BasicLit)
	if !ok {
		return args
	}
	format, err := strconv.Unquote(lit.Value)
	if err != nil {
		return args
	}
	var out []ast.Expr
	verbs := regexp.MustCompile(`%[-+# 0-9.*\[\]]*([a-zA-Z%])`).FindAllStringSubmatch(format, -1)
	at := 1
	for _, v := range verbs {
		if v[1] == "%" {
			continue
		}
		at += strings.Count(v[0], "*")
		if at < len(args) && strings.Contains("sv", v[1]) {
			out = append(out, args[at])
		}
		at++
	}
	return out
}

func safeVariables(fn *ast.FuncDecl) map[string]bool {
	safe, unsafe := map[string]bool{}, map[string]bool{}
	for range 3 { // one variable may be made of another
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if as, ok := n.(*ast.AssignStmt); ok {
				for i, left := range as.Lhs {
					id, ok := left.(*ast.Ident)
					if !ok {
						continue
					}
					if len(as.Lhs) == len(as.Rhs) && isSafe(as.Rhs[i], safe) {
						safe[id.Name] = true
					} else {
						unsafe[id.Name] = true
					}
				}
			}
			return true
		})
		for v := range unsafe {
			delete(safe, v)
		}
		unsafe = map[string]bool{}
	}
	return safe
}

// isSafe reports whether an expression is constant, out of an escaper, or made of
// such.
func isSafe(e ast.Expr, safe map[string]bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return safe[e.Name]
	case *ast.ParenExpr:
		return isSafe(e.X, safe)
	case *ast.BinaryExpr:
		return isSafe(e.X, safe) && isSafe(e.Y, safe)
	case *ast.CallExpr:
		name := exprText(e.Fun)
		if escapers.MatchString(name) {
			return true
		}
		if transparent.MatchString(name) {
			return !slices.ContainsFunc(e.Args, func(a ast.Expr) bool { return !isNumber(a) && !isSafe(a, safe) })
		}
		if name == "fmt.Sprintf" {
			for _, a := range textArgs(e.Args) {
				if !isSafe(a, safe) {
					return false
				}
			}
			return true
		}
	}
	return false
}

// isNumber reports whether an argument is plainly a width, or the code of a colour.
func isNumber(e ast.Expr) bool {
	if minus, ok := e.(*ast.BinaryExpr); ok && minus.Op == token.SUB {
		return true
	}
	return slices.Contains([]string{"bold", "dim", "code"}, exprText(e))
}

func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return exprText(e.Fun) + "(…)"
	case *ast.BasicLit:
		return e.Value
	case *ast.StarExpr:
		return "*" + exprText(e.X)
	}
	return fmt.Sprintf("%T", e)
}

// allowedWrites says of each function that writes something else why it is
// harmless.
func allowedWrites() map[string]string {
	const (
		diagnostic = "a Diagnostic escapes itself (msp/inventory.TestFileNamesAreMadeHarmless)"
		words      = "words of our own"
		hash       = "goes into a hash, not out"
		ours       = "file of ours, embedded"
	)
	pipeline := "cmd/mspscan/internal/pipeline."
	return map[string]string{
		"cmd/mspscan.printError":           diagnostic,
		"cmd/mspscan.validate":             diagnostic + "; the summary is counts",
		"cmd/mspscan.rulesList":            "severity and kind of subject are enumerations",
		"cmd/mspscan.rulesNew":             "a rule file, of an id that was checked",
		"cmd/mspscan.versionCommand":       "set by the linker",
		"cmd/mspscan.visibleLines":         "the line end that was cut off before",
		pipeline + "Answers.tell":          diagnostic + "; the last line is counts",
		pipeline + "warn":                  diagnostic,
		pipeline + "Trend.print":           "a date and a grade: a time.Time and " + words,
		pipeline + "bar.show":              "counts, made by bar.line",
		pipeline + "sweepBar.one":          "counts, made by bar.line",
		pipeline + "embed":                 hash,
		pipeline + "hashZones":             hash,
		pipeline + "indented":              "YAML of a waiver, quoted by its writer (msp/review.TestWaiverYAML)",
		pipeline + "job.dryRun":            "names of probes and sizes: " + words,
		pipeline + "whatIfResult.print":    "amounts, through TerminalText in money",
		pipeline + "whatIfResult.printFix": "amounts, through TerminalText in money",

		pipeline + "whatIfResult.printProviders": "a line of amounts, through TerminalText in money, and of scores",

		"reports.Portfolio.WriteMarkdown":   "a grade",
		"reports.Portfolio.WriteSummary":    "a grade",
		"reports.PortfolioChanged.markdown": "severity and state are enumerations",
		"reports.markdown.findingCounts":    "severity is an enumeration",
		"reports.markdown.head":             "a grade, and amounts through MarkdownText in markdown.money",
		"reports.markdown.table":            "title and head are constants; each row is made by cell, and TestMarkdownOfHostileReport renders all",
		"reports.matcher.replace":           "redacts text before it is rendered: no medium yet",
		"reports.nameTable.vendors":         "compares names: no medium",
		"reports.visible":                   "reads text for redaction: no medium yet",
		"reports.summaryWriter.line":        "wrapped text, through TerminalText two lines before",
		"reports.writeDOT":                  "keys n0, n1, …: " + words,
		"reports.writeMermaid":              "keys n0, n1, … and shapes: " + words,
		"reports/ci.JUnit.Render":           "the XML header of the standard library",
		"reports/graphout.GraphML":          "a table of constants",
		"reports/graphout.label":            "kinds of nodes: " + words,
		"reports/graphout.picture.open":     "numbers",
		"reports/graphout.write":            "text that was made by the functions above",
		"reports/html.write":                ours,
		"reports/xlsx.book.way":             "a cell's text, through text; names were when they were kept",
		"reports/xlsx.cleaner.text":         "cleans text of other parties before it is written: no medium yet",
		"reports/xlsx.sortTypes":            "parts of a workbook that the library wrote",
	}
}
