// Command mspscan audits the managed service providers of an organisation: who
// holds keys to it, what their DNS exposes, what is reached if one of them falls
// and which few fixes cut most of it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
