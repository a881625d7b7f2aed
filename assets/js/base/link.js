// What is pointed at, picked and selected: one for all figures of the same pictures on a page.

/** @typedef {(what: "point" | "pick" | "near" | "select") => void} Listener */

/** @type {Map<string, Link>} */
const links = new Map();

/**
 * Return the link of all figures that show the same pictures.
 * @param {string} digest of the pictures
 * @returns {Link}
 */
export function linkOf(digest) {
  if (!links.has(digest)) links.set(digest, new Link());
  return links.get(digest);
}

/** The state that linked figures share. Pictures are indices; -1 is none. */
export class Link {
  constructor() {
    this.pointed = -1;
    this.picked = -1;
    this.offered = -1; // a picture that was opened without anybody asking for it
    this.closed = false; // whether somebody closed the picture that was open
    /** @type {number[]} neighbours of the picked picture, for the maps to mark */
    this.near = [];
    /** @type {number[] | null} rising indices, or null: nothing is selected */
    this.selected = null;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {string[]} files that the pictures came from, as far as they are known */
    this.names = [];
    /** @type {Promise<void> | undefined} fulfilled once the names are there, or never will be */
    this.named = undefined;
  }

  /**
   * Return what a picture is called.
   * @param {number} index
   */
  nameOf(index) {
    return this.names[index] ?? `picture ${index + 1}`;
  }

  /**
   * Call a listener after each change.
   * @param {Listener} listener
   * @returns {() => void} ends that
   */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {number} index */
  point(index) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.notify("point");
  }

  /** @param {number} index */
  pick(index) {
    if (index === this.picked && this.offered < 0) return;
    this.offered = -1;
    this.open(index);
  }

  /** @param {number} index */
  open(index) {
    if (index !== this.picked) this.near = [];
    this.picked = index;
    this.closed = index < 0;
    this.notify("pick");
  }

  /**
   * Open a picture where nothing is open, unless somebody closed what was.
   * @param {number} index
   */
  offer(index) {
    if (this.picked >= 0 || this.closed) return;
    this.offered = index;
    this.open(index);
  }

  /** @returns {number | null} the picture that somebody opened, for the page's address */
  get chosen() {
    return this.picked < 0 || this.picked === this.offered ? null : this.picked;
  }

  /** @param {number[]} near */
  mark(near) {
    this.near = near;
    this.notify("near");
  }

  /** @param {number[] | null} indices in any order, with repeats */
  select(indices) {
    this.selected = indices?.length ? [...new Set(indices)].sort((a, b) => a - b) : null;
    this.notify("select");
  }

  clear() {
    this.point(-1);
    this.pick(-1);
    if (this.selected) this.select(null);
  }

  /** @param {"point" | "pick" | "near" | "select"} what */
  notify(what) {
    for (const listener of [...this.listeners]) listener(what);
  }
}
