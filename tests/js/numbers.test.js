import assert from "node:assert/strict";
import { test } from "node:test";

import { count, decimal, interval, known, percent, score } from "../../assets/js/base/numbers.js";

test("only 0 and 1 read 0% and 100%", () => {
  assert.equal(percent(0), "0%");
  assert.equal(percent(1), "100%");
  assert.equal(percent(0.999), "99.9%");
  assert.equal(percent(0.99999), "99.9%");
  assert.equal(percent(0.004), "0.4%");
  assert.equal(percent(0.00001), "0.1%");
  assert.equal(percent(0.494), "49%");
  assert.equal(percent(0.996), "99.6%");
});

test("scores have one digit, as in Python", () => {
  const values = [null, 0, 1, 0.994, 0.9999, 0.85, 0.0625]; // tests/runs/test_summary.py has the same
  assert.deepEqual(values.map(score), ["–", "0%", "100%", "99.4%", "99.9%", "85.0%", "6.3%"]);
  assert.equal(interval(0.9871, 1), "98.7–100%");
});

test("digits are kept where they are asked for", () => {
  assert.equal(percent(0.1234, 1), "12.3%");
  assert.equal(percent(0.9999, 1), "100.0%");
});

test("what is not known is a dash", () => {
  for (const value of [null, undefined, NaN, Infinity]) {
    assert.equal(known(value), false);
    assert.equal(percent(value), "–");
    assert.equal(decimal(value), "–");
  }
  assert.equal(known(0), true);
});

test("numbers are written for people", () => {
  assert.equal(decimal(-1.234), "−1.23");
  assert.equal(decimal(2, 0), "2");
  assert.equal(count(12345.6), "12,346");
});
