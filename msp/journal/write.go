package journal

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"mspscan/msp/fact"
	"mspscan/msp/filelock"
)

// batch is how many lines are written between two syncs.
const batch = 64

// syncer is a file that can be made durable.
type syncer interface {
	io.Writer
	Sync() error
}

// Writer appends lines to a journal. It is safe for use by several goroutines.
// What Flush or Close acknowledged is on disk. After an error every later call
// gives that error: a failed sync is never tried again.
type Writer struct {
	mu      sync.Mutex
	file    syncer
	closer  io.Closer
	zip     *gzip.Writer
	buf     *bufio.Writer
	enc     *json.Encoder
	pending int
	err     error
}

// Create starts a journal in a new file; mode 0600. A file that is there is an
// error, so that no record is overwritten. The file is locked until Close.
func Create(name string, h Header) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	return begin(f, h)
}

// begin writes the header into a file that is new or empty.
func begin(f *os.File, h Header) (*Writer, error) {
	err := filelock.Lock(f)
	if err == nil {
		w := newWriter(f, f, packed(f.Name()))
		if err = w.start(h); err == nil {
			err = syncFolder(f.Name())
		}
		if err == nil {
			return w, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("create journal: %w", err), f.Close())
}

func packed(name string) bool { return strings.HasSuffix(name, ".gz") }

// syncFolder makes the name of a new file durable. A folder that can't be synced
// (some file systems, Windows) is no reason to lose a run.
func syncFolder(name string) error {
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return nil //nolint:nilerr // a folder may be written and not read
	}
	_ = d.Sync()
	return d.Close()
}

func newWriter(f syncer, c io.Closer, pack bool) *Writer {
	w := &Writer{file: f, closer: c}
	var to io.Writer = f
	if pack {
		w.zip = gzip.NewWriter(f)
		to = w.zip
	}
	w.buf = bufio.NewWriterSize(to, 1<<16)
	w.enc = json.NewEncoder(w.buf)
	w.enc.SetEscapeHTML(false)
	return w
}

func (w *Writer) start(h Header) error {
	h.Kind, h.Schema = "run", Schema
	if err := w.put(h); err != nil {
		return err
	}
	return w.Flush()
}

// Task records that a task was planned.
func (w *Writer) Task(t fact.Task) error { return w.put(taskLine{Kind: "task", Task: t}) }

// Fact records a fact.
func (w *Writer) Fact(f fact.Fact) error { return w.put(factLine{Kind: "fact", Fact: f}) }

// put writes a line and syncs when a batch is full.
func (w *Writer) put(v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if err := w.enc.Encode(v); err != nil {
		w.err = fmt.Errorf("write journal: %w", err)
		return w.err
	}
	if w.pending++; w.pending >= batch {
		return w.sync()
	}
	return nil
}

// Flush makes everything durable that was put before.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sync()
}

func (w *Writer) sync() error {
	if w.err != nil {
		return w.err
	}
	err := w.buf.Flush()
	if err == nil && w.zip != nil {
		err = w.zip.Flush()
	}
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		w.err = fmt.Errorf("sync journal: %w", err)
	}
	w.pending = 0
	return w.err
}

// Close writes the end of the run and closes the file. Without an end (nil) the
// journal stays open-ended: the run was cut.
func (w *Writer) Close(end *End) error {
	if end != nil {
		e := *end
		e.Kind = "end"
		if err := w.put(e); err != nil {
			return errors.Join(err, w.closer.Close())
		}
	}
	err := w.Flush()
	if w.zip != nil && err == nil {
		if err = w.zip.Close(); err == nil {
			err = w.file.Sync()
		}
	}
	return errors.Join(err, w.closer.Close())
}
