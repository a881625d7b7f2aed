import assert from "node:assert/strict";
import { test } from "node:test";

import { maskOf } from "../../assets/js/explore/map_pane.js";
import { othersOf } from "../../assets/js/map/filter_legend.js";
import { categoriesOf, entriesOf, forwardMask } from "../../assets/js/map/legend.js";
import { labelOf } from "../../assets/js/map/pointed.js";

test("points without a category are named unknown, if there are any", () => {
  const two = { names: ["a", "b"], colors: ["red", "blue", "grey"] };
  assert.deepEqual(entriesOf({ ...two, counts: [3, 4, 0] }), [["a", 3, "red", 0], ["b", 4, "blue", 1]]);
  assert.deepEqual(entriesOf({ ...two, counts: [3, 4, 5] }).at(-1), ["unknown", 5, "grey", 2]);
  assert.deepEqual(entriesOf({ names: [], counts: [9], colors: ["grey"] }), []);
  assert.deepEqual(entriesOf({}), []);
});

test("points of no category are counted last", () => {
  assert.deepEqual(categoriesOf({ names: ["a", "b"], values: [1, -1, 1] }), { category: [1, 2, 1], counts: [0, 2, 1] });
});

test("a point says its category, or that it is unknown; nothing on a map without categories", () => {
  const header = { names: ["a"], colors: ["red", "grey"], color: "shape" };
  assert.deepEqual(labelOf(header, 0), [{ name: "shape", value: "a" }, "red"]);
  assert.deepEqual(labelOf(header, 1), [{ name: "shape", value: "unknown" }, "grey"]);
  assert.equal(labelOf({ names: [], colors: ["grey"], color: null }, 0)[0].value, "");
});

test("what is brought forward is shown and the rest dimmed; nothing chosen shows all", () => {
  assert.deepEqual([...forwardMask(new Set([1]), [0, 1, 2, 1])], [1, 2, 1, 2]);
  assert.equal(forwardMask(new Set(), [0, 1]), null);
});

test("a double click hides all others, a second one shows them again", () => {
  assert.deepEqual([...othersOf(1, [0, 1, 2], new Set())], [0, 2]);
  assert.deepEqual([...othersOf(1, [0, 1, 2], new Set([0, 2]))], []);
  assert.deepEqual([...othersOf(1, [0, 1, 2], new Set([1]))], [0, 2]); // it was hidden itself
});

test("hidden wins over selected, and what is not selected is dimmed", () => {
  assert.equal(maskOf([0, 1], new Set(), null), null);
  assert.deepEqual([...maskOf([0, 1, 2, 0], new Set([2]), null)], [2, 2, 0, 2]);
  assert.deepEqual([...maskOf([0, 1, 2, 0], new Set([0]), [1, 3])], [0, 2, 1, 0]);
});
