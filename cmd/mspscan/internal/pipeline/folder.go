package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mspscan/msp/filelock"
)

const (
	tempNames = ".mspscan-*.tmp" // the pattern of temporary names

	// leftBehind is the age at which a temporary file belongs to no run any more:
	// one was killed while it wrote.
	leftBehind = time.Hour

	// folderPatience is how long a run waits for another that shows its files in
	// the same folder, which takes it no longer than some renames.
	folderPatience = 10 * time.Second
)

// lockFolders keeps the folders of the outputs for this run, so that two runs at
// once show their files one after the other. The folders are taken in the same
// order in every run. What can't be opened or locked, or is kept by somebody for
// longer than that takes, is no reason to lose a report.
func lockFolders(list []staged) (unlock func()) {
	var held []*os.File
	for _, dir := range foldersOf(list) {
		if d := lockFolder(dir); d != nil {
			held = append(held, d)
		}
	}
	return func() {
		for _, d := range held {
			_ = d.Close() // only read
		}
	}
}

// foldersOf lists the folders of the outputs, sorted, each once.
func foldersOf(list []staged) []string {
	var dirs []string
	for _, s := range list {
		dir := filepath.Dir(s.final)
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func lockFolder(dir string) *os.File {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	for end := time.Now().Add(folderPatience); ; time.Sleep(10 * time.Millisecond) {
		err := filelock.Lock(d)
		if err == nil {
			return d
		}
		if !errors.Is(err, filelock.ErrLocked) || time.Now().After(end) {
			_ = d.Close() // only read
			return nil
		}
	}
}

// sweepTemps removes temporary files that runs which were killed left in a
// folder. What can't be removed does no harm.
func sweepTemps(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if ours, err := filepath.Match(tempNames, e.Name()); err != nil || !ours || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > leftBehind {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
