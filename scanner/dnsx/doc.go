// Package dnsx uses the library github.com/projectdiscovery/dnsx, and nothing
// else of the project does, for two things: a second opinion on record sets,
// asked by other code than our own exchange layer, and the classification of
// addresses and CNAME targets as CDN, WAF or cloud.
//
// The library is held on a short rein: only the configured resolvers, never its
// public ones nor the hosts file; one try a call and a deadline around it, as
// its API takes no context; only record types that it asks as plain questions.
package dnsx
