package rules

import (
	"context"
	"fmt"
	"runtime"
	"sort"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/rules/subject"
)

func trueVal() types.Bool { return types.True }

// Input is what is judged.
type Input struct {
	Graph     *graph.Graph
	Now       time.Time          // judge as of
	Exposures []msp.Exposure     // for the score of each provider
	Paths     []msp.PathExposure // subjects of the path rules
	Previous  *graph.Graph       // of the run before; nil = there is none
	Workers   int                // at the same time; 0 = one a processor
}

// Result is what the rules say: findings sorted by rule, subject and id,
// questions likewise, counts by rule. Errors names rules that could not be
// judged on a subject; each counts as unknown.
type Result struct {
	Findings  []msp.Finding
	Questions []msp.Question
	Counts    []msp.RuleCount
	Errors    []string
}

// Evaluate judges every subject of the graph by every rule. The same input gives
// the same result, whatever the order of facts and the number of workers. The
// error is ctx's, or the graph's.
func (s *Set) Evaluate(ctx context.Context, in Input) (Result, error) {
	subjects, err := subject.Build(subject.Ground{
		Graph: in.Graph, Now: in.Now, Exposures: in.Exposures, Paths: in.Paths, Previous: in.Previous,
	})
	if err != nil {
		return Result{}, err
	}
	workers := in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	sheets := s.judgeAll(ctx, subjects.Views, msp.DateOf(in.Now).String(), workers)
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("evaluate rules: %w", err)
	}
	r := s.collect(sheets)
	r.Errors = append(r.Errors, subjects.Cut...)
	sort.Strings(r.Errors)
	s.confirm(in.Graph, &r)
	return r, nil
}

// sheet is what one worker found.
type sheet struct {
	findings  []msp.Finding
	questions []msp.Question
	counts    map[*Rule]*msp.RuleCount
	errors    []string
}

// chunk is how many subjects a worker takes at a time.
const chunk = 256

// judgeAll splits the subjects over workers.
func (s *Set) judgeAll(ctx context.Context, views []subject.View, today string, workers int) []*sheet {
	next := make(chan []subject.View)
	sheets := make([]*sheet, workers)
	var wg sync.WaitGroup
	for i := range sheets {
		sheets[i] = &sheet{counts: map[*Rule]*msp.RuleCount{}}
		wg.Go(func() {
			for part := range next {
				for _, v := range part {
					s.judgeOne(ctx, v, today, sheets[i])
				}
			}
		})
	}
	for len(views) > 0 && ctx.Err() == nil {
		n := min(chunk, len(views))
		next <- views[:n]
		views = views[n:]
	}
	close(next)
	wg.Wait()
	return sheets
}

// judgeOne judges a subject by the rules of its kind.
func (s *Set) judgeOne(ctx context.Context, view subject.View, today string, to *sheet) {
	ref := view.Ref()
	list := s.byKind[ref.Kind]
	if len(list) == 0 || ctx.Err() != nil {
		return
	}
	v := &vars{name: string(ref.Kind), view: list[0].adapt(view), today: types.String(today)}
	for _, r := range list {
		verdict, hits, err := r.judge(ctx, v)
		if err != nil {
			to.errors = append(to.errors, fmt.Sprintf("rule %s on %s %s: %v", r.ID, ref.Kind, msp.Visible(ref.ID), err))
			verdict, hits = Unknown, nil
		}
		to.record(ctx, r, view, verdict, hits, v)
	}
}

// record counts a verdict and writes out what follows from it.
func (to *sheet) record(ctx context.Context, r *Rule, view subject.View, verdict Verdict, hits []hit, v *vars) {
	c := to.counts[r]
	if c == nil {
		c = &msp.RuleCount{Rule: r.ID}
		to.counts[r] = c
	}
	switch verdict {
	case Finding:
		c.Fail++
		for _, h := range hits {
			to.findings = append(to.findings, r.finding(ctx, view, h, v))
		}
	case Unknown:
		c.Unknown++
		to.questions = append(to.questions, r.ask(ctx, view, v))
	case Pass:
		c.Pass++
	default:
		c.NotApplicable++
	}
}

// collect joins the sheets in an order of its own.
func (s *Set) collect(sheets []*sheet) Result {
	var r Result
	total := map[string]*msp.RuleCount{}
	for _, rule := range s.rules {
		total[rule.ID] = &msp.RuleCount{Rule: rule.ID}
	}
	for _, sh := range sheets {
		r.Findings, r.Questions = append(r.Findings, sh.findings...), append(r.Questions, sh.questions...)
		r.Errors = append(r.Errors, sh.errors...)
		for rule, c := range sh.counts {
			t := total[rule.ID]
			t.Pass, t.Fail, t.Unknown, t.NotApplicable = t.Pass+c.Pass, t.Fail+c.Fail, t.Unknown+c.Unknown, t.NotApplicable+c.NotApplicable
		}
	}
	for _, rule := range s.rules {
		r.Counts = append(r.Counts, *total[rule.ID])
	}
	sort.Slice(r.Findings, func(i, j int) bool { return lessFinding(&r.Findings[i], &r.Findings[j]) })
	sort.Slice(r.Questions, func(i, j int) bool { return lessQuestion(&r.Questions[i], &r.Questions[j]) })
	return r
}

func lessFinding(a, b *msp.Finding) bool {
	if a.Rule != b.Rule {
		return a.Rule < b.Rule
	}
	if a.Subject != b.Subject {
		return a.Subject.ID < b.Subject.ID
	}
	return a.ID < b.ID
}

func lessQuestion(a, b *msp.Question) bool {
	if a.Rule != b.Rule {
		return a.Rule < b.Rule
	}
	if a.Subject.ID != b.Subject.ID {
		return a.Subject.ID < b.Subject.ID
	}
	return a.ID < b.ID
}

// newVars makes the variables of a subject.
func (r *Rule) newVars(view subject.View, today string) *vars {
	return &vars{name: string(r.Subject), view: r.adapt(view), today: types.String(today)}
}

var _ cel.Activation = (*vars)(nil)
