package testcam

// ambient is what is left of the picture's brightness with the light off.
const ambient = 0.05

// exposure holds what each stored value becomes under one level of the light.
// Levels are perceived, so they scale the coded values, not linear light.
type exposure struct {
	level  int // 0 to 255
	luma   [256]byte
	chroma [256]byte
}

func (e *exposure) set(level int) {
	e.level = level
	gain := ambient + (1-ambient)*float64(level)/255
	for v := range 256 {
		e.luma[v] = clamp8(16 + gain*(float64(v)-16))
		e.chroma[v] = clamp8(128 + gain*(float64(v)-128))
	}
}

// surroundings is the light that arrives from a direction: one softbox
// overhead, a cool strip to the left, a warm one to the right, a dim room.
func surroundings(to point) colour {
	light := colour{0.05, 0.055, 0.07}.times(0.6 + 0.4*to.z)
	if to.z > 0 {
		overhead := smooth(0.55, 0.75, to.z) * smooth(-0.75, -0.55, -max(to.x*to.x, to.y*to.y))
		light = light.plus(colour{2.3, 2.2, 2.05}.times(overhead))
	}
	left := bump(-0.80, 0.50, to.x) * smooth(-0.25, 0.0, to.z) * smooth(-0.95, -0.6, -to.z)
	right := bump(0.86, 0.34, to.x) * smooth(-0.1, 0.1, to.z) * smooth(-0.9, -0.6, -to.z)
	front := bump(-0.82, 0.30, to.y) * bump(0.30, 0.5, to.z)
	light = light.plus(colour{1.5, 1.75, 2.1}.times(left))
	light = light.plus(colour{2.4, 2.0, 1.5}.times(right))
	light = light.plus(colour{0.9, 0.9, 0.9}.times(front))
	return light
}
