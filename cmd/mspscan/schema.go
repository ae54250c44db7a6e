package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mspscan/msp/exposure"
	"mspscan/msp/inventory"
	"mspscan/reports"
)

// schemas names the JSON Schemas that can be printed.
func schemas() map[string]func() ([]byte, error) {
	return map[string]func() ([]byte, error){
		"inventory": inventory.Schema,
		"report":    reports.Schema,
		"model":     exposure.TablesSchema,
	}
}

func schemaCommand(schemas map[string]func() ([]byte, error)) *cobra.Command {
	names := slices.Sorted(maps.Keys(schemas))
	return &cobra.Command{
		Use:       "schema [" + strings.Join(names, "|") + "]",
		Short:     "Print the JSON Schema (draft 2020-12) of a format, for editors",
		ValidArgs: names,
		Args:      cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "inventory"
			if len(args) > 0 {
				name = args[0]
			}
			write, ok := schemas[name]
			if !ok {
				return usageError("unknown schema %q; known: %s", name, strings.Join(names, ", "))
			}
			text, err := write()
			if err != nil {
				return fmt.Errorf("print schema: %w", err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
