package inventory

import (
	"fmt"

	"mspscan/msp"
)

// The constructors of fields: one a form of value. at gives the place in T that
// the value goes to.

func textField[T any](name, doc string, at func(*T) *string) field[T] {
	return field[T]{name: name, doc: doc, schema: textSchema(), set: func(d *decoder, t *T, n node) {
		*at(t), _ = d.text(n, name)
	}}
}

func longField[T any](name, doc string, at func(*T) *string) field[T] {
	return field[T]{name: name, doc: doc, schema: textSchema(), set: func(d *decoder, t *T, n node) {
		*at(t), _ = d.prose(n, name, true)
	}}
}

func idField[T any](doc string, at func(*T) *string) field[T] {
	return must(field[T]{name: "id", doc: doc, schema: schema{"$ref": "#/$defs/id"}, set: func(d *decoder, t *T, n node) {
		*at(t), _ = d.id(n, "id")
	}})
}

func wordField[T any, S ~string](name, doc string, words []string, at func(*T) *S) field[T] {
	return field[T]{name: name, doc: doc, schema: wordSchema(words), words: words, set: func(d *decoder, t *T, n node) {
		w, _ := d.word(n, name, words)
		*at(t) = S(w)
	}}
}

func dateField[T any](name, doc string, at func(*T) *msp.Date) field[T] {
	return field[T]{name: name, doc: doc, schema: schema{"$ref": "#/$defs/date"}, set: func(d *decoder, t *T, n node) {
		*at(t) = d.date(n, name)
	}}
}

func replyField[T any](name, doc string, at func(*T) *msp.Reply) field[T] {
	return field[T]{name: name, doc: doc, blankToo: true, schema: schema{"$ref": "#/$defs/answered"}, cell: cellReply, set: func(d *decoder, t *T, n node) {
		*at(t) = d.reply(n, name)
	}}
}

// countField takes a whole number from 0 to most, or the word none if stated
// none means something.
func countField[T any](name, doc string, most int, noneToo bool, at func(*T) *msp.OptInt) field[T] {
	f := field[T]{name: name, doc: doc, schema: wholeSchema(0, most, noneToo), cell: cellNumber}
	f.set = func(d *decoder, t *T, n node) {
		o := at(t)
		o.Src.Pos = d.at(n)
		if unknownWord(n) {
			return
		}
		if noneToo && none(n) {
			o.None, o.Known = true, true
			return
		}
		o.Value, o.Known = d.whole(n, name, 0, most)
	}
	return f
}

// unknownWord reports whether a number or list is said to be unknown.
func unknownWord(n node) bool {
	return n.kind == scalar && (n.text == "unknown" || n.text == "?")
}

func namesField[T any](name, doc string, at func(*T) *[]msp.Name) field[T] {
	return field[T]{name: name, doc: doc, schema: listSchema(schema{"$ref": "#/$defs/name"}, false), cell: cellWords, set: func(d *decoder, t *T, n node) {
		d.each(n, name, fmt.Sprintf("write a list: %s: [acme.example]", name), func(item node) {
			if v, ok := d.name(item, name); ok {
				*at(t) = append(*at(t), v)
				d.named(v, d.at(item))
			}
		})
	}}
}

// optListField takes a list, or the word none for a list stated as empty. one
// reads an item.
func optListField[T any](name, doc string, items schema, one func(d *decoder, n node) (string, bool), at func(*T) *msp.OptList) field[T] {
	return field[T]{name: name, doc: doc, schema: listSchema(items, true), cell: cellTexts, set: func(d *decoder, t *T, n node) {
		o := at(t)
		o.Src.Pos = d.at(n)
		if unknownWord(n) {
			return
		}
		o.Known = true
		if none(n) {
			return
		}
		d.each(n, name, fmt.Sprintf("write a list: %s: [], or none", name), func(item node) {
			if v, ok := one(d, item); ok {
				o.Values = append(o.Values, v)
			}
		})
	}}
}

func wordsOf(name string, words []string) func(d *decoder, n node) (string, bool) {
	return func(d *decoder, n node) (string, bool) { return d.word(n, name, words) }
}

// refsField takes a list of ids that must exist.
func refsField[T any](name, doc string, kind refKind, at func(*T) *[]string) field[T] {
	return field[T]{name: name, doc: doc, schema: listSchema(schema{"$ref": "#/$defs/id"}, false), cell: cellWords, set: func(d *decoder, t *T, n node) {
		d.each(n, name, fmt.Sprintf("write a list of ids: %s: [ad]", name), func(item node) {
			if v, ok := d.refer(item, name, kind); ok {
				*at(t) = append(*at(t), v)
			}
		})
	}}
}

func refField[T any](name, doc string, kind refKind, at func(*T) *string) field[T] {
	return field[T]{name: name, doc: doc, schema: schema{"$ref": "#/$defs/id"}, set: func(d *decoder, t *T, n node) {
		*at(t), _ = d.refer(n, name, kind)
	}}
}

func objectField[T, U any](name, doc string, o *object[U], at func(*T) *U) field[T] {
	return field[T]{name: name, doc: doc, schema: refSchema(o.def), cell: cellBelow, below: o.columns, set: func(d *decoder, t *T, n node) {
		o.decode(d, n, at(t))
	}}
}

// controlsField takes a mapping of controls to answers.
func controlsField[T any](o *object[controlSet], at func(*T) *map[msp.Control]msp.Reply) field[T] {
	return field[T]{name: "controls", doc: "safeguards: control: answer", schema: refSchema(o.def), cell: cellBelow, below: o.columns, set: func(d *decoder, t *T, n node) {
		set := controlSet{}
		if o.decode(d, n, &set) && len(set) > 0 {
			*at(t) = set
		}
	}}
}

type controlSet map[msp.Control]msp.Reply

func controlsObject(def, what string, controls ...msp.Control) *object[controlSet] {
	fields := make([]field[controlSet], len(controls))
	for i, c := range controls {
		fields[i] = field[controlSet]{
			name: string(c), doc: controlDoc(c), blankToo: true, schema: schema{"$ref": "#/$defs/answered"}, cell: cellReply,
			set: func(d *decoder, t *controlSet, n node) { (*t)[c] = d.reply(n, string(c)) },
		}
	}
	return newObject(def, what, nil, fields...)
}

func controlDoc(c msp.Control) string {
	return map[msp.Control]string{
		msp.MFA:                  "multi-factor authentication at log-on",
		msp.PhishingResistantMFA: "multi-factor authentication that phishing cannot relay (FIDO2, smart card)",
		msp.JITPAM:               "privileged access is opened for an approved window only",
		msp.JumpHost:             "sessions go through a hardened jump host",
		msp.AllowList:            "only named source addresses can connect",
		msp.DedicatedPath:        "a path of its own, apart from other traffic",
		msp.Segmentation:         "the access lands in a network from which only its targets can be reached",
		msp.NamedAccounts:        "each administrator has an account of their own",
		msp.CredentialsDedicated: "credentials and hosts are used for this customer only",
		msp.Logging:              "sessions are recorded",
		msp.Monitored:            "somebody watches the records and acts on them",
		msp.EgressFiltering:      "traffic out of the network is filtered",
	}[c]
}
