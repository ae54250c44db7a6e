package inventory

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"mspscan/msp"
)

func moneyObject() *object[msp.Money] {
	type T = msp.Money
	part := func(name, doc string, at func(*T) *float64) field[T] {
		return must(field[T]{name: name, doc: doc, schema: refSchema("amount"), cell: cellNumber, set: func(d *decoder, t *T, n node) {
			v, ok := d.amount(n, name)
			*at(t) = v
			t.Known = t.Known || ok
		}})
	}
	return newObject("money", "a value", nil,
		part("min", "the least to reckon with", func(t *T) *float64 { return &t.Min }),
		part("likely", "the most likely", func(t *T) *float64 { return &t.Likely }),
		part("max", "the most to reckon with", func(t *T) *float64 { return &t.Max }),
	)
}

// money reads an amount: one number, or min, likely and max in that order.
func (d *decoder) money(n node, what string) msp.Money {
	if n.kind != mapping {
		v, ok := d.amount(n, what)
		return msp.Money{Min: v, Likely: v, Max: v, Known: ok}
	}
	var m msp.Money
	before := d.out.errs
	d.g.money.decode(d, n, &m)
	if d.out.errs > before {
		return msp.Money{}
	}
	d.ordered(n, what, m.Min, m.Likely, m.Max)
	return m
}

func (d *decoder) ordered(n node, what string, least, likely, most float64) {
	if least > likely || likely > most {
		d.errorf(n, "the %s has min %g, likely %g, max %g", "min may not be over likely, nor likely over max", what, least, likely, most)
	}
}

func frequencyObject() *object[msp.Frequency] {
	type T = msp.Frequency
	part := func(name, doc string, at func(*T) *float64) field[T] {
		return must(field[T]{name: name, doc: doc, schema: refSchema("rate"), cell: cellNumber, set: func(d *decoder, t *T, n node) {
			v, ok := d.rate(n, name)
			*at(t) = v
			t.Known = t.Known || ok
		}})
	}
	return newObject("frequency", "a frequency", nil,
		part("min", "the least often", func(t *T) *float64 { return &t.Min }),
		part("likely", "the most likely", func(t *T) *float64 { return &t.Likely }),
		part("max", "the most often", func(t *T) *float64 { return &t.Max }),
	)
}

func frequencyField[T any](g *grammar, doc string, at func(*T) *msp.Frequency) field[T] {
	return field[T]{
		name: "frequency", doc: doc, schema: schema{"anyOf": []any{refSchema("rate"), refSchema(g.frequency.def)}}, cell: cellNumber, below: g.frequency.columns,
		set: func(d *decoder, t *T, n node) { *at(t) = d.frequency(n) },
	}
}

// frequency reads compromises a year: one number, or min, likely and max in that
// order.
func (d *decoder) frequency(n node) msp.Frequency {
	var f msp.Frequency
	before := d.out.errs
	if n.kind != mapping {
		v, ok := d.rate(n, "frequency")
		f = msp.Frequency{Min: v, Likely: v, Max: v, Known: ok}
	} else if d.g.frequency.decode(d, n, &f); d.out.errs == before {
		d.ordered(n, "frequency", f.Min, f.Likely, f.Max)
	}
	if d.out.errs > before {
		return msp.Frequency{}
	}
	if f.Likely > 1 {
		d.warnf(n, "frequency %g is more than one compromise a year", "check it: once in 20 years is 0.05", f.Likely)
	}
	return f
}

// maxRate bounds a frequency: once a day.
const maxRate = 365

var ratePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{1,3}(\.[0-9]{1,17})?|\.[0-9]{1,17})([eE][+-]?[0-9]{1,2})?$`)
})

// rate reads a number of events a year.
func (d *decoder) rate(n node, what string) (float64, bool) {
	want := fmt.Sprintf("write compromises a year as a number from 0 to %d, such as 0.05 for once in 20 years", maxRate)
	s, ok := d.scalar(n, what, want)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if !ratePattern().MatchString(s) || err != nil || v > maxRate {
		d.errorf(n, "%s is %s", want, what, quote(s))
		return 0, false
	}
	return v, true
}

// fixCostsObject takes an amount for each control, and for closing the door.
func (g *grammar) fixCostsObject() *object[msp.FixCosts] {
	type T = msp.FixCosts
	one := func(name, doc string) field[T] {
		return field[T]{
			name: name, doc: doc, schema: schema{"anyOf": []any{refSchema("amount"), refSchema(g.money.def)}}, cell: cellNumber, below: g.money.columns,
			set: func(d *decoder, t *T, n node) {
				if m := d.money(n, "cost of "+name); m.Known {
					(*t)[name] = m
				}
			},
		}
	}
	fields := []field[T]{one(msp.FixClose, "the cost of closing the door for good")}
	for _, c := range msp.AllControls() {
		fields = append(fields, one(string(c), "the cost of having it in place: "+controlDoc(c)))
	}
	return newObject("fixCosts", "the costs of fixes", nil, fields...)
}

func fixCostsField[T any](g *grammar, doc string, at func(*T) *msp.FixCosts) field[T] {
	return field[T]{
		name: "fix_costs", doc: doc, schema: refSchema(g.fixCosts.def), cell: cellBelow,
		below: func(prefix string) []column {
			list := g.fixCosts.columns(prefix)
			for i := range list {
				list[i].rare = true
			}
			return list
		},
		set: func(d *decoder, t *T, n node) {
			costs := msp.FixCosts{}
			if g.fixCosts.decode(d, n, &costs); len(costs) > 0 {
				*at(t) = costs
			}
		},
	}
}
