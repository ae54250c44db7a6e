// Package bulk asks millions of names of a few resolvers. It keeps thousands of
// questions in flight over a few UDP sockets, in batches where the system has
// calls for that, and streams the answers; memory does not grow with the number
// of questions.
//
// It is the quick look, not the evidence: a datagram counts only if it comes from
// the resolver asked and matches the id, the opcode and the question of a query
// in flight (RFC 5452 section 9.1), and what it says must hang together, but the
// records are not kept. Whatever it finds Present is asked again by the strict
// client of package resolve before it becomes a fact (see Confirm). What cannot be
// learnt is Unknown with a reason, never Absent.
//
// Sources: RFC 1035 (messages), RFC 2308 (negative answers), RFC 4592 (wildcards),
// RFC 5452 (matching replies), RFC 6298 (retransmission timer), RFC 6891 (EDNS),
// RFC 7766 (TCP).
package bulk
