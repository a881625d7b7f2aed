import assert from "node:assert/strict";
import { test } from "node:test";

import { colorsAddress, frameAddress } from "../../assets/js/explore/addresses.js";
import { Zoom } from "../../assets/js/map/zoom.js";
import { placesAt, stepAt, unpackPlaces } from "../../assets/js/replay/frames.js";

test("the place under the pointer stays where it is while the map is enlarged", () => {
  const zoom = new Zoom();
  const under = (x, y) => {
    const [mx, my, half] = zoom.within([5, -3, 10]);
    return [mx + (2 * x - 1) * half, my - (2 * y - 1) * half];
  };
  const before = under(0.2, 0.9);
  for (const by of [1.2, 3, 1 / 2]) zoom.enlarge(by, 10, 0.2, 0.9);
  under(0.2, 0.9).forEach((v, i) => assert.ok(Math.abs(v - before[i]) < 1e-9));
  zoom.enlarge(0, 10, 0.5, 0.5);
  assert.deepEqual(zoom.within([5, -3, 10]), [5, -3, 10]);
});

test("a pull moves the map with the pointer", () => {
  const zoom = new Zoom();
  zoom.enlarge(4, 10, 0.5, 0.5);
  zoom.pull(new Zoom(), 10, 0.5, 0.25); // half of what is shown to the right, a quarter down
  assert.deepEqual(zoom.within([0, 0, 10]), [-2.5, 1.25, 2.5]);
});

test("the view says where the whole map lies, and nobody can pull it out of sight", () => {
  const zoom = new Zoom();
  assert.deepEqual(zoom.view(10), { times: 1, left: 0, top: 0 });
  zoom.enlarge(4, 10, 0.5, 0.5);
  assert.deepEqual(zoom.view(10), { times: 4, left: -1.5, top: -1.5 });
  zoom.pull(zoom.copy(), 10, 0.5, -0.25); // half of the square to the right, a quarter up
  assert.deepEqual(zoom.view(10), { times: 4, left: -1, top: -1.75 });
  zoom.pull(zoom.copy(), 10, 9, 9);
  assert.deepEqual(zoom.view(10), { times: 4, left: 0.5, top: 0.5 }); // its corner is in the middle
});

test("a replay's points are at their places at snapshots, and half-way in the middle of a glide", () => {
  const places = new Uint16Array([0, 65535, 65535, 0]); // one point, two snapshots, y upwards
  const bytes = Buffer.from(places.buffer).toString("base64");
  assert.deepEqual([...unpackPlaces(bytes)], [...places]);
  const whole = { times: 1, left: 0, top: 0 };
  assert.deepEqual([...placesAt(places, 1, 0, whole)], [0, 0]);
  assert.deepEqual([...placesAt(places, 1, 1, whole)], [1, 1]);
  assert.deepEqual([...placesAt(places, 1, 0.375, whole)], [0.5, 0.5]); // three quarters of the time glide
  assert.deepEqual([...placesAt(places, 1, 0.8, whole)], [1, 1]);
  assert.deepEqual([...placesAt(places, 1, 0.375, { times: 4, left: -1.5, top: -1 })], [0.5, 1]);
  assert.equal(stepAt([0, 40], 0.25), 10);
  assert.equal(stepAt([0, 40], 1), 40);
});

test("addresses name everything that their answer depends on", () => {
  const map = { title: "", of: "z", method: "pca", stamps: { 5: "s" } };
  assert.equal(frameAddress("/b", map, 5), "/b/frame.bin?of=z&method=pca&key=&step=5&v=s");
  const color = { name: "a&b", key: "k", stamps: {} };
  assert.equal(colorsAddress("/b", color, 7), "/b/colors.bin?name=a%26b&key=k&step=7&v=");
});
