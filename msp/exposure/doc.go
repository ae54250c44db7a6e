// Package exposure weighs what a compromised provider reaches: with which
// probability each asset falls, how much money that puts at risk, over which
// paths, and which few fixes cut most of it.
//
// The model is a set of doors. A door is one access item (a credential, an
// agent, a tunnel): who controls its node and finds it open holds all of its
// targets, at read or at control level. Control leads on through the doors of
// the target, read does not. A door is open with its transmission t, the base
// of its kind times what the controls in place leave of it:
//
//	t = b(kind) × Π over auth, path, detect of (1 − max over controls answered yes of r × e)
//
// Everything is computed twice: the high reading counts unknown answers as no,
// the low one as yes and verified. A control that is not listed on a door is
// not claimed: it counts as no in both.
//
// p_X(a), the probability that asset a is reached at any level once provider X
// is compromised, is exact by factoring where few uncertain doors remain, else
// a coupled Monte Carlo estimate: the same draws for every question, so that
// each estimate is itself monotone, free of order and blind to duplicates.
// Exposure E_X = Σ v_a p_X(a); score S_X = 100 E_X / V. Doors are independent
// unless they share a credential (shares), which ties them to one draw.
package exposure
