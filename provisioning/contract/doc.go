// Package contract is what a box and the fleet side say to each other over
// MQTT: topics, payloads and their sizes.
//
// The file asyncapi.yaml beside this text says the same for those who read the
// topics with Telegraf, Node-RED or Grafana, and the folder schema holds a JSON
// Schema for each payload; tests compare both with the types here.
//
// # Topics
//
// Every topic is studio/v1/<tenant>/<box>/<kind>. The tenant is the bank's code
// (lower case, for example b-0412); the box is the serial-derived identity
// (upper case, for example SB-4F2A91), which is also its MQTT client id. The
// business in whose studio the box stands is no part of the topic: a box moves
// between businesses without a change of identity, rights or certificate.
//
//	kind    from   QoS  retained  when
//	state   box    1    yes       connect, session state change, every 15 minutes, clean end; and as the will
//	info    box    1    yes       connect, and when it changed
//	health  box    0    no        every 60 s, every 15 s while on air, each +-10 %
//	event   box    1    no        a condition began or ended, something was done; at least once
//	want    fleet  1    yes       wished settings, signed, with a rising revision
//	got     box    1    yes       what became of a revision
//	cmd     fleet  1    never     a command, signed
//	ack     box    1    no        accepted, done, refused or failed
//	ota     box    1    yes       an update and its phase
//
// [ACL] is who may read and write them.
//
// # Payloads
//
// Payloads are JSON objects with short keys. All carry "v", the major version,
// which is 1. A reader ignores keys that it does not know, and refuses a payload
// that lacks a key which is always there, or has a value that no box writes. A
// number that is not known on this box is -1. Secrets, names and pictures never
// travel here.
//
//	state  {"v":1,"on":1,"ts":1795246134,"st":"live","boot":"3f9c1e7a"}
//	will   {"v":1,"on":0,"st":"lost","boot":"3f9c1e7a"}
//	info   {"v":1,"model":"Raspberry Pi 4 Model B","sw":"1.0.0","cap":["light","turntable"],"rs":0}
//	health {"v":1,"ts":1795246134,"n":8812,"st":"live","cpu":41,"mem":57,"tc":63.4,"thr":0,"dsk":11800,
//	        "rtt":34,"cam":[[30,0]],"enc":[720,5980,3],"up":[5920,-1,18,1],"lufs":-16.2,"al":["too_hot"]}
//	event  {"v":1,"ts":1795246134,"ep":"k3v9","n":213,"code":"camera_lost","sev":"fault"}
//	got    {"v":1,"ts":1795246140,"rev":42,"ok":0,"no":[{"set":"floor","why":"bad_argument"}]}
//	ack    {"v":1,"ts":1795246140,"id":"01J9Z3N4Q5R6S7T8V9WAXBYCZD","st":"refused","why":"on_air"}
//	ota    {"v":1,"ts":1795246140,"job":"r182","st":"download","pct":45,"from":"1.8.1","to":"1.8.2"}
//
// What each key means and its range stand at the fields of [State], [Info],
// [Health], [Event], [Got], [Ack] and [OTA].
//
// # Commands and wished settings
//
// The bodies of cmd and want are [Command] and [Want]; on the wire each is a JWS
// with Ed25519, which package seal makes and opens. They are read strictly. The
// list of [Refusal] is in the order in which a box checks.
//
// # Who is online
//
// The broker may deliver the will of an old connection after the birth of the
// next one. Hence a reader takes a state with on = 0 for the end only if its boot
// equals the boot of the last state with on = 1, and drops it otherwise.
package contract
