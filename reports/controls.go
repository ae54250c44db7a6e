package reports

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// The worth of a yes by its evidence, as in the exposure tables doors/v1.
const (
	WorthVerified = 1.0
	WorthAttested = 0.7
	WorthExpired  = 0.0
)

// asked is one question of the Controls table: a control or term, how it is put
// and the rule that judges it.
type asked struct {
	id, question, rule string
}

func accessQuestions() []asked {
	return []asked{
		{"mfa", "Does every use of this access need a second factor?", "access-without-mfa"},
		{"phishing_resistant_mfa", "Is that second factor phishing-resistant (FIDO2, smart card)?", "access-without-mfa"},
		{"jit_pam", "Is the access opened for an approved window only?", "access-standing"},
		{"jump_host", "Does it pass through a jump host of yours?", "access-without-jump-host"},
		{"allow_list", "Is it limited to the provider's named addresses?", "access-path-not-dedicated"},
		{"dedicated_path", "Does it run over a path of its own?", "access-path-not-dedicated"},
		{"segmentation", "Is the network it lands in cut off from everything else?", "access-networks-not-segregated"},
		{"named_accounts", "Does each administrator of the provider use an own account?", "access-shared-accounts"},
		{"credentials_dedicated", "Are its credentials used for no other customer?", "access-shared-credentials"},
		{"logging", "Are its sessions logged?", "log-sessions-unrecorded"},
		{"monitored", "Does somebody watch these logs?", "log-sessions-unrecorded"},
	}
}

// controls makes the table of safeguards and terms with their answers.
func (b *builder) controls() []Control {
	var rows []Control
	today := msp.DateOf(b.in.Header.Now)
	for i := range b.inv.Relationships {
		r := &b.inv.Relationships[i]
		for _, a := range r.Access {
			if !a.Live(today) {
				continue
			}
			for _, q := range accessQuestions() {
				rows = append(rows, b.control(q, r.Provider, a.ID, a.Controls[msp.Control(q.id)]))
			}
		}
		rows = append(rows, b.terms(r)...)
	}
	for i := range b.inv.Providers {
		rows = append(rows, b.answers(&b.inv.Providers[i])...)
	}
	sort.SliceStable(rows, func(i, j int) bool {
		x, y := rows[i], rows[j]
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Subject, y.Subject)) < 0
	})
	return rows
}

// terms gives what a relationship's contract and logging terms answer.
func (b *builder) terms(r *msp.Relationship) []Control {
	id, c := graph.RelationshipID(r), r.Contract
	row := func(key, question, rule string, reply msp.Reply) Control {
		return b.control(asked{key, question, rule}, r.Provider, id, reply)
	}
	atMost := func(v msp.OptInt, n int) msp.Reply { return measured(v, v.Value <= n) }
	atLeast := func(v msp.OptInt, n int) msp.Reply { return measured(v, v.Value >= n) }
	return []Control{
		row("contract", "Is there a written contract?", "contract-missing", written(c)),
		row("shared_responsibility", "Is it written who is responsible for which safeguard?", "contract-responsibilities-unwritten", c.SharedResponsibility),
		row("incident_notice_hours", "Must the provider report an incident within 72 hours?", "contract-incident-notice-weak", atMost(c.IncidentNoticeHours, 72)),
		row("audit_right", "May you audit the provider?", "contract-no-audit-right", c.AuditRight),
		row("subcontractor_notice_days", "Must it tell you of a new subcontractor 30 days ahead?", "contract-no-subcontractor-notice", atLeast(c.SubcontractorNotice, 30)),
		row("break_clause", "Can you leave when security terms are broken?", "contract-no-exit", c.BreakClause),
		row("exit_plan", "Is there a plan for leaving?", "contract-no-exit", c.ExitPlan),
		row("flow_down", "Do the security terms bind its subcontractors?", "graph-subcontractor-without-flowdown", c.FlowDown),
		row("retention_months", "Are logs kept for 12 months or more?", "log-retention-short", atLeast(r.Logging.RetentionMonths, 12)),
		row("customer_access", "Do you get to see the logs?", "log-not-visible-to-customer", r.Logging.CustomerAccess),
		row("egress_filtering", "Is traffic that leaves through the provider filtered?", "graph-unfiltered-egress", r.Controls[msp.EgressFiltering]),
	}
}

// answers gives a provider's replies to the questionnaire.
func (b *builder) answers(p *msp.Provider) []Control {
	row := func(key, question, rule string, reply msp.Reply) Control {
		return b.control(asked{key, question, rule}, p.ID, p.ID, reply)
	}
	target := b.inv.Organisation.EssentialEightTarget
	level := p.Answers.EssentialEightLevel
	return []Control{
		row("indicator_sweep", "Has it swept its own network for published indicators?", "provider-no-indicator-sweep", p.Answers.IndicatorSweep),
		row("client_isolation", "Is its management core isolated per client?", "provider-shared-core", p.Answers.ClientIsolation),
		row("essential_eight_level", fmt.Sprintf("Does it meet Essential Eight maturity level %d or more?", target), "provider-essential-eight-below-target", measured(level, level.Value >= target)),
		row("credential_abuse_detection", "Can it detect abuse of its own credentials?", "provider-credential-abuse-unwatched", p.Answers.CredentialAbuseDetection),
	}
}

// written turns the presence of a contract into an answer.
func written(c msp.Contract) msp.Reply {
	switch {
	case c.None:
		return msp.Reply{Answer: msp.No}
	case c.Stated:
		return msp.Reply{Answer: msp.Yes, From: c.Ref}
	}
	return msp.Reply{}
}

// measured turns a number into an answer; stated as none is a no.
func measured(v msp.OptInt, good bool) msp.Reply {
	switch {
	case v.None:
		return msp.Reply{Answer: msp.No, From: "none"}
	case !v.Known:
		return msp.Reply{}
	case good:
		return msp.Reply{Answer: msp.Yes, From: fmt.Sprint(v.Value)}
	}
	return msp.Reply{Answer: msp.No, From: fmt.Sprint(v.Value)}
}

func (b *builder) control(q asked, provider, subject string, r msp.Reply) Control {
	rule := b.rules[q.rule]
	row := Control{
		ID: q.id, Subject: subject, Provider: provider, Question: q.question, Source: frameworks(rule.Frameworks), Answer: r.Answer.String(),
		Detail: cmp.Or(r.From, r.Reason), Weight: weight(rule.Severity), Guidance: rule.Remediation, Rule: q.rule,
	}
	if r.Answer == msp.Yes || r.Answer == msp.No {
		row.Evidence = r.Evidence.String()
	}
	if r.Date.Known() {
		row.Expires = msp.DateOf(r.Date.Time().AddDate(0, msp.EvidenceMonths, 0)).String()
		row.Expired = row.Expires < msp.DateOf(b.in.Header.Now).String()
	}
	if r.Answer == msp.Yes {
		row.Points = row.Weight * worth(row)
	}
	return row
}

func worth(c Control) float64 {
	switch {
	case c.Expired:
		return WorthExpired
	case c.Evidence == msp.Verified.String():
		return WorthVerified
	}
	return WorthAttested
}

// weight gives what a question counts by the worst that its rule can find.
func weight(s msp.Severity) float64 {
	if s == msp.Info {
		return 1
	}
	return float64(s)
}

// frameworks gives "ISM-1401; TA18B-02" for the ids of a rule, sorted.
func frameworks(m map[string][]string) string {
	var ids []string
	for _, list := range m {
		ids = append(ids, list...)
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), "; ")
}
