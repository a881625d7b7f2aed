import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnWords } from "../../assets/js/map/drawn.js";
import { BARE, Cells, HIDDEN } from "../../assets/js/tiles/cells.js";
import { Tiles, tileSize } from "../../assets/js/tiles/tiles.js";

const GRID = { pitch: 10, reach: 8, columns: [0, 9], rows: [0, 9] };
const at = (...places) => Float32Array.from(places.flat());

/** The column and row of a picture's cell. */
const cell = (cells, i) => (cells.has(i) ? cells.middle(i).map((v) => Math.floor(v / cells.pitch)) : null);

test("a picture takes the cell that its place is in, or else the nearest free one", () => {
  const cells = new Cells(1);
  cells.assign(at([12, 17]), GRID);
  assert.deepEqual(cell(cells, 0), [1, 1]);
  assert.deepEqual(cells.middle(0), [15, 15]);
  // Three at (12, 17). The cell to the left, middle (5, 15), is 7.3 away; the one below, (15, 25),
  // is 8.5 away and out of reach: the third has none and lies beneath.
  const three = new Cells(3);
  three.assign(at([12, 17], [12, 17], [12, 17]), GRID);
  const [drawn, rest] = [[0, 1, 2].filter((i) => three.has(i)), [0, 1, 2].filter((i) => !three.has(i))];
  assert.deepEqual(drawn.map((i) => cell(three, i)).sort(), [[0, 1], [1, 1]]);
  assert.deepEqual(cell(three, three.under[rest[0]]), [1, 1]);
  assert.equal(drawn.length, 2);
});

test("no picture steps aside by more than its width, and no cell has two pictures", () => {
  const cells = new Cells(400);
  let seed = 3;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const places = Float32Array.from({ length: 800 }, () => 50 + 40 * (random() + random() - 1));
  cells.assign(places, GRID);
  const taken = cells.drawn.map((i) => String(cell(cells, i)));
  assert.equal(new Set(taken).size, taken.length);
  assert.ok(taken.length > 40 && taken.length < 100);
  for (const i of cells.drawn) {
    const [x, y] = cells.middle(i);
    assert.ok(Math.hypot(x - places[2 * i], y - places[2 * i + 1]) <= 8.001);
  }
  // Who has no cell had none to take: all within reach are taken.
  for (let i = 0; i < 400; i++) {
    if (cells.has(i)) continue;
    for (let c = 0; c < 10; c++)
      for (let r = 0; r < 10; r++)
        if (Math.hypot(10 * c + 5 - places[2 * i], 10 * r + 5 - places[2 * i + 1]) < 7.99) assert.ok(taken.includes(`${c},${r}`));
  }
});

test("a picture keeps its cell while its point is near, and then takes the next one", () => {
  const cells = new Cells(1);
  for (const [x, column] of [[15, 1], [21, 1], [22.9, 1], [23.5, 2], [21, 2], [16.5, 1]]) {
    cells.assign(at([x, 15]), GRID); // 8 from 15 is 23, and from 25 it is 17
    assert.deepEqual(cell(cells, 0), [column, 1], `at ${x}`);
  }
});

test("a picture keeps its cell unless one with priority takes it", () => {
  const cells = new Cells(2);
  cells.assign(at([15, 15], [95, 95]), GRID);
  cells.assign(at([18, 15], [15, 15]), GRID); // the other is nearer to the cell now
  assert.deepEqual([cell(cells, 0), cell(cells, 1)], [[1, 1], null]);
  assert.equal(cells.under[1], 0);
  cells.assign(at([18, 15], [15, 15]), GRID, null, [1]);
  assert.deepEqual([cell(cells, 0), cell(cells, 1)], [[2, 1], [1, 1]]); // (25, 15) is 7 away
  cells.assign(at([18, 15], [15, 15]), GRID);
  assert.deepEqual([cell(cells, 0), cell(cells, 1)], [[2, 1], [1, 1]]); // and stays
});

test("a hidden picture leaves its cell to who lay beneath", () => {
  const cells = new Cells(2);
  cells.assign(at([15, 15], [15, 15]), GRID);
  const [above] = cells.drawn;
  const below = 1 - above;
  assert.deepEqual(cells.drawn, [above]);
  const mask = Uint8Array.of(2, 2);
  mask[above] = 0;
  cells.assign(at([15, 15], [15, 15]), GRID, mask);
  assert.deepEqual(cells.drawn, [below]);
  assert.equal(cells.under[above], HIDDEN);
  cells.assign(at([15, 15], [15, 15]), GRID); // shown again, but the cell is taken now
  assert.deepEqual(cells.drawn, [below]);
});

test("beyond the grid a picture is a dot, unless a cell at the edge is near", () => {
  const cells = new Cells(2);
  cells.assign(at([-2.9, 5], [-3.1, 45]), GRID); // the first middle is at 5
  assert.deepEqual([cell(cells, 0), cell(cells, 1)], [[0, 0], null]);
  assert.equal(cells.under[1], BARE);
});

test("on a finer grid those that were drawn stay drawn, and others come out", () => {
  const cells = new Cells(3);
  const places = [[15, 15], [15.5, 15], [14.5, 15]];
  cells.assign(at(...places), GRID);
  const [above] = cells.drawn;
  assert.equal(cells.drawn.length, 1);
  const larger = at(...places.map(([x, y]) => [40 * x - 500, 40 * y - 500])); // forty times as large
  cells.assign(larger, { ...GRID, pitch: 14, reach: 11, columns: [0, 40], rows: [0, 40] });
  assert.ok(cells.has(above));
  assert.equal(cells.drawn.length, 3);
  // One that is drawn only because the one before it was hidden: it stays as well.
  const two = new Cells(2);
  two.assign(at([15, 15], [15, 15]), GRID);
  const mask = Uint8Array.of(2, 2);
  mask[two.drawn[0]] = 0;
  two.assign(at([15, 15], [15, 15]), GRID, mask);
  const [later] = two.drawn;
  two.assign(at([16, 16], [16, 16]), { ...GRID, pitch: 11 });
  assert.deepEqual(two.drawn, [later]);
});

test("pictures are 16 to 28 pixels at rest, none below 10, and grow with the map", () => {
  assert.ok(Math.abs(tileSize(548) - 25.2) < 0.1);
  assert.deepEqual([tileSize(200), tileSize(250), tileSize(1200)], [0, 16, 28]);
  assert.ok(Math.abs(tileSize(1200, 4) - 28 * 4 ** 0.45) < 1e-9);
  assert.ok(Math.abs(tileSize(200, 4) - 9.2 * 4 ** 0.45) < 1e-9); // on a small map they come out on zooming
  assert.equal(tileSize(1200, 60), 72);
});

/** Tiles whose pictures are there, without a page. */
function tilesOf(calm = false) {
  globalThis.matchMedia = () => ({ matches: calm });
  globalThis.document = { hidden: false };
  const tiles = new Tiles(() => {});
  tiles.ready = true;
  return tiles;
}

const WHOLE = { times: 1, left: 0, top: 0 };
const MAP = { width: 400, height: 400, ratio: 1, mask: null };

test("a picture grows out of its dot, and its box is on whole pixels once it rests", async () => {
  const tiles = tilesOf();
  const map = { ...MAP, at: at([0.3, 0.4]), view: WHOLE };
  tiles.arrange(map);
  assert.ok(tiles.moving && tiles.share[0] > 0 && tiles.share[0] < 0.5);
  assert.equal(tiles.box(0), null); // still a dot
  for (let n = 0; n < 200 && tiles.moving; n++) {
    await new Promise((done) => setTimeout(done, 5));
    tiles.arrange(map);
  }
  // 18 pixels and 3 between: 19 cells are 399 long. 120 and 160 are in cells 5 and 7, which begin at
  // 105 and 147; the pictures begin 2 pixels later.
  assert.deepEqual(tiles.box(0), [107 + 9, 149 + 9, 9]);
  assert.equal(tiles.at(115, 157), 0);
  assert.equal(tiles.at(115, 147), -1);
  assert.deepEqual([tiles.drawn, tiles.seen, tiles.skip[0]], [1, 1, 1]);
});

test("with less motion, pictures are at their places at once", () => {
  const tiles = tilesOf(true);
  tiles.arrange({ ...MAP, at: at([0.3, 0.4]), view: WHOLE });
  assert.ok(!tiles.moving && tiles.share[0] === 1);
});

test("pictures move with the map by whole pixels", () => {
  const tiles = tilesOf(true);
  const shown = (view) => {
    const places = [[0.3, 0.4], [0.55, 0.5]].map(([x, y]) => [view.left + x * view.times, view.top + y * view.times]);
    tiles.arrange({ ...MAP, at: at(...places), view });
    return [tiles.box(0), tiles.box(1)];
  };
  const before = shown({ times: 2, left: -0.5, top: -0.5 });
  const after = shown({ times: 2, left: -0.5 + 33.4 / 400, top: -0.5 - 12.4 / 400 });
  for (const i of [0, 1]) assert.deepEqual(after[i], [before[i][0] + 33, before[i][1] - 12, before[i][2]]);
});

test("without pictures, or with too little room for them, points are dots", () => {
  const tiles = tilesOf(true);
  const map = { ...MAP, at: at([0.3, 0.4]), view: WHOLE };
  tiles.arrange(map);
  assert.equal(tiles.drawn, 1);
  tiles.arrange({ ...map, width: 150, height: 150 });
  assert.deepEqual([tiles.active, tiles.drawn, tiles.skip[0]], [false, 0, 0]);
  tiles.arrange(map);
  tiles.wanted = false;
  tiles.arrange(map);
  assert.deepEqual([tiles.active, tiles.drawn, tiles.skip[0], tiles.at(115, 157)], [false, 0, 0, -1]);
});

test("how many are drawn is counted among those in sight", () => {
  const tiles = tilesOf(true);
  const places = [[0.3, 0.4], [0.3, 0.4], [0.3, 0.4], [0.3, 0.4], [1.2, 0.5], [0.7, 0.7]];
  tiles.arrange({ ...MAP, at: at(...places), view: WHOLE, mask: Uint8Array.of(2, 2, 2, 2, 2, 0) });
  assert.equal(tiles.seen, 4); // neither the one beyond the edge nor the hidden one
  assert.equal(tiles.drawn, tiles.cells.drawn.length);
  assert.ok(tiles.drawn > 0 && tiles.drawn < 4);
  const words = (drawn, seen, times = 1) => drawnWords({ tiles: { active: true, drawn, seen }, view: { times } });
  assert.equal(words(115, 1000), "115 of 1,000 drawn, zoom in for more");
  assert.equal(words(34, 210, 2), "34 of 210 here drawn, zoom in for more");
  assert.equal(words(12, 12), "all 12 drawn");
  assert.equal(drawnWords({ tiles: { active: false, drawn: 0, seen: 9 }, view: { times: 1 } }), "");
});
