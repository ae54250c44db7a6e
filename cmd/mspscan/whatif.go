package main

import (
	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func whatIfCommand() *cobra.Command {
	var q pipeline.WhatIf
	var now, format string
	c := &cobra.Command{
		Use:   "whatif INVENTORY|JOURNAL",
		Short: "Ask the exposure model: what is reached if one falls, what a fix is worth",
		Long: `Ask the exposure model. Close a door (--close), answer a control (--set), ask for
one provider only (--compromise), or let it search for the few changes worth most
(--best); before and after in money and score, and in money a year where the
inventory gives a frequency.

--best N gives the best set of 1, of up to 2, … of up to N changes by what they
take off. Where the inventory gives fix_costs it gives a second list: the sets of
1, 2, … N changes that take off most for their cost. A change without a cost is in
the first list only, which says so. Up to three changes every set of the most
promising candidates is tried; larger sets are labelled heuristic.

Ids are those of access items and internal edges, as validate and the reports name
them; --set takes the names of controls, and yes, no or unknown.`,
		Example: `  mspscan whatif inventory.yaml --best 3
  mspscan whatif inventory.yaml --close north-vpn --set north-rmm.jit_pam=yes
  mspscan whatif inventory.yaml --compromise rmmvendor
  mspscan whatif run.ndjson --best 2 --provider rmmvendor --model model.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.File = args[0]
			var err error
			if q.Now, err = judgeAs(now); err != nil {
				return fromPipeline(err)
			}
			switch format {
			case "text", "json":
				q.JSON = format == "json"
			default:
				return usageError("unknown format %q; known: text, json", format)
			}
			if q.Best < 0 || q.Best > 10 {
				return usageError("--best %d: 1 to 10 changes", q.Best)
			}
			return fromPipeline(q.Run(cmd.Context(), cmd.OutOrStdout()))
		},
	}
	flags := c.Flags()
	flags.StringArrayVar(&q.Close, "close", nil, "close the access `ID` (repeatable)")
	flags.StringArrayVar(&q.Set, "set", nil, "answer a control: `ID.CONTROL=yes` (repeatable)")
	flags.StringArrayVar(&q.Compromise, "compromise", nil, "ask for the provider `ID` only (repeatable)")
	flags.IntVar(&q.Best, "best", 0, "the best sets of up to `N` changes, and the best for their cost where the inventory gives costs; exhaustive to three, then labelled heuristic")
	flags.StringVar(&q.Provider, "provider", "", "measure --best on the provider `ID`; default: the one that costs most")
	flags.StringVar(&q.Model, "model", "", "transmission tables of your own from `FILE` (mspscan schema model)")
	flags.StringVar(&now, "now", "", "judge as of `TIME` (RFC 3339)")
	flags.StringVarP(&format, "output", "o", "text", "`FORMAT`: text or json")
	return c
}
