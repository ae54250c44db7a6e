package journal

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"mspscan/msp/fact"
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
// error, so that no record is overwritten.
func Create(name string, h Header) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	w := newWriter(f, f, strings.HasSuffix(name, ".gz"))
	return w, w.start(h)
}

// Append goes on with a journal that was not packed, behind what was read of
// it: a torn last line is cut off first.
func Append(name string) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	if err := cutTail(f); err != nil {
		return nil, errors.Join(fmt.Errorf("append to journal %s: %w", name, err), f.Close())
	}
	return newWriter(f, f, false), nil
}

// cutTail leaves f at its end, behind a line end: a torn last line is cut off,
// one that only lacks its line end gets it.
func cutTail(f *os.File) error {
	end, err := wholeLines(f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return err
	}
	tail, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil {
		return err
	}
	if len(tail) > 0 && json.Valid(tail) {
		_, err := f.Write([]byte("\n"))
		return err
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	_, err = f.Seek(end, io.SeekStart)
	return err
}

// wholeLines gives the size of the file up to its last line end.
func wholeLines(r io.Reader) (int64, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	var end, at int64
	for {
		part, err := br.ReadSlice('\n')
		at += int64(len(part))
		switch {
		case err == nil:
			end = at
		case errors.Is(err, io.EOF):
			return end, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return 0, err
		}
	}
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
