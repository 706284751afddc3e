package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// arrived is what has reached the ingest; the host's peers.go writes it.
type arrived struct {
	VideoUnits uint64
	Sessions   int
	Publishing bool
	Kbps       int
	FPS        float64
}

// askIngest asks the ingest on the host.
func askIngest() (arrived, error) { return facts[arrived]("/ingest") }

// facts reads what one of the peers on the host has got.
func facts[T any](path string) (got T, err error) {
	client := http.Client{Timeout: 20 * time.Second} // an emulated processor may stand still
	response, err := client.Get(os.Getenv("LAB_FACTS") + path)
	if err != nil {
		return got, fmt.Errorf("facts of the host: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(response.Body, 1000)) // the status is enough
		return got, fmt.Errorf("%s of the host: %s: %s", path, response.Status, bytes.TrimSpace(why))
	}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		return got, fmt.Errorf("facts of the host: %w", err)
	}
	return got, nil
}
