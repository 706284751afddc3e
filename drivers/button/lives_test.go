//go:build !race

package button

// lives is how many random lines are played.
const lives = 1_000_000
