import assert from "node:assert/strict";
import { test } from "node:test";

import { spread } from "../../assets/js/curves/spread.js";

test("words with enough room are under their places", () => {
  assert.deepEqual(spread([50, 200], [40, 60], 300, 10), [30, 170]);
});

test("crowded words move apart and stay in the row", () => {
  assert.deepEqual(spread([0, 20, 290], [40, 60, 40], 300, 10), [0, 50, 260]);
  assert.deepEqual(spread([280, 290, 300], [40, 40, 40], 300, 10), [160, 210, 260]);
});
