//go:build !race

package main

// slowdown scales limits of time; the race detector needs more.
const slowdown = 1
