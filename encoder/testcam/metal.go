package testcam

import "math"

// packed is a sample of a layer: luma, U, V, a byte each, and a 1 above them
// where something covers it.
type packed uint32

func pack(c yuv) packed {
	return packed(clamp8(c.y)) | packed(clamp8(c.u))<<8 | packed(clamp8(c.v))<<16 | 1<<24
}

// ball is a photograph of a polished ball, as wide as mapSide: what a surface
// shows depends only on which way it faces, since camera and lamps stand still.
const ballSide = 128

type ball [ballSide * ballSide]packed

// facing is what a surface shows whose normal points so far to the right and
// up, both from 0 to ballSide.
func (b *ball) facing(right, up float32) packed {
	return b[(int(up)&(ballSide-1))*ballSide+int(right)&(ballSide-1)]
}

// goldBall photographs a ball of 18 carat gold; in the glass of the table it
// stands upside down.
func goldBall(v view, m matrix, reflected bool) *ball {
	b := &ball{}
	for y := range ballSide {
		for x := range ballSide {
			right := (float64(x)+0.5)/ballSide*2 - 1
			up := 1 - (float64(y)+0.5)/ballSide*2
			if off := math.Hypot(right, up); off > 0.999 {
				right, up = right/off*0.999, up/off*0.999
			}
			toward := math.Sqrt(1 - right*right - up*up)
			b[y*ballSide+x] = pack(m.yuv(gold(v, right, up, toward, reflected)))
		}
	}
	return b
}

// gold is the light that gold shows whose normal is given in the camera's
// directions. It reflects by Schlick's approximation of Fresnel's law.
func gold(v view, right, up, toward float64, reflected bool) colour {
	normal := point{right, up*v.sin - toward*v.cos, up*v.cos + toward*v.sin}
	bounce := v.toEye().times(-1).mirrored(normal)
	if reflected {
		bounce.z = -bounce.z
	}
	grazing := math.Pow(1-toward, 5)
	metal := colour{1.0, 0.66, 0.23}.mix(colour{1, 1, 1}, grazing)
	// A second bounce between the parts of the ring keeps its shadows warm.
	warm := colour{0.16, 0.085, 0.02}.times(0.5 + 0.5*bounce.z)
	return surroundings(bounce).tinted(metal).plus(warm)
}

// stoneColour is the light of a facet: a reflection on its face and light from
// inside, split into colours a little.
func stoneColour(v view, normal, inside point) colour {
	face := surroundings(v.toEye().times(-1).mirrored(normal)).times(0.22)
	back := v.toEye().times(-1).mirrored(inside)
	red := surroundings(back.plus(point{0.03, 0, 0.02}).unit())
	blue := surroundings(back.minus(point{0.03, 0, 0.02}).unit())
	fire := colour{red.r, (red.g + blue.g) / 2, blue.b}
	return face.plus(fire.times(1.0)).plus(colour{0.035, 0.045, 0.065})
}
