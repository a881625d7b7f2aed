import assert from "node:assert/strict";
import { test } from "node:test";

import { linkOf } from "../../assets/js/base/link.js";

test("figures of the same pictures share a link", () => {
  assert.equal(linkOf("a"), linkOf("a"));
  assert.notEqual(linkOf("a"), linkOf("b"));
});

test("a selection is sorted, without repeats; an empty one is none", () => {
  const link = linkOf("select");
  link.select([5, 2, 5, 0]);
  assert.deepEqual(link.selected, [0, 2, 5]);
  link.select([]);
  assert.equal(link.selected, null);
});

test("listeners hear each change once, and none after they leave", () => {
  const link = linkOf("listen");
  const heard = [];
  const leave = link.listen((what) => heard.push(what));
  link.pick(3);
  link.pick(3);
  link.mark([1, 2]);
  link.point(1);
  link.select([1]);
  link.clear();
  assert.deepEqual(heard, ["pick", "near", "point", "select", "point", "pick", "select"]);
  assert.deepEqual([link.picked, link.pointed, link.selected, link.near], [-1, -1, null, []]);
  leave();
  link.pick(4);
  assert.equal(heard.length, 7);
});

test("a picture is offered only if none is open and the user closed none", () => {
  const link = linkOf("offer");
  link.offer(3);
  assert.deepEqual([link.picked, link.chosen], [3, null]); // nobody asked for it
  link.offer(4);
  assert.equal(link.picked, 3);
  link.mark([1]);
  link.pick(3);
  assert.deepEqual([link.chosen, link.near], [3, [1]]); // now somebody did
  link.pick(5);
  assert.deepEqual([link.chosen, link.closed], [5, false]);
  link.pick(-1);
  link.offer(6);
  assert.deepEqual([link.picked, link.chosen, link.closed], [-1, null, true]);
  link.pick(7);
  assert.equal(link.closed, false);
});

test("a picture is called by its file, or by its number", () => {
  const link = linkOf("names");
  assert.equal(link.nameOf(2), "picture 3");
  link.names = ["cat/1.png", "cat/2.png"];
  assert.deepEqual([link.nameOf(1), link.nameOf(2)], ["cat/2.png", "picture 3"]);
});
