package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mspscan/cmd/mspscan/internal/pipeline"
)

// addBooks adds the flags about workbooks.
func addBooks(flags *pflag.FlagSet, o *pipeline.BookOptions) {
	flags.StringVar(&o.Brand, "brand", "", "your look for xlsx from `FILE`: {client, assessor, classification, footer, colours: {navy, accent}, logo, paper}")
	flags.StringVar(&o.Paper, "paper", "", "print xlsx on `SIZE` a4 or letter (default a4, or as --brand says)")
	flags.StringVar(&o.PerProvider, "per-provider", "", "write a sheet for each declared provider into the folder `DIR`, to hand out: nothing of other providers, no money")
	flags.BoolVar(&o.Money, "per-provider-money", false, "name the exposure in money in the sheets of --per-provider")
	flags.StringVar(&o.Reviews, "reviews", "", "what a reviewer decided before, from `FILE` that review import wrote")
}

func reviewCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "review",
		Short: "Take up what a reviewer decided in the workbook",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(reviewImport())
	return c
}

func reviewImport() *cobra.Command {
	var x pipeline.ReviewImport
	var now string
	c := &cobra.Command{
		Use:   "import REPORT.xlsx",
		Short: "Read a reviewer's edits out of a workbook into YAML",
		Long: `Read the yellow cells of Findings and Providers out of a workbook that scan or report
wrote: overrides with their reasons, status, owner and due day, as YAML for --reviews
of the next run. A finding set to Risk accepted, False positive and the like becomes
an entry in the file of waivers; entries that are there stay as they are.

An override without a reason, or an accepted finding without justification, approver
and last day, is an error that names the cell; nothing is written then. Answers in
Controls belong into the inventory and are not read.`,
		Example: `  mspscan review import report.xlsx -o reviews.yaml --waivers waivers.yaml
  mspscan report run.ndjson --reviews reviews.yaml --waivers waivers.yaml -o xlsx=report.xlsx`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			x.File = args[0]
			var err error
			if x.Now, err = judgeAs(now); err != nil {
				return fromPipeline(err)
			}
			return fromPipeline(x.Run(pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}))
		},
	}
	flags := c.Flags()
	flags.StringVarP(&x.Out, "output", "o", "", "write the reviews to `FILE`; default: stdout")
	flags.StringVar(&x.Waivers, "waivers", "", "add what was accepted to the waivers in `FILE`")
	flags.StringVar(&now, "now", "", "bound the last day of waivers as of `TIME` (RFC 3339)")
	return c
}
