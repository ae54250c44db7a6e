package journal

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"

	"mspscan/msp/fact"
)

// Limits of what Read takes in.
const (
	maxLine = 64 << 20 // bytes; a header embeds its inventory
	maxSize = 8 << 30  // bytes, unpacked
)

// ErrJournal is the cause of every error about a journal's content.
var ErrJournal = errors.New("not a journal of mspscan")

// Open reads the journal of a file; a name ending in .gz is unpacked.
func Open(name string) (*Run, error) {
	return opened(name, func(f *os.File) (*Run, error) { return Read(f) })
}

// opened reads from the file of a journal.
func opened[T any](name string, read func(*os.File) (*T, error)) (*T, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	out, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", name, err)
	}
	return out, nil
}

// Read takes in a journal, packed or not. Lines may come in any order behind
// the header; a last line without its end is left out. Anything else that does
// not parse is an error with its line.
func Read(r io.Reader) (*Run, error) {
	br, err := unpack(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	d := decoder{facts: map[string]fact.Fact{}, tasks: map[fact.Task]bool{}}
	if err := d.lines(br); err != nil {
		return nil, err
	}
	return d.run(), nil
}

// unpack looks through the packing of gzip, if there is one.
func unpack(br *bufio.Reader) (*bufio.Reader, error) {
	if magic, err := br.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return br, nil //nolint:nilerr // an error of reading comes again with the first line
	}
	zr, err := gzip.NewReader(bufio.NewReader(&zeroTail{r: br}))
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(zr, 1<<16), nil
}

type decoder struct {
	out   Run
	facts map[string]fact.Fact
	tasks map[fact.Task]bool
	size  int64
}

func (d *decoder) lines(br *bufio.Reader) error {
	for n := 1; ; n++ {
		line, err := readLine(br)
		d.size += int64(len(line))
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return d.done(n)
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			d.out.Torn = d.line(line) != nil
			if d.out.Torn && n == 1 {
				return fmt.Errorf("%w: line 1 is cut", ErrJournal)
			}
			return d.done(n)
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		case d.size > maxSize:
			return fmt.Errorf("%w: over %d bytes", ErrJournal, int64(maxSize))
		}
		if err := d.line(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if n == 1 && d.out.Header.Schema == "" {
			return fmt.Errorf("%w: line 1 is no header", ErrJournal)
		}
	}
}

func (d *decoder) done(n int) error {
	if d.out.Header.Schema == "" {
		return fmt.Errorf("%w: no header in %d lines", ErrJournal, n-1)
	}
	return nil
}

// readLine gives a line without its end; with io.EOF, what is left.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("%w: a line of over %d bytes", ErrJournal, maxLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

func (d *decoder) line(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	switch kind.Kind {
	case "run":
		return d.header(line)
	case "task":
		return read(line, func(t taskLine) { d.tasks[t.Task] = true })
	case "fact":
		return read(line, func(f factLine) { d.facts[f.ID] = f.Fact })
	case "end":
		return read(line, func(e End) { d.out.End = e }) // the last: a resumed run writes another
	}
	return fmt.Errorf("%w: unknown kind %q; known: run, task, fact, end", ErrJournal, kind.Kind)
}

func (d *decoder) header(line []byte) error {
	var h Header
	if err := json.Unmarshal(line, &h); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	if h.Schema != Schema {
		return fmt.Errorf("%w: schema %q; this version reads %q", ErrJournal, h.Schema, Schema)
	}
	if d.out.Header.Schema == "" {
		d.out.Header = h
		return nil
	}
	if h.InventorySHA256 != d.out.Header.InventorySHA256 {
		return fmt.Errorf("%w: two runs of different inventories in one file", ErrJournal)
	}
	return nil // a resumed run: the first header holds
}

// end keeps the latest of the ends of several runs.
func (d *decoder) end(e End) {
	if d.out.End.Kind == "" || e.Finished.After(d.out.End.Finished) {
		d.out.End = e
	}
}

func read[T any](line []byte, take func(T)) error {
	var v T
	if err := json.Unmarshal(line, &v); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	take(v)
	return nil
}

func (d *decoder) run() *Run {
	for t := range d.tasks {
		d.out.Tasks = append(d.out.Tasks, t)
	}
	for _, f := range d.facts {
		d.out.Facts = append(d.out.Facts, f)
	}
	d.out.sort()
	return &d.out
}

func (r *Run) sort() {
	sort.Slice(r.Tasks, func(i, j int) bool { return r.Tasks[i].Less(r.Tasks[j]) })
	sort.Slice(r.Facts, func(i, j int) bool {
		if r.Facts[i].Task != r.Facts[j].Task {
			return r.Facts[i].Task.Less(r.Facts[j].Task)
		}
		return r.Facts[i].ID < r.Facts[j].ID
	})
}

// Merge joins the facts of runs of the same inventory: a union, sorted, the
// same fact once. The earliest header holds; the whole is complete if each is.
func Merge(runs ...*Run) (*Run, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("merge journals: none given")
	}
	sorted := slices.Clone(runs)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i].Header, sorted[j].Header
		if !a.Started.Equal(b.Started) {
			return a.Started.Before(b.Started)
		}
		return a.ID < b.ID
	})
	d := decoder{facts: map[string]fact.Fact{}, tasks: map[fact.Task]bool{}}
	d.out.Header = sorted[0].Header
	complete := true
	for _, r := range sorted {
		if r.Header.InventorySHA256 != d.out.Header.InventorySHA256 {
			return nil, fmt.Errorf("merge journals: %s and %s are of different inventories", d.out.Header.ID, r.Header.ID)
		}
		for _, t := range r.Tasks {
			d.tasks[t] = true
		}
		for _, f := range r.Facts {
			d.facts[f.ID] = f
		}
		d.end(r.End)
		complete = complete && r.End.Complete
	}
	d.out.End.Complete = complete
	return d.run(), nil
}
