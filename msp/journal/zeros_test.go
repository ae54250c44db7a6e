package journal

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestZeroTail holds that zeros within stay, and those at the end do not.
func TestZeroTail(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "\x00a": "\x00a", "a\x00\x00b": "a\x00\x00b", "a\x00": "a", "a\x00\x00\x00\x00\x00": "a", "\x00": "",
		"a" + strings.Repeat("\x00", 1<<17) + "b": "a" + strings.Repeat("\x00", 1<<17) + "b",
		"a" + strings.Repeat("\x00", 1<<17):       "a",
	} {
		for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in)), iotest.DataErrReader(strings.NewReader(in))} {
			got, err := io.ReadAll(&zeroTail{r: r})
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
	}
}

// TestPackedBehindPowerLoss holds that a packed journal whose last octets are
// zeros, as after a power loss, gives all that was synced, and goes on.
func TestPackedBehindPowerLoss(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.ndjson.gz")
	w, err := Create(path, Header{ID: "r1"})
	require.NoError(t, err)
	require.NoError(t, w.Fact(aFact(t, 1)))
	require.NoError(t, w.Close(nil))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	synced := len(data) - 13 // without the last block and the sums
	for cut := synced - 20; cut <= synced; cut++ {
		for _, zeros := range []int{1, 4, 5, 100, 5000} {
			require.NoError(t, os.WriteFile(path, append(bytes.Clone(data[:cut]), make([]byte, zeros)...), 0o600))
			run, err := Open(path)
			require.NoError(t, err, "%d octets, %d zeros", cut, zeros)
			require.Equal(t, "r1", run.Header.ID)
			require.True(t, run.End.Finished.IsZero())
			before, w, err := Resume(path, Header{ID: "r2"}, anyRun)
			require.NoError(t, err)
			require.Equal(t, run.Facts, before.Facts)
			require.NoError(t, w.Close(&End{Complete: true}))
		}
	}
}

// TestPackedEnds holds that a journal is whole whatever its packed file ends with.
func TestPackedEnds(t *testing.T) {
	for n := range 40 {
		path := filepath.Join(t.TempDir(), "run.ndjson.gz")
		write(t, path, n, &End{Complete: true})
		run, err := Open(path)
		require.NoError(t, err)
		require.Len(t, run.Facts, n)
		require.True(t, run.End.Complete)
		require.False(t, run.Torn)
	}
}
