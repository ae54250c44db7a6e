package inventory

import (
	"strings"

	"mspscan/msp"
)

const answerWords = "write yes, no, unknown, or {answer: na, reason: …}"

// answer reads one of the four answers. YAML's booleans are read as yes and no;
// a blank, ~ and ? are unknown.
func (d *decoder) answer(n node, what string) msp.Answer {
	if n.null() {
		return msp.Unknown
	}
	s, ok := d.scalar(n, what, answerWords)
	if !ok {
		return msp.Unknown
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true", "on", "y":
		return msp.Yes
	case "no", "false", "off", "n":
		return msp.No
	case "unknown", "?", "":
		return msp.Unknown
	case "na", "n/a":
		return msp.NA
	}
	want := answerWords
	if near, ok := d.spell.nearest(strings.ToLower(s), []string{"yes", "no", "unknown", "na", "true", "false"}); ok {
		want = "did you mean " + near + "? The answers are yes, no, unknown and na"
	}
	d.errorf(n, "%s is answered %s", want, what, quote(s))
	return msp.Unknown
}

// reply reads an answer, bare or with its evidence.
func (d *decoder) reply(n node, what string) msp.Reply {
	r := msp.Reply{Src: msp.Source{Pos: d.at(n)}}
	if n.kind != mapping {
		r.Answer = d.answer(n, what)
		if r.Answer == msp.NA {
			d.errorf(n, "%s is answered na without a reason", "write {answer: na, reason: why it does not apply}", what)
		}
		return r
	}
	before := d.out.errs
	d.g.reply.decode(d, n, &r)
	switch {
	case d.out.errs > before: // said already
	case r.Answer == msp.NA && r.Reason == "":
		d.errorf(n, "%s is answered na without a reason", "add reason: why it does not apply", what)
	case r.Answer == msp.Unknown && r.Evidence == msp.Verified:
		d.warnf(n, "%s is unknown, yet its evidence is verified", "write what the evidence shows", what)
	}
	return r
}

// replyObject is the table of {answer, evidence, source, date, reason}.
func replyObject() *object[msp.Reply] {
	answer := field[msp.Reply]{
		name: "answer", doc: "yes, no, unknown, or na with a reason", required: true, blankToo: true,
		schema: schema{"$ref": "#/$defs/answer"},
		set:    func(d *decoder, r *msp.Reply, n node) { r.Answer = d.answer(n, "answer") },
	}
	evidence := field[msp.Reply]{
		name: "evidence", doc: "attested (somebody said so, the default) or verified (somebody looked)",
		schema: schema{"enum": []any{"attested", "verified", nil}},
		set: func(d *decoder, r *msp.Reply, n node) {
			if w, ok := d.word(n, "evidence", []string{"attested", "verified"}); ok && w == "verified" {
				r.Evidence = msp.Verified
			}
		},
	}
	return newObject("reply", "an answer with its evidence", func(r *msp.Reply) *msp.Source { return &r.Src },
		answer, evidence,
		textField("source", "where the evidence lies, such as SIEM rule 214", func(r *msp.Reply) *string { return &r.From }),
		dateField("date", "the day of the evidence; older than 24 months counts as expired", func(r *msp.Reply) *msp.Date { return &r.Date }),
		longField("reason", "why the question does not apply; needed for na", func(r *msp.Reply) *string { return &r.Reason }),
	)
}
