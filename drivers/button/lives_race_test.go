//go:build race

package button

// lives is smaller under the race detector, which costs twenty times the time
// and has nothing to find in a pure decoder.
const lives = 10_000
