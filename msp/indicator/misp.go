package indicator

import (
	"strings"

	"mspscan/msp"
)

// misp reads one event, or several as the search of a server gives them
// ({"response": [{"Event": …}]} or a list).
func (l *loader) misp(doc node) error {
	events := mispEvents(doc, 0)
	if len(events) == 0 {
		return l.errorf(doc.at, `JSON of an unknown kind; want a STIX bundle ("type": "bundle") or a MISP event ("Event")`)
	}
	for _, e := range events {
		base := Entry{Source: mispSource(e), Published: day(e.get("date").text)}
		lists := []node{e.get("Attribute")}
		for _, o := range e.get("Object").items() {
			if !o.get("deleted").yes() {
				lists = append(lists, o.get("Attribute"))
			}
		}
		for _, list := range lists {
			if err := l.mispAttributes(list, base); err != nil {
				return err
			}
		}
	}
	return nil
}

// mispEvents finds the events in an answer of a server.
func mispEvents(n node, depth int) []node {
	if depth > 3 {
		return nil
	}
	if n.kind == '{' {
		if e := n.get("Event"); e.kind == '{' {
			return []node{e}
		}
		if n.get("Attribute").kind == '[' || n.get("Object").kind == '[' {
			return []node{n}
		}
		return mispEvents(n.get("response"), depth+1)
	}
	var list []node
	for _, item := range n.items() {
		list = append(list, mispEvents(item, depth+1)...)
	}
	return list
}

// mispSource names who made the event and what it is about.
func mispSource(e node) string {
	org, info := e.get("Orgc").get("name").text, e.get("info").text
	if org != "" && info != "" {
		return org + ", " + info
	}
	return org + info
}

func (l *loader) mispAttributes(list node, base Entry) error {
	for _, a := range list.items() {
		if err := l.mispAttribute(a, base); err != nil {
			return err
		}
	}
	return nil
}

// mispAttribute takes an attribute that is a name or an address. One that is
// deleted, or that its author marked as not meant for detection (to_ids), is
// off.
func (l *loader) mispAttribute(a node, e Entry) error {
	parts := mispValues(a.get("type").text, a.get("value").text)
	if parts == nil {
		l.set.Other++
		return nil
	}
	if ids := a.get("to_ids"); a.get("deleted").yes() || ids.kind == 'b' && !ids.yes() {
		l.set.Off++
		return nil
	}
	if seen := day(a.get("first_seen").text); seen != "" {
		e.Published = seen
	}
	at := func() msp.Pos { return l.pos(a.get("value").at) }
	e.Pos = at()
	for _, v := range parts {
		if err := l.add(v, e, at); err != nil {
			return err
		}
	}
	return nil
}

// mispValues gives the names and addresses in the value of an attribute; nil if
// its type holds none.
func mispValues(kind, value string) []string {
	first, second, _ := strings.Cut(value, "|")
	switch kind {
	case "domain", "hostname", "ip-dst", "ip-src":
		return []string{value}
	case "domain|ip":
		return []string{first, second}
	case "hostname|port", "ip-dst|port", "ip-src|port":
		return []string{first}
	}
	return nil
}
