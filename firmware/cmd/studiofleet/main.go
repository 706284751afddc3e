// Command studiofleet is the program that runs at the bank or at central ops.
package main

import (
	"os"

	"studiobox/provisioning/fleet"
)

func main() { os.Exit(fleet.Main(os.Args[1:])) }
