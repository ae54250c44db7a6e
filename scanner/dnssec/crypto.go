package dnssec

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a DS digest and a signature algorithm that zones still use
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// errUnsupported means that the key or algorithm cannot be used here, so that a
// signature stays unchecked.
var errUnsupported = errors.New("not supported")

// errSignature means that a signature does not belong to the data.
var errSignature = errors.New("bad signature")

// minRSABits is the least modulus that the standard library verifies.
const minRSABits = 1024

// digestOf gives the DS digest of a key (RFC 4034 section 5.1.4, RFC 4509, RFC
// 6605 section 2).
func digestOf(zone msp.Name, k Key, digestType int) (string, error) {
	owner, err := wireName(zone)
	if err != nil {
		return "", err
	}
	data := slices.Concat(owner, k.Rdata)
	switch digestType {
	case 1:
		sum := sha1.Sum(data) //nolint:gosec // what the record says
		return hex.EncodeToString(sum[:]), nil
	case 2:
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:]), nil
	case 4:
		sum := sha512.Sum384(data)
		return hex.EncodeToString(sum[:]), nil
	}
	return "", fmt.Errorf("digest type %d: %w", digestType, errUnsupported)
}

// matches reports whether a DS record names the key.
func matches(zone msp.Name, ds fact.DS, k Key) bool {
	if ds.KeyTag != k.Tag || ds.Algorithm != k.Algorithm {
		return false
	}
	digest, err := digestOf(zone, k, ds.DigestType)
	return err == nil && digest == ds.Digest
}

// supported reports whether signatures of an algorithm are checked here.
func supported(algorithm int) bool {
	switch algorithm {
	case 5, 7, 8, 10, 13, 14, 15:
		return true
	}
	return false
}

// verify checks one signature over a record set whose rdata is given in
// canonical form (RFC 4034 section 6). Owner, type and labels are checked by the
// caller.
func verify(owner msp.Name, s Signature, k Key, rdata [][]byte) error {
	data, err := signedData(owner, s, rdata)
	if err != nil {
		return err
	}
	switch s.Algorithm {
	case 5, 7:
		sum := sha1.Sum(data) //nolint:gosec // what the record says
		return verifyRSA(k, crypto.SHA1, sum[:], s.Bytes)
	case 8:
		sum := sha256.Sum256(data)
		return verifyRSA(k, crypto.SHA256, sum[:], s.Bytes)
	case 10:
		sum := sha512.Sum512(data)
		return verifyRSA(k, crypto.SHA512, sum[:], s.Bytes)
	case 13:
		sum := sha256.Sum256(data)
		return verifyECDSA(k, elliptic.P256(), sum[:], s.Bytes)
	case 14:
		sum := sha512.Sum384(data)
		return verifyECDSA(k, elliptic.P384(), sum[:], s.Bytes)
	case 15: // RFC 8080
		if len(k.Public) != ed25519.PublicKeySize || !ed25519.Verify(k.Public, data, s.Bytes) {
			return errSignature
		}
		return nil
	}
	return fmt.Errorf("algorithm %d: %w", s.Algorithm, errUnsupported)
}

// signedData joins the signature's head and the records in canonical order,
// each once (RFC 4034 sections 3.1.8.1, 6.3).
func signedData(owner msp.Name, s Signature, rdata [][]byte) ([]byte, error) {
	name, err := wireName(owner)
	if err != nil {
		return nil, err
	}
	sorted := slices.Clone(rdata)
	slices.SortFunc(sorted, bytes.Compare)
	sorted = slices.CompactFunc(sorted, bytes.Equal)
	data := slices.Clone(s.signedHead)
	for _, rd := range sorted {
		data = append(data, name...)
		data = binary.BigEndian.AppendUint16(data, typeNumber(s.Covers))
		data = binary.BigEndian.AppendUint16(data, 1) // class IN
		data = binary.BigEndian.AppendUint32(data, s.OriginalTTL)
		data = binary.BigEndian.AppendUint16(data, uint16(len(rd)))
		data = append(data, rd...)
	}
	return data, nil
}

func verifyRSA(k Key, h crypto.Hash, sum, sig []byte) error {
	public, err := rsaKey(k.Public)
	if err != nil {
		return err
	}
	if public.N.BitLen() < minRSABits {
		return fmt.Errorf("RSA key of %d bits: %w", public.N.BitLen(), errUnsupported)
	}
	if rsa.VerifyPKCS1v15(public, h, sum, sig) != nil {
		return errSignature
	}
	return nil
}

// rsaKey reads the key format of RFC 3110 section 2.
func rsaKey(b []byte) (*rsa.PublicKey, error) {
	exponent, modulus, ok := rsaParts(b)
	if !ok || len(exponent) > 4 || len(modulus) > 1024 {
		return nil, fmt.Errorf("RSA key: %w", errUnsupported)
	}
	e := new(big.Int).SetBytes(exponent)
	if !e.IsInt64() || e.Int64() > 1<<31-1 || e.Int64() < 3 || e.Bit(0) == 0 {
		return nil, fmt.Errorf("RSA exponent: %w", errUnsupported)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(e.Int64())}, nil
}

func rsaParts(b []byte) (exponent, modulus []byte, ok bool) {
	if len(b) < 1 {
		return nil, nil, false
	}
	n, b := int(b[0]), b[1:]
	if n == 0 {
		if len(b) < 2 {
			return nil, nil, false
		}
		n, b = int(binary.BigEndian.Uint16(b)), b[2:]
	}
	if n == 0 || len(b) <= n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// rsaBits gives the size of an RSA modulus; 0 for other algorithms and keys that
// cannot be read.
func rsaBits(k Key) int {
	switch k.Algorithm {
	case 1, 5, 7, 8, 10:
		_, modulus, ok := rsaParts(k.Public)
		if !ok {
			return 0
		}
		return new(big.Int).SetBytes(modulus).BitLen()
	}
	return 0
}

// verifyECDSA reads key and signature as RFC 6605 section 4 has them: two
// numbers of the curve's size each.
func verifyECDSA(k Key, curve elliptic.Curve, sum, sig []byte) error {
	size := curve.Params().BitSize / 8
	if len(k.Public) != 2*size || len(sig) != 2*size {
		return errSignature
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append([]byte{4}, k.Public...))
	if err != nil {
		return errSignature // not a point of the curve
	}
	r, s := new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:])
	if !ecdsa.Verify(public, sum, r, s) {
		return errSignature
	}
	return nil
}
