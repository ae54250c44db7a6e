package reports

import "reflect"

// Rename gives a copy of v in which f replaced every string, for tests.
func Rename[T any](v T, f func(string) string) T {
	return deepCopy(reflect.ValueOf(v), classText, func(_ class, s string) string { return f(s) }).Interface().(T)
}

// Classes gives the table of the fields' classes as text, for tests.
func Classes() map[string]int {
	table := map[string]int{}
	for k, c := range classes() {
		table[k] = int(c)
	}
	return table
}
