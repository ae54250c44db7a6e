package questionnaire

import (
	"strings"
	"time"

	"mspscan/msp"
)

// state says whether a question has an answer.
type state int

const (
	unknown state = iota
	known
	expired // answered, and the evidence is too old
	moot    // there is nothing to ask about
)

func replied(r msp.Reply, now time.Time) state {
	switch {
	case r.Answer == msp.Unknown:
		return unknown
	case r.Expired(now):
		return expired
	}
	return known
}

func when(is bool) state {
	if is {
		return known
	}
	return unknown
}

func accessState(a *msp.Access, key string, now time.Time) state {
	switch key {
	case "last_used":
		return when(a.LastUsed.Known())
	case "reviewed":
		return when(a.Reviewed.Known())
	}
	return replied(a.Controls[msp.Control(strings.TrimPrefix(key, "controls."))], now)
}

func providerState(p *msp.Provider, key string, now time.Time) state {
	if kind, ok := strings.CutPrefix(key, "assessments."); ok {
		for _, a := range p.Assessments {
			if a.Kind == kind && a.Date.Known() {
				return replied(msp.Reply{Answer: msp.Yes, Date: a.Date}, now)
			}
		}
		return unknown
	}
	switch key {
	case "answers.indicator_sweep":
		return replied(p.Answers.IndicatorSweep, now)
	case "answers.client_isolation":
		return replied(p.Answers.ClientIsolation, now)
	case "answers.credential_abuse_detection":
		return replied(p.Answers.CredentialAbuseDetection, now)
	case "answers.essential_eight_level":
		return when(p.Answers.EssentialEightLevel.Known)
	case "contacts.users":
		return when(p.Contacts.Users != "")
	case "contacts.always":
		return when(p.Contacts.Always != "")
	case "material":
		return replied(p.Material, now)
	case "risk_rating":
		return when(p.RiskRating != "")
	}
	return moot
}

func (b *builder) relationshipState(r *msp.Relationship, key string) state {
	if name, ok := strings.CutPrefix(key, "contract."); ok {
		return contractState(&r.Contract, name, b.in.Now)
	}
	register := r.Customer == b.inv.Organisation.ID
	switch key {
	case "access":
		return when(r.AccessStated)
	case "contract":
		return when(r.Contract.Stated)
	case "logging.customer_access":
		return replied(r.Logging.CustomerAccess, b.in.Now)
	case "logging.retention_months":
		return when(r.Logging.RetentionMonths.Known)
	case "egress":
		return replied(r.Egress, b.in.Now)
	case "controls.egress_filtering":
		return replied(r.Controls[msp.EgressFiltering], b.in.Now)
	case "purpose":
		return when(r.Purpose != "" || !register)
	case "data_sensitivity":
		return when(r.DataSensitivity != "" || !register)
	case "next_assessment":
		return when(r.NextAssessment.Known() || !register)
	case "alternatives":
		return when(r.Alternatives.Known || !register)
	}
	return moot
}

func contractState(c *msp.Contract, name string, now time.Time) state {
	if c.None {
		return moot
	}
	switch name {
	case "starts":
		return when(c.Starts.Known())
	case "ends":
		return when(c.Ends.Known())
	case "incident_notice_hours":
		return when(c.IncidentNoticeHours.Known)
	case "incident_notice_covers":
		return when(c.IncidentNoticeCovers.Known)
	case "audit_right":
		return replied(c.AuditRight, now)
	case "last_audit":
		return when(c.LastAudit.Known())
	case "subcontractor_notice_days":
		return when(c.SubcontractorNotice.Known)
	case "break_clause":
		return replied(c.BreakClause, now)
	case "exit_plan":
		return replied(c.ExitPlan, now)
	case "locations":
		return when(c.Locations.Known)
	case "shared_responsibility":
		return replied(c.SharedResponsibility, now)
	case "flow_down":
		return replied(c.FlowDown, now)
	}
	return moot
}
