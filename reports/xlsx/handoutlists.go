package xlsx

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// asked gives the questions that the provider can answer.
func (h *handout) asked() []*msp.Question {
	var list []*msp.Question
	for i := range h.b.r.Questions {
		if q := &h.b.r.Questions[i]; q.Provider == h.p.ID && q.Kind != "observation" {
			list = append(list, q)
		}
	}
	return list
}

func (h *handout) questions() error {
	list := h.asked()
	if len(list) == 0 {
		return nil
	}
	if err := h.heading("Questions", 8); err != nil {
		return err
	}
	if err := h.heads("^No.", "If the answer is bad", "Question", "About", "Why we ask", "", "^By", "Your answer"); err != nil {
		return err
	}
	first := h.row + 1
	for i, q := range list {
		why := "An answer that nobody gave counts as neither yes nor no."
		if q.Why != "" && q.Why != "unanswered" {
			why = sentence(h.clean.text(q.Why)) + "."
		}
		cells := []any{i + 1, severityWord(q.WouldBeFinding), h.text(q.Text), h.text(q.Subject.ID), why, nil, h.inDays(30), nil}
		if err := h.line(cells, h.looks(wrappedE)); err != nil {
			return err
		}
	}
	return h.severities(fmt.Sprintf("B%d:B%d", first, h.row))
}

// actions lists what the provider is asked to do.
func (h *handout) actions() error {
	if err := h.heading("What we ask you to do", 8); err != nil {
		return err
	}
	if err := h.heads("^No.", "Effort", "Closes findings", "", "Action", "", "^By", "Your plan"); err != nil {
		return err
	}
	numbers, n := h.numbers(), 0
	for i := range h.b.r.Actions {
		a := &h.b.r.Actions[i]
		if !slices.Contains(a.Providers, h.p.Name) || a.Kind == reports.ActionAsk {
			continue
		}
		n++
		var closes []string
		for _, id := range a.Closes {
			if k, ok := numbers[id]; ok {
				closes = append(closes, fmt.Sprint(k))
			}
		}
		words, about := h.text(a.Text), strings.Join(closes, ", ")
		lined := max(wraps(words, 57), wraps(about, 37))
		if err := h.next(float64(min(lined, 30))*lineRoom+5, h.at(n, centred), h.at(sentence(a.Effort), plain), h.at(about, wrapped), h.at(nil, plain),
			h.at(words, wrapped), h.at(nil, plain), h.at(h.inDays(a.Horizon), dateOf), h.at(nil, wrappedE)); err != nil {
			return err
		}
	}
	if n == 0 {
		return h.next(17, h.at("Nothing beyond the answers to the questions.", plainFree))
	}
	return nil
}

// numbers gives the number of each finding in the list above.
func (h *handout) numbers() map[string]int {
	by := map[string]int{}
	for i := range h.b.r.Findings {
		if f := &h.b.r.Findings[i]; h.concerns(f) {
			by[f.ID] = len(by) + 1
		}
	}
	return by
}
