// What part of a map is enlarged.

const [LEAST, MOST] = [1, 60]; // times that a map is enlarged

/** @typedef {[number, number, number]} Bounds middle x, middle y and half the side of a square */

/** The part of a map that is shown: how many times it is enlarged, and how far its middle moved. */
export class Zoom {
  constructor() {
    this.times = 1;
    this.x = 0;
    this.y = 0;
  }

  /**
   * Return the bounds of the part.
   * @param {Bounds} bounds of the whole map
   * @returns {Bounds}
   */
  within([x, y, half]) {
    return [x + this.x, y + this.y, half / this.times];
  }

  /**
   * Return how the whole map lies in the square that shows the part: its corner in shares of that.
   * @param {number} half the side of the whole map
   * @returns {{ times: number, left: number, top: number }}
   */
  view(half) {
    const { times } = this;
    const [x, y] = [this.x / (2 * half), this.y / (2 * half)];
    return { times, left: 0.5 - (0.5 + x) * times, top: 0.5 - (0.5 - y) * times };
  }

  /** @returns {Zoom} */
  copy() {
    return Object.assign(new Zoom(), this);
  }

  /**
   * Enlarge around a place, which stays where it is.
   * @param {number} by a factor; 0 shows everything again
   * @param {number} half the side of the whole map
   * @param {number} x of the place, in shares of what is shown, as `y` (downwards)
   * @param {number} y
   */
  enlarge(by, half, x, y) {
    const times = by ? Math.min(MOST, Math.max(LEAST, this.times * by)) : 1;
    const gain = 2 * half * (1 / this.times - 1 / times);
    this.x = times === 1 ? 0 : this.x + gain * (x - 0.5);
    this.y = times === 1 ? 0 : this.y - gain * (y - 0.5);
    this.times = times;
  }

  /**
   * Move the map from where it was, never out of sight.
   * @param {Zoom} before
   * @param {number} half the side of the whole map
   * @param {number} dx in shares of what is shown, as `dy` (downwards)
   * @param {number} dy
   */
  pull(before, half, dx, dy) {
    const within = (v) => Math.min(half, Math.max(-half, v));
    this.x = within(before.x - (dx * 2 * half) / this.times);
    this.y = within(before.y + (dy * 2 * half) / this.times);
  }
}
