// The box's picture of itself, as a stream. Silence is news too: a page that
// hears nothing must not go on claiming that the show is on air.

const silenceLimit = 2500; // ms; the box sends a heartbeat every second

export class Events {
  #source = null;
  #heard = 0;
  #silent = false;
  #on;

  // on has picture(parts), silence(boolean), opened() and ended(). After ended
  // it is the page that finds out whether its session still stands.
  constructor(on) {
    this.#on = on;
    setInterval(() => this.#watch(), 500);
  }

  open(lang) {
    this.close();
    const source = new EventSource(`/api/events?lang=${lang}`);
    this.#source = source;
    this.#heard = performance.now();
    const listen = (name, act) =>
      source.addEventListener(name, (event) => {
        this.#hear();
        act(JSON.parse(event.data));
      });
    source.addEventListener("open", () => {
      this.#hear();
      this.#on.opened();
    });
    listen("picture", (parts) => this.#on.picture(parts));
    listen("beat", () => {});
    listen("ended", () => this.#end(source));
    source.addEventListener("error", () => this.#end(source));
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }

  #end(source) {
    if (source !== this.#source) return;
    this.close();
    this.#on.ended();
  }

  #hear() {
    this.#heard = performance.now();
    if (!this.#silent) return;
    this.#silent = false;
    this.#on.silence(false);
  }

  #watch() {
    if (this.#silent || performance.now() - this.#heard < silenceLimit) return;
    this.#silent = true;
    this.#on.silence(true);
    if (this.#source) this.#end(this.#source); // it may hang for ever: begin a new one
  }
}
