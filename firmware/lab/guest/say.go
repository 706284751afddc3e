package main

import (
	"fmt"
	"strings"
)

// The player speaks to the host over the console, one line at a time. The
// host's program knows these words (console.go there).
const mark = "@lab"

func say(word, story, format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	fmt.Println(mark, word, story, text)
}

// note shows lines that help to understand a failure.
func note(text string) {
	for line := range strings.Lines(text) {
		fmt.Println(mark, "note", "-", strings.TrimRight(line, "\r\n"))
	}
}
