package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types/ref"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/rules/subject"
)

// adapt makes a view known to the rule's language.
func (r *Rule) adapt(view subject.View) ref.Val { return r.built.adapter.NativeToValue(view) }

// id hashes what tells a finding from all others: rule, subject and the
// discriminating part, never order, time or text.
func id(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// finding writes out a hit.
func (r *Rule) finding(ctx context.Context, view subject.View, h hit, v *vars) msp.Finding {
	s := view.Ref()
	inputs := r.inputs(view)
	f := msp.Finding{
		ID: id(r.ID, string(s.Kind), s.ID, h.key), Rule: r.ID, Severity: h.severity, Confidence: h.confidence,
		Subject: s, Provider: view.Owner(), Title: r.Title, Message: h.message, Expected: r.Expected,
		Remediation: r.Remediation, References: r.References, Frameworks: r.Frameworks,
		Evidence: evidence(inputs, h.item), Location: r.decisive(ctx, inputs, v),
	}
	if h.item != nil {
		if p, ok := h.item.Concerns(); ok {
			f.Provider = p
		}
	}
	if p, ok := h.item.(subject.Placed); ok && p.Place().Known() {
		f.Location = p.Place()
	}
	return f
}

func (r *Rule) inputs(view subject.View) []subject.Input {
	out := make([]subject.Input, len(r.Inputs))
	for i, key := range r.Inputs {
		out[i] = view.Input(key)
	}
	return out
}

// decisive gives the place of the first input that the side of the condition
// which holds is about, else of the first with a place.
func (r *Rule) decisive(ctx context.Context, inputs []subject.Input, v *vars) msp.Pos {
	for _, p := range r.built.parts {
		if ok, err := p.run.holds(ctx, v, false); err != nil || !ok {
			continue
		}
		for i, in := range inputs {
			if in.Pos.Known() && p.names(r.Inputs[i]) {
				return in.Pos
			}
		}
	}
	for _, in := range inputs {
		if in.Pos.Known() {
			return in.Pos
		}
	}
	return msp.Pos{}
}

// evidence writes out the inputs: a place for what was declared, the exchanges
// for what was seen. An item's own facts go before the subject's.
func evidence(inputs []subject.Input, item subject.Item) []msp.EvidenceItem {
	if item != nil && item.Evidence() != nil {
		return seen(item.Evidence())
	}
	var out []msp.EvidenceItem
	var facts []*fact.Fact
	for _, in := range inputs {
		if in.Facts != nil {
			facts = append(facts, in.Facts...)
			continue
		}
		e := msp.EvidenceItem{Summary: in.Text}
		if in.Pos.Known() {
			pos := in.Pos
			e.Location = &pos
		}
		out = append(out, e)
	}
	return append(out, seen(facts)...)
}

// seen writes out facts, each once.
func seen(facts []*fact.Fact) []msp.EvidenceItem {
	var out []msp.EvidenceItem
	done := map[string]bool{}
	for _, f := range facts {
		if done[f.ID] {
			continue
		}
		done[f.ID] = true
		out = append(out, msp.EvidenceItem{
			Fact: f.ID, Summary: subject.Summary(f), Server: server(f), At: moment(f.At), Dig: digs(f.Queries),
		})
	}
	return out
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// server names who was asked: the servers of the exchanges, or whose eyes.
func server(f *fact.Fact) string {
	var list []string
	for _, q := range f.Queries {
		if q.Server != "" && !slices.Contains(list, q.Server) && len(list) < 4 {
			list = append(list, q.Server)
		}
	}
	if len(list) == 0 {
		return f.Vantage
	}
	return strings.Join(list, ", ")
}

// maxDig bounds the commands of one fact; those whose answers went wrong come
// first.
const maxDig = 24

func digs(queries []fact.Query) []string {
	var odd, plain []string
	for _, q := range queries {
		line := q.Dig()
		if q.Error != "" || q.Rcode != "NOERROR" {
			odd = append(odd, line)
		} else {
			plain = append(plain, line)
		}
	}
	var out []string
	for _, line := range append(odd, plain...) {
		if !slices.Contains(out, line) && len(out) < maxDig {
			out = append(out, line)
		}
	}
	return out
}

// The kinds of a question.
const (
	kindAnswer      = "answer"      // somebody can tell
	kindObservation = "observation" // DNS could not
)

// ask writes out what would have to be known.
func (r *Rule) ask(ctx context.Context, view subject.View, v *vars) msp.Question {
	s := view.Ref()
	inputs := r.inputs(view)
	q := msp.Question{
		ID: id("question", r.ID, string(s.Kind), s.ID), Rule: r.ID, Subject: s, Provider: view.Owner(),
		WouldBeFinding: r.worst(), Kind: kindAnswer,
	}
	if r.kind.Facts {
		q.Kind = kindObservation
	}
	var missing, why []string
	for i, in := range inputs {
		if !in.Unknown {
			continue
		}
		if len(in.Facts) > 0 {
			q.Kind = kindObservation
		}
		missing = append(missing, r.Inputs[i])
		if !slices.Contains(why, in.Why) {
			why = append(why, in.Why)
		}
		if !q.Location.Known() {
			q.Location = in.Pos
		}
		q.Evidence = append(q.Evidence, seen(in.Facts)...)
	}
	if !q.Location.Known() {
		q.Location = r.decisive(ctx, inputs, v)
	}
	q.Why, q.Missing = strings.Join(why, ", "), missing
	q.Text = r.questionText(ctx, v, missing)
	return q
}

func (r *Rule) questionText(ctx context.Context, v *vars, missing []string) string {
	v.missing = missing
	if len(r.built.question.words) == 0 {
		return "Could not be judged: " + r.Title
	}
	text, err := r.built.question.fill(ctx, v)
	if err != nil {
		return "Could not be judged: " + r.Title
	}
	return text
}
