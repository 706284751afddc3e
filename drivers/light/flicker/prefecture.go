package flicker

import "fmt"

// Prefecture is one of the 47 of Japan.
type Prefecture struct {
	Code  int       // JIS X 0401, which is ISO 3166-2:JP
	Name  string    // romanised
	Mains []float64 // Hz; two where both are delivered
}

// LookUp returns the prefecture with a code of 1 to 47.
func LookUp(code int) (Prefecture, error) {
	all := prefectures()
	if code < 1 || code > len(all) {
		return Prefecture{}, fmt.Errorf("flicker: no prefecture has the code %d: give 1 (Hokkaido) to 47 (Okinawa)", code)
	}
	return all[code-1], nil
}

// prefectures returns all, in the order of their codes. The grids of Hokkaido,
// Tohoku and Tokyo run at 50 Hz, all others at 60 Hz (the utilities' terms of
// supply). Both exist in Niigata (60 Hz on Sado and in parts of Itoigawa and
// Myoko), Gunma (60 Hz in parts of Annaka and Agatsuma), Nagano (50 Hz in parts
// of Saku, Matsumoto, Omachi and others) and Shizuoka (50 Hz east of the Fuji).
func prefectures() []Prefecture {
	const (
		east = iota
		west
		both
	)
	rows := []struct {
		name string
		grid int
	}{
		{"Hokkaido", east}, {"Aomori", east}, {"Iwate", east}, {"Miyagi", east}, {"Akita", east},
		{"Yamagata", east}, {"Fukushima", east}, {"Ibaraki", east}, {"Tochigi", east}, {"Gunma", both},
		{"Saitama", east}, {"Chiba", east}, {"Tokyo", east}, {"Kanagawa", east}, {"Niigata", both},
		{"Toyama", west}, {"Ishikawa", west}, {"Fukui", west}, {"Yamanashi", east}, {"Nagano", both},
		{"Gifu", west}, {"Shizuoka", both}, {"Aichi", west}, {"Mie", west}, {"Shiga", west},
		{"Kyoto", west}, {"Osaka", west}, {"Hyogo", west}, {"Nara", west}, {"Wakayama", west},
		{"Tottori", west}, {"Shimane", west}, {"Okayama", west}, {"Hiroshima", west}, {"Yamaguchi", west},
		{"Tokushima", west}, {"Kagawa", west}, {"Ehime", west}, {"Kochi", west}, {"Fukuoka", west},
		{"Saga", west}, {"Nagasaki", west}, {"Kumamoto", west}, {"Oita", west}, {"Miyazaki", west},
		{"Kagoshima", west}, {"Okinawa", west},
	}
	out := make([]Prefecture, len(rows))
	for i, row := range rows {
		out[i] = Prefecture{Code: i + 1, Name: row.name, Mains: [][]float64{{50}, {60}, {50, 60}}[row.grid]}
	}
	return out
}
