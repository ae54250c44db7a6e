package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"mspscan/msp/fact"
	"mspscan/msp/filelock"
)

// Resume goes on with the journal of a run that was cut: it gives what the file
// holds and a writer behind it. The file is locked first, so that nobody writes
// between the two. An error of fits, which is told what the file holds, is given
// back, and the file stays as it was to the byte; else a torn last line is cut
// off. Where the run was cut before its header was whole, nothing was
// acknowledged: the run is nil, and the journal begins anew with h. A file that is
// not there is fs.ErrNotExist.
func Resume(name string, h Header, fits func(*Run) error) (*Run, *Writer, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("resume journal: %w", err)
	}
	run, w, err := resume(f, h, fits)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("resume journal %s: %w", name, err), f.Close())
	}
	return run, w, nil
}

func resume(f *os.File, h Header, fits func(*Run) error) (*Run, *Writer, error) {
	if err := filelock.Lock(f); err != nil {
		return nil, nil, err
	}
	barely, err := unborn(f)
	if err != nil {
		return nil, nil, err
	}
	if barely {
		w, err := restart(f, h)
		return nil, w, err
	}
	run, err := Read(f)
	if err == nil {
		err = fits(run)
	}
	if err != nil {
		return nil, nil, err
	}
	if packed(f.Name()) {
		w, err := repack(f)
		return run, w, err
	}
	if err := cutTail(f); err != nil {
		return nil, nil, err
	}
	return run, newWriter(f, f, false), nil
}

// unborn reports whether a file is empty or holds the beginning of a header and
// no more. It leaves the file at its start.
func unborn(f *os.File) (bool, error) {
	br, err := unpack(bufio.NewReaderSize(f, 1<<16))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		_, err = f.Seek(0, io.SeekStart)
		return true, err // cut within the header of the packing
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	line, err := readLine(br)
	_, back := f.Seek(0, io.SeekStart)
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, back
	}
	const start = `{"kind":"run",`
	ours := bytes.HasPrefix(line, []byte(start)) || bytes.HasPrefix([]byte(start), line) || string(line) == "\x1f"
	return ours && !json.Valid(line), back
}

// restart empties a file and begins a journal in it.
func restart(f *os.File, h Header) (*Writer, error) {
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	w := newWriter(f, f, packed(f.Name()))
	return w, w.start(h)
}

// repack copies the whole lines of a packed journal into a new file, which takes
// the place of the old when it is durable: behind a torn end nothing can be
// added. f is closed if that went well.
func repack(f *os.File) (*Writer, error) {
	if runtime.GOOS == "windows" { // where an open file can't be replaced
		return nil, errors.New("a packed journal cannot be resumed on Windows: unpack it first")
	}
	name, err := filepath.EvalSymlinks(f.Name())
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	to, err := os.CreateTemp(filepath.Dir(name), ".mspscan-*.tmp")
	if err != nil {
		return nil, err
	}
	w := newWriter(to, to, true)
	if err = filelock.Lock(to); err == nil {
		err = copyLines(w, f)
	}
	if err == nil {
		err = os.Rename(to.Name(), name)
	}
	if err != nil {
		return nil, errors.Join(err, to.Close(), os.Remove(to.Name()))
	}
	return w, errors.Join(syncFolder(name), f.Close())
}

// copyLines copies the lines of a packed journal up to its torn end.
func copyLines(w *Writer, from io.Reader) error {
	br, err := unpack(bufio.NewReaderSize(from, 1<<16))
	if err != nil {
		return err
	}
	for {
		line, err := readLine(br)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return err
		}
		if json.Valid(line) {
			if _, err := w.buf.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		if ended {
			return w.Flush()
		}
	}
}

// cutTail leaves f at its end, behind a line end: a torn last line is cut off,
// one that only lacks its line end gets it.
func cutTail(f *os.File) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
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

// Peek gives the header of a journal and reads no further: nil where the run was
// cut before its header was whole. A file that is not there is fs.ErrNotExist.
func Peek(name string) (*Header, error) {
	return opened(name, peek)
}

func peek(f *os.File) (*Header, error) {
	if barely, err := unborn(f); barely || err != nil {
		return nil, err
	}
	br, err := unpack(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	line, err := readLine(br)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	d := decoder{facts: map[string]fact.Fact{}, tasks: map[fact.Task]bool{}}
	if err := d.line(line); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	if d.out.Header.Schema == "" {
		return nil, fmt.Errorf("%w: line 1 is no header", ErrJournal)
	}
	return &d.out.Header, nil
}
