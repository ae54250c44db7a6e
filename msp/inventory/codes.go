package inventory

import (
	"slices"
	"strings"
)

// countryCodes lists ISO 3166-1 alpha-2, and XK, which is in use for Kosovo.
const countryCodes = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS " +
	"BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI " +
	"FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR " +
	"IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM " +
	"MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT " +
	"PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM " +
	"TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK"

// currencyCodes lists the currencies of ISO 4217 that are in use, with those
// withdrawn lately.
const currencyCodes = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF " +
	"CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG " +
	"HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD " +
	"MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF " +
	"SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS " +
	"VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"

func countries() []string  { return strings.Fields(countryCodes) }
func currencies() []string { return strings.Fields(currencyCodes) }

// codeField takes a code of a list in any case and keeps it in upper case.
func codeField[T any](name, doc, example string, codes []string, at func(*T) *string) field[T] {
	return field[T]{name: name, doc: doc, schema: wordSchema(codes), set: func(d *decoder, t *T, n node) {
		want := "write " + example
		s, ok := d.scalar(n, name, want)
		if !ok {
			return
		}
		code := strings.ToUpper(s)
		if !slices.Contains(codes, code) {
			if near, ok := d.spell.nearest(code, codes); ok && len(code) == 3 {
				want = "did you mean " + near + "? Or " + want
			} else if code == "UK" {
				want = "did you mean GB? Or " + want
			}
			d.errorf(n, "%s %s is not known", want, name, quote(s))
			return
		}
		*at(t) = code
	}}
}
