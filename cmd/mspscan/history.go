package main

import (
	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func historyCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "history DIR",
		Short: "Show how each provider went over the journals of a folder",
		Long: `Show how each provider went over the journals of a folder. Each run is judged as of
its own day, by the rules of this version.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError("unknown format %q; known: text, json", format)
			}
			return fromPipeline(pipeline.History(cmd.Context(), args[0], format == "json", cmd.OutOrStdout()))
		},
	}
	c.Flags().StringVarP(&format, "output", "o", "text", "`FORMAT`: text or json")
	return c
}
