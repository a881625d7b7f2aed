import assert from "node:assert/strict";
import { test } from "node:test";

import { Player } from "../../assets/js/replay/player.js";

/** Let a player of three snapshots, one per second, run on frames that the test asks for. */
function playerOf() {
  const frames = new Map();
  const drawn = [];
  let frame = 0;
  globalThis.requestAnimationFrame = (call) => frames.set(++frame, call) && frame;
  globalThis.cancelAnimationFrame = (old) => frames.delete(old);
  const player = new Player({ isConnected: true }, 1, () => drawn.push(Math.round(100 * player.at) / 100), () => {});
  player.last = 2;
  const turn = (seconds) => {
    const due = [...frames.values()];
    frames.clear();
    for (const call of due) call(player.before + 1000 * seconds);
  };
  return { player, drawn, turn };
}

test("a player goes from the first snapshot to the last and stops there", () => {
  const { player, drawn, turn } = playerOf();
  player.at = 2;
  player.play(true);
  turn(0.5);
  turn(1);
  turn(9);
  turn(9);
  assert.deepEqual(drawn, [0.5, 1.5, 2]);
  assert.equal(player.playing, false);
});

test("a player that is paused and started again draws once per frame", () => {
  const { player, drawn, turn } = playerOf();
  player.play(true);
  player.play(false);
  player.play(true);
  drawn.length = 0;
  turn(0.5);
  turn(0.5);
  assert.deepEqual(drawn, [0.5, 1]);
});

test("arrow keys go to the snapshots beside the moment, and none beyond the ends", () => {
  const { player } = playerOf();
  const at = ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"].map((key) => player.press(key) && player.at);
  assert.deepEqual(at, [1, 2, 2, 1]);
  player.at = 1.4;
  player.press("ArrowLeft");
  assert.equal(player.at, 1);
  assert.equal(player.press("Enter"), false);
});
