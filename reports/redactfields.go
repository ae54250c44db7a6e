package reports

import (
	"reflect"
	"strings"
)

// class says what a string of the report is, and with that how it is redacted.
type class int

// The classes. Every field is text unless the table below says more, so a new
// field is searched for names from the day on which it is added.
const (
	classText class = iota // written by people or machines outside: searched for names
	classID                // one id or name, or several joined by signs
	classRule              // the text of a rule, the same for every organisation
	classKeep              // a word of a closed list, a time, a hash
)

// classes gives the class of fields by "Type.Field", or of all fields of a type
// by "Type".
func classes() map[string]class {
	table := map[string]class{}
	add := func(c class, fields string) {
		for _, f := range strings.Fields(fields) {
			table[f] = c
		}
	}
	add(classKeep, `Report.Schema Tool Tables.SHA256 ModelShare.Kind ModelControl ModelValue Swing.Entry Run.Started Run.Finished Run.Now Run.InventorySHA256 Pack.Hash
		Organisation.Currency Headline.Grade Headline.GradeAll Before.Now
		FindingReview.Status ProviderReview.Grade Provider.ToolGrade
		Provider.Kind Provider.Grade Provider.GradeAll Provider.ToolGrade ProviderReview.Grade FindingReview.Status Provider.Criticality Provider.HighestAccess Provider.Privileged Provider.Standing
		Provider.ContractEnds Provider.LastReview Provider.NextReview Provider.Country
		Dependency.Kinds Dependency.Trust Dependency.Confidence
		Finding.Confidence Finding.State Finding.Effort Finding.ObservedAt Finding.FirstSeen Finding.LastSeen Subject.Kind EvidenceItem.At
		Waived.Reason Waiver.Reason Waiver.State Question.Missing Question.Kind
		Path.Access Concentration.Layer Layer.Layer Asset.Kind Asset.Criticality
		Link.ServiceType Link.ExitPlan Link.LastAudit Link.Source Link.Country
		Control.ID Control.Question Control.Source Control.Answer Control.Evidence Control.Expires
		Check.Check Check.Result Check.Expected Check.Agree Check.At Action.Kind Action.Effort LegalID.Scheme
		RuleInfo.Family RuleInfo.Subject RuleInfo.Effort`)
	add(classRule, `RuleInfo Finding.Rule Finding.Title Finding.Expected Finding.Remediation Finding.References Finding.Frameworks
		Question.Rule Control.Rule Control.Guidance Waiver.Rule`)
	add(classID, `Run.ID Organisation.ID Organisation.Name Headline.Worst Headline.Undeclared Before.Run Before.Worst
		Provider.ID Provider.Name Provider.Assets Provider.SubProviders Provider.Domains Provider.Contract LegalID.Value
		Dependency.From Dependency.To Dependency.ToName Subject.ID Finding.ID Finding.Provider EvidenceItem.Fact
		Question.ID Question.Provider Fix.IDs Fix.NoCost Fix.Provider SensitivityRow.Provider Swing.Order Path.Provider Path.Asset Path.Nodes Path.Doors Path.Single
		Concentration.Provider Layer.Direct Layer.Stops Layer.Touches Asset.ID Asset.Name Link.Contract Link.Provider Link.ProviderName Link.Recipient Link.RecipientName
		Control.Subject Control.Provider Check.Owner Check.Domain Check.Findings Check.Fact Action.Providers Action.Closes
		Waiver.Subject Waiver.Findings`)
	return table
}

// deepCopy copies a value and gives every string in it to visit, with its class.
func deepCopy(v reflect.Value, c class, visit func(class, string) string) reflect.Value {
	d := copier{classes(), visit}
	return d.copy(v, c)
}

type copier struct {
	table map[string]class
	visit func(class, string) string
}

func (d copier) copy(v reflect.Value, c class) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(d.visit(c, v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(d.copy(v.Elem(), c))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(d.copy(v.Index(i), c))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for it := v.MapRange(); it.Next(); {
				out.SetMapIndex(d.copy(it.Key(), c), d.copy(it.Value(), c))
			}
		}
	case reflect.Struct:
		out.Set(v) // what is unexported goes along
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out.Field(i).Set(d.copy(v.Field(i), d.class(v.Type().Name(), f.Name)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

func (d copier) class(typ, field string) class {
	if c, ok := d.table[typ+"."+field]; ok {
		return c
	}
	return d.table[typ]
}
