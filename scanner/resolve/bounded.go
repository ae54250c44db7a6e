package resolve

import "container/list"

// bounded is a map that knows which of its items were used last, and lets go of
// others when they weigh more than its bound. It has no lock of its own.
type bounded[K comparable, V any] struct {
	bound int
	size  int // sum of the weights
	items map[K]*list.Element
	order *list.List // the item used last in front
}

type item[K comparable, V any] struct {
	key    K
	value  V
	weight int
}

func newBounded[K comparable, V any](bound int) *bounded[K, V] {
	return &bounded[K, V]{bound: bound, items: map[K]*list.Element{}, order: list.New()}
}

// get gives the value of a key and counts as use.
func (b *bounded[K, V]) get(key K) (v V, ok bool) {
	at, ok := b.items[key]
	if !ok {
		return v, false
	}
	b.order.MoveToFront(at)
	return at.Value.(*item[K, V]).value, true
}

// put sets the value of a key and counts as use.
func (b *bounded[K, V]) put(key K, value V, weight int) {
	b.drop(key)
	b.items[key] = b.order.PushFront(&item[K, V]{key, value, weight})
	b.size += weight
}

func (b *bounded[K, V]) drop(key K) {
	if at, ok := b.items[key]; ok {
		b.remove(at)
	}
}

func (b *bounded[K, V]) remove(at *list.Element) {
	i := b.order.Remove(at).(*item[K, V])
	delete(b.items, i.key)
	b.size -= i.weight
}

// shrink lets go of items where they weigh more than the bound, down to three
// quarters of it so that the next call is far: of those that the first rule
// allows, the ones unused longest; then of those that the second allows, and so
// on. What no rule allows stays, whatever it weighs.
func (b *bounded[K, V]) shrink(rules ...func(V) bool) {
	if b.size <= b.bound {
		return
	}
	for _, may := range rules {
		for at := b.order.Back(); at != nil && b.size > b.bound-b.bound/4; {
			before := at.Prev()
			if may(at.Value.(*item[K, V]).value) {
				b.remove(at)
			}
			at = before
		}
	}
}
