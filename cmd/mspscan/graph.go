package main

import (
	"strings"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func graphCommand() *cobra.Command {
	var outputs []string
	var sids map[string]string
	names := pipeline.GraphFormats()
	c := &cobra.Command{
		Use:   "graph INVENTORY|JOURNAL",
		Short: "Write the dependency graph: who serves whom, which doors, what DNS shows",
		Long: `Write the dependency graph. From an inventory it holds what is declared; from a
journal also what DNS showed. Default: dot on stdout.`,
		Example: "  mspscan graph run.ndjson -o mermaid=graph.mmd\n  mspscan graph inventory.yaml | dot -Tsvg > graph.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(outputs) == 0 {
				outputs = []string{"dot"}
			}
			var list []pipeline.Output
			for _, s := range outputs {
				o, err := pipeline.ParseOutput(s, names)
				if err != nil {
					return usageError("%w", err)
				}
				list = append(list, o)
			}
			return fromPipeline(pipeline.Graph(cmd.Context(), args[0], list, sids, cmd.OutOrStdout()))
		},
	}
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT=FILE` (repeatable; - or no file = stdout): "+strings.Join(names, ", "))
	c.Flags().StringToStringVar(&sids, "sid", nil, "security identifier of an asset in Active Directory, `ASSET=SID`: joins opengraph to it (repeatable)")
	return c
}
