package inventory

import (
	"fmt"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

// Filled is an inventory with answers written into it.
type Filled struct {
	Data      []byte
	Written   int         // answers that are new in it
	Same      int         // answers that stood there already
	Conflicts Diagnostics // the inventory says something else; it was left as it is
	Notes     Diagnostics // answers that only a person can enter
}

// Fill writes answers into a YAML or JSON inventory and touches nothing else:
// every other byte, comments, order and layout, stays as it is. Only what is
// unknown, or answered with evidence that is too old at now, is replaced. The
// error is Diagnostics: with one, nothing is to be written.
func Fill(f File, answers []questionnaire.Answer, now time.Time) (Filled, error) {
	if format(f.Name) != "yaml" {
		return Filled{}, Diagnostics{{Pos: msp.Pos{File: f.Name, Line: 1, Column: 1}, Problem: "answers go into a YAML or JSON inventory", Want: "turn this one into YAML first"}}
	}
	inv, diags := Decode([]File{f})
	if err := diags.Err(); err != nil {
		return Filled{}, err
	}
	fl := &filler{name: f.Name, inv: inv, now: now, ed: newEditor(f), out: &report{order: map[string]int{}}}
	fl.index()
	fl.party(answers)
	seen := map[string]msp.Pos{}
	for _, a := range answers {
		if first, twice := seen[a.Key]; twice {
			fl.errorf(a.Pos, "remove one of the rows", "the question stands twice, first at %s", Place(first))
			continue
		}
		seen[a.Key] = a.Pos
		fl.answer(a)
	}
	if err := fl.out.sorted().Err(); err != nil {
		return Filled{}, err
	}
	fl.done.Data = fl.write(f)
	fl.done.Written = len(fl.planned)
	return fl.done, nil
}

// filler works out where each answer goes.
type filler struct {
	name    string
	inv     *msp.Inventory
	now     time.Time
	ed      *editor
	out     *report
	places  map[string]place // by kind/subject
	asks    string           // id of the party whose sheet it is
	planned []plan
	done    Filled
}

// place is where a subject of questions stands.
type place struct {
	node  node
	path  string // in the tree, for comparing
	party string // provider that the subject belongs to
}

// plan is an answer with the place that it goes to.
type plan struct {
	answer questionnaire.Answer
	what   string // words for messages
	at     place
	keys   []string
	form   questionnaire.Form
	value  questionnaire.Value
}

func (fl *filler) errorf(pos msp.Pos, want, problem string, args ...any) {
	fl.out.add(Diagnostic{Pos: pos, Problem: fmt.Sprintf(problem, args...), Want: want})
}

// index finds the nodes of all subjects. The inventory was read without an
// error, so nodes and items stand in the same order.
func (fl *filler) index() {
	fl.places = map[string]place{}
	put := func(kind msp.SubjectKind, id string, p place) {
		key := string(kind) + "/" + id
		if _, twice := fl.places[key]; twice {
			p = place{} // cannot be told apart
		}
		fl.places[key] = p
	}
	providers, _ := fl.ed.root.value("providers")
	for i, p := range fl.inv.Providers {
		put(msp.SubjectProvider, p.ID, place{providers.kids[i], fmt.Sprintf("/providers/%d", i), p.ID})
	}
	relationships, _ := fl.ed.root.value("relationships")
	for i := range fl.inv.Relationships {
		r := &fl.inv.Relationships[i]
		n, path := relationships.kids[i], fmt.Sprintf("/relationships/%d", i)
		put(msp.SubjectRelationship, questionnaire.RelationshipID(r), place{n, path, r.Provider})
		access, _ := n.value("access")
		for j, a := range r.Access {
			put(msp.SubjectAccess, a.ID, place{access.kids[j], fmt.Sprintf("%s/access/%d", path, j), r.Provider})
		}
	}
}

// value gives the value of a key of a mapping.
func (n node) value(key string) (node, bool) {
	if at := n.find(key); at >= 0 {
		return n.kids[at+1], true
	}
	return node{}, false
}

// find gives where a key stands among the kids of a mapping, -1 if it does not.
func (n node) find(key string) int {
	if n.kind != mapping {
		return -1
	}
	for i := 0; i+1 < len(n.kids); i += 2 {
		if n.kids[i].kind == scalar && n.kids[i].text == key {
			return i
		}
	}
	return -1
}

// party takes the party of the first key as that of the whole sheet.
func (fl *filler) party(answers []questionnaire.Answer) {
	if len(answers) > 0 {
		t, _ := questionnaire.ParseKey(answers[0].Key)
		fl.asks = t.Party
	}
}

// answer plans one answer, or says why it cannot be taken.
func (fl *filler) answer(a questionnaire.Answer) {
	t, ok := questionnaire.ParseKey(a.Key)
	field, known := questionnaire.FieldOf(t)
	at, found := fl.places[string(t.Kind)+"/"+t.Subject]
	party := at.party
	if field.Own {
		party = fl.inv.Organisation.ID
	}
	key := a.Cell(questionnaire.ColumnKey)
	switch {
	case !ok || !known:
		fl.errorf(key, "leave the hidden columns as they were sent", "%s is not the key of a question", quote(a.Key))
		return
	case !found:
		fl.errorf(key, "is it the questionnaire of another inventory, or was it renamed since?", "the inventory has no %s %s", t.Kind, quote(t.Subject))
		return
	case at.path == "":
		fl.errorf(key, "tell the relationships apart by their service", "%s %s stands more than once in the inventory", t.Kind, quote(t.Subject))
		return
	case t.Party != fl.asks || party != t.Party:
		fl.errorf(key, "keep to the rows of "+fl.asks, "the question about %s %s is not one for %s", t.Kind, quote(t.Subject), fl.asks)
		return
	}
	v, p := field.Read(a)
	if p != nil {
		fl.errorf(a.Cell(p.Column), p.Want, "%s of %s: %s", t.Field, t.Subject, p.What)
		return
	}
	fl.plan(plan{answer: a, what: fmt.Sprintf("%s of %s %s", t.Field, t.Kind, t.Subject), at: at, keys: strings.Split(t.Field, "."), form: field.Form, value: v})
}

// plan sorts an answer: nothing to do, for a person, a conflict or an edit.
func (fl *filler) plan(p plan) {
	cell := p.answer.Cell(questionnaire.ColumnAnswer)
	note := func(problem, want string) {
		fl.done.Notes = append(fl.done.Notes, Diagnostic{Pos: cell, Problem: problem, Want: want, Warning: true})
	}
	switch {
	case p.value.Missing:
	case p.value.Record:
		note("the answer to "+p.what+" stays on record in the questionnaire", "keep the file")
	case p.value.Details:
		problem := "yes to " + p.what
		if c := strings.TrimSpace(p.answer.Comment); c != "" {
			problem += ": " + quote(c)
		}
		note(problem, "enter the details in the inventory by hand")
	default:
		fl.compare(p, cell)
	}
}

// compare holds an answer against what the inventory says.
func (fl *filler) compare(p plan, cell msp.Pos) {
	n, depth := p.at.node, 0
	for depth < len(p.keys) {
		next, ok := n.value(p.keys[depth])
		if !ok {
			break
		}
		n, depth = next, depth+1
	}
	switch {
	case depth < len(p.keys) && (n.kind == mapping || n.null()):
		fl.planned = append(fl.planned, p)
	case depth == len(p.keys) && fl.open(n, p):
		fl.planned = append(fl.planned, p)
	case depth == len(p.keys) && fl.same(n, p):
		fl.done.Same++
	default:
		fl.done.Conflicts = append(fl.done.Conflicts, Diagnostic{
			Pos: cell, Problem: fmt.Sprintf("the answer to %s differs from the inventory, which says %s at %s", p.what, fl.said(n, p), Place(fl.ed.pos(n))),
			Want: "the inventory was left as it is; settle it there by hand",
		})
	}
}

// open reports whether a value may be replaced: it is unknown, or its evidence
// is too old.
func (fl *filler) open(n node, p plan) bool {
	switch {
	case n.null() || n.kind == scalar && unknownWord(n):
		return true
	case p.form == questionnaire.FormReply:
		r := replyOf(n)
		return r.Answer == msp.Unknown || r.Expired(fl.now)
	case p.keys[0] == "assessments":
		old, err := msp.ParseDate(n.text)
		newer, _ := msp.ParseDate(p.value.Text)
		return err == nil && old.OlderThan(msp.EvidenceMonths, fl.now) && old.Before(newer)
	}
	return false
}

// same reports whether a value says what the answer says.
func (fl *filler) same(n node, p plan) bool {
	if p.form == questionnaire.FormReply {
		r, v := replyOf(n), *p.value.Reply
		return r.Answer == v.Answer && (bareReply(v) || evidenceOf(r) == evidenceOf(v))
	}
	if p.value.IsList {
		if none(n) {
			return len(p.value.List) == 0
		}
		texts := make([]string, len(n.kids))
		for i, k := range n.kids {
			texts[i] = k.text
		}
		return n.kind == list && strings.Join(texts, "\x00") == strings.Join(p.value.List, "\x00")
	}
	return n.kind == scalar && strings.TrimSpace(n.text) == p.value.Text
}

// said words a value for a message.
func (fl *filler) said(n node, p plan) string {
	if r := replyOf(n).Answer; p.form == questionnaire.FormReply && r != msp.Unknown {
		return r.String()
	}
	return n.what()
}

// replyOf reads an answer that was read without an error before.
func replyOf(n node) msp.Reply {
	d := newDecoder(nil)
	return d.reply(n, "answer")
}

// evidenceOf gives all of a reply but the answer.
func evidenceOf(r msp.Reply) [4]string {
	return [4]string{r.Evidence.String(), r.From, r.Date.String(), r.Reason}
}

// bareReply reports whether a reply is an answer without evidence.
func bareReply(r msp.Reply) bool { return evidenceOf(r) == evidenceOf(msp.Reply{}) }
