package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// MaxPortfolioChanges bounds the changes that a Portfolio lists; the counts are
// of all.
const MaxPortfolioChanges = 5000

// PortfolioChanged is what became of findings since the run before. Waived
// findings are left out.
type PortfolioChanged struct {
	Compared    []string          `json:"compared"` // organisations with a run before, sorted
	Added       []string          `json:"added"`    // organisations without, sorted
	New         int               `json:"new"`
	Reopened    int               `json:"reopened"`
	Fixed       int               `json:"fixed"`
	NotLookedAt int               `json:"not_looked_at"`
	Changes     []PortfolioChange `json:"changes"` // new, reopened, fixed, not looked at; worst first, then organisation and rule
	Left        int               `json:"left"`    // changes beyond MaxPortfolioChanges
}

// PortfolioChange is a finding that changed in one organisation.
type PortfolioChange struct {
	Organisation string           `json:"organisation"`
	State        msp.FindingState `json:"state"`
	Severity     msp.Severity     `json:"severity"`
	Rule         string           `json:"rule"`
	Provider     string           `json:"provider"`
	Subject      msp.Subject      `json:"subject"`
	Message      string           `json:"message"`
	ID           string           `json:"id"`
}

func (c *PortfolioChanged) add(organisation string, f *Finding) {
	if f.Waived != nil {
		return
	}
	switch f.State {
	case msp.StateNew:
		c.New++
	case msp.StateReopened:
		c.Reopened++
	case msp.StateFixed:
		c.Fixed++
	case msp.StateNotLookedAt:
		c.NotLookedAt++
	default:
		return
	}
	c.Changes = append(c.Changes, PortfolioChange{
		Organisation: organisation, State: f.State, Severity: f.Effective(), Rule: f.Rule, Provider: f.Provider,
		Subject: f.Subject, Message: f.Message, ID: f.ID,
	})
}

func stateOrder(s msp.FindingState) int {
	return slices.Index([]msp.FindingState{msp.StateNew, msp.StateReopened, msp.StateFixed, msp.StateNotLookedAt}, s)
}

// PartiesChanged gives the parties whose findings changed, those with most new
// and reopened ones first.
func (p *Portfolio) PartiesChanged() []PortfolioParty {
	list := slices.DeleteFunc(slices.Clone(p.Parties), func(q PortfolioParty) bool { return q.New+q.Reopened+q.Fixed+q.NotLookedAt == 0 })
	slices.SortStableFunc(list, func(a, b PortfolioParty) int {
		return cmp.Or(cmp.Compare(b.New+b.Reopened, a.New+a.Reopened), cmp.Compare(b.Fixed, a.Fixed))
	})
	return list
}

// Sentence says in words what changed.
func (c *PortfolioChanged) Sentence() string {
	text := fmt.Sprintf("%s compared with the run before: %d new, %d reopened, %d fixed, %d not looked at.",
		plural(len(c.Compared), "organisation"), c.New, c.Reopened, c.Fixed, c.NotLookedAt)
	if len(c.Added) > 0 {
		text += " Without a run before: " + Cut(strings.Join(c.Added, ", "), 400) + "."
	}
	return text
}

// StateWord gives the word of a state for people.
func (c PortfolioChange) StateWord() string { return strings.ReplaceAll(string(c.State), "_", " ") }

// markdown writes the changes, at most most of them.
func (c *PortfolioChanged) markdown(b *strings.Builder, most int) {
	if c == nil {
		return
	}
	fmt.Fprintf(b, "\n## What changed\n\n%s\n", MarkdownText(c.Sentence()))
	if len(c.Changes) == 0 {
		return
	}
	b.WriteString("\n| State | Severity | Organisation | Provider | Rule | Finding |\n|---|---|---|---|---|---|\n")
	for _, f := range c.Changes[:min(most, len(c.Changes))] {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", f.StateWord(), f.Severity, cell(f.Organisation), cell(f.Provider), cell(f.Rule), cell(Cut(f.Message, 300)))
	}
	if n := len(c.Changes) + c.Left - most; n > 0 {
		fmt.Fprintf(b, "\n%d more changes are in the JSON form.\n", n)
	}
}
