package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mspscan/cmd/mspscan/internal/pipeline"
	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/secret"
	"mspscan/reports"
)

// shared are the flags of scan and report.
type shared struct {
	outputs     []string
	now         string
	rules       []string
	ruleParams  string
	failOn      string
	maxUnknown  string
	failRules   []string
	failExpired bool
	model       string
	waivers     string
	indicators  []string
	baseline    string
	failNew     bool
	quiet       bool
	csvRaw      bool
	books       pipeline.BookOptions
	redact      string
	encryptTo   []string
	color       string
	minSeverity string
}

func (f *shared) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "write `FORMAT=FILE` (repeatable; - or no file = stdout): "+strings.Join(pipeline.Formats(), ", "))
	flags.StringVar(&f.now, "now", "", "judge as of `TIME` (RFC 3339); default: the start of the run")
	flags.StringArrayVar(&f.rules, "rules", nil, "more rules from the folder `DIR` (repeatable)")
	flags.StringVar(&f.ruleParams, "rule-params", "", "thresholds of your own from `FILE`: rule: {threshold: value}")
	flags.StringVar(&f.failOn, "fail-on", "", "exit 1 on an open finding of this `SEVERITY` or worse: critical, high, medium, low, never")
	flags.StringVar(&f.maxUnknown, "max-unknown", "", "exit 3 if more checks are unknown than `N` or P%")
	flags.StringArrayVar(&f.failRules, "fail-on-rule", nil, "exit 1 on an open finding of the rule `ID`, whatever its severity (repeatable)")
	flags.BoolVar(&f.failExpired, "fail-on-expired", false, "exit 1 on a finding whose waiver has expired")
	flags.StringVar(&f.model, "model", "", "transmission tables of your own from `FILE` (mspscan schema model): numbers of the exposure model that you judge otherwise")
	flags.StringVar(&f.waivers, "waivers", "", "accepted findings: YAML list `FILE` of {rule, subject, reason, justification, approved_by, expires}")
	flags.StringArrayVar(&f.indicators, "indicators", nil, "indicators of compromise to look for: `FILE` of STIX 2.1, MISP or CSV (repeatable)")
	flags.StringVar(&f.baseline, "baseline", "", "compare with the run before: its journal, or its json report, in `FILE`")
	flags.BoolVar(&f.failNew, "fail-on-new", false, "exit 1 on a finding that --baseline does not have, of the severity of --fail-on if given")
	addBooks(flags, &f.books)
	flags.BoolVar(&f.csvRaw, "csv-raw", false, "leave cells of csv unguarded, for programs: spreadsheets may run them")
	flags.StringVar(&f.redact, "redact", "none", "hide names behind pseudonyms in every format, for sharing: `LEVEL` "+strings.Join(reports.Redactions(), ", "))
	flags.StringArrayVar(&f.encryptTo, "encrypt-to", nil, "encrypt every output to the age `RECIPIENT` age1… (repeatable); the journal stays plain")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no summary and no warnings")
	flags.StringVar(&f.color, "color", "auto", "colours in the summary: auto, always, never (NO_COLOR is honoured)")
	flags.StringVar(&f.minSeverity, "min-severity", "", "list findings of this `SEVERITY` or worse in md (default medium); counts, gate and the other formats hold all")
}

// config adds what the shared flags say to a configuration.
func (f *shared) config(cfg pipeline.Config) (pipeline.Config, error) {
	cfg.Version, cfg.RuleDirs, cfg.RuleParams, cfg.Quiet = version, f.rules, f.ruleParams, f.quiet
	cfg.Model = f.model
	cfg.Waivers, cfg.Indicators, cfg.Baseline, cfg.CSVRaw = f.waivers, f.indicators, f.baseline, f.csvRaw
	cfg.Redact, cfg.EncryptTo = f.redact, f.encryptTo
	cfg.Gate = pipeline.Gate{FailOn: f.failOn, MaxUnknown: f.maxUnknown, Rules: f.failRules, Expired: f.failExpired, New: f.failNew}
	var err error
	if cfg.Books, err = f.books.Load(); err != nil {
		return cfg, fromPipeline(err)
	}
	if cfg.Now, err = judgeAs(f.now); err != nil {
		return cfg, fromPipeline(err)
	}
	for _, s := range f.outputs {
		o, err := pipeline.ParseOutput(s, pipeline.Formats())
		if err != nil {
			return cfg, usageError("%w", err)
		}
		cfg.Outputs = append(cfg.Outputs, o)
	}
	if f.minSeverity != "" {
		if cfg.MinSeverity, err = msp.ParseSeverity(f.minSeverity); err != nil {
			return cfg, usageError("--min-severity: %w", err)
		}
	}
	switch f.color {
	case "auto", "always", "never":
		return cfg, nil
	}
	return cfg, usageError("--color %q: auto, always or never", f.color)
}

// streams says where the program writes and what its terminal can show.
func (f *shared) streams(c *cobra.Command) pipeline.Streams {
	s := pipeline.Streams{Out: c.OutOrStdout(), Err: c.ErrOrStderr()}
	s.Terminal, s.Width = terminal(s.Err)
	shown, width := terminal(s.Out)
	if width > 0 {
		s.Width = width
	}
	_, noColor := os.LookupEnv("NO_COLOR")
	s.Color = f.color == "always" || f.color == "auto" && shown && !noColor && os.Getenv("TERM") != "dumb"
	return s
}

// terminal reports whether w is a terminal and how wide.
func terminal(w io.Writer) (bool, int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return true, 0
	}
	return true, width
}

func scanCommand() *cobra.Command {
	var f shared
	var cfg pipeline.Config
	var noProgress bool
	c := &cobra.Command{
		Use:   "scan INVENTORY...",
		Short: "Scan the providers of an inventory and write reports (the main job)",
		Long: `Scan the providers of an inventory: ask DNS, judge, weigh, report. Passive by
default: DNS queries to the system's resolvers and to the name servers of the
names in scope, nothing else. Nothing goes to a public resolver unasked.

Several inventories are a portfolio: files, folders of them, patterns such as
'inventories/*.yaml', or @FILE with a name on each line. Each organisation gets
reports of its own (report-ID.xlsx), FILE ranks them and names who stands behind
most of them. {id} in a FILE stands for the id of the organisation: with it, files
without it are the portfolio's alone. What organisations share is asked for once.`,
		Example: `  mspscan scan inventory.yaml -o xlsx=report.xlsx -o json=report.json
  mspscan scan inventory.yaml --journal run.ndjson --fail-on high --max-unknown 5%
  mspscan scan testdata/ridgeline/inventory.yaml --zones testdata/ridgeline/zones
  mspscan scan @clients.txt --journal journals -o xlsx=portfolio.xlsx -o json=organisations/{id}.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := inventory.Arguments(args)
			if err != nil {
				return usageError("%w", err)
			}
			groups := inventory.Group(names)
			full, err := f.config(cfg)
			if err != nil {
				return err
			}
			full.Confine = confiner(cmd)
			full.Inventories, full.NoProgress, full.Command = groups[0], noProgress, commandLine(cmd, args)
			listed := slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "@") })
			if len(groups) > 1 || listed || cfg.PortfolioOnly {
				return fromPipeline(pipeline.Portfolio(cmd.Context(), full, groups, f.streams(cmd)))
			}
			return fromPipeline(pipeline.Scan(cmd.Context(), full, f.streams(cmd)))
		},
	}
	f.add(c)
	scanFlags(c, &cfg)
	portfolioFlags(c, &cfg.PortfolioOnly, &cfg.AtOnce)
	c.Flags().BoolVar(&noProgress, "no-progress", false, "no progress bar on a terminal")
	return c
}

func scanFlags(c *cobra.Command, cfg *pipeline.Config) {
	flags := c.Flags()
	flags.StringArrayVar(&cfg.Resolvers, "resolver", nil, "recursive resolver `ADDR[:PORT]` (repeatable); default: the system's")
	flags.StringVar(&cfg.Zones, "zones", "", "serve the zone files of `DIR` from an embedded server and scan those, offline")
	flags.StringVar(&cfg.Journal, "journal", "", "keep the facts in `FILE` (NDJSON; .gz packs it): the record that report reads; of a portfolio, in a folder, a packed file for each organisation")
	flags.BoolVar(&cfg.Resume, "resume", false, "go on with the journal of a run that was cut")
	flags.BoolVar(&cfg.Passive, "passive", false, "ask the recursive resolvers only, no name server directly")
	flags.BoolVar(&cfg.Active, "active", false, "zone transfer, recursion and version tests, MTA-STS policies over HTTPS: only for parties with live consent")
	flags.BoolVar(&cfg.DryRun, "dry-run", false, "print what would be asked first, and what is left out and why; send nothing")
	flags.BoolVar(&cfg.AllowPrivate, "allow-private", false, "let packets go to private addresses that DNS names")
	queueFlags(flags, &cfg.Queue)
	flags.DurationVar(&cfg.Queue.Wait, "nats-wait", 0, "end the scan after `TIME` without any fitting worker (default 2m); --resume goes on")
	flags.Float64Var(&cfg.Rate, "rate", 0, "queries a second overall (default 500)")
	flags.Float64Var(&cfg.RatePerServer, "rate-per-server", 0, "queries a second to one name server (default 5)")
	flags.StringVar(&cfg.Sweep, "sweep", pipeline.SweepNone, "ask for names that may exist as well: none, hosts (remote access), lookalikes or all")
	flags.IntVar(&cfg.SweepLikeness, "sweep-likeness", pipeline.DefaultSweepLikeness, "how like a look-alike has to be, 1 to 99; below 60 two letters are changed at once: very many names")
	flags.IntVar(&cfg.SweepBudget, "sweep-budget", pipeline.DefaultSweepBudget, "names that a sweep asks for in all, the likest of each domain first; what is left out is unknown")
	flags.IntVar(&cfg.Ranks, "ranks", 2, "how many ranks of dependencies to follow")
}

// commandLine gives the command as a reader can type it again, but for passwords.
func commandLine(cmd *cobra.Command, args []string) []string {
	line := strings.Fields(cmd.CommandPath())
	line = append(line, args...)
	cmd.Flags().Visit(visitInto(&line))
	for i, s := range line {
		line[i], _ = secret.Blot(s)
	}
	return line
}

func reportCommand() *cobra.Command {
	var f shared
	var onlyPortfolio bool
	var atOnce int
	c := &cobra.Command{
		Use:   "report JOURNAL...",
		Short: "Judge and render a saved run again, without a network",
		Long: `Judge and render a saved run again. No network is used; the same journal, rules
and --now give the same bytes in every format.

Several journals, or the folder of a portfolio's, give the reports of each
organisation and those of the portfolio.`,
		Example: `  mspscan report run.ndjson -o xlsx=report.xlsx -o md=summary.md
  mspscan report journals -o xlsx=portfolio.xlsx -o json=organisations/{id}.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := f.config(pipeline.Config{})
			if err != nil {
				return err
			}
			cfg.Confine, cfg.PortfolioOnly, cfg.AtOnce = confiner(cmd), onlyPortfolio, atOnce
			files, many, err := pipeline.Journals(args)
			if err != nil {
				return fromPipeline(err)
			}
			if many || onlyPortfolio {
				return fromPipeline(pipeline.ReportPortfolio(cmd.Context(), cfg, f.streams(cmd), files))
			}
			return fromPipeline(pipeline.Report(cmd.Context(), cfg, f.streams(cmd), files[0]))
		},
	}
	f.add(c)
	portfolioFlags(c, &onlyPortfolio, &atOnce)
	return c
}

// portfolioFlags adds what holds for many organisations.
func portfolioFlags(c *cobra.Command, only *bool, atOnce *int) {
	c.Flags().BoolVar(only, "portfolio-only", false, "of a portfolio, write no reports of each organisation")
	c.Flags().IntVar(atOnce, "at-once", 0, fmt.Sprintf("organisations of a portfolio worked on at the same time (default %d)", pipeline.DefaultAtOnce))
}

// fromPipeline gives an error of the pipeline its exit code. One that only
// carries a code was explained already.
func fromPipeline(err error) error {
	var e *pipeline.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Err == nil {
		return exitWith(e.Code, errSaid)
	}
	return exitWith(e.Code, err)
}
