package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/inventory"
	"mspscan/msp/strict"
)

// mostModel bounds the file of transmission tables, in bytes.
const mostModel = 1 << 20

// loadTables reads the transmission tables of a file; "" = those built in.
func loadTables(name string) (exposure.Tables, error) {
	if name == "" {
		return exposure.DefaultTables(), nil
	}
	data, err := readUpTo(name, mostModel)
	if err != nil {
		return exposure.Tables{}, coded(CodeUsage, fmt.Errorf("read model: %w", err))
	}
	t, err := exposure.ReadTables(name, data)
	return t, coded(CodeUsage, diagnostics(err))
}

// diagnostics words the problems of a strict file as those of an inventory.
func diagnostics(err error) error {
	var list strict.Problems
	if !errors.As(err, &list) {
		return err
	}
	var out inventory.Diagnostics
	for _, p := range list {
		out = append(out, inventory.Diagnostic{Pos: p.Pos, Problem: p.What, Want: p.Want})
	}
	return out
}

// warnTables says that a run is weighed with tables of somebody's own.
func warnTables(w io.Writer, quiet bool, file string, t exposure.Tables) {
	if t.BuiltIn() {
		return
	}
	warn(w, quiet, inventory.Diagnostics{{
		Pos: msp.Pos{File: file, Line: 1, Column: 1}, Warning: true,
		Problem: fmt.Sprintf("exposure is weighed with the tables %s of this file, not with the built-in %s", t.Version, exposure.TablesV1),
		Want:    "compare its money, scores and grades with reports of the same tables only",
	}})
}

// recorded gives what a journal keeps of the tables of its scan.
func recorded(t exposure.Tables) string {
	if t.BuiltIn() {
		return ""
	}
	return t.Version + " " + t.Hash()
}

// tableNotes says in a report that its tables are not those built in, and where
// the scan, or the run that it is compared with, was weighed with others.
func tableNotes(t exposure.Tables, scan string, p *past) []string {
	var notes []string
	if !t.BuiltIn() {
		notes = append(notes, fmt.Sprintf("Weighed with the exposure tables %s (SHA-256 %s…), not with the built-in %s: money, scores and grades compare only with reports of the same tables.",
			t.Version, t.Hash()[:12], exposure.TablesV1))
	}
	if version, _, _ := strings.Cut(scan, " "); scan != recorded(t) {
		notes = append(notes, fmt.Sprintf("The scan was weighed with the exposure tables %s, this report with %s: --model FILE chooses them.", cmp.Or(version, exposure.TablesV1), t.Version))
	}
	if p == nil {
		return notes
	}
	if was := p.report.Run.Tables; was.SHA256 != "" && was.SHA256 != t.Hash() {
		notes = append(notes, fmt.Sprintf("The run before was weighed with the exposure tables %s: a change of money, score or grade may come from the tables alone.", was.Version))
	}
	return notes
}
