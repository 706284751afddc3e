package contract

import "testing"

// BenchmarkParse is what reading one payload costs the console.
func BenchmarkParse(b *testing.B) {
	for _, kind := range BoxKinds() {
		s := everyKind()[kind]
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.parse([]byte(s.sample)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
