// One tile: a picture by WebRTC (WHEP), or words that say why there is none.

import { setText } from "./dom.js";
import { hangUp, offer } from "./api.js";
import { t } from "./i18n.js";

const connectLimit = 6000; // ms
const gatherLimit = 500;
const retryFirst = 1000;
const retryLimit = 8000;

export class Tile {
  #element;
  #video;
  #name;
  #peer = null;
  #location = null;
  #timer = 0;
  #pause = retryFirst;
  #source = "connecting"; // what the box says of the tile; until it does, this
  #trouble = ""; // what this browser says
  quiet = ""; // a kinder word for "waiting", when nothing is to be expected

  constructor(element, name) {
    this.#element = element;
    this.#name = name;
    this.#video = element.querySelector("video");
    this.#video.addEventListener("playing", () => this.#draw());
    document.addEventListener("visibilitychange", () => this.#follow());
    addEventListener("pagehide", () => this.close());
  }

  // show follows the box's word on the tile.
  show(source) {
    if (source !== this.#source) {
      this.#source = source;
      this.#pause = retryFirst;
    }
    this.#follow();
  }

  // #follow connects when there is something to see and someone to see it.
  #follow() {
    const wanted = this.#source === "ok" && !document.hidden;
    if (wanted && !this.#peer && !this.#timer) this.#connect();
    if (!wanted) this.close();
    this.#draw();
  }

  async #connect() {
    const peer = new RTCPeerConnection({ iceServers: [] });
    this.#peer = peer;
    this.#timer = setTimeout(() => this.#fail(peer, "failed"), connectLimit);
    peer.addEventListener("connectionstatechange", () => {
      if (peer.connectionState === "connected") {
        clearTimeout(this.#timer);
        this.#timer = 0;
        this.#pause = retryFirst;
      }
      if (peer.connectionState === "failed") this.#fail(peer, "failed");
    });
    const { receiver } = peer.addTransceiver("video", { direction: "recvonly" });
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0; // as live as the network allows
    peer.addEventListener("track", ({ track }) => {
      this.#video.srcObject = new MediaStream([track]);
      this.#video.play().catch(() => {}); // a muted video may always play; if not, its poster stays
    });
    try {
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const answer = await offer(`/whep/${this.#name}`, peer.localDescription.sdp);
      if (this.#peer !== peer) return hangUp(answer.location); // closed meanwhile
      this.#location = answer.location;
      await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch (refused) {
      this.#fail(peer, refused.code === "bad_offer" ? "bad_offer" : "failed");
    }
  }

  #fail(peer, trouble) {
    if (this.#peer !== peer) return;
    this.close();
    this.#trouble = trouble;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#follow();
    }, this.#pause);
    this.#pause = Math.min(2 * this.#pause, retryLimit);
    this.#draw();
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#trouble = "";
    if (this.#location) hangUp(this.#location);
    this.#location = null;
    this.#peer?.close();
    this.#peer = null;
    this.#video.srcObject = null;
  }

  #draw() {
    const playing = this.#source === "ok" && this.#peer && this.#video.readyState >= 2;
    this.#element.classList.toggle("playing", Boolean(playing));
    let key = `tile.${this.#source}`;
    if (this.#source === "ok") key = this.#trouble ? `tile.${this.#trouble}` : "tile.connecting";
    if (this.#source === "waiting" && this.quiet) key = this.quiet;
    setText(this.#element.querySelector(".tile-message"), playing ? "" : t(key));
  }
}

// gathered waits for this browser's own addresses, but not long: the box
// learns the right one from the first packet anyway.
function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, gatherLimit);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") resolve();
    });
  });
}
