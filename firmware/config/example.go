package config

import _ "embed"

//go:embed box.example.toml
var example string

// Example is the text of a settings file with every key explained.
func Example() string { return example }
