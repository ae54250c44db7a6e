package main

import (
	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
	"mspscan/msp"
)

func questionnaireCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "questionnaire",
		Short: "Ask providers for what the inventory does not know, and read the answers back",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(questionnaireExport(), questionnaireImport())
	return c
}

func questionnaireExport() *cobra.Command {
	var q pipeline.Questions
	var now, due string
	c := &cobra.Command{
		Use:   "export INVENTORY|JOURNAL",
		Short: "Write one questionnaire a provider",
		Long: `Write one questionnaire a provider, and one for what only the organisation itself
can say. Only what is unknown is asked, or what rests on evidence older than 24
months; what tells most about the exposure comes first. A questionnaire holds
nothing about other providers. A file that is there already is never overwritten.`,
		Example: `  mspscan questionnaire export inventory.yaml -o questions
  mspscan questionnaire export run.ndjson -o questions --csv --due 2026-07-31`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.File = args[0]
			var err error
			if q.Now, err = judgeAs(now); err != nil {
				return fromPipeline(err)
			}
			if due != "" {
				if q.Due, err = msp.ParseDate(due); err != nil {
					return usageError("--due: %w", err)
				}
			}
			return fromPipeline(q.Export(cmd.Context(), pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}))
		},
	}
	flags := c.Flags()
	flags.StringVarP(&q.Dir, "output", "o", ".", "write the files into the folder `DIR`")
	flags.BoolVar(&q.CSV, "csv", false, "CSV instead of workbooks")
	flags.BoolVar(&q.Letter, "letter", false, "print on US Letter instead of A4")
	flags.StringVar(&due, "due", "", "ask for answers by `DAY` (YYYY-MM-DD); default: in three weeks")
	flags.StringArrayVar(&q.RuleDirs, "rules", nil, "more rules from the folder `DIR` (repeatable)")
	flags.StringVar(&now, "now", "", "judge as of `TIME` (RFC 3339)")
	return c
}

func questionnaireImport() *cobra.Command {
	var a pipeline.Answers
	var now string
	c := &cobra.Command{
		Use:   "import FILE INVENTORY",
		Short: "Write the answers of a questionnaire into the inventory",
		Long: `Write the answers of a filled-in questionnaire (.xlsx or .csv) into a YAML or JSON
inventory. Nothing else in it changes: comments, order and layout stay. An answer
that differs from what the inventory says is reported and never overwrites it.

Exit codes: 0 all answers are in; 1 some differ from the inventory or could not be
placed, the others are in; 2 the questionnaire or the inventory has an error,
nothing was written.`,
		Example: `  mspscan questionnaire import questionnaire-northmsp.xlsx inventory.yaml`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.File, a.Inventory = args[0], args[1]
			var err error
			if a.Now, err = judgeAs(now); err != nil {
				return fromPipeline(err)
			}
			return fromPipeline(a.Import(pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}))
		},
	}
	c.Flags().StringVarP(&a.Out, "output", "o", "", "write to `FILE` and leave the inventory as it is; - = stdout")
	c.Flags().StringVar(&now, "now", "", "evidence is too old as of `TIME` (RFC 3339)")
	return c
}
