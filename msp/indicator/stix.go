package indicator

import (
	"fmt"
	"time"

	"mspscan/msp"
)

// stix reads the indicator objects of a bundle (STIX 2.1, section 4.7). Of the
// versions of an object the one modified last holds (section 3.6).
func (l *loader) stix(doc node) error {
	objects := doc.get("objects")
	if objects.kind != '[' {
		return l.errorf(objects.at, "a STIX bundle has a list of objects")
	}
	latest, authors := map[string]string{}, map[string]string{}
	for _, o := range objects.items() {
		id, modified := o.get("id").text, o.get("modified").text
		latest[id] = max(latest[id], modified)
		if o.get("type").text == "identity" {
			authors[id] = o.get("name").text
		}
	}
	for _, o := range objects.items() {
		if o.kind != '{' {
			return l.errorf(o.at, "an object of the bundle is no JSON object")
		}
		if o.get("type").text != "indicator" || o.get("modified").text < latest[o.get("id").text] {
			continue
		}
		if err := l.stixIndicator(o, authors); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) stixIndicator(o node, authors map[string]string) error {
	if o.get("revoked").yes() {
		l.set.Off++
		return nil
	}
	at := func() msp.Pos { return l.pos(o.get("pattern").at) }
	if kind := o.get("pattern_type").text; kind != "" && kind != "stix" {
		l.set.Other++ // YARA, Sigma and the like (section 10.13)
		return nil
	}
	e := Entry{Source: stixSource(o, authors), Published: day(o.get("valid_from").text)}
	if e.Published == "" {
		e.Published = day(o.get("created").text)
	}
	if s := o.get("valid_until").text; s != "" {
		until, ok := instant(s)
		if !ok {
			l.unfit(at, fmt.Sprintf("valid_until %q is no time", s))
			return nil
		}
		e.Until = until
	}
	values, ok := parsePattern(o.get("pattern").text)
	if !ok {
		l.set.Other++
		return nil
	}
	e.Pos = at()
	for _, v := range values {
		if err := l.add(v, e, at); err != nil {
			return err
		}
	}
	return nil
}

// stixSource names who published an indicator: its author, else the first
// reference that it gives.
func stixSource(o node, authors map[string]string) string {
	if a := authors[o.get("created_by_ref").text]; a != "" {
		return a
	}
	for _, r := range o.get("external_references").items() {
		if s := r.get("source_name").text; s != "" {
			return s
		}
	}
	return o.get("name").text
}

// instant reads a time of STIX.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err == nil
}
