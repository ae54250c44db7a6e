//go:build race

package exposure

// underRace says that the race detector slows everything down tenfold.
const underRace = true
