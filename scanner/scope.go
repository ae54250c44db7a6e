package scanner

import (
	"context"
	"net/netip"

	"mspscan/msp"
	"mspscan/msp/fact"
)

type scopeKey struct{}

// WithScope marks what ctx is used for with key, such as the domain under
// examination: a resolver counts its queries against that scope's budget.
func WithScope(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, scopeKey{}, key)
}

// Scope gives the key set by WithScope, "" if there is none.
func Scope(ctx context.Context) string {
	key, _ := ctx.Value(scopeKey{}).(string)
	return key
}

// Transfer is the answer of one server to a request for a whole zone. Present =
// it hands the zone out, Absent = it said no.
type Transfer struct {
	Outcome fact.Outcome
	Reason  string
	Rcode   string
	Serial  uint32
	Records int // in the first message, the only one read
	Queries []fact.Query
}

// Transferrer is a Resolver that can also ask for a zone transfer (RFC 5936).
type Transferrer interface {
	Transfer(ctx context.Context, server netip.Addr, zone msp.Name) Transfer
}
