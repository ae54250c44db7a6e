package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Output is one -o FORMAT=FILE. File "-" is stdout.
type Output struct {
	Format string
	File   string
}

// ParseOutput reads FORMAT=FILE, or FORMAT alone for stdout.
func ParseOutput(s string, known []string) (Output, error) {
	format, file, found := strings.Cut(s, "=")
	if !found || stdoutName(file) {
		file = "-"
	}
	for _, k := range known {
		if k == format {
			if file == "" {
				return Output{}, fmt.Errorf("output %q names no file; write %s=FILE", s, format)
			}
			return Output{Format: format, File: file}, nil
		}
	}
	return Output{}, fmt.Errorf("unknown format %q; known: %s", format, strings.Join(known, ", "))
}

// stdoutName reports whether a name is one of those that Unix has for stdout.
// Through them a file behind stdout would be opened a second time, and what is
// printed there later would overwrite it.
func stdoutName(file string) bool {
	return file == "/dev/stdout" || file == "/dev/fd/1" || file == "/proc/self/fd/1"
}

// staged is an output written beside its place and not yet shown there.
type staged struct {
	temp, final string
}

// writeAll renders every output and shows the files only when all are whole:
// each is written to a temporary name in its own folder, synced, and renamed
// (mode 0600), with the folders locked, so that two runs at once never leave one's
// file beside the other's. Whatever fails, an old file stays as it was. Devices,
// pipes and stdout come last: a reader that goes away costs no file.
func writeAll(outs []Output, stdout io.Writer, render func(Output, io.Writer) error) error {
	var list []staged
	for _, o := range outs {
		list = append(list, staged{final: o.File})
	}
	for _, dir := range foldersOf(list) {
		sweepTemps(dir, time.Now())
	}
	return writeFresh(outs, stdout, render)
}

// writeFresh is writeAll without a look at what earlier runs left behind.
func writeFresh(outs []Output, stdout io.Writer, render func(Output, io.Writer) error) (err error) {
	var done []staged
	defer func() {
		for _, s := range done {
			err = errors.Join(err, ignoreMissing(os.Remove(s.temp)))
		}
	}()
	var streams []Output
	for _, o := range outs {
		if o.File == "-" || special(o.File) {
			streams = append(streams, o)
			continue
		}
		s, err := stage(o, render)
		done = append(done, s)
		if err != nil {
			return fmt.Errorf("write %s: %w", o.File, err)
		}
	}
	if err := show(done); err != nil {
		return err
	}
	for _, o := range streams {
		if err := pour(o, stdout, render); err != nil {
			return err
		}
	}
	return nil
}

// show gives the files their names.
func show(list []staged) error {
	defer lockFolders(list)()
	for _, s := range list {
		err := os.Rename(s.temp, s.final)
		if err == nil {
			err = syncDir(filepath.Dir(s.final))
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", s.final, err)
		}
	}
	return nil
}

// special reports whether a file is there that a rename must not replace: a
// device, a pipe, /dev/stderr whatever it leads to.
func special(name string) bool {
	if link, err := os.Lstat(name); err == nil && link.Mode()&os.ModeSymlink != 0 {
		if abs, err := filepath.Abs(name); err == nil && (strings.HasPrefix(abs, "/dev/") || strings.HasPrefix(abs, "/proc/")) {
			return true
		}
	}
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// pour writes an output, once it is whole, to stdout or into a file that stays
// what it is.
func pour(o Output, stdout io.Writer, render func(Output, io.Writer) error) error {
	if o.File == "-" {
		if err := render(o, stdout); err != nil {
			return fmt.Errorf("write %s to stdout: %w", o.Format, err)
		}
		return nil
	}
	var whole bytes.Buffer
	err := render(o, &whole)
	if err == nil {
		err = pourInto(o.File, whole.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", o.File, err)
	}
	return nil
}

func pourInto(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// stage writes an output to a temporary name, which is given even with an error,
// for its removal.
func stage(o Output, render func(Output, io.Writer) error) (staged, error) {
	dir := filepath.Dir(o.File)
	f, err := os.CreateTemp(dir, tempNames)
	if err != nil {
		return staged{}, err
	}
	s := staged{f.Name(), o.File}
	err = render(o, f)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err == nil {
		err = f.Sync()
	}
	return s, errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("remove temporary file: %w", err)
}

// syncDir makes a rename durable. A folder that can't be synced (some network
// file systems) is no reason to lose a report.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// checkWritable finds out before anything is sent that an output could not be
// written.
func checkWritable(outs []Output) error {
	for _, o := range outs {
		if o.File == "-" {
			continue
		}
		if info, err := os.Stat(o.File); err == nil && info.IsDir() {
			return fmt.Errorf("write %s: it is a folder", o.File)
		}
		if special(o.File) {
			continue
		}
		if err := checkFolder(filepath.Dir(o.File)); err != nil {
			return fmt.Errorf("write %s: %w", o.File, err)
		}
	}
	return nil
}

// checkFolder makes a file in a folder and removes it.
func checkFolder(dir string) error {
	f, err := os.CreateTemp(dir, tempNames)
	if err != nil {
		return ofFolder(dir, err)
	}
	return errors.Join(f.Close(), ignoreMissing(os.Remove(f.Name())))
}

// ofFolder says what is wrong with a folder, without the temporary name that was
// tried in it.
func ofFolder(dir string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("the folder %s: %w", dir, err)
}
