package linktest

import (
	"errors"
	"math/rand/v2"
)

// Loss is a Gilbert-Elliott process: in the good state packets are lost with
// probability Random, in the bad state with probability InBurst. With EnterBurst 0
// it is plain independent loss.
type Loss struct {
	// Random is the probability of loss outside bursts, 0 to 1.
	Random float64
	// EnterBurst and LeaveBurst are the probabilities per packet that a
	// burst begins and ends; a burst has 1/LeaveBurst packets on average.
	EnterBurst, LeaveBurst float64
	// InBurst is the probability of loss within a burst; 0 means 1.
	InBurst float64
}

// Bursts is a loss of the given mean fraction in bursts of the given mean
// number of packets, all of which are lost. Of the chain's states the bad one
// is occupied for enter/(enter+leave) of the time, which gives enter.
func Bursts(mean, packets float64) Loss {
	leave := 1 / packets
	return Loss{EnterBurst: mean * leave / (1 - mean), LeaveBurst: leave}
}

func (l Loss) check() error {
	for _, p := range []float64{l.Random, l.EnterBurst, l.LeaveBurst, l.InBurst} {
		if !(p >= 0 && p <= 1) {
			return errors.New("loss: probabilities lie between 0 and 1")
		}
	}
	if l.EnterBurst > 0 && l.LeaveBurst == 0 {
		return errors.New("loss: a burst that begins must be able to end")
	}
	return nil
}

// air is a Loss at work.
type air struct {
	Loss
	random *rand.Rand
	burst  bool
}

// takes says whether the next packet is lost. Each packet draws twice, so that
// packet n meets the same numbers whatever happened before it.
func (a *air) takes() bool {
	move, fate := a.random.Float64(), a.random.Float64()
	if a.burst {
		a.burst = move >= a.LeaveBurst
	} else {
		a.burst = move < a.EnterBurst
	}
	if !a.burst {
		return fate < a.Random
	}
	return a.InBurst == 0 || fate < a.InBurst
}
