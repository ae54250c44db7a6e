// Command mspscan audits the managed service providers of an organisation: who
// holds keys to it, what their DNS exposes, what is reached if one of them falls
// and which few fixes cut most of it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"mspscan/cmd/mspscan/internal/sandbox"
)

func main() { os.Exit(program(sandbox.Enter, os.Args[1:])) }

// program runs mspscan as a process of its own, in the sandbox that enter makes;
// nil = in none.
// The first signal to stop ends a run in order, its journal kept; a second one
// stops it hard.
func program(enter confine, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(context.WithValue(ctx, confineKey{}, enter), args, os.Stdin, os.Stdout, os.Stderr)
}
