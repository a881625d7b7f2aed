import assert from "node:assert/strict";
import { test } from "node:test";

import { linkSearch, menuSearch, pageOf, remember } from "../../assets/js/shell/address.js";

test("the menu keeps the open run and drops what belongs to another run", () => {
  const memory = {};
  remember(memory, "explore", "?run=a&panel=Health&step=40&picture=3");
  assert.equal(menuSearch(memory, "explore"), "?run=a&panel=Health&step=40&picture=3");
  remember(memory, "train", "?run=b&train_preset=hour");
  remember(memory, "learn", "?part=2");
  assert.equal(menuSearch(memory, "explore"), "?run=b&panel=Health");
  assert.equal(menuSearch(memory, "train"), "?run=b&train_preset=hour");
  assert.equal(menuSearch(memory, "runs"), "");
});

test("pages that start from data share the choice; Views takes the data of a run it has not shown", () => {
  const memory = {};
  remember(memory, "views", "?data=digits&crop_p=0.5&run=none");
  assert.equal(menuSearch(memory, "train"), "?data=digits");
  remember(memory, "train", "");
  assert.equal(menuSearch(memory, "views"), "?crop_p=0.5&run=none");
  remember(memory, "train", "?run=a&data=digits");
  assert.equal(menuSearch(memory, "views"), "?crop_p=0.5&run=a");
  assert.equal(menuSearch(memory, "paradigms"), "?data=digits");
});

test("a link wins over what was left open, and Train keeps its form", () => {
  const memory = {};
  remember(memory, "train", "?run=a&data=digits&train_preset=hour");
  assert.equal(linkSearch(memory, "train", "?run=b"), "?data=digits&train_preset=hour&run=b");
  assert.equal(linkSearch(memory, "explore", "?panel=Compare"), "?panel=Compare");
  assert.equal(linkSearch(memory, "paradigms", ""), "?data=digits");
});

test("a page has a name, also when the app runs below a path; other addresses have none", () => {
  const pages = ["", "train"];
  assert.equal(pageOf("/train", "", pages), "train");
  assert.equal(pageOf("/lab/", "/lab", pages), "");
  assert.equal(pageOf("/lab/train", "/lab", pages), "train");
  assert.equal(pageOf("/labs/train", "/lab", pages), undefined);
  assert.equal(pageOf("/media/x.csv", "", pages), undefined);
});
