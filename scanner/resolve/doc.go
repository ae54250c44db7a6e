// Package resolve asks DNS questions and believes an answer only if it is one:
// the reply must match the query in id, opcode, question, class and counts, and
// only records on the CNAME chain from the name asked are used. What cannot be
// learnt is Unknown with a reason, never Absent.
//
// The rules come from RFC 1034 and 1035 (messages, chains), RFC 2308 (negative
// answers), RFC 5452 (matching replies), RFC 6891 (EDNS), RFC 7766 (TCP),
// RFC 8914 (extended errors), RFC 9267 (malformed messages) and RFC 9520
// (failures are cached too).
package resolve
