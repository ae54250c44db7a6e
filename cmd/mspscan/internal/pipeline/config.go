// Package pipeline is the one place that knows the order of the stages:
//
//	load ─► graph ─► plan ─► probes ─► journal ─► rules ─► exposure ─► report
//
// The clock and randomness enter here and nowhere else. Left of the journal the
// network is asked; everything right of it is a function of the journal.
package pipeline

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"mspscan/cmd/mspscan/internal/sandbox"
	"mspscan/msp"
	"mspscan/reports"
)

// Config is what a scan or a report is asked to do.
type Config struct {
	Inventories   []string
	Version       string // of the tool
	Command       []string
	Resolvers     []string // ADDR[:PORT]; empty = the system's
	Zones         string   // folder of zone files to serve and scan
	Journal       string
	Resume        bool
	Passive       bool
	Active        bool
	DryRun        bool
	AllowPrivate  bool
	Rate          float64 // queries a second overall; 0 = the default
	RatePerServer float64 // 0 = the default
	Ranks         int
	Sweep         string    // none, hosts, lookalikes or all
	SweepBudget   int       // names asked for in all
	SweepLikeness int       // of look-alikes, 1 to 99
	Now           time.Time // judge as of; zero = the start of the run
	Outputs       []Output
	SIDs          map[string]string // asset id -> security identifier, for OpenGraph
	RuleDirs      []string
	RuleParams    string   // file of thresholds
	Model         string   // file of transmission tables; "" = those built in
	Waivers       string   // file of accepted findings; "" = none
	Indicators    []string // files of indicators, beside the embedded set
	Baseline      string   // journal or report of the run before; "" = none
	Gate          Gate
	MinSeverity   msp.Severity // display only
	Books         Books        // what goes into xlsx
	CSVRaw        bool         // no guard against formulas in csv
	Redact        string       // level of reports.Redactions; "" = none
	EncryptTo     []string     // age recipients of every output; none = as it is
	PortfolioOnly bool         // of several inventories, no reports for each
	AtOnce        int          // organisations worked on at the same time; 0 = DefaultAtOnce
	Queue         Queue        // the broker that carries tasks to workers; none = in this process
	Quiet         bool
	NoProgress    bool

	// Confine takes from the process what a run does not need, for good; nil = it
	// keeps all.
	Confine func(sandbox.Policy) (sandbox.Status, error)

	many bool     // several organisations
	made []string // files whose folders are made
}

// Streams are the ends of the program. Data goes to Out, all else to Err.
type Streams struct {
	Out, Err io.Writer
	Terminal bool // Err is a terminal
	Color    bool
	Width    int // of the terminal, in columns
}

// Gate says when a finished run fails.
type Gate struct {
	FailOn     string   // critical, high, medium, low or never; "" = never
	MaxUnknown string   // "N" or "P%"; "" = no limit
	Rules      []string // ids of rules of which no finding may be open
	Expired    bool     // fail on findings whose waiver has expired
	New        bool     // only findings that the baseline does not have count; with FailOn, of that severity
}

// asked reports whether there is any gate.
func (g Gate) asked() bool {
	return g.FailOn != "" || g.MaxUnknown != "" || len(g.Rules) > 0 || g.Expired || g.New
}

// Validate refuses what can't be meant.
func (c Config) Validate() error {
	if c.Passive && c.Active {
		return usage("--passive and --active exclude each other")
	}
	if c.Resume && c.Journal == "" {
		return usage("--resume needs --journal FILE")
	}
	if c.Zones != "" && len(c.Resolvers) > 0 {
		return usage("--zones and --resolver exclude each other")
	}
	if c.Ranks < 1 || c.Ranks > 8 {
		return usage("--ranks %d: 1 to 8", c.Ranks)
	}
	if err := c.validateSweep(); err != nil {
		return err
	}
	if err := c.validateQueue(); err != nil {
		return err
	}
	if c.AtOnce < 0 || c.AtOnce > maxAtOnce {
		return usage("--at-once %d: 1 to %d", c.AtOnce, maxAtOnce)
	}
	if !(c.Rate >= 0 && c.RatePerServer >= 0) { // NaN is neither
		return usage("a rate is a positive number of queries a second")
	}
	return c.validateGate()
}

// validateGate refuses a gate that could not be held.
func (c Config) validateGate() error {
	if c.Gate.New && c.Baseline == "" {
		return usage("--fail-on-new needs --baseline FILE")
	}
	if err := c.validateSharing(); err != nil {
		return err
	}
	if err := c.validateBooks(); err != nil {
		return err
	}
	return c.Gate.validate()
}

func (g Gate) validate() error {
	switch g.FailOn {
	case "", "never", "critical", "high", "medium", "low":
	default:
		return usage("--fail-on %q: critical, high, medium, low or never", g.FailOn)
	}
	if _, err := reports.ParseLimit(g.MaxUnknown); err != nil {
		return usage("--max-unknown: %w", err)
	}
	return nil
}

// Exit codes of contract section 3.
const (
	CodeGate       = 1
	CodeUsage      = 2
	CodeIncomplete = 3
	CodeInternal   = 4
	CodeInterrupt  = 130
)

// Error is an error with the exit code that it asks for. A nil Err says nothing
// more than the code.
type Error struct {
	Code int
	Err  error
}

// Error gives the text of the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return "exit " + strconv.Itoa(e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func usage(format string, args ...any) error {
	return &Error{CodeUsage, fmt.Errorf(format, args...)}
}

// coded gives err the code unless it has one already.
func coded(code int, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &Error{code, err}
}
