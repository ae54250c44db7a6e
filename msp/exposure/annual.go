package exposure

import "mspscan/msp"

// oftener gives the frequency that expects more; one that is known before one
// that is not.
func oftener(a, b msp.Frequency) msp.Frequency {
	if !a.Known || b.Known && (b.Mean() > a.Mean() || b.Mean() == a.Mean() && b.Max > a.Max) {
		return b
	}
	return a
}

// annual gives what a provider's compromise is expected to cost a year; nil
// without a frequency, which is never made up.
func annual(f msp.Frequency, e msp.Range) *msp.Annual {
	if !f.Known {
		return nil
	}
	mean := f.Mean()
	return &msp.Annual{
		Frequency: msp.PERT{Min: f.Min, Likely: f.Likely, Max: f.Max, Mean: mean},
		Loss:      msp.Range{Hi: mean * e.Hi, Lo: mean * e.Lo},
		Least:     f.Min * e.Lo, Most: f.Max * e.Hi,
	}
}
