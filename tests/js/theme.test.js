import assert from "node:assert/strict";
import { test } from "node:test";

import { channels, shadeOn } from "../../assets/js/base/theme.js";

// A canvas that reads back the colour it was filled with.
let reads = 0;
const context = {
  fillRect() {},
  getImageData() {
    reads += 1;
    return { data: [1, 3, 5].map((at) => parseInt(this.fillStyle.slice(at, at + 2), 16)) };
  },
};
globalThis.document = { createElement: () => ({ getContext: () => context }) };

test("a colour that follows the theme suits what is behind it", () => {
  const color = "light-dark(#832db6, #ad6be0)";
  assert.equal(shadeOn(color, "#f4f5f6"), "#832db6");
  assert.equal(shadeOn(color, "#1a1d22"), "#ad6be0");
  assert.equal(shadeOn("#bd1f01", "#1a1d22"), "#bd1f01");
});

test("a colour is read back once", () => {
  assert.deepEqual(channels("#010203"), [1, 2, 3]);
  const before = reads;
  assert.deepEqual(channels("#010203"), [1, 2, 3]);
  assert.equal(reads, before);
});
