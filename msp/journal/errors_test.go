package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReadErrors holds that each way in which a journal can be wrong is told.
func TestReadErrors(t *testing.T) {
	head := `{"kind":"run","schema":"` + Schema + `","id":"r1","inventory_sha256":"ab"}` + "\n"
	for name, c := range map[string]struct{ text, says string }{
		"not packed":       {"\x1f\x8bxx", "not a journal"},
		"header cut":       {head[:20], "line 1 is cut"},
		"no header":        {`{"kind":"end"}` + "\n", "line 1 is no header"},
		"nothing":          {"", "no header in 0 lines"},
		"header of a list": {`{"kind":"run","id":[]}` + "\n", "not a journal"},
		"fact of a number": {head + `{"kind":"fact","id":1}` + "\n", "line 2"},
		"other inventory":  {head + strings.Replace(head, `"ab"`, `"cd"`, 1), "different inventories"},
		"line too long":    {head + `{"kind":"` + strings.Repeat("x", maxLine) + "\n", "a line of over"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text))
			require.ErrorContains(t, err, c.says)
		})
	}
	dir := t.TempDir()
	_, err := Open(filepath.Join(dir, "none.ndjson"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.ndjson"), []byte("x\ny\n"), 0o600))
	_, err = Open(filepath.Join(dir, "bad.ndjson"))
	require.ErrorContains(t, err, "bad.ndjson")
}

// TestBytes holds that a file that is no text comes back as it went in.
func TestBytes(t *testing.T) {
	for _, data := range [][]byte{[]byte("text"), {0xff, 0xfe, 0}, nil} {
		got, err := NewFile("i.xlsx", "", data).Bytes()
		require.NoError(t, err)
		require.Equal(t, string(data), string(got))
	}
	_, err := File{Base64: "%"}.Bytes()
	require.Error(t, err)
}

// TestCreateErrors holds that a folder that is not there is told.
func TestCreateErrors(t *testing.T) {
	_, err := Create(filepath.Join(t.TempDir(), "none", "run.ndjson"), Header{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// full takes room bytes and then nothing more; broken cannot be synced.
type full struct {
	room   int
	broken bool
}

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func (f *full) Sync() error {
	if f.broken {
		return errors.New("input/output error")
	}
	return nil
}

func (f *full) Close() error { return nil }

// TestFullDisk holds that a failed write is told by the call that failed and by
// each one after it, packed or not.
func TestFullDisk(t *testing.T) {
	for _, pack := range []bool{false, true} {
		f := &full{room: 10}
		w := newWriter(f, f, pack)
		require.Error(t, w.start(Header{ID: strings.Repeat("r", 99)}))
		require.Error(t, w.Fact(aFact(t, 1)))
		require.Error(t, w.Flush())
		require.Error(t, w.Close(&End{}))
		f = &full{room: 1 << 20, broken: true}
		w = newWriter(f, f, pack)
		require.ErrorContains(t, w.start(Header{}), "input/output error")
		require.ErrorContains(t, w.Task(aFact(t, 1).Task), "input/output error")
	}
	f := &full{room: 1 << 20}
	w := newWriter(f, f, false)
	require.ErrorContains(t, w.put(func() {}), "write journal", "what cannot be written as JSON")
}

// TestMergeOrder holds that the earliest header leads, that of two at one time
// the smaller id, and that nothing merged is an error.
func TestMergeOrder(t *testing.T) {
	_, err := Merge()
	require.Error(t, err)
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	run := func(id string, at time.Time) *Run { return &Run{Header: Header{ID: id, Started: at, Schema: Schema}} }
	for _, c := range []struct {
		runs []*Run
		lead string
	}{
		{[]*Run{run("b", day.Add(time.Hour)), run("c", day)}, "c"},
		{[]*Run{run("b", day), run("a", day)}, "a"},
	} {
		m, err := Merge(c.runs...)
		require.NoError(t, err)
		require.Equal(t, c.lead, m.Header.ID)
	}
}

// TestOrderOfFacts holds that two facts of one task stand by their id.
func TestOrderOfFacts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ndjson")
	w, err := Create(path, Header{ID: "r"})
	require.NoError(t, err)
	for _, id := range []string{"b", "a", "c"} {
		f := aFact(t, 1)
		f.ID = id
		require.NoError(t, w.Fact(f))
	}
	require.NoError(t, w.Close(nil))
	run, err := Open(path)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, []string{run.Facts[0].ID, run.Facts[1].ID, run.Facts[2].ID})
}

// TestResumedJournal holds that the first header of a run that went on holds, and
// that blank lines are no lines; merged with itself it is the same.
func TestResumedJournal(t *testing.T) {
	head := `{"kind":"run","schema":"` + Schema + `","id":"r1","inventory_sha256":"ab"}` + "\n"
	run, err := Read(strings.NewReader(head + "\n" + strings.Replace(head, "r1", "r2", 1) + `{"kind":"task","task":{"probe":"mx","name":"a.example"}}` + "\n"))
	require.NoError(t, err)
	require.Equal(t, "r1", run.Header.ID)
	require.Len(t, run.Tasks, 1)
	merged, err := Merge(run, run)
	require.NoError(t, err)
	require.Equal(t, run.Tasks, merged.Tasks)
}
