//go:build torture && linux

package torture

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestTable collects the rows of a run into torture.json and table.txt, and fails
// where a promise was broken.
func TestTable(t *testing.T) {
	dir := os.Getenv("MSPSCAN_TORTURE_DIR")
	require.NotEmpty(t, dir, "run `make torture`")
	r, err := Collect(dir)
	require.NoError(t, err)
	r.Form, r.Program, r.Machine = "long", os.Getenv("MSPSCAN_TORTURE_VERSION"), machine()
	if os.Getenv("SHORT") != "" {
		r.Form = "short"
	}
	data, err := json.MarshalIndent(r, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "torture.json"), append(data, '\n'), 0o600))
	table, err := os.Create(filepath.Join(dir, "table.txt"))
	require.NoError(t, err)
	require.NoError(t, r.Table(table))
	require.NoError(t, table.Close())
	require.NotEmpty(t, r.Cases)
	require.Zero(t, r.Faults, "promises broken")
}

func machine() string {
	var u unix.Utsname
	_ = unix.Uname(&u)
	who := "user"
	if os.Geteuid() == 0 {
		who = "root"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + runtime.GOARCH + ", " + strconv.Itoa(runtime.NumCPU()) + " processors, " + who
}
