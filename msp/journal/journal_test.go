package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

func aFact(t testing.TB, n int) fact.Fact {
	f, err := fact.New(fact.Task{Probe: fact.ProbeMX, Name: msp.Name(fmt.Sprintf("d%03d.example", n))}, fact.Present, "", fact.MX{})
	require.NoError(t, err)
	f.At = time.Date(2026, 5, 1, 0, 0, n, 0, time.UTC)
	f.Queries = []fact.Query{{Server: "192.0.2.1:53", Proto: "udp", Question: "a.example. MX", Rcode: "NOERROR", Millis: 1.5}}
	f.Seal()
	return f
}

func write(t testing.TB, name string, facts int, end *End) {
	w, err := Create(name, Header{ID: "r1", Tool: "mspscan test", InventorySHA256: "ab", Inventory: []File{NewFile("i.yaml", "ab", []byte("version: 1\n"))}})
	require.NoError(t, err)
	for i := range facts {
		require.NoError(t, w.Task(aFact(t, i).Task))
		require.NoError(t, w.Fact(aFact(t, i)))
	}
	require.NoError(t, w.Close(end))
}

func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"run.ndjson", "run.ndjson.gz"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			write(t, path, 200, &End{Finished: time.Unix(9, 0).UTC(), Complete: true})
			run, err := Open(path)
			require.NoError(t, err)
			require.Len(t, run.Facts, 200)
			require.Len(t, run.Tasks, 200)
			require.True(t, run.End.Complete)
			require.False(t, run.Torn)
			require.Equal(t, aFact(t, 7), run.Facts[7])
			data, err := run.Header.Inventory[0].Bytes()
			require.NoError(t, err)
			require.Equal(t, "version: 1\n", string(data))
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		})
	}
}

func TestReadRefuses(t *testing.T) {
	head := `{"kind":"run","schema":"mspscan/journal/v1","id":"a","inventory_sha256":"x"}` + "\n"
	for name, c := range map[string]struct{ in, want string }{
		"empty":            {"", "no header"},
		"no journal":       {"hello\n", "line 1"},
		"no header":        {`{"kind":"end"}` + "\n", "no header"},
		"other schema":     {`{"kind":"run","schema":"mspscan/journal/v9"}` + "\n", "v9"},
		"unknown kind":     {head + `{"kind":"what"}` + "\n", `unknown kind "what"`},
		"bad middle":       {head + "{\n" + `{"kind":"end"}` + "\n", "line 2"},
		"two inventories":  {head + strings.Replace(head, `"x"`, `"y"`, 1), "different inventories"},
		"bad outcome":      {head + `{"kind":"fact","outcome":"fine"}` + "\n", "fine"},
		"header cut":       {`{"kind":"run","sch`, "cut"},
		"not a gzip":       {"\x1f\x8bxx", "not a journal"},
		"fact of wrong ty": {head + `{"kind":"fact","at":3}` + "\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.in))
			require.ErrorIs(t, err, ErrJournal)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestMergeIsUnion(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	all := make([]fact.Fact, 30)
	for i := range all {
		all[i] = aFact(t, i)
	}
	var runs []*Run
	for i := range 4 {
		r := &Run{Header: Header{ID: fmt.Sprint(i), InventorySHA256: "x", Started: time.Unix(int64(i), 0)}, End: End{Complete: true}}
		for _, f := range all {
			if rng.Intn(2) == 0 || i == 0 {
				r.Facts = append(r.Facts, f)
			}
		}
		rng.Shuffle(len(r.Facts), func(a, b int) { r.Facts[a], r.Facts[b] = r.Facts[b], r.Facts[a] })
		runs = append(runs, r)
	}
	one, err := Merge(runs...)
	require.NoError(t, err)
	require.Equal(t, all, one.Facts)
	rng.Shuffle(len(runs), func(a, b int) { runs[a], runs[b] = runs[b], runs[a] })
	two, err := Merge(runs...)
	require.NoError(t, err)
	require.Equal(t, one, two)
	runs[0].Header.InventorySHA256 = "y"
	_, err = Merge(runs...)
	require.ErrorContains(t, err, "different inventories")
}

// brokenDisk fails its n-th sync and counts what comes behind.
type brokenDisk struct{ syncs, failAt int }

func (d *brokenDisk) Write(p []byte) (int, error) { return len(p), nil }
func (d *brokenDisk) Close() error                { return nil }
func (d *brokenDisk) Sync() error {
	if d.syncs++; d.syncs >= d.failAt {
		return errors.New("input/output error")
	}
	return nil
}

func TestFailedSyncIsFinal(t *testing.T) {
	disk := &brokenDisk{failAt: 1}
	w := newWriter(disk, disk, false)
	require.NoError(t, w.Fact(aFact(t, 1)))
	require.ErrorContains(t, w.Flush(), "input/output error")
	require.ErrorContains(t, w.Fact(aFact(t, 2)), "input/output error")
	require.Error(t, w.Close(&End{}))
	require.Equal(t, 1, disk.syncs, "a failed sync is not tried again")
}

func TestSyncsInBatches(t *testing.T) {
	disk := &brokenDisk{failAt: 1000}
	w := newWriter(disk, disk, false)
	for i := range 10 * batch {
		require.NoError(t, w.Fact(aFact(t, i)))
	}
	require.Equal(t, 10, disk.syncs)
}

func TestCreateKeepsOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ndjson")
	write(t, path, 1, nil)
	_, err := Create(path, Header{})
	require.ErrorIs(t, err, os.ErrExist)
}

func FuzzRead(f *testing.F) {
	head := `{"kind":"run","schema":"mspscan/journal/v1","id":"a","inventory_sha256":"x"}` + "\n"
	for _, s := range []string{"", head, head + `{"kind":"fact","id":"1","task":{"probe":"mx","name":"a.example"},"outcome":"absent"}` + "\n", head + "{", "\x1f\x8b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		run, err := Read(bytes.NewReader(in))
		if err == nil && run.Header.Schema != Schema {
			t.Fatalf("read a journal without a header: %q", in)
		}
	})
}
