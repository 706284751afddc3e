// Package fleet is the composition root of studiofleet: its command line, the
// wiring of the console, and what ops need around it (broker access lists,
// signed commands, simulated boxes).
package fleet
