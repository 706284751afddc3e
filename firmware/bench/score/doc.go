// Package score computes what a viewer got in one run of the uplink bench,
// from nothing but what the ingest received and what the line offered.
package score
