// Where a picture that a map was not made from belongs: between its nearest pictures in h.

import { softmax } from "../base/softmax.js";

const PLACED = 5; // nearest pictures between which it is placed
const TEMPERATURE = 0.1; // of their weights

/**
 * Return where a picture belongs on a map: between its nearest pictures.
 * @param {ArrayLike<number>} at where the pictures are, x and y in turn, 0 to 1
 * @param {{ neighbours: number[], similarities: number[] }} picture the nearest pictures in h,
 *   nearest first, and the similarities to them
 * @returns {number[]} x and y
 */
export function placed(at, { neighbours, similarities }) {
  const near = neighbours.slice(0, PLACED);
  const shares = softmax(similarities.slice(0, PLACED), TEMPERATURE);
  return [0, 1].map((axis) => near.reduce((sum, j, i) => sum + at[2 * j + axis] * shares[i], 0));
}
