// Command studiobox is the program that runs on the box.
package main

import (
	"os"

	"studiobox/firmware/app"
)

func main() { os.Exit(app.Main(os.Args[1:])) }
