// Which picture stands in which cell of a grid: each takes the free cell nearest to its place.

const NONE = -0x80000000; // the column of a picture without a cell
export const [HIDDEN, BARE] = [-2, -1]; // in `under`: not drawn at all, and drawn as a dot
// The eight cells around one: columns and rows.
const ACROSS = [-1, 1, 0, 0, -1, 1, -1, 1];
const DOWN = [0, 0, -1, 1, -1, -1, 1, 1];

/**
 * A grid: cell (c, r) is `pitch` wide and high and begins at (c * pitch, r * pitch).
 * @typedef {object} Grid
 * @property {number} pitch
 * @property {number} reach how far a picture's cell may be from its place, middle to place
 * @property {[number, number]} columns the first and the last that are used
 * @property {[number, number]} rows
 */

/** The cells of pictures, which stay while they can. */
export class Cells {
  /** @param {number} count of pictures */
  constructor(count) {
    this.column = new Int32Array(count).fill(NONE);
    this.row = new Int32Array(count);
    /** of each picture: its own index if it has a cell, else that of the one that stands in its
     * place, else BARE or HIDDEN */
    this.under = new Int32Array(count).fill(BARE);
    /** @type {number[]} pictures with a cell */
    this.drawn = [];
    this.pitch = this.left = this.top = 0;
    this.order = shuffled(count);
  }

  /** @param {number} i @returns {boolean} whether a picture has a cell */
  has(i) {
    return this.column[i] !== NONE;
  }

  /** @param {number} i @returns {[number, number]} the middle of a picture's cell */
  middle(i) {
    return [(this.column[i] + 0.5) * this.pitch, (this.row[i] + 0.5) * this.pitch];
  }

  /**
   * Give cells to pictures: first to those of `first`, which may take another's cell, then to those
   * that keep theirs, then to the others in an order that is the same every time.
   * @param {Float32Array} places (2P) x and y in turn
   * @param {Grid} grid
   * @param {Uint8Array | null} [mask] 0: the picture is not shown
   * @param {number[]} [first]
   */
  assign(places, grid, mask = null, first = []) {
    const { column, under, order } = this;
    const same = grid.pitch === this.pitch; // else the old cells are places among the new ones
    this.begin(places, grid);
    /** @type {number[]} */
    const before = [];
    for (const i of first) {
      if (i < 0 || i >= under.length || mask?.[i] === 0) continue;
      if (!same || !this.keep(i)) this.take(i);
    }
    for (const i of this.drawn) {
      if (under[i] === i) continue; // taken first
      const held = same && mask?.[i] !== 0 && this.keep(i);
      if (!held) {
        column[i] = NONE;
        before.push(i);
      }
    }
    for (const i of before) if (mask?.[i] !== 0) this.take(i); // those that were drawn stay drawn if they can
    const { width, high, left, top, pitch } = this;
    for (let k = 0; k < order.length; k++) {
      const i = order[k];
      if (under[i] === i) continue;
      if (mask && mask[i] === 0) {
        under[i] = HIDDEN;
        continue;
      }
      const c = Math.floor(places[2 * i] / pitch) - left;
      const r = Math.floor(places[2 * i + 1] / pitch) - top;
      if (c < -1 || r < -1 || c > width || r > high) under[i] = BARE;
      else this.take(i);
    }
    this.drawn = [];
    for (let k = 0; k < this.holder.length; k++) if (this.holder[k]) this.drawn.push(this.holder[k] - 1);
  }

  begin(places, { pitch, reach, columns, rows }) {
    this.places = places;
    this.pitch = pitch;
    this.reach = reach * reach;
    [this.left, this.top] = [columns[0], rows[0]];
    this.width = Math.max(0, columns[1] - columns[0] + 1);
    this.high = Math.max(0, rows[1] - rows[0] + 1);
    const size = this.width * this.high;
    /** of each cell that is used: the picture in it + 1, or 0 */
    this.holder = this.holder?.length === size ? this.holder.fill(0) : new Int32Array(size);
    this.under.fill(BARE);
  }

  /** Whether a picture could keep its cell. */
  keep(i) {
    if (this.column[i] === NONE) return false;
    return this.settle(i, this.column[i] - this.left, this.row[i] - this.top);
  }

  /** Put a picture into a cell if that is free and near enough. */
  settle(i, c, r) {
    const { width, high, holder } = this;
    if (c < 0 || r < 0 || c >= width || r >= high) return false;
    const k = r * width + c;
    if (holder[k] || this.away(i, c, r) > this.reach) return false;
    holder[k] = i + 1;
    this.column[i] = c + this.left;
    this.row[i] = r + this.top;
    this.under[i] = i;
    return true;
  }

  /** The square of how far a picture's place is from a cell's middle. */
  away(i, c, r) {
    const x = (c + this.left + 0.5) * this.pitch - this.places[2 * i];
    const y = (r + this.top + 0.5) * this.pitch - this.places[2 * i + 1];
    return x * x + y * y;
  }

  /** Put a picture into the nearest free cell, or note who stands in its place. */
  take(i) {
    const { width, high, holder } = this;
    const c = Math.floor(this.places[2 * i] / this.pitch) - this.left;
    const r = Math.floor(this.places[2 * i + 1] / this.pitch) - this.top;
    if (this.settle(i, c, r)) return;
    let best = -1;
    let least = this.reach;
    for (let n = 0; n < 8; n++) {
      const x = c + ACROSS[n];
      const y = r + DOWN[n];
      if (x < 0 || y < 0 || x >= width || y >= high || holder[y * width + x]) continue;
      const d = this.away(i, x, y);
      if (d > least) continue;
      best = n;
      least = d;
    }
    if (best >= 0) this.settle(i, c + ACROSS[best], r + DOWN[best]);
    else {
      this.column[i] = NONE;
      const inside = c >= 0 && r >= 0 && c < width && r < high;
      this.under[i] = inside && holder[r * width + c] ? holder[r * width + c] - 1 : BARE;
    }
  }
}

/** The numbers below `count` in an order that is always the same. */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let seed = 7;
  for (let i = count - 1; i > 0; i--) {
    seed = (seed * 16807) % 2147483647;
    const j = seed % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
