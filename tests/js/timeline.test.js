import assert from "node:assert/strict";
import { test } from "node:test";

import { indexAt, stepAt } from "../../assets/js/replay/frames.js";
import { Timeline } from "../../assets/js/replay/timeline.js";

test("steps and moments match, also between snapshots", () => {
  const steps = [0, 10, 40, 100];
  for (const [step, at] of [[0, 0], [5, 0.5], [10, 1], [25, 1.5], [100, 3]]) {
    assert.equal(indexAt(steps, step), at);
    assert.equal(stepAt(steps, at), step);
  }
  assert.equal(indexAt(steps, 400), 3);
  assert.equal(indexAt([50, 90], 10), 0); // a fork has no earlier snapshot
});

test("runs of equal length show the same step", () => {
  const [few, many] = [{ steps: [0, 50, 100], total: 100 }, { steps: [0, 10, 20, 60, 100], total: 100 }];
  const time = new Timeline([few, many]);
  assert.ok(time.same && time.clock === many && time.last === 4);
  assert.equal(time.stepOf(few, 3), 60);
  assert.equal(time.indexOf(few, 3), 1.2);
});

test("runs of unequal length show the same share of each", () => {
  const [long, short] = [{ steps: [0, 500, 1000], total: 1000 }, { steps: [0, 100, 400], total: 400 }];
  const time = new Timeline([short, long]);
  assert.ok(!time.same);
  assert.equal(time.stepOf(long, 1) / 1000, time.stepOf(short, 1) / 400);
  assert.deepEqual([long, short].map((run) => time.stepOf(run, time.last)), [1000, 400]);
  assert.equal(time.shareAt(time.last), 1);
});

test("a run in training waits at its newest snapshot while the other continues", () => {
  const [done, young] = [{ steps: [0, 50, 100], total: 100 }, { steps: [0, 20], total: 100 }];
  const time = new Timeline([young, done]);
  assert.ok(time.same && time.clock === done);
  assert.deepEqual([1, 2].map((at) => time.stepOf(young, at)), [20, 20]);
});
