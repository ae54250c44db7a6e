//go:build !race

package exposure

const underRace = false
