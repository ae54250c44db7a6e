package main

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mspscan/msp"
	"mspscan/rules"
)

func rulesCommand() *cobra.Command {
	var dirs []string
	c := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, lint and test the rules that judge",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.PersistentFlags().StringArrayVar(&dirs, "rules", nil, "more rules from the folder `DIR` (repeatable)")
	load := func() (*rules.Set, error) {
		packs := []fs.FS{rules.Embedded()}
		for _, d := range dirs {
			packs = append(packs, rules.Dir(d))
		}
		set, err := rules.Load(packs...)
		return set, exitWith(exitUsage, err)
	}
	c.AddCommand(rulesList(load), rulesExplain(load), rulesLint(load), rulesTest(load))
	return c
}

// loader gives the rules that the flags ask for.
type loader func() (*rules.Set, error)

func rulesList(load loader) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the rules: id, worst severity, subject, title", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := load()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			for _, r := range set.Rules() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Subject, msp.Visible(r.Title))
			}
			return w.Flush()
		},
	}
}

func rulesExplain(load loader) *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Explain a rule: what it means, its condition, how to fix, its sources", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := load()
			if err != nil {
				return err
			}
			text, err := set.Explain(args[0])
			if err != nil {
				return exitWith(exitUsage, err)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
}

func rulesLint(load loader) *cobra.Command {
	return &cobra.Command{
		Use: "lint", Short: "Check the rule files beyond what loading refuses", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := load()
			if err != nil {
				return err
			}
			if problems := set.Lint(cmd.Context()); len(problems) > 0 {
				return exitWith(exitUsage, problems)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d rules: no problem\n", len(set.Rules()))
			return err
		},
	}
}

func rulesTest(load loader) *cobra.Command {
	return &cobra.Command{
		Use: "test", Short: "Run the samples in the rule files", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := load()
			if err != nil {
				return err
			}
			results := set.Test(cmd.Context())
			failed := 0
			for _, r := range results {
				if r.Problem != "" {
					failed++
					fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(msp.Visible(r.Pos.String()+": "+r.Rule+": sample \""+r.Sample+"\": "+r.Problem)))
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d samples of %d rules: %d held, %d did not\n", len(results), len(set.Rules()), len(results)-failed, failed)
			if failed > 0 {
				return exitWith(exitUsage, errSaid)
			}
			return nil
		},
	}
}
