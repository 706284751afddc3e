package board

import (
	"strconv"
	"strings"
)

// cpuPercent is the share of time in which a core worked since the last look,
// from the first line of /proc/stat: user nice system idle iowait irq softirq
// steal, in jiffies. Guest time is part of user time and is left out.
func (p *Probe) cpuPercent() float64 {
	line, _, _ := strings.Cut(p.text("proc/stat"), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return Unknown
	}
	var total, idle uint64
	for i, field := range fields[1:9] {
		jiffies, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return Unknown
		}
		total += jiffies
		if i == 3 || i == 4 {
			idle += jiffies
		}
	}
	first, passed, worked := p.total == 0, total-p.total, total-idle-p.busy
	backwards := total < p.total || total-idle < p.busy // iowait may fall
	p.total, p.busy = total, total-idle
	if first || backwards || passed == 0 {
		return Unknown
	}
	return min(100*float64(worked)/float64(passed), 100)
}

// memPercent is the share of memory that a new program could not get.
func (p *Probe) memPercent() float64 {
	var total, available float64
	for line := range strings.Lines(p.text("proc/meminfo")) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kb, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			continue
		}
		switch fields[0] {
		case "MemTotal:":
			total = kb
		case "MemAvailable:":
			available = kb
		}
	}
	if total <= 0 || available <= 0 || available > total {
		return Unknown
	}
	return 100 * (1 - available/total)
}
