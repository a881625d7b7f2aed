// What is pointed at, picked and selected: one for all figures of the same pictures on a page.

const links = new Map();

/** The link of all figures that show the pictures with this digest. */
export function linkOf(digest) {
  if (!links.has(digest)) links.set(digest, new Link());
  return links.get(digest);
}

class Link {
  constructor() {
    this.pointed = -1;
    this.picked = -1;
    this.near = []; // neighbours of the picked picture, for the maps to mark
    this.selected = null; // indices in rising order, or null: nothing is selected
    this.listeners = new Set();
  }

  /** Calls `listener(what)` after each change: "point", "pick", "near" or "select". */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  point(index) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.tell("point");
  }

  pick(index) {
    if (index === this.picked) return;
    this.picked = index;
    this.near = [];
    this.tell("pick");
  }

  mark(near) {
    this.near = near;
    this.tell("near");
  }

  select(indices) {
    this.selected = indices?.length ? [...new Set(indices)].sort((a, b) => a - b) : null;
    this.tell("select");
  }

  clear() {
    this.point(-1);
    this.pick(-1);
    if (this.selected) this.select(null);
  }

  tell(what) {
    for (const listener of [...this.listeners]) listener(what);
  }
}
