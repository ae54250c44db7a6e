package main

import (
	"strings"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func diffCommand() *cobra.Command {
	var cfg pipeline.Config
	var outputs []string
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two runs: new, same, fixed, reopened, not looked at",
		Long: `Compare two runs, each a journal or a json report. A finding counts as fixed on
fresh evidence only: where the new run could not judge it, or did not look, it is
"not looked at". Journals are judged by the rules of this program, each as of its
own time, and give drift too. Two portfolio reports are compared by organisation,
by party and by layer: who is exposed more, who stands behind more of them.`,
		Example: `  mspscan diff june.ndjson july.ndjson
  mspscan diff june.json july.json -o json=changes.json
  mspscan diff all-june.json all-july.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.Outputs = nil
			for _, s := range outputs {
				o, err := pipeline.ParseOutput(s, pipeline.DiffFormats())
				if err != nil {
					return usageError("%w", err)
				}
				cfg.Outputs = append(cfg.Outputs, o)
			}
			s := pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}
			return fromPipeline(pipeline.Diff(cmd.Context(), cfg, s, args[0], args[1]))
		},
	}
	flags := c.Flags()
	flags.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT=FILE` (repeatable; - or no file = stdout): "+strings.Join(pipeline.DiffFormats(), ", "))
	flags.StringArrayVar(&cfg.RuleDirs, "rules", nil, "more rules from the folder `DIR` (repeatable)")
	flags.StringVar(&cfg.Waivers, "waivers", "", "accepted findings: YAML list `FILE`")
	flags.BoolVar(&cfg.Gate.New, "fail-on-new", false, "exit 1 on a finding that OLD does not have")
	flags.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no warnings")
	return c
}
