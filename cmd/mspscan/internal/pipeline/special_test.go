//go:build unix

package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKeepsDeviceLinks holds that the names of open files are never replaced,
// even where a regular file stands behind them.
func TestKeepsDeviceLinks(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "behind"))
	require.NoError(t, err)
	defer f.Close()
	name := fmt.Sprintf("/dev/fd/%d", f.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip("this system has no /dev/fd")
	}
	require.True(t, special(name))
	require.False(t, special(f.Name()))
	require.False(t, special("/dev/fd/none"))
}

// TestWriteIntoPipe holds that a file which is no regular one is written into and
// not replaced.
func TestWriteIntoPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	read := make(chan []byte, 1)
	go func() {
		data, _ := os.ReadFile(pipe)
		read <- data
	}()
	outs := []Output{{"x", pipe}}
	require.NoError(t, checkWritable(outs))
	require.NoError(t, writeAll(outs, &bytes.Buffer{}, func(_ Output, w io.Writer) error {
		_, err := io.WriteString(w, "the report")
		return err
	}))
	require.Equal(t, "the report", string(<-read))
	info, err := os.Stat(pipe)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeNamedPipe, "the pipe is still one")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}
