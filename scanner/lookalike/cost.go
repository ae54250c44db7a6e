package lookalike

// The costs of a change: how readily a reader sees it, on a scale where 100 is
// another name. They rank, they measure nothing: letters of the same shape first,
// then slips inside the word, then what stands beside it.
const (
	costSameShape  = 3  // a letter of another script that is drawn the same, all of them at once included
	costASCIIShape = 6  // rn for m, 1 for l, 0 for o
	costMark       = 9  // the same letter with a mark or a stroke
	costLoose      = 22 // b for d, 3 for 8
	costSecond     = 45 // a second change of shape, on top of both

	costPlural        = 10
	costRepetition    = 12
	costHyphenation   = 12
	costFlatten       = 14
	costOmission      = 15
	costTransposition = 15
	costSuffix        = 16
	costVowel         = 18
	costAddition      = 20
	costInsertion     = 20
	costSubdomain     = 22
	costReplacement   = 24
	costBit           = 26
	costWord          = 30
	costFlattenElse   = 10 // dot to hyphen under another suffix than the domain's own, on top

	costFirst = 4 // a change of the first letter, on top: it is read first
)

// DefaultLeast is the likeness down to which a sweep looks unless told otherwise:
// every single change, no second change of shape.
const DefaultLeast = 60
