// Package roster is the present picture of all boxes, in memory: what each box
// said last, what follows from it, and what of that needs a human now.
//
// Time is handed in: nothing happens between two calls, and [Roster.Tick] is
// called about once a second. Every question takes a [Scope], and the zero Scope
// sees nothing.
package roster
