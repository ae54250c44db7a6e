package bulk

import (
	"context"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Confirm asks the strict client the question of a, and gives what it says: only
// that is evidence. It is for what is Present in bulk, and for Unknown, where the
// strict client may get further.
func Confirm(ctx context.Context, strict scanner.Resolver, a Answer) scanner.Answer {
	name, err := msp.ParseName(a.Name)
	if err != nil {
		return scanner.Answer{Outcome: fact.Unknown, Reason: "bad_question"}
	}
	return strict.Resolve(ctx, scanner.Question{Name: name, Type: TypeText(a.Type)})
}
