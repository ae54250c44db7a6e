package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"mspscan/cmd/mspscan/internal/sandbox"
)

func TestMain(m *testing.M) {
	if os.Getenv(asBinary) != "" {
		os.Exit(m.Run()) // the program in a child process: no scripts, no folder of their own
	}
	testscript.Main(m, map[string]func(){
		"mspscan": func() { os.Exit(program(enterCovered, os.Args[1:])) },
	})
}

// enterCovered enters the sandbox; where coverage is measured, it may be written.
func enterCovered(p sandbox.Policy) (sandbox.Status, error) {
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		p.Folders = append(p.Folders, dir)
	}
	return sandbox.Enter(p)
}

// TestScript runs mspscan as a user types it. $SAMPLE is the sample's folder.
func TestScript(t *testing.T) {
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline"))
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"setcell": setCell, "picture": drawPicture, "nowhere": nowhere},
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLE", sample)
			env.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}
