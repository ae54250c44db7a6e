package main

import (
	"context"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/sandbox"
)

// confine puts the process into a sandbox, for good.
type confine func(sandbox.Policy) (sandbox.Status, error)

// confineKey is the key of the confine in a context. Where the program is run
// within another process there is none: that one would be confined too.
type confineKey struct{}

func addNoSandbox(root *cobra.Command) {
	root.PersistentFlags().Bool("no-sandbox", false, "keep all rights of the account: by default a run that reads what others wrote gives up, on Linux, other files, programs and TCP ports")
}

// confiner gives what a command puts itself into the sandbox with; nil = nothing.
func confiner(cmd *cobra.Command) confine {
	if off, err := cmd.Flags().GetBool("no-sandbox"); err != nil || off {
		return nil
	}
	return enterOf(cmd.Context())
}

func enterOf(ctx context.Context) confine {
	enter, _ := ctx.Value(confineKey{}).(confine)
	return enter
}
