// NT-Xent of a few vectors in the plane.

import { softmax } from "../base/softmax.js";

/**
 * Return every number of NT-Xent (SimCLR, equation 1) of vectors in the plane.
 * @param {number[]} angles (n) degrees; views 2k and 2k + 1 are partners
 * @param {number} tau the temperature
 * @returns {{ s: number[][], shares: number[][], losses: number[], loss: number }} (n, n) cosines,
 *   (n, n) shares of each row without the view itself, (n) loss of each row, and their mean
 */
export function ntXent(angles, tau) {
  const n = angles.length;
  const s = angles.map((a) => angles.map((b) => Math.cos(((a - b) * Math.PI) / 180)));
  const shares = s.map((row, i) => [...softmax(row, tau, (j) => j !== i)]);
  const losses = s.map((row, i) => {
    const others = row.filter((_, j) => j !== i).map((v) => v / tau);
    const most = Math.max(...others); // taken off, so that exp stays finite
    return most + Math.log(others.reduce((a, v) => a + Math.exp(v - most), 0)) - row[i ^ 1] / tau;
  });
  return { s, shares, losses, loss: losses.reduce((a, b) => a + b, 0) / n };
}
