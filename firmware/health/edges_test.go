package health

import (
	"slices"
	"strings"
	"testing"
)

// story steps edges once a second through lists of codes, and tells what each
// step said: "+code" began, "-code" ended.
func story(lists ...string) (said []string) {
	var e Edges
	for second, list := range lists {
		var active []Condition
		for code := range strings.FieldsSeq(list) {
			active = append(active, Condition{Code: code, Severity: Warn})
		}
		var step []string
		for _, edge := range e.Step(active, at(float64(second))) {
			sign := "+"
			if edge.Ended {
				sign = "-"
			}
			step = append(step, sign+edge.Code)
		}
		slices.Sort(step)
		said = append(said, strings.Join(step, " "))
	}
	return said
}

func TestEachConditionIsToldWhenItBeginsAndWhenItEnds(t *testing.T) {
	got := story("", "hot", "hot disk", "disk", "disk", "disk", "disk", "disk", "disk")
	want := []string{"", "+hot", "+disk", "", "", "", "", "-hot", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAConditionThatFlickersIsToldOnce(t *testing.T) {
	got := story("hot", "", "hot", "", "", "hot", "", "", "", "hot", "", "", "", "", "", "")
	want := make([]string, 16)
	want[0], want[14] = "+hot", "-hot"
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAConditionThatReturnsAfterItsEndIsNews(t *testing.T) {
	got := story("hot", "", "", "", "", "", "hot")
	if want := []string{"+hot", "", "", "", "", "-hot", "+hot"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
