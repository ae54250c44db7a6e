package bulk

import "time"

// What a question is waiting for.
type state uint8

const (
	idle    state = iota // free
	ready                // to be sent
	flying               // an answer over UDP
	resting              // a pause after an error reply
	overTCP              // an answer over TCP, or a connection
	held                 // to learn how the resolver denies
)

// slot is a question at work.
type slot struct {
	question Question
	name     [maxName]byte // labels, lower case
	size     int           // of name
	state    state
	edns     bool
	control  bool // asked to learn how the resolver denies; nobody waits for it

	flights [2]flight // the latest query and the one before, whose answer still counts
	peer    *peer     // asked last
	tries   int
	errors  int    // error replies
	streams int    // times put over TCP
	rcode   int    // of the latest reply, -1 = none
	reason  string // how the latest try failed

	due        time.Duration // of the timer
	prev, next int32         // in its bucket of the wheel
	bucket     int32         // -1 = no timer
}

// flight is a query whose answer is awaited.
type flight struct {
	port *port // nil = none
	id   uint16
	sent time.Duration
}

// queue is slots in the order in which they came.
type queue struct {
	items []int32
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(i int32) { q.items = append(q.items, i) }

func (q *queue) pop() {
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head >= 1024 && q.head*2 >= len(q.items):
		q.items, q.head = q.items[:copy(q.items, q.items[q.head:])], 0
	}
}
