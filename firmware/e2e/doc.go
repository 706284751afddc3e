// Package e2e is the whole appliance as a test: the built program between real
// and simulated peers, judged by what arrives at the ingest.
package e2e
