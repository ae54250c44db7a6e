package reports

import (
	"fmt"
	"strconv"
	"strings"

	"mspscan/msp"
)

// Limit is how many checks may be unknown: "12" or "5%". The zero Limit sets
// none.
type Limit struct {
	Set     bool
	Count   int
	Percent float64 // used if Share
	Share   bool
}

// ParseLimit reads N or P%; "" sets no limit.
func ParseLimit(s string) (Limit, error) {
	if s == "" {
		return Limit{}, nil
	}
	if digits, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(digits, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return Limit{}, fmt.Errorf("read limit %q: want a number or a percentage from 0%% to 100%%", s)
		}
		return Limit{Set: true, Percent: p, Share: true}, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return Limit{}, fmt.Errorf("read limit %q: want a number or a percentage from 0%% to 100%%", s)
	}
	return Limit{Set: true, Count: n}, nil
}

// over reports whether unknown of checks is more than the limit allows.
func (l Limit) over(unknown, checks int) bool {
	if !l.Set {
		return false
	}
	if l.Share {
		return float64(unknown)*100 > l.Percent*float64(checks)
	}
	return unknown > l.Count
}

// String gives the limit as it is written.
func (l Limit) String() string {
	switch {
	case !l.Set:
		return ""
	case l.Share:
		return strconv.FormatFloat(l.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(l.Count)
}

// Verdict is what the gate says. Code is an exit code of the contract: 0, 1
// (failed) or 3 (incomplete); 1 wins over 3.
type Verdict struct {
	Code    int
	Reasons []string
}

// Gate judges a report. failOn is a severity's word, "never" or "": open
// findings of that severity or worse fail it. Waived findings do not count. A run
// that was cut is over every limit on unknown checks, except 100%.
func Gate(r *Report, failOn string, maxUnknown Limit) (Verdict, error) {
	var v Verdict
	if c := r.Coverage; maxUnknown.over(c.Unknown, c.Checks) {
		v.Code = 3
		v.Reasons = append(v.Reasons, fmt.Sprintf("%d of %d checks are unknown; %s allowed", c.Unknown, c.Checks, maxUnknown))
	}
	if !r.Run.Complete && maxUnknown.Set && !(maxUnknown.Share && maxUnknown.Percent == 100) {
		v.Code = 3
		v.Reasons = append(v.Reasons, "the run did not come to its end, so nobody knows how many checks are missing")
	}
	if failOn == "" || failOn == "never" {
		return v, nil
	}
	least, err := msp.ParseSeverity(failOn)
	if err != nil {
		return Verdict{}, fmt.Errorf("read gate: %w, never", err)
	}
	n := 0
	for _, s := range msp.Severities() {
		if s >= least {
			n += r.Summary.Open.Of(s)
		}
	}
	if n > 0 {
		v.Code = 1
		v.Reasons = append([]string{fmt.Sprintf("%s of severity %s or worse", plural(n, "open finding"), least)}, v.Reasons...)
	}
	return v, nil
}
