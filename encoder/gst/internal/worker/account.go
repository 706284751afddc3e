package worker

import "math"

// x264 forgets what it spent within twice its VBV buffer, so that over several
// seconds it is off by a few per cent, this way or that, as the picture and
// its number of threads will have it. The account remembers. What was spent
// beyond what was wanted stands in a queue before the line, so it is paid back
// soon. What was left unspent is gone: to spend it on purpose later would make
// a queue. It only covers the codec's next burst, and teaches, slowly, what the
// codec makes of what it is told.
const (
	// debtSpan is the time in s within which a debt is paid back. It must be
	// longer than the codec's own memory (0.6 s at calmVBV), or the two
	// correct each other to and fro.
	debtSpan = 1.0
	// mostSaved in s is a third of calmVBV: the codec's own swing.
	mostSaved = 0.1
	// trimSpan in s is long, as the trim must not follow the content. Back to 1
	// it is shorter: what a great drop taught while the codec still followed is
	// wrong for the rates after it, and leaves them unused.
	trimSpan   = 5.0
	untrimSpan = 1.5
	// The bounds of the trim and of the whole correction.
	leastTrim, mostTrim = 0.85, 1.1
	leastFactor         = 0.7
	// A change of the factor below this is not worth telling.
	factorStep = 0.01
	// A picture of more than so many shares is a key frame or a cut, for which
	// the codec pays by itself within its buffer: the rest is charged evenly
	// over loanSpan seconds.
	loanFrom = 2
	loanSpan = 1.5
	// filled is the fraction of its share that a codec uses at least when it
	// is the rate that bounds it, as a mean over about fillSpan seconds; with
	// less it has nothing to encode, which teaches nothing.
	filled   = 0.6
	fillSpan = 0.5
)

// account is what the codec has spent beyond what was wanted, in seconds at the
// wanted rate, so that it holds for another rate too.
type account struct {
	debt   float64 // below 0 it is saved
	loan   float64 // spent and not yet charged
	rent   float64 // of the loan, per second
	fill   float64 // mean of spent over wanted
	trim   float64
	factor float64 // in force: what to tell over what is wanted
}

func newAccount() account { return account{fill: 1, trim: 1, factor: 1} }

// rise is a step up: what made the codec fall short of a lower rate may not
// make it exceed the higher one.
func (a *account) rise() {
	if a.trim > 1 {
		a.factor -= a.trim - 1
		a.trim = 1
	}
}

// taught is the trim after a picture that was so many seconds over its share.
func (a *account) taught(over float64) float64 {
	if over < 0 && a.trim < 1 {
		return min(a.trim-over/untrimSpan, 1)
	}
	return min(max(a.trim-over/trimSpan, leastTrim), mostTrim)
}

// spend charges a picture of so many shares, each of interval seconds.
func (a *account) spend(shares, interval float64) {
	a.fill += (shares - a.fill) * min(1, interval/fillSpan)
	if extra := (shares - loanFrom) * interval; extra > 0 {
		a.loan += extra
		a.rent = a.loan / loanSpan
		shares = loanFrom
	}
	back := min(a.loan, a.rent*interval)
	a.loan -= back
	over := (shares-1)*interval + back
	a.debt = min(max(-mostSaved, a.debt+over), debtSpan*(1-leastFactor))
	if a.fill >= filled {
		lesson := max(over, (filled-1)*interval) // until fill tells, it may be a still scene
		a.trim = a.taught(lesson)
	}
	f := max(a.trim-max(0, a.debt)/debtSpan, leastFactor)
	if math.Abs(f-a.factor) >= factorStep {
		a.factor = f
	}
}
