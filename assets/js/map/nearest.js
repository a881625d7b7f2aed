// The point nearest to a place, and the next one in a direction.

const CELL = 12; // CSS pixels of the squares that points are sorted into

/** @typedef {{ columns: number, rows: number, head: Int32Array, next: Int32Array }} Bins */

/**
 * Sort points into square cells: the first of each cell, and who comes after whom.
 * @param {Float32Array} at x and y in turn, 0 to 1 of width and height
 * @param {number} width CSS pixels
 * @param {number} height
 * @returns {Bins}
 */
export function bins(at, width, height) {
  const [columns, rows] = [width, height].map((length) => Math.max(1, Math.ceil(length / CELL)));
  const head = new Int32Array(columns * rows).fill(-1);
  const next = new Int32Array(at.length / 2);
  for (let i = 0; i < next.length; i++) {
    const column = Math.min(columns - 1, Math.floor((at[2 * i] * width) / CELL));
    const row = Math.min(rows - 1, Math.floor((at[2 * i + 1] * height) / CELL));
    next[i] = head[row * columns + column];
    head[row * columns + column] = i;
  }
  return { columns, rows, head, next };
}

/**
 * Return the point nearest to a place, -1 if none is within reach.
 * @param {import("./scatter.js").Scatter} scatter
 * @param {Bins} sorted its points
 * @param {number} x CSS pixels, as `y` and `reach`
 * @param {number} y
 * @param {number} reach at most a cell of the bins
 */
export function nearest(scatter, { columns, rows, head, next }, x, y, reach) {
  const [column, row] = [Math.floor(x / CELL), Math.floor(y / CELL)];
  let [best, least] = [-1, reach * reach];
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
      for (let i = head[r * columns + c]; i >= 0; i = next[i]) {
        if (!scatter.touches(i)) continue;
        const [px, py] = scatter.where(i);
        const d = (px - x) ** 2 + (py - y) ** 2;
        if (d < least) [best, least] = [i, d];
      }
  return best;
}

/**
 * Return the nearest point from a point in a direction (90 degrees wide).
 * @param {import("./scatter.js").Scatter} scatter
 * @param {number} i the point it starts from; -1: the middle
 * @param {number} dx -1, 0 or 1, as `dy`
 * @param {number} dy
 */
export function nextIn(scatter, i, dx, dy) {
  const { at, count } = scatter;
  const [x, y] = i < 0 ? [0.5, 0.5] : [at[2 * i], at[2 * i + 1]];
  let [best, least] = [-1, Infinity];
  for (let j = 0; j < count; j++) {
    if (j === i || !scatter.touches(j)) continue;
    const [gx, gy] = [at[2 * j] - x, at[2 * j + 1] - y];
    const along = gx * dx + gy * dy;
    const across = Math.abs(gx * dy) + Math.abs(gy * dx);
    if (i >= 0 && (along <= 0 || across > along)) continue;
    const cost = i < 0 ? gx * gx + gy * gy : along + 2 * across;
    if (cost < least) [best, least] = [j, cost];
  }
  return best < 0 ? i : best;
}
