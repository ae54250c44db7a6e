package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
	"mspscan/msp"
	"mspscan/rules"
)

// idPattern is what every id looks like.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func rulesCommand() *cobra.Command {
	var dirs []string
	c := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, lint and test the rules that judge",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.PersistentFlags().StringArrayVar(&dirs, "rules", nil, "more rules from the folder `DIR` (repeatable)")
	var params string
	c.PersistentFlags().StringVar(&params, "rule-params", "", "thresholds of your own from `FILE`: rule: {threshold: value}")
	load := func() (*rules.Set, error) {
		set, err := pipeline.LoadRules(dirs, params)
		return set, fromPipeline(err)
	}
	c.AddCommand(rulesList(load), rulesExplain(load), rulesLint(load), rulesTest(load), rulesDocs(load), rulesNew(load))
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
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", msp.Visible(r.ID), r.Severity, r.Subject, msp.Visible(r.Title))
			}
			return w.Flush()
		},
	}
}

// visibleLines makes text of rules, which may be those of others, harmless on a
// terminal: each line by itself, a heading's marks kept.
func visibleLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimLeft(strings.TrimSuffix(line, "\n"), "#")
		b.WriteString(strings.Repeat("#", strings.IndexFunc(line+" ", func(r rune) bool { return r != '#' })))
		b.WriteString(msp.Visible(body))
		b.WriteString(line[len(strings.TrimSuffix(line, "\n")):])
	}
	return b.String()
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
			_, err = io.WriteString(cmd.OutOrStdout(), visibleLines(text))
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

func rulesDocs(load loader) *cobra.Command {
	return &cobra.Command{
		Use: "docs", Short: "Print the rules as a Markdown page", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := load()
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), visibleLines(set.Docs()))
			return err
		},
	}
}

func rulesNew(load loader) *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use: "new ID", Short: "Write a new rule file ID.yaml to fill in", Args: cobra.ExactArgs(1),
		Example: "  mkdir -p my/own && cd my/own && mspscan rules new own-rule --subject access",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !idPattern.MatchString(args[0]) {
				return usageError("rule id %q: lower-case letters, digits and hyphens", args[0])
			}
			if !slices.Contains(rules.Kinds(), msp.SubjectKind(kind)) {
				return usageError("--subject %q: one of %v", kind, rules.Kinds())
			}
			set, err := load()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0]+".yaml", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return exitWith(exitUsage, fmt.Errorf("write rule: %w", err))
			}
			_, err = io.WriteString(f, set.Scaffold(args[0], msp.SubjectKind(kind)))
			return errors.Join(err, f.Close())
		},
	}
	c.Flags().StringVar(&kind, "subject", "provider", "what the rule judges: `KIND`")
	return c
}
