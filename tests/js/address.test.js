import assert from "node:assert/strict";
import { test } from "node:test";

import { linkSearch, menuSearch, pageOf, remember } from "../../assets/js/shell/address.js";

test("the menu keeps the run that is open, and leaves what is about another one", () => {
  const memory = {};
  remember(memory, "explore", "?run=a&panel=Health&step=40&picture=3");
  assert.equal(menuSearch(memory, "explore"), "?run=a&panel=Health&step=40&picture=3");
  remember(memory, "train", "?run=b&train_preset=hour");
  remember(memory, "learn", "?part=2");
  assert.equal(menuSearch(memory, "explore"), "?run=b&panel=Health");
  assert.equal(menuSearch(memory, "train"), "?run=b&train_preset=hour");
  assert.equal(menuSearch(memory, "runs"), "");
});

test("pages that start from data share them; Views takes those of a run that it has not shown", () => {
  const memory = {};
  remember(memory, "views", "?data=digits&crop_p=0.5&run=none");
  assert.equal(menuSearch(memory, "train"), "?data=digits");
  remember(memory, "train", "");
  assert.equal(menuSearch(memory, "views"), "?crop_p=0.5&run=none");
  remember(memory, "train", "?run=a&data=digits");
  assert.equal(menuSearch(memory, "views"), "?crop_p=0.5&run=a");
  assert.equal(menuSearch(memory, "paradigms"), "?data=digits");
});

test("a link opens what it says, and Train keeps its form", () => {
  const memory = {};
  remember(memory, "train", "?run=a&data=digits&train_preset=hour");
  assert.equal(linkSearch(memory, "train", "?run=b"), "?data=digits&train_preset=hour&run=b");
  assert.equal(linkSearch(memory, "explore", "?panel=Compare"), "?panel=Compare");
  assert.equal(linkSearch(memory, "paradigms", ""), "?data=digits");
});

test("only pages of the app are pages, also below a path", () => {
  const pages = ["", "train"];
  assert.equal(pageOf("/train", "", pages), "train");
  assert.equal(pageOf("/lab/", "/lab", pages), "");
  assert.equal(pageOf("/lab/train", "/lab", pages), "train");
  assert.equal(pageOf("/labs/train", "/lab", pages), undefined);
  assert.equal(pageOf("/media/x.csv", "", pages), undefined);
});
