// The last hour of the rate: points as the box recorded them, oldest first.

const keep = 60 * 60_000; // ms
const gap = 5000; // ms without a point: nothing is known of what lies between

// What an entry did, as bits of its "did".
export const deeds = { flush: 1, key: 2, skip: 4 };

let kinds = {};

// loadKinds fetches what each reason means to a person.
export async function loadKinds() {
  kinds = await (await fetch("/kinds.json")).json();
}

export const kindOf = (reason) => kinds[reason] ?? "other";

// Kinds that are news when they begin; the others only wait or are content.
const news = ["up", "down", "server", "out", "camera", "other"];

export class History {
  points = [];
  version = 0; // counts additions
  #boot = "";
  #zero = 0; // the moment at which "up" was 0, by the box's present clock

  // add takes columns as the box sends them; points known already are skipped.
  add({ boot, zero, ...columns }) {
    if (boot !== this.#boot) {
      this.#boot = boot; // the box has started again, and counts anew
      this.points = [];
    }
    const names = Object.keys(columns);
    const fresh = columns.up.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
    if (!fresh.length) return;
    this.#zero = zero;
    const known = new Set(this.points.map((p) => p.up));
    this.points.push(...fresh.filter((p) => !known.has(p.up)));
    this.points.sort((a, b) => a.up - b.up);
    const begin = this.end - keep;
    this.points = this.points.filter((p) => p.up >= begin);
    this.version++;
  }

  get end() {
    return this.points.at(-1)?.up ?? 0;
  }

  // wall is a point's moment in ms since 1970.
  wall(point) {
    return point.up + this.#zero;
  }

  // shows cuts the points where a show ended, or nothing is known, from begin on.
  shows(begin = -Infinity) {
    const all = [];
    for (const point of this.points) {
      if (point.up < begin) continue;
      const last = all.at(-1)?.at(-1);
      if (last && last.show === point.show && point.up - last.up <= gap) all.at(-1).push(point);
      else all.push([point]);
    }
    return all;
  }

  // turns lists where the kind of reason changed, oldest first.
  turns() {
    const turns = [];
    for (const show of this.shows()) {
      let kind = "";
      for (const point of show) {
        const next = kindOf(point.reason);
        if (next === kind || !news.includes(next)) continue;
        kind = next;
        turns.push({ ...point, kind, wall: this.wall(point) });
      }
    }
    return turns;
  }

  // near is the point that an eye means that looks at up: a change of reason
  // within reach, else the nearest point; none where nothing is known.
  near(up, reach) {
    let best = null;
    let change = null;
    this.points.forEach((point, i) => {
      const off = Math.abs(point.up - up);
      if (!best || off < Math.abs(best.up - up)) best = point;
      if (off > reach || !this.#isChange(i)) return;
      if (!change || off < Math.abs(change.up - up)) change = point;
    });
    return change ?? (best && Math.abs(best.up - up) <= Math.max(gap, reach) ? best : null);
  }

  // beside is the next change before (-1) or after (+1) a point.
  beside(point, direction) {
    let i = this.points.findIndex((p) => p.up === point?.up);
    if (i < 0) i = direction < 0 ? this.points.length : -1;
    for (i += direction; i >= 0 && i < this.points.length; i += direction) {
      if (this.#isChange(i)) return this.points[i];
    }
    return point;
  }

  #isChange(i) {
    const point = this.points[i];
    const before = this.points[i - 1];
    return !before || before.show !== point.show || before.reason !== point.reason ||
      (point.from > 0 && point.target < point.from * 0.9);
  }
}
