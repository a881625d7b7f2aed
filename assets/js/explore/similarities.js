// Numbers of the similarity matrix.

/**
 * Return the cosines of all pairs of rows.
 * @param {Float32Array} z (n, width) rows of length 1
 * @param {number} n
 * @param {number} width
 * @returns {Float32Array} (n, n)
 */
export function similarities(z, n, width) {
  const s = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += z[i * width + k] * z[j * width + k];
      s[i * n + j] = s[j * n + i] = sum;
    }
  return s;
}

/**
 * Return how the weights spread, as means over the rows.
 * @param {Float32Array} weights (n, n) of `negativeWeights`
 * @param {number} n
 * @returns {{ hardest: number, number: number }} the largest weight, and how many negatives count
 *   (exp of the entropy)
 */
export function weightSpread(weights, n) {
  let [hardest, number] = [0, 0];
  for (let i = 0; i < n; i++) {
    let [most, entropy] = [0, 0];
    for (const share of weights.subarray(i * n, (i + 1) * n)) {
      most = Math.max(most, share);
      if (share > 0) entropy -= share * Math.log(share);
    }
    hardest += most / n;
    number += Math.exp(entropy) / n;
  }
  return { hardest, number };
}
