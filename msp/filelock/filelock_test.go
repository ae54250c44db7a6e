//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows

package filelock

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte("text"), 0o600))
	first, err := os.OpenFile(name, os.O_RDWR, 0)
	require.NoError(t, err)
	second, err := os.OpenFile(name, os.O_RDWR, 0)
	require.NoError(t, err)
	defer second.Close()
	require.NoError(t, Lock(first))
	require.ErrorIs(t, Lock(second), ErrLocked)
	data, err := os.ReadFile(name)
	require.NoError(t, err, "a lock keeps nobody from reading")
	require.Equal(t, "text", string(data))
	require.NoError(t, first.Close())
	require.NoError(t, Lock(second))
	closed, err := os.Open(name)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	require.Error(t, Lock(closed))
}
