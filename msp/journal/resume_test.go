package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/filelock"
)

// A journal cut at any byte, plain or packed, still gives every whole line, and
// a run goes on behind it; one cut within its header begins anew.
func TestResumeAfterAnyCut(t *testing.T) {
	for name, step := range map[string]int{"run.ndjson": 23, "run.ndjson.gz": 7} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && packed(name) {
				t.Skip("an open file can't be replaced")
			}
			path := filepath.Join(t.TempDir(), name)
			write(t, path, 5, &End{Complete: true})
			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			anew, kept := 0, map[int]bool{}
			for cut := 0; cut < len(whole); cut += step {
				require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
				before, openErr := Open(path)
				run, w, err := Resume(path, Header{ID: "r2", Tool: "mspscan test"}, anyRun)
				require.NoError(t, err, "cut at %d", cut)
				require.NoError(t, w.Fact(aFact(t, 99)))
				require.NoError(t, w.Close(&End{Complete: true}))
				again, err := Open(path)
				require.NoError(t, err, "cut at %d", cut)
				require.False(t, again.Torn)
				if run == nil {
					require.Error(t, openErr, "cut at %d", cut)
					require.Equal(t, "r2", again.Header.ID)
					anew++
					continue
				}
				require.NoError(t, openErr, "cut at %d", cut)
				require.Equal(t, before.Facts, run.Facts)
				require.Equal(t, "r1", again.Header.ID)
				require.Len(t, again.Facts, len(before.Facts)+1)
				kept[len(before.Facts)] = true
			}
			require.Positive(t, anew)
			require.Len(t, kept, 6, "cuts behind every number of facts")
			left, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, left, 1)
		})
	}
}

func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	_, _, err := Resume(filepath.Join(dir, "none"), Header{}, anyRun)
	require.ErrorIs(t, err, os.ErrNotExist)
	for i, in := range []string{"{}", "text", "[]\n", `{"kind":"rum"`, `{"kind":"run","schema":"other"}`, "\x1f\x8b!!!!!!!!!!!!"} {
		path := filepath.Join(dir, fmt.Sprint(i))
		require.NoError(t, os.WriteFile(path, []byte(in), 0o600))
		_, _, err := Resume(path, Header{}, anyRun)
		require.ErrorIs(t, err, ErrJournal, in)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, in, string(data), "a file that is not ours stays as it is")
	}
}

// Two runs never write one journal, whoever comes first.
func TestOneWriter(t *testing.T) {
	for _, name := range []string{"run.ndjson", "run.ndjson.gz"} {
		path := filepath.Join(t.TempDir(), name)
		w, err := Create(path, Header{ID: "r1"})
		require.NoError(t, err)
		_, _, err = Resume(path, Header{}, anyRun)
		require.ErrorIs(t, err, filelock.ErrLocked)
		require.NoError(t, w.Close(nil))
		if runtime.GOOS == "windows" && packed(name) {
			continue
		}
		_, w, err = Resume(path, Header{}, anyRun)
		require.NoError(t, err)
		_, _, err = Resume(path, Header{}, anyRun)
		require.ErrorIs(t, err, filelock.ErrLocked)
		require.NoError(t, w.Close(nil))
	}
}

// The last end holds, whatever the clock did between: a run that was cut and
// resumed within one second, or after the clock was set back, is complete.
func TestLastEndHolds(t *testing.T) {
	for _, jump := range []time.Duration{0, time.Second, -24 * time.Hour, -50 * 365 * 24 * time.Hour, 365 * 24 * time.Hour} {
		path := filepath.Join(t.TempDir(), "run.ndjson")
		at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		write(t, path, 3, &End{Finished: at})
		_, w, err := Resume(path, Header{}, anyRun)
		require.NoError(t, err)
		require.NoError(t, w.Close(&End{Finished: at.Add(jump), Complete: true}))
		run, err := Open(path)
		require.NoError(t, err)
		require.True(t, run.End.Complete, jump)
		require.Equal(t, at.Add(jump), run.End.Finished)
	}
}

// TestPeek reads the header and no more: nil of a journal that was cut within it.
func TestPeek(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"run.ndjson", "run.ndjson.gz"} {
		file := filepath.Join(dir, name)
		w, err := Create(file, Header{ID: "r", InventorySHA256: "i", Portfolio: "p"})
		require.NoError(t, err)
		require.NoError(t, w.Close(nil))
		h, err := Peek(file)
		require.NoError(t, err)
		require.Equal(t, "p", h.Portfolio)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, size := range []int{0, 1, 15} {
			require.NoError(t, os.WriteFile(file, data[:size], 0o600))
			h, err := Peek(file)
			require.NoError(t, err, "%s of %d octets", name, size)
			require.Nil(t, h)
		}
	}
	_, err := Peek(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	other := filepath.Join(dir, "other")
	for _, text := range []string{"hello\n", `{"kind":"task"}` + "\n", "{\"kind\":\"run\",\"schema\":\"x/v9\"}\n"} {
		require.NoError(t, os.WriteFile(other, []byte(text), 0o600))
		_, err := Peek(other)
		require.ErrorIs(t, err, ErrJournal, text)
	}
}

// anyRun lets every run go on.
func anyRun(*Run) error { return nil }

// TestResumeRefused holds that a run which does not fit leaves the journal as it
// is, torn end and all, and lets go of it.
func TestResumeRefused(t *testing.T) {
	for _, name := range []string{"run.ndjson", "run.ndjson.gz"} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, 5, nil)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		torn := whole[:len(whole)-20]
		require.NoError(t, os.WriteFile(path, torn, 0o600))
		unfit := errors.New("another inventory")
		_, _, err = Resume(path, Header{}, func(r *Run) error {
			require.Equal(t, "r1", r.Header.ID)
			return unfit
		})
		require.ErrorIs(t, err, unfit)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(torn), string(after))
		if runtime.GOOS == "windows" && packed(name) {
			continue
		}
		_, w, err := Resume(path, Header{}, anyRun)
		require.NoError(t, err)
		require.NoError(t, w.Close(nil))
	}
}
