package queue

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
)

// minKey is the length of the shortest run key, in bytes: 32 random ones in hex
// or base64, or a passphrase as long.
const minKey = 32

// maxKey bounds what is read as a key.
const maxKey = 4096

// Key is the secret that coordinator and workers share. The zero Key signs
// nothing and verifies nothing.
type Key struct{ secret []byte }

// ParseKey takes the secret from the content of a key file or an environment
// variable: blanks around it do not count, and it has 32 bytes or more.
func ParseKey(content []byte) (Key, error) {
	secret := bytes.TrimSpace(content)
	switch {
	case len(secret) < minKey:
		return Key{}, fmt.Errorf("a run key has %d bytes or more, this one %d; make one with: head -c 32 /dev/urandom | base64", minKey, len(secret))
	case len(secret) > maxKey:
		return Key{}, fmt.Errorf("a run key has %d bytes at most", maxKey)
	}
	sum := sha256.Sum256(append([]byte("mspscan/queue/v1 key\x00"), secret...))
	return Key{sum[:]}, nil
}

// LoadKey reads a key file. Shared reports that others than its owner and group
// may read or write it.
func LoadKey(file string) (key Key, shared bool, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return Key{}, false, fmt.Errorf("read run key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKey+64 {
		return Key{}, false, fmt.Errorf("read run key: %s is no key file", file)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return Key{}, false, fmt.Errorf("read run key: %w", err)
	}
	key, err = ParseKey(content)
	if err != nil {
		return Key{}, false, fmt.Errorf("read run key %s: %w", file, err)
	}
	return key, info.Mode().Perm()&0o006 != 0, nil
}

// ID names the key without giving it away: workers and coordinators with the
// same key have the same id.
func (k Key) ID() string { return hex.EncodeToString(k.derive("id"))[:12] }

// String keeps the secret out of what is printed.
func (k Key) String() string { return "run key " + k.ID() }

// GoString is String.
func (k Key) GoString() string { return k.String() }

// derive gives a key of its own for one use (HMAC as a KDF, RFC 5869 section 2.3).
func (k Key) derive(use string) []byte {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte("mspscan/queue/v1 " + use))
	return mac.Sum(nil)
}

// The uses of a key: each signs with a key of its own, so that a message of one
// use is never taken for one of the other.
const (
	useTask = "task"
	useFact = "fact"
)

// sign gives the HMAC-SHA-256 of body for a use, in hex (RFC 2104).
func (k Key) sign(use string, body []byte) string {
	mac := hmac.New(sha256.New, k.derive("sign "+use))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// verify reports whether signature is that of body for a use.
func (k Key) verify(use string, body []byte, signature string) bool {
	if len(k.secret) == 0 {
		return false
	}
	given, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, k.derive("sign "+use))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), given)
}

// user gives the NATS user that stands for the holders of the key: the embedded
// server lets in nobody else, and the key itself stays off the wire (the server
// sends a nonce and gets it back signed with ed25519).
func (k Key) user() (public string, signer func(nonce []byte) ([]byte, error), err error) {
	seed := k.derive("nats user")
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, seed[:ed25519.SeedSize])
	if err != nil {
		return "", nil, fmt.Errorf("derive NATS user: %w", err)
	}
	public, err = pair.PublicKey()
	if err != nil {
		return "", nil, fmt.Errorf("derive NATS user: %w", err)
	}
	return public, pair.Sign, nil
}

// errNoKey says that there is no queue without a key.
var errNoKey = errors.New("no run key was given")
