import assert from "node:assert/strict";
import { test } from "node:test";

import { beside } from "../../assets/js/views/pair_marks.js";

const SIDE = 400;
/** Whether two pictures of 52 pixels overlap. */
const overlap = ([a, b]) => Math.abs(a[0] - b[0]) < 52 && Math.abs(a[1] - b[1]) < 52;

test("pictures stand beyond their points, on the line between them", () => {
  // Half a picture (26) and a gap (10) further out than the points at 150 and 250.
  assert.deepEqual(beside([[150, 200], [250, 200]], SIDE), [[114, 200], [286, 200]]);
  assert.deepEqual(beside([[200, 250], [200, 150]], SIDE), [[200, 286], [200, 114]]);
});

test("two points in one place have a picture on either side", () => {
  assert.deepEqual(beside([[200, 200], [200, 200]], SIDE), [[164, 200], [236, 200]]);
});

test("pictures stay within the map and never cover each other", () => {
  for (let x = 0; x <= SIDE; x += 20)
    for (let y = 0; y <= SIDE; y += 20)
      for (const [dx, dy] of [[0, 0], [5, 0], [0, 5], [-5, -5], [30, -30]]) {
        const places = beside([[x, y], [x + dx, y + dy]], SIDE);
        for (const v of places.flat()) assert.ok(v >= 32 && v <= SIDE - 32, `${x} ${y} ${dx} ${dy}: ${places}`);
        assert.ok(!overlap(places), `${x} ${y} ${dx} ${dy}: ${places}`);
      }
});
