package subject

import (
	"strconv"
	"strings"

	"mspscan/msp"
)

// Ref names the relationship.
func (v *Relationship) Ref() msp.Subject {
	return msp.Subject{Kind: msp.SubjectRelationship, ID: v.ID}
}

// Owner is the provider that serves.
func (v *Relationship) Owner() string { return v.Provider }

// Input says what the inventory says of the relationship.
func (v *Relationship) Input(key string) Input {
	r := v.src.relationship
	if r == nil {
		r = &msp.Relationship{}
	}
	if name, ok := strings.CutPrefix(key, "contract."); ok {
		return v.term(key, name, &r.Contract, contractPos(r, name))
	}
	at := r.Src.At(key)
	switch key {
	case "provider":
		return told(key, v.ProviderName, at)
	case "service":
		return told(key, r.Service, at)
	case "purpose":
		return told(key, r.Purpose, at)
	case "data_sensitivity":
		return told(key, r.DataSensitivity, at)
	case "next_assessment":
		return told(key, r.NextAssessment.String(), at)
	case "contacts":
		return told(key, v.contacts(), at)
	case "access":
		return v.access(at)
	case "egress":
		return answered(key, r.Egress, at)
	case "controls.egress_filtering":
		return answered(key, r.Controls[msp.EgressFiltering], r.Src.At("controls"))
	case "contract":
		return v.contract(at)
	case "logging.retention_months":
		return numbered(key, v.Logging.RetentionMonths, logPos(r, "retention_months"))
	case "logging.customer_access":
		return answered(key, r.Logging.CustomerAccess, logPos(r, "customer_access"))
	}
	return stated(key, "doors back into "+v.Provider+": "+listed(v.TwoWay), r.Src.At())
}

// contractPos finds a term of the contract, else the contract, else the
// relationship.
func contractPos(r *msp.Relationship, name string) msp.Pos {
	if r.Contract.Src.Has(name) {
		return r.Contract.Src.At(name)
	}
	return r.Src.At("contract")
}

func logPos(r *msp.Relationship, name string) msp.Pos {
	if r.Logging.Src.Has(name) {
		return r.Logging.Src.At(name)
	}
	return r.Src.At("logging")
}

// contacts joins whom the register would name.
func (v *Relationship) contacts() string {
	var list []string
	add := func(c msp.Contacts) {
		for _, s := range []string{c.Users, c.Always} {
			if s != "" {
				list = append(list, s)
			}
		}
	}
	if r := v.src.relationship; r != nil {
		add(r.Contacts)
	}
	if p := v.src.provider; p != nil && len(list) < 2 {
		add(p.Contacts)
	}
	return strings.Join(list, ", ")
}

func (v *Relationship) access(at msp.Pos) Input {
	if !v.AccessStated {
		return told("access", "", at)
	}
	return stated("access", strconv.Itoa(len(v.LiveAccess))+" open: "+listed(v.LiveAccess[:min(len(v.LiveAccess), 20)]), at)
}

func (v *Relationship) contract(at msp.Pos) Input {
	switch {
	case v.Contract.None:
		return stated("contract", "none", at)
	case !v.Contract.Stated:
		return told("contract", "", at)
	}
	return stated("contract", "there is one", at)
}

// term says what the contract says; without a contract nothing is said.
func (v *Relationship) term(key, name string, c *msp.Contract, at msp.Pos) Input {
	switch name {
	case "starts":
		return told(key, v.Contract.Starts, at)
	case "ends":
		return told(key, v.Contract.Ends, at)
	case "incident_notice_hours":
		return numbered(key, v.Contract.IncidentNoticeHours, at)
	case "incident_notice_covers":
		return listing(key, v.Contract.IncidentNoticeCovers, v.Contract.IncidentNoticeCoversKnown, at)
	case "audit_right":
		return answered(key, c.AuditRight, at)
	case "last_audit":
		return told(key, v.Contract.LastAudit, at)
	case "subcontractor_notice_days":
		return numbered(key, v.Contract.SubcontractorNoticeDays, at)
	case "break_clause":
		return answered(key, c.BreakClause, at)
	case "exit_plan":
		return answered(key, c.ExitPlan, at)
	case "locations":
		return listing(key, v.Contract.Locations, v.Contract.LocationsKnown, at)
	case "shared_responsibility":
		return answered(key, c.SharedResponsibility, at)
	}
	return answered(key, c.FlowDown, at)
}

func listing(key string, list []string, known bool, at msp.Pos) Input {
	if !known {
		return told(key, "", at)
	}
	return stated(key, listed(list), at)
}
