package loudness

// Rate is the sample rate in Hz that the weighting is made for.
const Rate = 48000

// section is one second-order filter, in the form of ITU-R BS.1770-5, Annex 1,
// figure 2, with what it remembers of one channel.
type section struct {
	b0, b1, b2 float64
	a1, a2     float64

	w1, w2 float64
}

// head is the first stage of the K weighting: what a head does to sound from in
// front of it (BS.1770-5, table 1).
func head() section {
	return section{
		b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285,
		a1: -1.69065929318241, a2: 0.73248077421585,
	}
}

// highPass is the second stage: low tones count less (BS.1770-5, table 2).
func highPass() section {
	return section{
		b0: 1, b1: -2, b2: 1,
		a1: -1.99004745483398, a2: 0.99007225036621,
	}
}

// step filters one sample.
func (s *section) step(x float64) float64 {
	w := x - s.a1*s.w1 - s.a2*s.w2
	y := s.b0*w + s.b1*s.w1 + s.b2*s.w2
	s.w2, s.w1 = s.w1, w
	return y
}

// ear weights one channel.
type ear struct{ head, high section }

func newEar() ear { return ear{head: head(), high: highPass()} }

func (e *ear) step(x float64) float64 { return e.high.step(e.head.step(x)) }
