//go:build !race

package session

// lives is how many random lives of a line the joint test plays.
const lives = 120_000
