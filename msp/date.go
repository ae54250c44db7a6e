package msp

import (
	"fmt"
	"time"
)

// Date is a calendar day without a zone. The zero Date is not known.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date; write YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// DateOf gives t's calendar day in UTC.
func DateOf(t time.Time) Date {
	y, m, d := t.UTC().Date()
	return Date{y, m, d}
}

// Known reports whether d is a day.
func (d Date) Known() bool { return d.Year != 0 }

// Time gives midnight UTC of the day.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String gives YYYY-MM-DD, or nothing for an unknown date.
func (d Date) String() string {
	if !d.Known() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Before reports whether d is a known day before o.
func (d Date) Before(o Date) bool { return d.Known() && d.Time().Before(o.Time()) }

// OlderThan reports whether d lies more than months calendar months before
// now's day.
func (d Date) OlderThan(months int, now time.Time) bool {
	return d.Known() && d.Time().Before(DateOf(now).Time().AddDate(0, -months, 0))
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d = Date{}
	if len(b) > 0 {
		*d, err = ParseDate(string(b))
	}
	return err
}

// Past gives d unless it lies after the day behind day, else the unknown date:
// what has not happened yet is no proof. The day of grace is for places where
// it is tomorrow already.
func (d Date) Past(day Date) Date {
	if d.Known() && d.Time().After(day.Time().AddDate(0, 0, 1)) {
		return Date{}
	}
	return d
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
