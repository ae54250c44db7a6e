package lookalike

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// Candidate is a name that could be taken for a domain.
type Candidate struct {
	Name     msp.Name
	Family   Family // the first that makes it, in the order of Families
	Likeness int    // 1 to 99, see the table of costs
}

// Options narrow and widen what is made. The zero Options give everything with
// the word list and the suffixes of the package.
type Options struct {
	Words    []string // of the dictionary family; nil = Words()
	Suffixes []string // of the suffix family, such as "net.au"; nil = Suffixes()
	Least    int      // leave out what is less like than this
}

// All gives the look-alikes of the registrable domain that n lies in, family by
// family. It gives none for names that nobody can register: suffixes, tenants of
// a hosting service, the root.
func All(n msp.Name, o Options) iter.Seq[Candidate] {
	return func(yield func(Candidate) bool) {
		m, ok := newMaker(n, o, yield)
		if !ok {
			return
		}
		for _, f := range Families() {
			if m.family = f; !makers()[f](m) {
				return
			}
		}
		m.twice()
	}
}

// Top gives the n candidates that are most like the domain, the likest first,
// and how many there are in all. Of equals the name decides, so that the same
// domain and options give the same list.
func Top(of msp.Name, o Options, n int) (list []Candidate, total int) {
	for c := range All(of, o) {
		total++
		list = append(list, c)
		if len(list) >= 2*n+1024 {
			list = best(list, n)
		}
	}
	return best(list, n), total
}

func best(list []Candidate, n int) []Candidate {
	slices.SortFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Likeness, a.Likeness), cmp.Compare(a.Name, b.Name))
	})
	return list[:min(n, len(list))]
}

// Registrable gives the domain whose look-alikes All makes of n, false if there
// are none.
func Registrable(n msp.Name) (msp.Name, bool) {
	if _, tenant := domain.Tenant(n); tenant {
		return "", false
	}
	return domain.Registrable(n)
}

// Family is a way to make look-alikes.
type Family uint8

// The families, in the order in which they are made.
const (
	Homoglyph Family = iota
	Plural
	Repetition
	Hyphenation
	Flatten
	Omission
	Transposition
	Suffix
	VowelSwap
	Addition
	Insertion
	Subdomain
	Replacement
	Bitsquatting
	Dictionary
)

var familyWords = [...]string{
	"homoglyph", "plural", "repetition", "hyphenation", "dot to hyphen", "omission", "transposition", "suffix swap",
	"vowel swap", "addition", "insertion", "subdomain", "replacement", "bitsquatting", "dictionary",
}

// String gives the word for a family.
func (f Family) String() string {
	if int(f) >= len(familyWords) {
		return fmt.Sprintf("family %d", uint8(f))
	}
	return familyWords[f]
}

// Families lists the families in the order of All.
func Families() []Family {
	list := make([]Family, len(familyWords))
	for i := range list {
		list[i] = Family(i)
	}
	return list
}

// makers gives what makes each family. A maker ends early, and says so, when
// nobody wants more.
func makers() [len(familyWords)]func(*maker) bool {
	return [...]func(*maker) bool{
		Homoglyph: (*maker).homoglyph, Plural: (*maker).plural, Repetition: (*maker).repetition,
		Hyphenation: (*maker).hyphenation, Flatten: (*maker).flatten, Omission: (*maker).omission,
		Transposition: (*maker).transposition, Suffix: (*maker).suffix, VowelSwap: (*maker).vowelSwap,
		Addition: (*maker).addition, Insertion: (*maker).insertion, Subdomain: (*maker).subdomain,
		Replacement: (*maker).replacement, Bitsquatting: (*maker).bitsquatting, Dictionary: (*maker).dictionary,
	}
}
