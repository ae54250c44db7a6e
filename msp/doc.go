// Package msp is the vocabulary of mspscan: the nouns that every stage speaks.
//
// An organisation owns assets and hands keys to providers. A relationship says
// who serves whom; an access item is one door into the customer. Probes collect
// facts, rules judge them into findings and questions, exposure weighs what a
// compromised provider reaches.
//
//	inventory ─► graph ─► plan ─► probes ─► facts ─► rules ─► exposure ─► reports
//
// The package does no I/O, reads no clock and imports the standard library only.
package msp
