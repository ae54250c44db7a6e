// Package queue carries a scan past one machine: a coordinator puts tasks on a
// NATS JetStream work queue, workers take them, ask DNS and send the facts back.
//
// # What is kept where
//
// The coordinator's journal is the record; JetStream is transport. A fact is
// acknowledged to the broker after the journal's sync. What the broker loses, its
// streams included, the coordinator publishes again: it knows which tasks have no
// fact. A fact that comes twice is kept once.
//
// # Messages
//
//	stream MSPSCAN_TASKS   work queue    mspscan.v1.tasks.<kind>.<run>.<unit>   Unit
//	stream MSPSCAN_FACTS   work queue    mspscan.v1.facts.<run>                 Answer
//	stream MSPSCAN_DEAD    limits, 1 d   advisories of messages delivered MaxDeliver times
//	bucket MSPSCAN_RATES   in memory     one key an authoritative server: its next turn
//
// A unit is what one round asks about one name: its tasks share look-ups and one
// budget of queries, so they stay together. The kind is a hash over the protocol,
// the tool's version, the zone files and the run key: a worker that differs in any
// of these never gets the task, rather than answer it wrongly.
//
// # Trust
//
// Coordinator and workers share a run key that never goes over the broker. Each
// message is signed with HMAC-SHA-256 over its very bytes, with a key of its own
// for tasks and for facts (a fact cannot be sent back as a task). A unit carries
// the run's parameters and the consent for its active probes under that
// signature. A fact counts only if its signature holds, its run is the
// coordinator's, its task is outstanding, and its id is the hash of its content;
// anything else is refused and counted. Whoever holds the key is trusted to tell
// what DNS said; whoever merely reaches the broker can delay a run or read it, not
// falsify it.
package queue
