package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/filelock"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/scanner"
	"mspscan/scanner/probes"
)

// Scan runs the main job: from an inventory to its reports. The error carries
// the exit code, see Error.
func Scan(ctx context.Context, cfg Config, s Streams) (err error) {
	judge, err := readyJudge(cfg)
	if err != nil {
		return err
	}
	judge.warnSets(s.Err, cfg.Quiet)
	warnTables(s.Err, cfg.Quiet, cfg.Model, judge.tables)
	j, err := prepare(cfg, judge, s)
	if err != nil {
		return err
	}
	n, err := cfg.network(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	j.use(n)
	cfg = j.cfg
	if err := j.judge.useBaseline(ctx, cfg.Baseline, j.header.Started); err != nil {
		return err
	}
	if cfg.DryRun {
		return j.dryRun()
	}
	if err := makeFolders(cfg.made...); err != nil {
		return coded(CodeInternal, err)
	}
	run, err := j.collect(ctx)
	if err = errors.Join(err, n.release()); err != nil {
		return err
	}
	return interrupted(ctx, cfg, finish(ctx, cfg, s, j.judge, run, j.graph))
}

// interrupted says of a run that was stopped once all was asked how to go on: from
// its journal, which is whole.
func interrupted(ctx context.Context, cfg Config, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	hint := "nothing was kept: name a --journal to be able to go on"
	if cfg.Journal != "" {
		hint = "the journal is whole: mspscan report " + cfg.Journal + " makes the reports"
	}
	return &Error{CodeInterrupt, fmt.Errorf("interrupted while the run was judged; %s", hint)}
}

// job is one scan on its way to the journal.
type job struct {
	cfg    Config
	s      Streams
	judge  *judge
	loaded *inventory.Loaded
	graph  *graph.Graph
	header journal.Header
	net    *network
	probes []scanner.Probe
	bar    *bar
	errors []string
	ended  journal.End // of the run that is gone on with

	started   time.Time         // of the run; zero = when it is made ready
	portfolio string            // id of the portfolio's run; "" = the organisation is alone
	share     *stake            // of what other organisations of the portfolio ask
	aloud     func(text string) // tells a person what concerns the whole portfolio
}

// readyJudge enters the sandbox and reads the rules and all else that judges, for
// a scan of now. More names further files that the scan will read.
func readyJudge(cfg Config, more ...string) (*judge, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.confine(more...); err != nil {
		return nil, err
	}
	judge, err := newJudge(cfg)
	if err != nil {
		return nil, err
	}
	return judge, judge.checkWaivers(asOf(cfg, time.Now()))
}

// prepare does all that can fail for an inventory before anything is sent or
// written.
func prepare(cfg Config, judge *judge, s Streams) (*job, error) {
	loaded, err := inventory.Load(cfg.Inventories)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	warn(s.Err, cfg.Quiet, loaded.Warnings)
	g, err := graph.New(loaded.Inventory, judge.catalog)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	cfg = cfg.ofOrganisation(loaded.Inventory.Organisation.ID)
	if err := cfg.refuseClobber(); err != nil {
		return nil, err
	}
	there := slices.DeleteFunc(slices.Clone(cfg.Outputs), func(o Output) bool { return slices.Contains(cfg.made, o.File) })
	if err := checkWritable(there); err != nil {
		return nil, coded(CodeInternal, err)
	}
	j := &job{cfg: cfg, s: s, judge: judge, loaded: loaded, graph: g}
	if s.Terminal && !cfg.Quiet && !cfg.NoProgress {
		j.bar = &bar{w: s.Err, width: max(s.Width, 40)}
	}
	return j, nil
}

func warn(w io.Writer, quiet bool, list inventory.Diagnostics) {
	if quiet {
		return
	}
	for _, d := range list {
		fmt.Fprintln(w, d)
	}
}

// use takes the way out and writes the header of the run.
func (j *job) use(n *network) {
	j.net = n
	if j.started.IsZero() {
		j.started = time.Now().UTC().Truncate(time.Second)
	}
	j.probes = probes.All(probes.Deps{Catalog: j.judge.catalog, Policies: newPolicies(j.cfg, n, j.graph, j.started), More: n.more})
	j.header = headerOf(j.cfg, j.judge, n)
	j.header.ID, j.header.Started, j.header.Portfolio = randomLabel(), j.started, j.portfolio
	j.header.InventorySHA256, j.header.Inventory = embed(j.loaded.Files)
}

// headerOf gives what the header of a run says whatever its inventory.
func headerOf(cfg Config, judge *judge, n *network) journal.Header {
	h := journal.Header{
		Tool: "mspscan " + cfg.Version, Resolvers: n.resolvers,
		Ranks: cfg.Ranks, Passive: cfg.Passive, Active: cfg.Active, Zones: n.zonesHash, Command: cfg.Command,
	}
	if cfg.sweeps() {
		h.Sweep, h.SweepBudget, h.SweepLikeness = cfg.Sweep, cfg.SweepBudget, cfg.SweepLikeness
	}
	_, h.Indicators = embed(judge.setFiles)
	if judge.rules != nil { // discover judges nothing
		h.Rules, h.Tables = judge.rules.Hash(), recorded(judge.tables)
	}
	return h
}

// embed gives the files for the header and one hash over all of them.
func embed(files []inventory.File) (string, []journal.File) {
	whole := sha256.New()
	var list []journal.File
	for _, f := range files {
		sum := f.SHA256()
		list = append(list, journal.NewFile(f.Name, sum, f.Data))
		if len(files) == 1 {
			return sum, list
		}
		fmt.Fprintf(whole, "%s %s\n", f.Name, sum)
	}
	return hex.EncodeToString(whole.Sum(nil)), list
}

// collect asks the network until nothing new is left and gives the record.
func (j *job) collect(ctx context.Context) (*journal.Run, error) {
	if err := j.reach(ctx); err != nil {
		return nil, err
	}
	w, err := j.openJournal()
	if err != nil {
		return nil, err
	}
	defer j.bar.clear()
	c := newCollector(j.cfg, j.net, j.graph, w, j.probes, j.header.Started, j.bar.watch())
	c.share = j.share
	leave, err := j.join(ctx, c)
	if err == nil {
		err = j.ask(ctx, c)
		leave(err == nil)
	}
	j.bar.clear()
	end := &journal.End{Kind: "end", Finished: time.Now().UTC().Truncate(time.Second), Complete: err == nil, Errors: j.errors}
	switch over := err == nil && j.ended.Complete && c.asked == 0; {
	case over: // it had come to its end before: going on with it changes no byte
		end = &j.ended
		err = coded(CodeInternal, w.Close(nil))
	case w != nil:
		err = errors.Join(err, coded(CodeInternal, w.Close(end)))
	}
	if ctx.Err() != nil {
		return nil, &Error{CodeInterrupt, fmt.Errorf("interrupted after %d checks%s", c.asked, j.resumeHint())}
	}
	if err != nil {
		return nil, coded(CodeInternal, err)
	}
	return &journal.Run{Header: j.header, Facts: j.graph.Facts(), End: *end}, nil
}

func (j *job) resumeHint() string {
	if j.cfg.Journal == "" {
		return "; nothing was kept: name a --journal to be able to go on"
	}
	return "; the journal holds what was learnt, --resume goes on"
}

// ask runs the rounds, then the second opinions on what looks grave.
func (j *job) ask(ctx context.Context, c *collector) error {
	if err := j.preflight(ctx, c); err != nil {
		return err
	}
	if err := c.all(ctx); err != nil {
		return err
	}
	if err := j.sweep(ctx, c); err != nil {
		return err
	}
	if err := c.flush(); err != nil { // judging may take long
		return err
	}
	doubts, err := j.judge.secondOpinions(ctx, j.graph, j.now())
	if err != nil {
		return err
	}
	return c.round(ctx, missing(j.graph, doubts))
}

func (j *job) now() time.Time {
	return asOf(j.cfg, j.header.Started)
}

// preflight unmasks a resolver that answers names which do not exist: its word
// on what is there would make every finding worthless.
func (j *job) preflight(ctx context.Context, c *collector) error {
	task := fact.Task{Probe: fact.ProbePreflight, Name: msp.Root, Server: j.net.resolvers[0]}
	if f, done := j.graph.FactOf(task); done {
		return refuseLiar(f)
	}
	if err := c.round(ctx, []fact.Task{task}); err != nil {
		return err
	}
	f, _ := j.graph.FactOf(task)
	return refuseLiar(f)
}

// preflightProbe asks the resolvers for names that cannot exist.
func preflightProbe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbePreflight,
		Doc:  "whether the resolver tells the truth of names that do not exist",
		Run: func(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
			p := scanner.Preflight(ctx, env.Resolver, t.Server, env.Random)
			outcome, reason := fact.Present, ""
			switch {
			case !p.Reachable:
				outcome, reason = fact.Unknown, "timeout"
			case p.Rewrites:
				outcome, reason = fact.Broken, "rewrites"
			}
			return scanner.NewTrace(env.Resolver).Fact(t, outcome, reason, p)
		},
	}
}

func refuseLiar(f fact.Fact) error {
	if f.Outcome != fact.Broken {
		return nil
	}
	return refused(f.Task.Server)
}

func refused(resolver string) error {
	return &Error{CodeIncomplete, fmt.Errorf("resolver %s answers names that do not exist: nothing it says of absence can be believed; name another with --resolver", resolver)}
}

// openJournal starts or goes on with the journal; nil if none was asked for.
func (j *job) openJournal() (*journal.Writer, error) {
	if j.cfg.Journal == "" {
		return nil, nil
	}
	if j.cfg.Resume {
		w, err := j.resume()
		if !errors.Is(err, os.ErrNotExist) {
			return w, err
		}
	}
	w, err := journal.Create(j.cfg.Journal, j.header)
	if errors.Is(err, os.ErrExist) {
		return nil, usage("journal %s is there already: go on with --resume, or name another", j.cfg.Journal)
	}
	return w, coded(CodeInternal, err)
}

// resume takes the facts of the journal and goes on behind them.
func (j *job) resume() (*journal.Writer, error) {
	_, w, err := journal.Resume(j.cfg.Journal, j.header, j.takeOver)
	switch {
	case errors.Is(err, journal.ErrJournal):
		return nil, coded(CodeUsage, err)
	case errors.Is(err, filelock.ErrLocked):
		return nil, coded(CodeInternal, fmt.Errorf("%w: wait for its end, or name another journal", err))
	case err != nil:
		return nil, coded(CodeInternal, err)
	}
	return w, nil
}

// takeOver takes the facts of a run that was cut. What would make two halves that
// do not fit is refused.
func (j *job) takeOver(run *journal.Run) error {
	if run.Header.InventorySHA256 != j.header.InventorySHA256 {
		return usage("the inventory has changed since; start a new journal")
	}
	if err := fits(run.Header, j.header); err != nil {
		return err
	}
	for _, f := range run.Facts {
		err := j.graph.Apply(f)
		if err == nil && j.share != nil {
			err = j.share.keep(f)
		}
		if err != nil {
			return coded(CodeInternal, err)
		}
	}
	j.header, j.ended = run.Header, run.End
	return nil
}

// fits holds the options of a run that was cut against those of now.
func fits(old, now journal.Header) error {
	switch {
	case !slices.Equal(old.Indicators, now.Indicators):
		return usage("it was begun with other --indicators")
	case old.Tool != now.Tool:
		return usage("it was begun by %s, this is %s", old.Tool, now.Tool)
	case old.Rules != now.Rules:
		return usage("it was begun with other rules or thresholds; start a new journal")
	case old.Zones != now.Zones, old.Passive != now.Passive, old.Active != now.Active, old.Ranks != now.Ranks,
		old.Sweep != now.Sweep, old.SweepBudget != now.SweepBudget, old.SweepLikeness != now.SweepLikeness:
		return usage("it was begun with other options (--zones, --passive, --active, --ranks or --sweep and its budget and likeness)")
	}
	return nil
}

// loadCatalog reads the embedded table of third parties.
func loadCatalog() (*catalog.Catalog, error) {
	cat, err := catalog.Default()
	if err != nil {
		return nil, coded(CodeInternal, fmt.Errorf("read the embedded catalogue: %w", err))
	}
	return cat, nil
}
