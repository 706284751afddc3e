package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func TestASparkBreaksAtGapsAndBeginsAtZero(t *testing.T) {
	svg := string(Spark([]float64{0, 10, math.NaN(), 10, 5}, `a "label"`))
	if strings.Count(svg, "M") != 4 { // two runs, each as a line and as an area
		t.Errorf("the gap is bridged: %s", svg)
	}
	if !strings.Contains(svg, "M0 26L30 2") || !strings.Contains(svg, "a &#34;label&#34;") {
		t.Error(svg)
	}
	wellFormed(t, svg)
	for _, points := range [][]float64{nil, {math.NaN()}, {0}, {7}, {-1, -2}} {
		svg := string(Spark(points, ""))
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%v: %s", points, svg)
		}
		wellFormed(t, svg)
	}
}

func TestNeighboursOfOneStatusAreOneBarWithItsLetter(t *testing.T) {
	cells := []Cell{
		{"live", "L", "10:00", "10:15", "Live"}, {"live", "L", "10:15", "10:30", "Live"}, {"off", "<", "10:30", "10:45", "Off"}, {"live", "L", "10:45", "11:00", "Live"},
	}
	svg := string(Timeline(cells, "day"))
	if strings.Count(svg, "<g ") != 3 || strings.Count(svg, ">L</text>") != 2 {
		t.Error(svg)
	}
	if !strings.Contains(svg, "<title>10:00–10:30  Live</title>") || !strings.Contains(svg, `x="50.000%" width="25.000%"`) {
		t.Error(svg)
	}
	wellFormed(t, svg)
	wellFormed(t, string(Timeline(nil, "")))
	wellFormed(t, string(Patterns()))
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}
