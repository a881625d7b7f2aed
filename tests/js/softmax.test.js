import assert from "node:assert/strict";
import { test } from "node:test";

import { negativeWeights, softmax } from "../../assets/js/base/softmax.js";
import { similarities, weightSpread } from "../../assets/js/explore/similarities.js";
import { ntXent } from "../../assets/js/learn/nt_xent.js";
import { placed } from "../../assets/js/map/placed.js";

const near = (a, b, far = 1e-6) => assert.ok(Math.abs(a - b) < far, `${a} is not ${b}`);

test("shares of 0, ln 2 and ln 5 are 1, 2 and 5 of 8", () => {
  const shares = softmax([0, Math.log(2), Math.log(5)], 1);
  [1 / 8, 2 / 8, 5 / 8].forEach((share, j) => near(shares[j], share));
});

test("what takes no part has no share, and temperatures near 0 stay finite", () => {
  const shares = softmax([1, 0.999, 0.5], 0.0001, (j) => j !== 0);
  assert.equal(shares[0], 0);
  near(shares[1], 1);
  assert.deepEqual([...softmax([1, 2], 1, () => false)], [0, 0]);
});

test("weights leave out the view and its partner, and add up to 1 in each row", () => {
  // Four views; view 0 is at cosine 0.5 and -0.5 from the two views of the other picture.
  const s = Float32Array.from([
    1, 0.9, 0.5, -0.5,
    0.9, 1, 0, 0,
    0.5, 0, 1, 0.9,
    -0.5, 0, 0.9, 1,
  ]);
  const w = negativeWeights(s, 4, 0.5);
  near(w[2], 1 / (1 + Math.exp(-2))); // exp(1) against exp(-1)
  near(w[3], 1 / (1 + Math.exp(2)));
  near(w[6], 0.5);
  for (let i = 0; i < 4; i++) {
    assert.equal(w[i * 4 + i], 0);
    assert.equal(w[i * 4 + (i ^ 1)], 0);
    near(w.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b), 1);
  }
});

test("equal weights count all negatives; one that has all counts as one", () => {
  const even = negativeWeights(new Float32Array(64).fill(0.3), 8, 0.1);
  near(weightSpread(even, 8).hardest, 1 / 6);
  near(weightSpread(even, 8).number, 6, 1e-4);
  const s = new Float32Array(64);
  for (let i = 0; i < 8; i++) s[i * 8 + ((i + 2) % 8)] = 1;
  near(weightSpread(negativeWeights(s, 8, 0.01), 8).number, 1, 1e-4);
});

test("similarities are cosines of rows of length 1", () => {
  const s = similarities(Float32Array.from([1, 0, 0.6, 0.8, 0, 1]), 3, 2);
  [1, 0.6, 0, 0.6, 1, 0.8, 0, 0.8, 1].forEach((value, i) => near(s[i], value));
});

test("NT-Xent of two orthogonal pairs of equal views, by hand", () => {
  // Each row: the partner at cosine 1, two negatives at 0: -log(e / (e + 2)) at temperature 1.
  const { loss, losses, shares } = ntXent([0, 0, 90, 90], 1);
  near(loss, Math.log((Math.E + 2) / Math.E));
  losses.forEach((one, i) => near(one, -Math.log(shares[i][i ^ 1])));
  near(ntXent([10, 10, 10, 10], 0.1).loss, Math.log(3)); // all alike: ln(2N - 1)
});

test("a user's picture is between its neighbours, nearer to the more similar", () => {
  const at = [0, 0, 1, 0, 0, 1];
  const [x, y] = placed(at, { neighbours: [1, 0], similarities: [0.5, 0.5] });
  near(x, 0.5);
  near(y, 0);
  near(placed(at, { neighbours: [1, 0], similarities: [0.9, 0.7] })[0], 1 / (1 + Math.exp(-2)));
});
