package rules

import (
	"slices"
	"sort"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// SecondOpinions gives the questions to ask again before findings are
// confirmed: the record sets under DNS findings of severity critical and high,
// each once, sorted.
func SecondOpinions(findings []msp.Finding, g *graph.Graph) []fact.Task {
	byID := factsByID(g)
	seen := map[fact.Task]bool{}
	var out []fact.Task
	for i := range findings {
		for _, o := range underneath(&findings[i], byID) {
			t := secondTask(o)
			if !seen[t] {
				seen[t] = true
				out = append(out, t)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Less(out[j]) })
	return out
}

func secondTask(o fact.Observation) fact.Task {
	return fact.Task{Probe: fact.ProbeSecond, Name: o.Name, Type: o.Type}
}

func factsByID(g *graph.Graph) map[string]fact.Fact {
	out := map[string]fact.Fact{}
	for _, f := range g.Facts() {
		out[f.ID] = f
	}
	return out
}

// underneath gives what a recursive resolver said of the records under a grave
// finding; none for findings that rest on what was declared.
func underneath(f *msp.Finding, byID map[string]fact.Fact) []fact.Observation {
	if f.Severity < msp.High {
		return nil
	}
	var out []fact.Observation
	for _, e := range f.Evidence {
		if e.Fact != "" {
			out = append(out, byID[e.Fact].Observed...)
		}
	}
	return out
}

// confirm weighs the second opinions: agreement confirms a firm finding,
// disagreement leaves it unknown. A finding that is only a lead stays one.
func confirm(g *graph.Graph, r *Result) {
	byID := factsByID(g)
	if len(byID) == 0 {
		return
	}
	withdrawn := map[subjectRule]*msp.Question{}
	r.Findings = slices.DeleteFunc(r.Findings, func(f msp.Finding) bool {
		_, against := opinions(&f, g, byID)
		if len(against) > 0 {
			withdrawn[subjectRule{f.Rule, f.Subject}] = disputed(&f, against)
		}
		return len(against) > 0
	})
	for i := range r.Findings {
		f := &r.Findings[i]
		if agreed, _ := opinions(f, g, byID); agreed && f.Confidence == msp.Firm {
			f.Confidence = msp.Confirmed
		}
	}
	r.withdraw(withdrawn)
}

type subjectRule struct {
	rule    string
	subject msp.Subject
}

// opinions reports whether every opinion that was had agrees, and those that do
// not.
func opinions(f *msp.Finding, g *graph.Graph, byID map[string]fact.Fact) (agreed bool, against []msp.EvidenceItem) {
	for _, o := range underneath(f, byID) {
		second, ok := g.FactOf(secondTask(o))
		if !ok {
			continue
		}
		var data fact.Second
		if second.Decode(&data) != nil {
			continue
		}
		agree, known, why := fact.Agrees(o, data)
		switch {
		case known && agree:
			agreed = true
		case known:
			e := seen([]*fact.Fact{&second})
			e[0].Summary += ": " + why
			against = append(against, e...)
		}
	}
	return agreed, against
}

// disputed makes a question of a finding on which two looks disagree.
func disputed(f *msp.Finding, against []msp.EvidenceItem) *msp.Question {
	return &msp.Question{
		ID: id("question", f.Rule, string(f.Subject.Kind), f.Subject.ID), Rule: f.Rule, Subject: f.Subject,
		Provider: f.Provider, Text: "Two looks at the same records disagree: " + f.Message, Why: "disagreement",
		WouldBeFinding: f.Severity, Location: f.Location, Kind: kindObservation,
		Evidence: append(slices.Clone(f.Evidence), against...),
	}
}

// withdraw puts the questions in the place of findings and counts again: a
// subject with no finding of the rule left is unknown.
func (r *Result) withdraw(questions map[subjectRule]*msp.Question) {
	if len(questions) == 0 {
		return
	}
	left := map[subjectRule]bool{}
	for i := range r.Findings {
		left[subjectRule{r.Findings[i].Rule, r.Findings[i].Subject}] = true
	}
	for key, q := range questions {
		r.Questions = append(r.Questions, *q)
		if left[key] {
			continue
		}
		for i := range r.Counts {
			if r.Counts[i].Rule == key.rule {
				r.Counts[i].Fail--
				r.Counts[i].Unknown++
			}
		}
	}
	slices.SortFunc(r.Questions, func(a, b msp.Question) int { return compareQuestions(&a, &b) })
}
