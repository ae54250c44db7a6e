//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/journal"
)

// large writes an inventory whose model takes long: providers that serve one
// another in circles.
func large(providers, assets int) string {
	kinds := []string{"rmm_agent", "vpn", "domain_admin", "ssh", "api"}
	var b strings.Builder
	b.WriteString("version: 1\norganisation: {id: acme, name: Acme, currency: AUD, domains: [acme.example]}\nassets:\n")
	for i := range assets {
		fmt.Fprintf(&b, "  - {id: a%d, kind: data, value: %d00000}\n", i, 1+i%17)
	}
	b.WriteString("providers:\n")
	for i := range providers {
		fmt.Fprintf(&b, "  - {id: p%d, kind: msp}\n", i)
	}
	b.WriteString("relationships:\n")
	for i := range providers {
		fmt.Fprintf(&b, "  - {provider: p%d, service: s, access: [{id: d%d, kind: %s, reaches: [a%d]}]}\n", i, i, kinds[i%5], i%assets)
		for j := range 3 {
			if to := (i + 1 + 3*j*j + j) % providers; to != i {
				fmt.Fprintf(&b, "  - {provider: p%d, customer: p%d, service: s%d, access: [{id: e%d-%d, kind: %s}]}\n", i, to, j, i, j, kinds[(i+j)%5])
			}
		}
	}
	return b.String()
}

// facts counts those that a journal holds so far.
func facts(file string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return bytes.Count(data, []byte("\n{\"kind\":\"fact\""))
}

// TestTerminatedInTheModel sends SIGTERM to a scan that has asked all that it asks
// and weighs a large model: it ends with 130 and keeps its journal.
func TestTerminatedInTheModel(t *testing.T) {
	p := newPlace(t)
	zones := repoPath(t, "testdata", "ridgeline", "zones")
	inventory, record := filepath.Join(p.cwd, "large.yaml"), filepath.Join(p.cwd, "large.ndjson")
	require.NoError(t, os.WriteFile(inventory, []byte(large(1000, 100)), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	self, err := os.Executable()
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestAsBinary$", "--", "scan", inventory, "--zones", zones, "--journal", record, "--quiet")
	cmd.Dir, cmd.Stderr, cmd.Env = p.cwd, &stderr, append(os.Environ(), asBinary+"=1")
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for facts(record) == 0 { // so few are written down as soon as all is asked
		select {
		case err := <-ended:
			require.Fail(t, "ended before its end", "%v: %s", err, stderr.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	<-ended
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), stderr.String())
	require.Contains(t, stderr.String(), "the journal holds what was learnt, --resume goes on")
	run, err := journal.Open(record)
	require.NoError(t, err)
	require.False(t, run.End.Complete)
	require.Greater(t, len(run.Facts), 5)
}
