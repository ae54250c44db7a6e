package reports

import (
	"fmt"

	"mspscan/msp/review"
)

// findingReviews gives what a person decided, by finding. A finding that is seen
// is not fixed, whatever was said of it.
func (b *builder) findingReviews() map[string]*FindingReview {
	by := map[string]*FindingReview{}
	for _, f := range b.in.Reviews.Findings {
		v := &FindingReview{Severity: f.Severity, Reason: f.Reason, Status: f.Status, Owner: f.Owner, Due: f.Due}
		if v.Status == review.StatusFixed {
			v.Status = ""
		}
		by[f.ID] = v
	}
	return by
}

// reviewProviders lets the grades of a person win, and keeps the tool's beside
// them.
func (b *builder) reviewProviders() {
	if b.in.Reviews.Empty() {
		return
	}
	by := map[string]review.Provider{}
	for _, p := range b.in.Reviews.Providers {
		by[p.ID] = p
	}
	for i := range b.r.Providers {
		p := &b.r.Providers[i]
		tool, _ := grade(p.Score, b.tool[p.ID])
		if v, ok := by[p.ID]; ok {
			p.Review = &ProviderReview{Grade: v.Grade, Reason: v.Reason, Owner: v.Owner}
			if v.Grade != "" {
				p.Grade, p.GradeAll = v.Grade, v.Grade
				p.GradeWhy = fmt.Sprintf("Set to %s by the reviewer: %s", v.Grade, v.Reason)
			}
		}
		if p.Grade != tool {
			p.ToolGrade = tool
		}
	}
}
