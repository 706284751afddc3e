// Package seal signs commands and wished settings and opens them again.
//
// A seal is a JWS (RFC 7515) with Ed25519 (RFC 8037): the compact form for one
// signer, the general JSON form for several. Its protected header holds alg
// ("EdDSA"), kid (the key's thumbprint, RFC 7638) and typ, and nothing else: a
// header that brings its own key, names an address or asks for an extension is
// refused before any arithmetic. The header is JSON without line ends and escapes,
// as JSON.stringify and encoding/json write it, and base64 has one spelling, so
// that no byte of a seal can be changed without a refusal and a flood of rubbish
// costs little.
//
//	key, err := seal.NewKey("ops:anna", contract.ClassLook, contract.ClassSoft)
//	sealed, err := seal.Seal(seal.TypeCommand, body, key)
//	ring, err := seal.ParseKeyring(jwks)         // on the box: command_keys
//	command, signers, err := ring.Command(sealed) // err is a *seal.Refused
package seal
