// Lines that are drawn around points.

/** @typedef {[number, number]} Place x and y */

/**
 * Return the corners of a box.
 * @param {Place[]} line its first and its last point are opposite corners
 * @returns {Place[]}
 */
export function corners(line) {
  const [[a, b], [c, d]] = [line[0], line.at(-1)];
  return [[a, b], [c, b], [c, d], [a, d]];
}

/**
 * Tell whether a place is inside a closed line (even-odd rule).
 * @param {number} x
 * @param {number} y
 * @param {Place[]} line
 * @returns {boolean}
 */
export function within(x, y, line) {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [[a, b], [c, d]] = [line[i], line[j]];
    if (b > y !== d > y && x < ((c - a) * (y - b)) / (d - b) + a) inside = !inside;
  }
  return inside;
}
