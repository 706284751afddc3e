package button
import ("testing";"testing/synctest";"time";"studiobox/board/sim")
func TestTmpSim(t *testing.T){
	synctest.Test(t, func(t *testing.T){
		s, err := sim.New(sim.Config{})
		if err!=nil {t.Fatal(err)}
		pin, _ := s.Pin("button.golive")
		got := run(t, pin, Config{ActiveLow:true}, func(){
			for range 5 { time.Sleep(60*ms); _ = s.Press("button.golive"); time.Sleep(50*ms); _ = s.Release("button.golive") }
			time.Sleep(100*ms)
		})
		t.Log(got)
	})
}
