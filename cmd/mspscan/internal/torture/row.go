// Package torture keeps the figures of the tests that maltreat the built program:
// kills, power losses, full disks, failing system calls, signals, bad input, long
// use. The tests stand behind the build tag torture and are run by `make torture`;
// each writes a row, and the rows make one JSON and one table.
package torture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"mspscan/msp"
)

// Schema names the form of the JSON.
const Schema = "mspscan/torture/v1"

// Row is one case: what was done to the program, how often, and how often a
// promise was broken. A case that this machine can't do has NotRun and no tries.
type Row struct {
	Case    string             `json:"case"`
	What    string             `json:"what"`
	Tries   int                `json:"tries"`
	Faults  int                `json:"faults"`
	NotRun  string             `json:"not_run,omitempty"`
	First   string             `json:"first_fault,omitempty"`
	Seconds float64            `json:"seconds"`
	Figures map[string]float64 `json:"figures,omitempty"`
}

// Report is all rows of a run and their sums. Wire is what the harness of the
// network said, as it said it.
type Report struct {
	Schema  string          `json:"schema"`
	Form    string          `json:"form"` // short or long
	Program string          `json:"program"`
	Machine string          `json:"machine"`
	Cases   []Row           `json:"cases"`
	Tries   int             `json:"tries"`
	Faults  int             `json:"faults"`
	NotRun  int             `json:"not_run"`
	Wire    json.RawMessage `json:"wire,omitempty"`
}

const rowEnding = ".row.json"

// Save writes the row into a folder, for Collect.
func (r Row) Save(dir string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding row %s: %w", r.Case, err)
	}
	return os.WriteFile(filepath.Join(dir, r.Case+rowEnding), data, 0o600)
}

// Collect reads the rows of a folder, sorted by case, and wire.json if it is
// there. A case that was tried no time and does not say why counts as a fault: it
// never passes for one that held.
func Collect(dir string) (Report, error) {
	out := Report{Schema: Schema}
	names, err := filepath.Glob(filepath.Join(dir, "*"+rowEnding))
	if err != nil {
		return out, err
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return out, fmt.Errorf("reading row: %w", err)
		}
		var r Row
		if err := json.Unmarshal(data, &r); err != nil {
			return out, fmt.Errorf("reading row %s: %w", filepath.Base(name), err)
		}
		out.add(r)
	}
	wire, err := os.ReadFile(filepath.Join(dir, "wire.json"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return out, nil
	case err != nil:
		return out, err
	case !json.Valid(wire):
		return out, errors.New("wire.json is not JSON")
	}
	out.Wire = wire
	return out, nil
}

func (r *Report) add(row Row) {
	if row.Tries == 0 && row.NotRun == "" && row.Faults == 0 {
		row.Faults, row.First = 1, "it was never tried"
	}
	r.Cases = append(r.Cases, row)
	r.Tries += row.Tries
	r.Faults += row.Faults
	if row.NotRun != "" {
		r.NotRun++
	}
}

// Table writes the rows for a person.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "CASE\tTRIES\tFAULTS\tSECONDS\tFIGURES\n")
	for _, row := range r.Cases {
		tries, faults := strconv.Itoa(row.Tries), strconv.Itoa(row.Faults)
		if row.NotRun != "" {
			tries, faults = "-", "not run"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.0f\t%s\n", msp.Visible(row.Case), tries, faults, row.Seconds, msp.Visible(row.said()))
	}
	fmt.Fprintf(t, "all\t%d\t%d\t\t%d cases, %d not run\n", r.Tries, r.Faults, len(r.Cases), r.NotRun)
	return t.Flush()
}

// said gives the figures of a row, or why there are none.
func (r Row) said() string {
	if r.NotRun != "" {
		return r.NotRun
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(r.Figures)) {
		list = append(list, name+" "+strconv.FormatFloat(math.Round(r.Figures[name]*100)/100, 'f', -1, 64))
	}
	if r.First != "" {
		first, _, _ := strings.Cut(r.First, "\n")
		list = append(list, "first fault: "+first)
	}
	return strings.Join(list, ", ")
}
