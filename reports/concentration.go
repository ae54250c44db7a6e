package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mspscan/msp"
)

// LayerChance is the chance by which Layer.Outage and Layer.Compromise are
// reckoned: each party fails, and is broken into, with one of 1 %.
const LayerChance = 0.01

// Concentration says how many of the organisation and its declared providers
// lean on one party in a layer (Kashaf et al., IMC 2020): C counts those whom its
// compromise touches, directly or through services, I those whom its outage takes
// down, for want of another.
type Concentration struct {
	Provider string `json:"provider"`
	Layer    string `json:"layer"` // dns, mail, hosting, remote_access, msp, or another kind of provider
	C        int    `json:"c"`
	I        int    `json:"i"`
	Users    int    `json:"users"`   // that were counted
	Touches  bool   `json:"touches"` // the organisation itself is among C
	Stops    bool   `json:"stops"`   // … among I
}

// Layer says on whom one layer stands, outage and compromise side by side.
type Layer struct {
	Layer      string    `json:"layer"`
	Users      int       `json:"users"`   // of the organisation and its declared providers
	Parties    int       `json:"parties"` // whom they use directly
	HHI        float64   `json:"hhi"`     // Σ (share of users)², 0 to 1
	Excess     float64   `json:"excess"`  // HHI − 1/users: 0 if each had a party to itself
	Direct     []string  `json:"direct"`  // whom the organisation itself uses; empty = nobody
	Own        bool      `json:"own"`     // it serves itself beside them
	Stops      []string  `json:"stops"`   // each takes the layer from it by an outage of its own
	Touches    []string  `json:"touches"` // each touches the layer by a compromise
	Outage     msp.Range `json:"outage"`
	Compromise float64   `json:"compromise"`
	Text       string    `json:"text"` // one sentence for people
}

// LayerTitle names a layer for people.
func LayerTitle(layer string) string {
	switch layer {
	case "dns":
		return "DNS"
	case "msp":
		return "Managed services"
	case "saas":
		return "Software as a service"
	case "telecom":
		return "Telecommunications"
	}
	word := strings.ReplaceAll(layer, "_", " ")
	if first, size := utf8.DecodeRuneInString(word); first != utf8.RuneError {
		return string(unicode.ToUpper(first)) + word[size:]
	}
	return word
}

// Equal gives how many parties of equal weight an HHI stands for; 0 = none.
func Equal(hhi float64) float64 {
	if hhi <= 0 {
		return 0
	}
	return 1 / hhi
}

// layerOrder is the place of a layer: the five that everybody has, then the rest.
func layerOrder(layer string) int {
	order := []string{"dns", "mail", "hosting", "remote_access", "msp"}
	if i := slices.Index(order, layer); i >= 0 {
		return i
	}
	return len(order)
}

func compareLayers(a, b string) int {
	return cmp.Or(cmp.Compare(layerOrder(a), layerOrder(b)), cmp.Compare(a, b))
}

func (b *builder) concentration() {
	b.r.Concentration = slices.Clone(b.in.Shares)
	slices.SortFunc(b.r.Concentration, func(x, y Concentration) int {
		return cmp.Or(compareLayers(x.Layer, y.Layer), cmp.Compare(y.C, x.C), cmp.Compare(y.I, x.I), cmp.Compare(x.Provider, y.Provider))
	})
	b.r.Layers = slices.Clone(b.in.Layers)
	for i := range b.r.Layers {
		l := &b.r.Layers[i]
		l.HHI, l.Excess = ratio(l.HHI), ratio(l.Excess)
		l.Outage, l.Compromise = rounded(l.Outage, ratio), ratio(l.Compromise)
		l.Text = b.layerText(l)
	}
	slices.SortFunc(b.r.Layers, func(x, y Layer) int { return compareLayers(x.Layer, y.Layer) })
}

// ratio rounds a share of one to eight decimals.
func ratio(x float64) float64 { return math.Round(x*1e8) / 1e8 }

// layerText says in a sentence on whom the organisation's layer hangs.
func (b *builder) layerText(l *Layer) string {
	title := LayerTitle(l.Layer)
	if len(l.Direct) == 0 {
		return fmt.Sprintf("%s: you use nobody directly, but %s.", title, otherUsers(l.Users))
	}
	if slices.Equal(l.Stops, l.Touches) {
		return fmt.Sprintf("%s: if %s fails it stops, and whoever breaks in there reaches it.", title, b.anyOf(l.Stops))
	}
	stops := "no single failure stops it"
	if len(l.Stops) > 0 {
		stops = "it stops if " + b.anyOf(l.Stops) + " fails"
	}
	return fmt.Sprintf("%s: %s, but a break-in at %s reaches it.", title, stops, b.anyOf(l.Touches))
}

func otherUsers(n int) string {
	if n == 1 {
		return "one of the companies that serve you depends on others for it"
	}
	return fmt.Sprintf("%d of the companies that serve you depend on others for it", n)
}

// anyOf names one party, or any one of several: at most three by name.
func (b *builder) anyOf(ids []string) string {
	const most = 3
	var names []string
	for _, id := range ids[:min(most, len(ids))] {
		names = append(names, Cut(b.name(id), 80))
	}
	if n := len(ids) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}
	if n := len(names); n > 1 {
		return "any one of " + joined(names[:n-1]) + " and " + names[n-1]
	}
	return joined(names)
}
