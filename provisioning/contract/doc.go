// Package contract is what a box and the fleet side say to each other over
// MQTT: topics, payloads and their sizes.
//
// # Topics
//
// Every topic is studio/v1/<tenant>/<box>/<kind>. The tenant is the bank's code
// (lower case, for example b-0412); the box is the serial-derived identity
// (upper case, for example SB-4F2A91), which is also its MQTT client id. The
// business in whose studio the box stands is no part of the topic: a box moves
// between businesses without a change of identity, rights or certificate.
//
//	kind    from  QoS  retained  when
//	state   box   1    yes       connect, session state change, every 15 minutes, clean end; and as the will
//	info    box   1    yes       connect, and when it changed
//	health  box   0    no        every 60 s, every 15 s while on air, each +-10 %
//
// # Payloads
//
// Payloads are JSON objects with short keys. All carry "v", the major version,
// which is 1. A reader ignores keys that it does not know. A number that is not
// known on this box is -1. Secrets, names and pictures never travel here.
//
//	state  {"v":1,"on":1,"ts":1795246134,"st":"live","boot":"3f9c1e7a"}
//	will   {"v":1,"on":0,"st":"lost","boot":"3f9c1e7a"}
//	info   {"v":1,"model":"Raspberry Pi 4 Model B","sw":"1.0.0","cap":["light","turntable"],"rs":0}
//	health {"v":1,"ts":1795246134,"n":8812,"st":"live","cpu":41,"mem":57,"tc":63.4,"thr":0,"dsk":11800,
//	        "rtt":34,"cam":[[30,0]],"enc":[720,5980,3],"up":[5920,-1,18,1],"al":["too_hot"]}
//
//	v     major version of the payload
//	on    1 while the box is connected, else 0
//	ts    Unix time of the box in seconds; a wrong clock shows here
//	st    session state; besides those of the box: setup (it starts), shutdown (it was told to end), lost (the will)
//	boot  random id of one MQTT session, made anew for each connection
//	model the computer, as its firmware names it
//	sw    version of the studiobox program
//	cap   what is fitted: light, turntable
//	rs    1 when the business allows a start from afar
//	demo  1 when the box is a simulation
//	n     counts the health messages of one run of the program: gaps are losses
//	cpu   processor use, percent
//	mem   memory use, percent
//	tc    temperature of the processor, degrees Celsius
//	thr   1 while the supply voltage is too low
//	dsk   free space on the data disk, MB
//	rtt   round trip to the ingest, ms
//	cam   per camera: frames a second, RTP packets lost since start
//	enc   picture height in lines, video rate in kbit/s, restarts of the encoder since start
//	up    rate acknowledged by the ingest in kbit/s, packet loss in percent, age of the send queue in ms, reconnects since start
//	al    codes of the conditions that hold now, worst first; a last entry "+3" says that three more did not fit
//
// # Who is online
//
// The broker may deliver the will of an old connection after the birth of the
// next one. Hence a reader takes a state with on = 0 for the end only if its boot
// equals the boot of the last state with on = 1, and drops it otherwise.
package contract
