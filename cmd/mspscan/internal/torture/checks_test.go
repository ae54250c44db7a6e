//go:build torture && linux

package torture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mspscan/msp/journal"
)

// wholeLines gives the lines of a journal, plain or packed, that ended: what a
// reader of the file can see at this moment.
func wholeLines(name string) ([]string, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".gz") {
		data = unpacked(data)
	}
	end := bytes.LastIndexByte(data, '\n')
	if end < 0 {
		return nil, nil
	}
	return strings.Split(string(data[:end]), "\n"), nil
}

// unpacked gives as much as can be had of a packed file that may be cut.
func unpacked(data []byte) []byte {
	z, err := gzip.NewReader(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	_, _ = io.Copy(&out, z) // its end may be missing
	return out.Bytes()
}

// keeps checks that a journal begins with lines that were seen in it before, and
// that it can be read.
func keeps(name string, seen []string) ([]string, error) {
	now, err := wholeLines(name)
	if err != nil {
		return nil, err
	}
	if len(now) < len(seen) {
		return nil, fmt.Errorf("the journal lost records: %d of %d are left", len(now), len(seen))
	}
	for i, line := range seen {
		if now[i] != line {
			return nil, fmt.Errorf("record %d of the journal changed", i+1)
		}
	}
	if len(now) == 0 {
		return now, nil // not begun
	}
	if _, err := journal.Open(name); err != nil {
		return nil, fmt.Errorf("the journal cannot be read: %w", err)
	}
	return now, nil
}

// bench is a folder in which one run of the sample is maltreated.
type bench struct {
	*lab
	dir, record string
	formats     []string
	old         map[string][]byte // what stands there, by file
	seen        []string          // records of the journal that a reader saw

	rendered   map[string][]byte // what report makes of the journal
	renderedOf string            // its hash
}

// newBench makes a bench: with reports of an earlier day, no journal.
func (l *lab) newBench(dir, record string, formats ...string) (*bench, error) {
	b := &bench{lab: l, dir: dir, record: record, formats: formats, old: map[string][]byte{}}
	for _, f := range formats {
		b.old["r."+f] = []byte("the " + f + " of an earlier day\n")
		if err := os.WriteFile(filepath.Join(dir, "r."+f), b.old["r."+f], 0o600); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) path() string { return filepath.Join(b.dir, b.record) }

// look notes what a reader of the journal sees now.
func (b *bench) look() error {
	seen, err := keeps(b.path(), b.seen)
	if err == nil {
		b.seen = seen
	}
	return err
}

// fresh renders the journal anew, elsewhere: what a new report has to be, byte by
// byte. The same journal is rendered once.
func (b *bench) fresh() (map[string][]byte, error) {
	data, err := os.ReadFile(b.path())
	if err != nil {
		return nil, err
	}
	if now := string(sum(data)); b.rendered == nil || now != b.renderedOf {
		b.renderedOf = now
		b.rendered, err = b.render()
	}
	return b.rendered, err
}

func (b *bench) render() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "torture-fresh-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if o := b.run(dir, reportArgs(b.path(), b.formats...)...); o.code != 0 {
		return nil, fmt.Errorf("the journal behind a new report gives none: %d %s", o.code, o.stderr)
	}
	return readAll(dir)
}

// whole checks after a blow: every report is the old or the new one to the byte,
// and the journal holds what was seen. It gives how many reports are new and how
// many temporary files were left.
func (b *bench) whole() (renewed, temps int, err error) {
	if err := b.look(); err != nil {
		return 0, 0, err
	}
	files, err := readAll(b.dir)
	if err != nil {
		return 0, 0, err
	}
	var fresh map[string][]byte
	for name, old := range b.old {
		now, there := files[name]
		if !there {
			return 0, 0, fmt.Errorf("%s is gone", name)
		}
		if bytes.Equal(now, old) {
			continue
		}
		if fresh == nil {
			if fresh, err = b.fresh(); err != nil {
				return 0, 0, err
			}
		}
		if !bytes.Equal(now, fresh[name]) {
			return 0, 0, fmt.Errorf("%s is neither the old nor the new report: %d bytes, new has %d", name, len(now), len(fresh[name]))
		}
		renewed++
	}
	for name := range files {
		if strings.HasPrefix(name, ".mspscan-") {
			temps++
		}
	}
	return renewed, temps, nil
}

// settleOld takes the reports as they stand for the old ones.
func (b *bench) settleOld() error {
	files, err := readAll(b.dir)
	for name := range b.old {
		b.old[name] = files[name]
	}
	return err
}

// finish goes on with the journal, undisturbed, and checks that the end is that of
// an undisturbed run: the same facts, the same bytes in every report, and the
// bytes of the reference in those that hold no clock.
func (b *bench) finish() error {
	o := b.run(b.dir, b.scanArgs(b.record, b.formats...)...)
	if o.code != 0 {
		return fmt.Errorf("--resume ends with %d: %s", o.code, o.stderr)
	}
	return b.complete()
}

// complete checks that a run came to its end as an undisturbed one does.
func (b *bench) complete() error {
	if err := b.look(); err != nil {
		return err
	}
	run, err := journal.Open(b.path())
	if err != nil {
		return err
	}
	if !run.End.Complete || run.Torn {
		return fmt.Errorf("the journal is not complete: complete %t, torn %t", run.End.Complete, run.Torn)
	}
	if err := same(b.facts, factLines(run)); err != nil {
		return fmt.Errorf("the facts differ from an undisturbed run: %w", err)
	}
	fresh, err := b.fresh()
	if err != nil {
		return err
	}
	for _, f := range b.formats {
		now, err := os.ReadFile(filepath.Join(b.dir, "r."+f))
		if err != nil {
			return err
		}
		if !bytes.Equal(now, fresh["r."+f]) {
			return fmt.Errorf("r.%s is not what report makes of the journal", f)
		}
		if want, ok := b.lab.files[f]; ok && !bytes.Equal(now, want) {
			return fmt.Errorf("r.%s differs from that of an undisturbed run: %s", f, firstDifference(want, now))
		}
		if f == "json" && !json.Valid(now) {
			return errors.New("r.json is not JSON")
		}
	}
	return nil
}

func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d:\n want %.300s\n  got %.300s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// sum is a short hash, to compare with.
func sum(data []byte) []byte {
	h := sha256.Sum256(data)
	return h[:8]
}
