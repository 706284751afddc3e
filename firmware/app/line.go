package app

import (
	"fmt"
	"net"
	"os"

	"studiobox/firmware/config"
	"studiobox/uplink/linktest"
)

// lineCommand is `studiobox line`: a line of one's choosing between a program
// and an address.
type lineCommand struct {
	To       string      `required:"" placeholder:"HOST:PORT" help:"Where the line leads: a TCP and UDP port that this machine can reach."`
	Up       config.Kbps `placeholder:"RATE" help:"Rate towards the address, such as 4M or 800k. No limit when not given."`
	Down     config.Kbps `placeholder:"RATE" help:"Rate back."`
	Trace    string      `placeholder:"FILE" help:"Upward rate from a recording in mahimahi's format, a millisecond per 1,500 bytes. It begins anew at its end."`
	Schedule string      `placeholder:"FILE" help:"Upward rate from a file with lines of \"seconds kbit/s\"."`
	Loop     bool        `help:"Begin the schedule anew at the time of its last line."`
	Delay    delays      `placeholder:"TIME" help:"Delay of each way, such as 40ms, or UP/DOWN."`
	Queue    queues      `placeholder:"SIZE" help:"Queue before each way, in time at its rate or in bytes: 300ms (the default) or 64kB, or UP/DOWN. What does not fit is dropped."`
	Loss     shares      `placeholder:"SHARE" help:"Share of packets lost on each way, such as 2%, or UP/DOWN."`
	Burst    float64     `placeholder:"PACKETS" help:"Lose packets in bursts of this mean length."`
	Blackout []blackout  `placeholder:"AT+FOR" help:"A stretch in which nothing passes, such as 20s+5s; may be given again."`
	Flow     string      `placeholder:"CONTROL" help:"Let a long TCP transfer share the way up, with this congestion control: cubic, bbr."`
	Seed     uint64      `default:"1" help:"The same seed loses the same packets."`
	Stats    string      `placeholder:"FILE.jsonl" help:"Write one line of figures for each way every 100 ms."`
	Verbose  bool        `help:"Tell once a second what the line does, as on a terminal."`
	Listen   string      `default:"127.0.0.1:9000" placeholder:"HOST:PORT" help:"Without COMMAND: the port whose connections go through the line."`
	Command  []string    `arg:"" optional:"" passthrough:"" help:"Program to run at the near end of the line. The address given by --to leads through the line: it is replaced in the arguments, and LINE_TO holds it in the environment."`
}

// Help is what --help says beside the flags.
func (lineCommand) Help() string {
	return `A sender that is told to reach the address, and does so through the line:

    studiobox line --up 4M --delay 40ms --loss 2% --to 127.0.0.1:8554 -- ffmpeg -re -i show.mp4 -c copy -f rtsp rtsp://127.0.0.1:8554/live

It needs root, or a kernel that lets users make network namespaces.`
}

// Run runs the command behind the line, or forwards a port until Ctrl-C.
func (c *lineCommand) Run(env *environment) error {
	if _, _, err := net.SplitHostPort(c.To); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if len(c.Command) > 0 && c.Command[0] == "--" { // kong hands it on
		c.Command = c.Command[1:]
	}
	if done, err := runInUserNamespace(env.ctx); done || err != nil {
		return err
	}
	r, err := c.newRun(env)
	if err != nil {
		return err
	}
	code, err := r.run(env)
	if err == nil && code != 0 {
		os.Exit(code) // COMMAND has told why, and everything is taken down
	}
	return err
}

// config is the line that the flags describe.
func (c *lineCommand) config() (linktest.Config, error) {
	cfg := linktest.Config{
		Up:   linktest.Direction{Kbps: int(c.Up), Delay: c.Delay.up, Queue: c.Queue.up.lasting, QueueBytes: c.Queue.up.bytes, Loss: c.loss(c.Loss.up), Loop: c.Loop},
		Down: linktest.Direction{Kbps: int(c.Down), Delay: c.Delay.down, Queue: c.Queue.down.lasting, QueueBytes: c.Queue.down.bytes, Loss: c.loss(c.Loss.down)},
		Seed: c.Seed,
	}
	for _, b := range c.Blackout {
		cfg.Up.Blackouts = append(cfg.Up.Blackouts, linktest.Blackout(b))
	}
	cfg.Down.Blackouts = cfg.Up.Blackouts
	if c.Trace != "" {
		trace, err := linktest.LoadTrace(c.Trace)
		if err != nil {
			return cfg, err
		}
		cfg.Up.Trace = trace
	}
	if c.Schedule != "" {
		file, err := os.Open(c.Schedule)
		if err != nil {
			return cfg, fmt.Errorf("--schedule: %w", err)
		}
		defer file.Close()
		if cfg.Up.Schedule, err = linktest.ParseSchedule(file); err != nil {
			return cfg, fmt.Errorf("%s: %w", c.Schedule, err)
		}
	}
	return cfg, nil
}

// loss is a share in bursts or without.
func (c *lineCommand) loss(share float64) linktest.Loss {
	if c.Burst <= 1 || share == 0 || share == 1 {
		return linktest.Loss{Random: share}
	}
	return linktest.Bursts(share, c.Burst)
}
