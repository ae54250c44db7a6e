package rules

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/common/types"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/indicator"
	"mspscan/rules/subject"
)

// Input is what is judged.
type Input struct {
	Graph     *graph.Graph
	Now       time.Time          // judge as of
	Exposures []msp.Exposure     // for the score of each provider
	Paths     []msp.PathExposure // subjects of the path rules
	Previous  *graph.Graph       // of the run before; nil = there is none
	Sets      int                // indicator sets that were held against the facts
	Hits      []indicator.Hit    // what they found, each with the watched name that it concerns
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
		Sets: in.Sets, Hits: in.Hits,
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
	confirm(in.Graph, &r)
	return r, nil
}

// sheet is what was found on one chunk of subjects.
type sheet struct {
	findings  blocks[msp.Finding]
	questions blocks[msp.Question]
	counts    map[*Rule]*msp.RuleCount
	errors    []string
}

// blocks is a list that grows without moving what it holds.
type blocks[T any] [][]T

func (b *blocks[T]) add(v T) {
	n := len(*b)
	if n == 0 || len((*b)[n-1]) == cap((*b)[n-1]) {
		*b = append(*b, make([]T, 0, min(16<<n, 256)))
		n++
	}
	(*b)[n-1] = append((*b)[n-1], v)
}

// chunk is how many subjects are judged at a time.
const chunk = 256

// judgeAll splits the subjects over workers, one sheet a chunk.
func (s *Set) judgeAll(ctx context.Context, views []subject.View, today string, workers int) []*sheet {
	sheets := make([]*sheet, (len(views)+chunk-1)/chunk)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				sh := &sheet{counts: map[*Rule]*msp.RuleCount{}}
				for _, v := range views[i*chunk : min((i+1)*chunk, len(views))] {
					s.judgeOne(ctx, v, today, sh)
				}
				sheets[i] = sh
			}
		})
	}
	for i := range sheets {
		next <- i
	}
	close(next)
	wg.Wait()
	return sheets
}

// judgeOne judges a subject by the rules of its kind.
func (s *Set) judgeOne(ctx context.Context, view subject.View, today string, to *sheet) {
	ref := view.Ref()
	list, shown := s.rulesOn(view)
	if len(list) == 0 || ctx.Err() != nil {
		return
	}
	v := list[0].newVars(shown, today)
	for _, r := range list {
		verdict, hits, err := r.judge(ctx, v)
		if err != nil {
			to.errors = append(to.errors, fmt.Sprintf("rule %s on %s %s: %v", r.ID, ref.Kind, msp.Visible(ref.ID), err))
			verdict, hits = Unknown, nil
		}
		to.record(ctx, r, view, verdict, hits, v)
	}
}

// rulesOn gives the rules of a view and what they are shown: the view itself, or
// what a limited one stands for.
func (s *Set) rulesOn(view subject.View) ([]*Rule, subject.View) {
	limited, ok := view.(subject.Limited)
	if !ok {
		return s.byKind[view.Ref().Kind], view
	}
	kind, shown := limited.As()
	var list []*Rule
	for _, r := range s.byKind[kind] {
		foreign := func(input string) bool { return !limited.Has(input) }
		if !slices.ContainsFunc(r.Inputs, foreign) {
			list = append(list, r)
		}
	}
	return list, shown
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
			to.findings.add(r.finding(ctx, view, h, v))
		}
	case Unknown:
		c.Unknown++
		to.questions.add(r.ask(ctx, view, v))
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
		r.Errors = append(r.Errors, sh.errors...)
		for rule, c := range sh.counts {
			t := total[rule.ID]
			t.Pass, t.Fail, t.Unknown, t.NotApplicable = t.Pass+c.Pass, t.Fail+c.Fail, t.Unknown+c.Unknown, t.NotApplicable+c.NotApplicable
		}
	}
	for _, rule := range s.rules {
		r.Counts = append(r.Counts, *total[rule.ID])
	}
	r.Findings = merge(sheets, func(sh *sheet) blocks[msp.Finding] { return sh.findings },
		func(f *msp.Finding) string { return f.Rule }, compareFindings)
	r.Questions = merge(sheets, func(sh *sheet) blocks[msp.Question] { return sh.questions },
		func(q *msp.Question) string { return q.Rule }, compareQuestions)
	return r
}

// merge joins lists in order of rule, subject and id. Subjects were judged in
// order, so within a rule little is left to sort; the elements are large and are
// copied once.
func merge[T any](sheets []*sheet, of func(*sheet) blocks[T], rule func(*T) string, compare func(a, b *T) int) []T {
	byRule, n := map[string][]*T{}, 0
	for _, sh := range sheets {
		for _, list := range of(sh) {
			n += len(list)
			for i := range list {
				byRule[rule(&list[i])] = append(byRule[rule(&list[i])], &list[i])
			}
		}
	}
	out := make([]T, 0, n)
	for _, id := range slices.Sorted(maps.Keys(byRule)) {
		list := byRule[id]
		if !slices.IsSortedFunc(list, compare) {
			slices.SortFunc(list, compare)
		}
		for _, p := range list {
			out = append(out, *p)
		}
	}
	return out
}

func compareFindings(a, b *msp.Finding) int {
	return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Subject.ID, b.Subject.ID), strings.Compare(a.ID, b.ID))
}

func compareQuestions(a, b *msp.Question) int {
	return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Subject.ID, b.Subject.ID), strings.Compare(a.ID, b.ID))
}

// newVars makes the variables of a subject.
func (r *Rule) newVars(view subject.View, today string) *vars {
	return &vars{name: string(r.Subject), view: r.adapt(view), today: types.String(today)}
}
