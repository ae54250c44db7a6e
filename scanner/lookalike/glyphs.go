package lookalike

import (
	"strings"
	"sync"
)

// glyph is what can stand for a letter, and what that costs.
type glyph struct {
	text []rune
	cost int
}

// The table of shapes, our own choice. Each line begins with the letter that is
// imitated. A letter of the table is allowed in names as it is (IDNA2008, RFC
// 5892: lower-case letters that normalisation leaves alone); a test holds that.

// sameShape: letters that common fonts draw like the one of ASCII: of other
// scripts as the confusables of Unicode Technical Standard 39 have them, and the
// single-storey and dotless forms of Latin.
const sameShape = `
a а ɑ α
c с ᴄ
d ԁ
e е
g ɡ ԍ
h һ
i і ı ɩ ι
j ј
k к ᴋ
l ӏ
m ᴍ
n ո
o о ο օ ᴏ
p р ρ ƿ
q ԛ
s ѕ ꜱ
u ս υ ᴜ
v ѵ ν ᴠ
w ԝ ѡ ᴡ
x х
y у ү ʏ
z ᴢ`

// asciiShape: letters and pairs of ASCII that look alike in most fonts.
const asciiShape = `
0 o
1 l i
c e
d cl
e c
g q
i 1 l
l 1 i
m rn nn n
n m
o 0
q g
u v
v u
w vv`

// looseShape: letters and pairs of ASCII that a hasty reader may take for each
// other.
const looseShape = `
2 z
3 8
5 s
6 9
8 3
9 6
b d lb
d b dl
h lh
k lk ik lc
m rr
n r
s 5
z 2`

// marked: the letter with a mark, a stroke, a hook or a bend: what the Unicode
// Character Database decomposes to it, and what it names "with stroke" and the
// like or "small capital".
const marked = `
2 ƻ
5 ƽ
a à á â ã ä å ā ă ą ǎ ȧ ạ ả ə ɐ
b ʙ ɓ ḃ ḅ ḇ ƅ ƀ
c ç ć ĉ ċ č ƈ ȼ
d đ ď ɖ ɗ ḋ ḍ ḏ ḑ ḓ
e è é ê ë ē ĕ ė ę ě ẹ ẻ ẽ ȩ ɇ ḛ
f ƒ ḟ
g ĝ ğ ġ ģ ǵ ǧ ǥ ɢ ɠ ḡ
h ĥ ħ ȟ ɦ ḣ ḥ ḧ ḩ ḫ ẖ ⱨ
i ì í î ï ĩ ī ĭ į ǐ ȋ ỉ ị ɨ ɪ
j ĵ ǰ ɉ ʝ
k ķ ǩ ḱ ḳ ḵ ⱪ ƙ
l ĺ ļ ľ ł ɫ ḷ ḻ ƚ
m ḿ ṁ ṃ ɱ
n ñ ń ņ ň ǹ ṅ ṇ ṉ ɲ ꞑ
o ò ó ô õ ö ø ō ŏ ő ơ ǒ ȯ ọ ỏ
p ƥ ṕ ṗ
q ʠ
r ŕ ŗ ř ȑ ȓ ɍ ɼ ɽ ɾ ʀ ṙ ṛ ṟ
s ś ŝ ş š ș ʂ ṡ ṣ
t ţ ť ț ŧ ƫ ṫ ṭ ṯ
u ù ú û ü ũ ū ŭ ů ű ų ư ǔ ȕ ȗ ʉ ụ ủ
v ʋ ṽ ṿ ⱱ ⱴ ᶌ
w ŵ ẁ ẃ ẅ ẇ ẉ ẘ ⱳ
x ẋ ẍ
y ý ÿ ŷ ȳ ƴ ɏ ẏ ẙ ỳ ỵ ỷ ỿ
z ź ż ž ƶ ȥ ẑ ẓ ẕ ⱬ ʐ`

// cyrillic writes letters of ASCII in Cyrillic, for labels that can be written
// so as a whole: browsers show such a label in its letters.
const cyrillic = `
a а
b ь
c с
d ԁ
e е
g ԍ
h һ
i і
j ј
k к
l ӏ
m м
n п
o о
p р
q ԛ
r г
s ѕ
t т
u и
v ѵ
w ԝ
x х
y у`

// glyphsOf gives what can stand for r, the likest first.
func glyphsOf(r rune) []glyph {
	if r >= 0x80 {
		return nil
	}
	return glyphTable()[r]
}

var glyphTable = sync.OnceValue(func() [0x80][]glyph {
	var table [0x80][]glyph
	for _, part := range []struct {
		text string
		cost int
	}{{sameShape, costSameShape}, {asciiShape, costASCIIShape}, {marked, costMark}, {looseShape, costLoose}} {
		for letter, list := range lines(part.text) {
			for _, g := range list {
				table[letter] = append(table[letter], glyph{[]rune(g), part.cost})
			}
		}
	}
	return table
})

var cyrillicOf = sync.OnceValue(func() map[rune]rune {
	table := map[rune]rune{}
	for letter, list := range lines(cyrillic) {
		table[letter] = []rune(list[0])[0]
	}
	return table
})

// lines reads a part of the table.
func lines(text string) map[rune][]string {
	table := map[rune][]string{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		table[rune(words[0][0])] = words[1:]
	}
	return table
}
