package html

import (
	"reflect"

	"mspscan/msp"
	"mspscan/reports"
)

// longest is the most characters of one text that the page shows.
const longest = 2000

// clean gives a copy of a report or portfolio in which every text can be shown: controls
// and changes of direction are visible, and nothing is endless. It goes over
// the whole model, so that no field can be forgotten.
func clean[T any](model *T) *T {
	out := new(T)
	reflect.ValueOf(out).Elem().Set(copied(reflect.ValueOf(model).Elem()))
	return out
}

func copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(reports.Cut(msp.Visible(v.String()), longest))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(copied(v.Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(copied(v.Field(i)))
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(copied(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for each := v.MapRange(); each.Next(); {
			out.SetMapIndex(copied(each.Key()), copied(each.Value()))
		}
	default:
		out.Set(v)
	}
	return out
}
