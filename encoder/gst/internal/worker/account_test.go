package worker

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// codec is a model of x264's rate control: it makes bias times what it is
// told, with the memory of its buffer.
type codec struct {
	bias   float64
	memory float64 // s
	most   float64 // kbit/s that the content takes, 0 = any
	told   float64 // as it has come to believe
	noise  *rand.Rand
}

// code returns the bytes of one picture.
func (c *codec) code(told int, interval float64) int {
	if c.told == 0 {
		c.told = float64(told)
	}
	c.told += (float64(told) - c.told) * interval / c.memory
	kbps := c.told * c.bias
	if c.most > 0 {
		kbps = min(kbps, c.most)
	}
	if c.noise != nil {
		kbps *= math.Exp(0.3*c.noise.NormFloat64() - 0.045)
	}
	return int(kbps * 125 * interval)
}

// film runs a governor and a codec for a while and returns the mean rate.
func film(g *governor, c *codec, from, to time.Duration) float64 {
	bytes, pictures := 0, 0
	for pts := from; pts < to; pts += time.Second / 30 {
		told, _ := g.next(pts)
		n := c.code(told, 1.0/30)
		g.spent(n)
		bytes += n
		pictures++
	}
	return float64(bytes) / 125 / float64(pictures) * 30
}

func TestTheRateThatIsProducedIsTheOneThatWasWanted(t *testing.T) {
	for _, bias := range []float64{0.95, 0.98, 1, 1.057, 1.12, 1.25} {
		for _, kbps := range []int{100, 300, 6000} {
			g, c := newGovernor(kbps), &codec{bias: bias, memory: 0.4}
			film(g, c, 0, 15*time.Second)
			got := film(g, c, 15*time.Second, 30*time.Second) / float64(kbps)
			if got < 0.98 || got > 1.02 {
				t.Errorf("a codec that makes %v of %d kbit/s makes %.3f of it with the governor", bias, kbps, got)
			}
		}
	}
}

func TestACodecThatMakesTooMuchIsReinedInWithinTwoSeconds(t *testing.T) {
	g, c := newGovernor(300), &codec{bias: 1.1, memory: 0.4}
	film(g, c, 0, 2*time.Second)
	if got := film(g, c, 2*time.Second, 4*time.Second); got > 300*1.03 {
		t.Errorf("still %.0f kbit/s, want 300", got)
	}
}

func TestNoiseInTheSizesBarelyReachesTheCodec(t *testing.T) {
	g := newGovernor(1000)
	c := &codec{bias: 1, memory: 0.4, noise: rand.New(rand.NewPCG(1, 2))}
	film(g, c, 0, 10*time.Second)
	lo, hi := 1.0, 1.0
	for at := 10 * time.Second; at < 40*time.Second; at += time.Second {
		film(g, c, at, at+time.Second)
		lo, hi = min(lo, g.factor), max(hi, g.factor)
	}
	if lo < 0.9 || hi > mostTrim {
		t.Errorf("the factor swings between %.3f and %.3f", lo, hi)
	}
}

func TestAKeyFrameDoesNotStarveThePicturesAfterIt(t *testing.T) {
	for _, shares := range []int{3, 6} {
		g, c := newGovernor(1000), &codec{bias: 1, memory: 0.4}
		film(g, c, 0, 5*time.Second)
		g.spent(shares * 1000 * 125 / 30)
		least := 1.0
		for at := 5 * time.Second; at < 8*time.Second; at += time.Second / 30 {
			film(g, c, at, at+time.Second/30)
			least = min(least, g.factor)
		}
		if least < 0.9 {
			t.Errorf("after a key frame of %d shares the codec is told %.2f of the rate", shares, least)
		}
	}
}

func TestAStillSceneSavesNothingForTheMotionAfterIt(t *testing.T) {
	g, c := newGovernor(1000), &codec{bias: 1, memory: 0.4, most: 50}
	film(g, c, 0, time.Minute)
	if g.trim > 1.02 {
		t.Errorf("an empty minute taught a trim of %.3f", g.trim)
	}
	c.most, c.told = 0, 0
	if got := film(g, c, time.Minute, time.Minute+2*time.Second); got > 1030 {
		t.Errorf("the motion after it has %.0f kbit/s, want 1000", got)
	}
}

func TestNoStepUpIsExceededByWhatALowRateTaught(t *testing.T) {
	g, c := newGovernor(300), &codec{bias: 0.9, memory: 0.4}
	film(g, c, 0, 30*time.Second)
	if g.factor < 1.03 {
		t.Fatalf("the low rate taught only a factor of %.3f", g.factor)
	}
	g.step(2000)
	if told, _ := g.next(30 * time.Second); float64(told) > kickMost*2000 {
		t.Errorf("told %d after a step to 2000", told)
	}
}

func TestACodecIsNotBlamedForItsFirstPicturesAfterAStep(t *testing.T) {
	g, c := newGovernor(4000), &codec{bias: 1, memory: 0.15}
	film(g, c, 0, 5*time.Second)
	g.step(1000)
	film(g, c, 5*time.Second, 6*time.Second)
	if g.factor < 0.95 || g.trim < 0.99 {
		t.Errorf("a second after a step the factor is %.3f, the trim %.3f", g.factor, g.trim)
	}
	if got := film(g, c, 6*time.Second, 8*time.Second); got < 970 || got > 1020 {
		t.Errorf("later the rate is %.0f, want 1000", got)
	}
}

func TestPicturesLeftOutAreNeitherAFrameRateNorSavings(t *testing.T) {
	g, c := newGovernor(1000), &codec{bias: 1, memory: 0.4}
	film(g, c, 0, 5*time.Second)
	at := 5 * time.Second
	for n := range 12 { // on and off, 400 ms and 300 ms
		g.pause()
		at += 400 * time.Millisecond
		if got := film(g, c, at, at+300*time.Millisecond); got > 1020 || got < 980 {
			t.Errorf("after gap %d the rate is %.0f, want 1000", n, got)
		}
		at += 300 * time.Millisecond
	}
}

func TestALimitOfTheFrameRateIsInForceAtOnce(t *testing.T) {
	g := newGovernor(1000)
	run(g, 0, 3*time.Second, 30)
	g.bound(15)
	if told, vbv := g.next(3 * time.Second); told < 1990 || told > 2010 || vbv > 100 {
		t.Errorf("at half the pictures told %d kbit/s and %d ms, want 2000 and a short buffer", told, vbv)
	}
	run(g, 3*time.Second+time.Second/15, 5*time.Second, 15)
	g.bound(0)
	if told, _ := g.next(5 * time.Second); told < 990 || told > 1010 {
		t.Errorf("at all pictures told %d kbit/s, want 1000", told)
	}
}
