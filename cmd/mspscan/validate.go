package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/sandbox"
	"mspscan/msp"
	"mspscan/msp/inventory"
)

func validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate INVENTORY...",
		Short: "Check inventories and name every problem",
		Long: `Check inventories (YAML, JSON, CSV, XLSX, a folder of them, a pattern such as '*.yaml',
or @FILE with a name on each line) and name every problem as file:line:column: what
is wrong; what would be right.
Nothing is written and no network is used. Exit code 0 = usable, 2 = not.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := inventory.Arguments(args)
			if err != nil {
				return usageError("%w", err)
			}
			if enter := confiner(cmd); enter != nil {
				if _, err := enter(sandbox.Policy{Read: args}); err != nil {
					return fmt.Errorf("%w; --no-sandbox runs without", err)
				}
			}
			return validate(args, cmd.ErrOrStderr())
		},
	}
}

// validate loads each inventory and says what is in it, warnings first.
func validate(args []string, w io.Writer) error {
	var bad inventory.Diagnostics
	for _, paths := range inventory.Group(args) {
		loaded, err := inventory.Load(paths)
		if err != nil {
			var diags inventory.Diagnostics
			if !errors.As(err, &diags) {
				return err
			}
			bad = append(bad, diags...)
			continue
		}
		for _, d := range loaded.Warnings {
			_, _ = fmt.Fprintln(w, d)
		}
		_, _ = fmt.Fprintf(w, "%s: %s\n", inventory.Place(msp.Pos{File: strings.Join(paths, ", ")}), inventory.Summary(loaded.Inventory))
	}
	if len(bad) > 0 {
		return exitWith(exitUsage, bad)
	}
	return nil
}
