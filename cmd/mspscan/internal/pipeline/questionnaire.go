package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/msp/questionnaire"
	"mspscan/reports"
	"mspscan/reports/xlsx"
)

// answerDays is how long a party gets to answer unless told otherwise.
const answerDays = 21

// Questions asks the parties of an inventory for what it does not know.
type Questions struct {
	File     string // inventory or journal
	Dir      string // where the questionnaires go
	CSV      bool
	Letter   bool
	RuleDirs []string
	Now      time.Time
	Due      msp.Date // zero = three weeks after now
}

// Export writes one file a party. A file that is there already may hold answers,
// so it is never overwritten.
func (q Questions) Export(ctx context.Context, s Streams) error {
	sheets, err := q.sheets(ctx)
	if err != nil {
		return err
	}
	if len(sheets) == 0 {
		fmt.Fprintln(s.Err, "nothing is unknown or too old: there is nothing to ask")
		return nil
	}
	outs := make([]Output, len(sheets))
	by := map[string]questionnaire.Sheet{}
	for i, sheet := range sheets {
		name := filepath.Join(q.Dir, "questionnaire-"+msp.Slug(sheet.Party)+q.ending())
		if _, err := os.Lstat(name); err == nil {
			return usage("%s is there already and may hold answers; nothing was written", name)
		}
		outs[i] = Output{Format: sheet.Party, File: name}
		by[sheet.Party] = sheet
	}
	if err := os.MkdirAll(q.Dir, 0o700); err != nil {
		return coded(CodeInternal, fmt.Errorf("make folder: %w", err))
	}
	err = writeAll(outs, s.Out, func(o Output, w io.Writer) error { return q.render(w, by[o.Format]) })
	if err != nil {
		return coded(CodeInternal, err)
	}
	for i, o := range outs {
		fmt.Fprintf(s.Err, "wrote %s: %d questions\n", msp.Visible(o.File), len(sheets[i].Rows))
	}
	return nil
}

func (q Questions) ending() string {
	if q.CSV {
		return ".csv"
	}
	return ".xlsx"
}

func (q Questions) render(w io.Writer, sheet questionnaire.Sheet) error {
	if q.CSV {
		return questionnaire.WriteCSV(w, sheet, reports.CSVCell)
	}
	return xlsx.Questionnaire{Letter: q.Letter}.Render(w, sheet)
}

// sheets judges the inventory and makes the questions.
func (q Questions) sheets(ctx context.Context) ([]questionnaire.Sheet, error) {
	j, err := newJudge(Config{RuleDirs: q.RuleDirs})
	if err != nil {
		return nil, err
	}
	g, started, err := j.load(q.File)
	if err != nil {
		return nil, err
	}
	now := asOf(Config{Now: q.Now}, started)
	v, err := j.evaluate(ctx, g, now)
	if err != nil {
		return nil, coded(CodeInternal, err)
	}
	due := q.Due
	if !due.Known() {
		due = msp.DateOf(now.AddDate(0, 0, answerDays))
	}
	answers := v.model.Answers()
	return questionnaire.Build(questionnaire.Input{
		Inventory: g.Inventory(), Questions: weighed(v.result.Questions, v.model, g), Rules: j.rules.Rules(), Now: now, Due: due,
		Worth: func(access string, c msp.Control) float64 {
			return answers.At(access, c).Range // 0 for a door that the model leaves out
		},
	}), nil
}

// load gives the graph of an inventory or a journal and the time to judge it
// by: the clock's, or the start of the run.
func (j *judge) load(file string) (*graph.Graph, time.Time, error) {
	if isJournal(file) {
		run, err := journal.Open(file)
		if err != nil {
			return nil, time.Time{}, coded(CodeUsage, err)
		}
		g, err := j.replay(run)
		return g, run.Header.Started, err
	}
	loaded, err := inventory.Load([]string{file})
	if err != nil {
		return nil, time.Time{}, coded(CodeUsage, err)
	}
	g, err := graph.New(loaded.Inventory, j.catalog)
	return g, time.Now().UTC(), coded(CodeUsage, err)
}

// Answers brings a filled-in questionnaire into an inventory.
type Answers struct {
	File      string // the questionnaire
	Inventory string // YAML or JSON
	Out       string // "" = the inventory itself, - = stdout
	Now       time.Time
}

// Import writes the answers. Conflicts are listed and leave the inventory as it
// is there; the other answers are written, and the exit code is that of a failed
// gate.
func (a Answers) Import(s Streams) error {
	questions, err := readFile(a.File)
	if err != nil {
		return err
	}
	inv, err := readFile(a.Inventory)
	if err != nil {
		return err
	}
	answers, err := inventory.ReadAnswers(questions)
	if err != nil {
		return coded(CodeUsage, err)
	}
	done, err := inventory.Fill(inv, answers, asOf(Config{Now: a.Now}, time.Now().UTC()))
	if err != nil {
		return coded(CodeUsage, err)
	}
	if err := a.write(s, done); err != nil {
		return coded(CodeInternal, err)
	}
	return a.tell(s.Err, done)
}

// readFile reads a file that is as large as an inventory may be.
func readFile(name string) (inventory.File, error) {
	data, err := readUpTo(name, inventory.MaxFile)
	if err != nil {
		return inventory.File{}, coded(CodeUsage, fmt.Errorf("read file: %w", err))
	}
	if len(data) > inventory.MaxFile {
		return inventory.File{}, usage("read %s: it is larger than %d MiB", name, inventory.MaxFile>>20)
	}
	return inventory.File{Name: name, Data: data}, nil
}

// write puts the inventory where it belongs. The inventory itself is replaced
// only if there is something new, keeps its rights, and is written through a
// link.
func (a Answers) write(s Streams, done inventory.Filled) error {
	out := Output{Format: "inventory", File: a.Out}
	data := func(_ Output, w io.Writer) error {
		_, err := w.Write(done.Data)
		return err
	}
	if a.Out != "" {
		return writeAll([]Output{out}, s.Out, data)
	}
	if done.Written == 0 {
		return nil
	}
	name, err := filepath.EvalSymlinks(a.Inventory)
	if err != nil {
		return fmt.Errorf("find inventory: %w", err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("look at inventory: %w", err)
	}
	out.File = name
	return errors.Join(writeAll([]Output{out}, s.Out, data), os.Chmod(name, info.Mode().Perm()))
}

// tell says what was done, and fails if there were conflicts.
func (a Answers) tell(w io.Writer, done inventory.Filled) error {
	for _, d := range done.Conflicts {
		fmt.Fprintln(w, d)
	}
	for _, d := range done.Notes {
		fmt.Fprintln(w, d)
	}
	parts := []string{fmt.Sprintf("written: %d", done.Written)}
	if done.Same > 0 {
		parts = append(parts, fmt.Sprintf("there already: %d", done.Same))
	}
	if n := len(done.Conflicts); n > 0 {
		parts = append(parts, fmt.Sprintf("not written, see above: %d", n))
	}
	fmt.Fprintln(w, strings.Join(parts, "; "))
	if len(done.Conflicts) > 0 {
		return &Error{Code: CodeGate}
	}
	return nil
}
