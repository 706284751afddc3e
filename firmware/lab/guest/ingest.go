package main

import (
	"encoding/json"
	"fmt"
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
func askIngest() (arrived, error) {
	client := http.Client{Timeout: 3 * time.Second}
	var a arrived
	response, err := client.Get(os.Getenv("LAB_FACTS"))
	if err != nil {
		return a, fmt.Errorf("the ingest's facts: %w", err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return a, fmt.Errorf("the ingest's facts: %w", err)
	}
	return a, nil
}
