// The softmax of similarities: the loss uses it over a row, the gradient over a row's negatives.

/**
 * Return exp(s/τ) of some numbers as shares of their sum.
 * @param {ArrayLike<number>} similarities
 * @param {number} temperature τ
 * @param {(j: number) => boolean} [takes] whether number j takes part; the others get 0
 * @returns {Float64Array} shares that add up to 1 (all 0 if nothing takes part)
 */
export function softmax(similarities, temperature, takes = () => true) {
  const shares = new Float64Array(similarities.length);
  let [top, sum] = [-Infinity, 0];
  for (let j = 0; j < shares.length; j++) if (takes(j)) top = Math.max(top, similarities[j]);
  for (let j = 0; j < shares.length; j++)
    if (takes(j)) sum += shares[j] = Math.exp((similarities[j] - top) / temperature); // at most 1: finite
  return shares.map((share) => share / (sum || 1));
}

/**
 * Return the weight of each negative in the gradient of NT-Xent: its share among the negatives of
 * its row (SimCLR, appendix B.8, table 6: exp(u·v⁻/τ)/Z, here without the positive).
 * @param {Float32Array} s (n, n) similarities of n views; views 2k and 2k + 1 are partners
 * @param {number} n
 * @param {number} temperature τ
 * @returns {Float32Array} (n, n); 0 for the view itself and for its partner
 */
export function negativeWeights(s, n, temperature) {
  const weights = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = s.subarray(i * n, (i + 1) * n);
    weights.set(softmax(row, temperature, (j) => j !== i && j !== (i ^ 1)), i * n);
  }
  return weights;
}
