package lookalike

import "math"

// The parameters of RFC 3492 section 5.
const (
	base        = 36
	tmin        = 1
	tmax        = 26
	skew        = 38
	damp        = 700
	initialBias = 72
	initialN    = 128
)

// appendPunycode encodes a label by RFC 3492 section 6.3; false on overflow. The
// package idna does the same and takes several times as long, for it checks what
// holds here by the choice of letters.
func appendPunycode(dst []byte, label []rune) ([]byte, bool) {
	basic := 0
	for _, r := range label {
		if r < initialN {
			dst = append(dst, byte(r))
			basic++
		}
	}
	if basic > 0 {
		dst = append(dst, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for done := basic; done < len(label); n, delta = n+1, delta+1 {
		next := nextPoint(label, n)
		if int(next-n) > (math.MaxInt32-delta)/(done+1) {
			return dst, false
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r == n {
				dst = appendDelta(dst, delta, bias)
				bias = adapt(delta, done+1, done == basic)
				delta, done = 0, done+1
			}
		}
	}
	return dst, true
}

// nextPoint gives the smallest code point of the label that is n or more.
func nextPoint(label []rune, n rune) rune {
	next := rune(math.MaxInt32)
	for _, r := range label {
		if r >= n && r < next {
			next = r
		}
	}
	return next
}

// appendDelta writes a number of variable length.
func appendDelta(dst []byte, q, bias int) []byte {
	for k := base; ; k += base {
		t := min(max(k-bias, tmin), tmax)
		if q < t {
			return append(dst, digit(q))
		}
		dst = append(dst, digit(t+(q-t)%(base-t)))
		q = (q - t) / (base - t)
	}
}

func digit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

// adapt is the bias adaptation of section 6.1.
func adapt(delta, points int, first bool) int {
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (base-tmin)*tmax/2; k += base {
		delta /= base - tmin
	}
	return k + (base-tmin+1)*delta/(delta+skew)
}
