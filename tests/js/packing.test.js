import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { unpack } from "../../assets/js/base/packing.js";

// Written by simclr_core.feed.packing; tests/feed/test_packing_for_browsers.py checks that it is.
const block = new Uint8Array(readFileSync(new URL("block.bin", import.meta.url)));

function check({ header, arrays }) {
  assert.equal(header.run, "größer"); // two bytes a letter: lengths are of bytes
  assert.equal(header.missing, null);
  assert.deepEqual([...arrays.shade], [0, 255, 7]); // an odd length: what follows is not aligned
  assert.deepEqual([...arrays.xy], [1.5, -2.25, NaN, 0.5]);
  assert.deepEqual([...arrays.step], [0, 4294967295]);
  assert.deepEqual([...arrays.category], [65535, 1]);
  assert.ok(arrays.xy instanceof Float32Array && arrays.category instanceof Uint16Array);
}

test("a block of Python comes out as it went in", () => check(unpack(block)));

test("also out of the middle of other bytes, at an odd place", () => {
  const larger = new Uint8Array(block.length + 8).fill(9);
  larger.set(block, 3);
  check(unpack(larger.subarray(3, 3 + block.length)));
});
