import assert from "node:assert/strict";
import { test } from "node:test";

import { corners, within } from "../../assets/js/map/outline.js";

test("a box is drawn from two opposite corners", () => {
  assert.deepEqual(corners([[1, 2], [9, 9], [5, 7]]), [[1, 2], [5, 2], [5, 7], [1, 7]]);
});

test("a triangle holds its middle and not its corner's neighbourhood", () => {
  const triangle = [[0, 0], [10, 0], [0, 10]];
  assert.equal(within(2, 2, triangle), true);
  assert.equal(within(6, 6, triangle), false); // beyond the long side
  assert.equal(within(-1, 5, triangle), false);
});

test("a place that a line goes around twice is outside (even-odd)", () => {
  // A pentagram: its middle is surrounded twice, its points once.
  const star = [0, 2, 4, 1, 3].map((k) => {
    const angle = (2 * Math.PI * k) / 5 - Math.PI / 2;
    return [Math.cos(angle), Math.sin(angle)];
  });
  assert.equal(within(0, 0, star), false);
  assert.equal(within(0, -0.8, star), true);
});

test("of a random polygon, as many places are inside as its area says", () => {
  const house = [[0, 0], [4, 0], [4, 3], [2, 5], [0, 3]]; // 4 * 3 + 4 * 2 / 2 = 16 of 20
  let inside = 0;
  for (let i = 0; i < 400; i++)
    for (let j = 0; j < 500; j++) inside += within((i + 0.5) / 100, (j + 0.5) / 100, house) ? 1 : 0;
  assert.ok(Math.abs(inside / 200000 - 16 / 20) < 0.002);
});
