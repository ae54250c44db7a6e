package pipeline

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/reports/register"
)

// RegisterFormats lists the registers that can be written.
func RegisterFormats() []string { return []string{"ism1737", "dora", "cps230"} }

// Register writes a register of providers.
type Register struct {
	File   string // inventory or journal
	Format string
	Out    string // "" or - = stdout; for dora the base name of its four files
	LEI    string // of the organisation
	Raw    bool   // no guard against formulas
}

// Export writes the register and names what it lacks. For dora, what the
// supervisors' checks would refuse gives the exit code of a failed gate: the
// files are there.
func (x Register) Export(s Streams) error {
	if x.Format == "dora" && (x.Out == "" || x.Out == "-") {
		return usage("dora has four templates; name their files with -o NAME.csv")
	}
	g, err := loadGraph(x.File)
	if err != nil {
		return err
	}
	tables, problems, err := x.tables(g)
	if err != nil {
		return err
	}
	outs, by := x.outputs(tables)
	err = writeAll(outs, s.Out, func(o Output, w io.Writer) error { return by[o].WriteCSV(w, x.Raw) })
	if err != nil {
		return coded(CodeInternal, err)
	}
	for _, p := range problems {
		fmt.Fprintln(s.Err, said(p))
	}
	for _, o := range outs {
		if o.File != "-" {
			fmt.Fprintf(s.Err, "wrote %s: %d rows\n", msp.Visible(o.File), len(by[o].Rows))
		}
	}
	if slices.ContainsFunc(problems, func(p register.Problem) bool { return p.Check != 0 }) {
		return &Error{Code: CodeGate}
	}
	return nil
}

func (x Register) tables(g *graph.Graph) ([]register.Table, []register.Problem, error) {
	switch x.Format {
	case "ism1737":
		t, p := register.ISM1737(g.Inventory())
		return []register.Table{t}, p, nil
	case "cps230":
		t, p := register.CPS230(g)
		return []register.Table{t}, p, nil
	case "dora":
		t, p := register.DORA(g, x.LEI)
		return t, p, nil
	}
	return nil, nil, usage("unknown register %q; known: %s", x.Format, strings.Join(RegisterFormats(), ", "))
}

// outputs names a file for each table.
func (x Register) outputs(tables []register.Table) ([]Output, map[Output]register.Table) {
	by := map[Output]register.Table{}
	var outs []Output
	for _, t := range tables {
		o := Output{Format: t.Name, File: x.Out}
		if o.File == "" {
			o.File = "-"
		}
		if len(tables) > 1 {
			ext := filepath.Ext(x.Out)
			o.File = strings.TrimSuffix(x.Out, ext) + "-" + strings.ToLower(t.Name) + ext
		}
		outs = append(outs, o)
		by[o] = t
	}
	return outs, by
}

// said words a problem as a warning at its place.
func said(p register.Problem) string {
	if !p.Pos.Known() {
		return "warning: " + msp.Visible(p.What) + "; " + msp.Visible(p.Want)
	}
	return inventory.Diagnostic{Pos: p.Pos, Problem: p.What, Want: p.Want, Warning: true}.String()
}

// ImportRegister writes a draft inventory from a managed service register. out
// "" or - is stdout; a file that is there is never overwritten.
func ImportRegister(file, organisation, out string, s Streams) error {
	f, err := readFile(file)
	if err != nil {
		return err
	}
	data, err := inventory.DraftOfISM1737(f, organisation)
	if err != nil {
		return coded(CodeUsage, err)
	}
	o := Output{Format: "inventory", File: out}
	if out == "" {
		o.File = "-"
	} else if _, err := os.Lstat(out); err == nil && out != "-" {
		return usage("%s exists; it was not overwritten", out)
	}
	return coded(CodeInternal, writeAll([]Output{o}, s.Out, func(_ Output, w io.Writer) error {
		_, err := w.Write(data)
		return err
	}))
}
