//go:build race

package session

// lives is smaller under the race detector, which costs twenty times the time
// and has nothing to find in a pure machine.
const lives = 5_000
