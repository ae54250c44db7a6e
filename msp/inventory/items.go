package inventory

import (
	"mspscan/msp"
)

// The readers of list items: each decodes one, defines its id and keeps it, so
// that a list can be walked piece by piece.

func (d *decoder) organisation(n node) {
	o := &d.inv.Organisation
	d.g.organisation.decode(d, n, o)
	d.define(nodeIDs, "organisation", o.ID, o.Name, o.Src.At("id"))
	d.own(o.ID, len(o.Domains)+len(o.Hosts))
}

func (d *decoder) asset(n node) {
	var a msp.Asset
	if !d.g.asset.decode(d, n, &a) {
		return
	}
	d.define(nodeIDs, "asset", a.ID, a.Name, a.Src.At("id"))
	if a.Name == "" {
		a.Name = a.ID
	}
	d.inv.Assets = append(grown(d, d.inv.Assets), a)
}

func (d *decoder) provider(n node) {
	var p msp.Provider
	if !d.g.provider.decode(d, n, &p) {
		return
	}
	d.define(nodeIDs, "provider", p.ID, p.Name, p.Src.At("id"))
	if p.Name == "" {
		p.Name = p.ID
	}
	d.own(p.ID, len(p.Domains)+len(p.Hosts))
	d.inv.Providers = append(grown(d, d.inv.Providers), p)
}

func (d *decoder) relationship(n node) {
	var r msp.Relationship
	if d.g.relationship.decode(d, n, &r) {
		d.inv.Relationships = append(grown(d, d.inv.Relationships), r)
	}
}

func (d *decoder) access(n node, r *msp.Relationship) {
	var a msp.Access
	if !d.g.access.decode(d, n, &a) {
		return
	}
	d.define(doorIDs, "access", a.ID, "", a.Src.At("id"))
	r.Access = append(r.Access, a)
}

func (d *decoder) internalEdge(n node) {
	var e msp.Internal
	if !d.g.internal.decode(d, n, &e) {
		return
	}
	if e.Kind == "" && !e.Src.Has("kind") {
		e.Kind = msp.AccessInternal
	}
	if len(e.Reaches) == 0 && e.Src.Has("reaches") && d.out.errs == 0 {
		d.add(Diagnostic{Pos: e.Src.At("reaches"), Problem: "an internal edge that reaches nothing", Want: "name the assets that it reaches"})
	}
	d.define(doorIDs, "internal edge", e.ID, "", e.Src.At("id"))
	d.inv.Internal = append(grown(d, d.inv.Internal), e)
}

// grown makes room for the items that a list is known to have.
func grown[T any](d *decoder, list []T) []T {
	if d.hint <= cap(list)-len(list) {
		return list
	}
	out := make([]T, len(list), len(list)+d.hint)
	copy(out, list)
	d.hint = 0
	return out
}

// places says for every key to which mapping it belongs.
func (g *grammar) places() map[string]string {
	out := map[string]string{}
	note := func(what string, names []string) {
		for _, n := range names {
			if out[n] == "" {
				out[n] = what
			}
		}
	}
	note(g.inventory.what, g.inventory.names)
	note(g.organisation.what, []string{"currency", "essential_eight_target"})
	note(g.provider.what, []string{"legal_id", "country", "material", "risk_rating", "assessments", "answers", "consent", "frequency"})
	note(g.asset.what, []string{"criticality", "value"})
	note(g.access.what, []string{"reviewed", "last_used", "ended", "shares", "fix_costs"})
	note(g.relationship.what, g.relationship.names)
	note(g.contract.what, g.contract.names)
	note(g.logging.what, []string{"retention_months", "customer_access"})
	note(g.controls.what, g.controls.names)
	note(g.answers.what, g.answers.names)
	note(g.assessments.what, g.assessments.names)
	note(g.consent.what, g.consent.names)
	note(g.reply.what, []string{"evidence", "answer", "reason"})
	return out
}
