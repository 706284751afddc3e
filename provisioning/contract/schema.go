package contract

import (
	"embed"
	"fmt"
)

//go:embed schema/*.json
var schemas embed.FS

// Schema is the JSON Schema (draft 7) of a kind's payload; for [KindWant] and
// [KindCmd] that of the signed body. Besides what a schema can say, the folded
// range of an event lies before it. A box answers a wish or an argument that is
// out of its range with a refusal of its own; every other parser of this package
// refuses what the schema refuses.
func Schema(kind Kind) ([]byte, error) {
	text, err := schemas.ReadFile("schema/" + string(kind) + ".json")
	if err != nil {
		return nil, fmt.Errorf("kind %q has no schema", kind)
	}
	return text, nil
}
