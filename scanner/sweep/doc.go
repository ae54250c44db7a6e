// Package sweep asks for many names that may exist: look-alikes of a domain, its
// label under dynamic-DNS suffixes, and the names that remote access usually has.
// What exists is kept with its evidence, the rest as numbers; a name without a
// clean answer counts as unknown, never as absent.
package sweep
