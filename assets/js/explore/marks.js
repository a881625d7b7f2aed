// What is drawn over the points of a map: rings, a cross, and the line around points.

import { makeSvg } from "../base/elements.js";
import { placed } from "../map/placed.js";

/**
 * Return rings around what is pointed at, picked, and near to that: square ones around pictures.
 * @param {import("../map/scatter.js").Scatter} scatter
 * @param {import("../base/link.js").Link} link
 * @returns {SVGElement[]}
 */
export function ringsOf(scatter, { picked, pointed, near }) {
  /** @type {[number, string, number][]} */
  const wanted = [...near.map((i) => /** @type {[number, string, number]} */ ([i, "ex-near", 3])), [picked, "ex-picked", 5], [pointed, "ex-pointed", 4]];
  const rings = wanted
    .filter(([i]) => i >= 0 && i < scatter.count)
    .map(([i, name, more]) => {
      const [cx, cy, half] = scatter.seen(i);
      const beneath = scatter.tiles.active && name === "ex-near"; // a ring there would be around another picture
      const r = beneath ? 2 : scatter.radius + more;
      if (!half) return makeSvg("circle", { class: beneath ? `${name} ex-beneath` : name, cx, cy, r, "data-index": i });
      const [side, gap] = [2 * half + more, half + more / 2];
      return makeSvg("rect", { class: name, x: cx - gap, y: cy - gap, width: side, height: side, rx: 5, "data-index": i });
    });
  if (pointed < 0 || pointed >= scatter.count || !scatter.seen(pointed)[2]) return rings;
  const [cx, cy] = scatter.where(pointed); // the exact place; the picture stepped aside
  return [...rings, makeSvg("circle", { class: "ex-place", cx, cy, r: 3 })];
}

/**
 * Return a cross where a user's own picture belongs; at the border if that is out of sight.
 * @param {import("../map/scatter.js").Scatter} scatter
 * @param {import("./own.js").Own} own
 * @returns {SVGElement}
 */
export function crossOf({ at, width, height }, own) {
  const [x, y] = placed(at, own).map((v, axis) => {
    const length = axis ? height : width;
    return Math.min(Math.max(v * length, 10), length - 10);
  });
  return makeSvg("path", { class: "ex-cross", d: `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}` });
}

/**
 * Return a closed line.
 * @param {import("../map/outline.js").Place[]} line
 * @returns {SVGElement}
 */
export const outlineOf = (line) => makeSvg("path", { class: "ex-outline", d: `M${line.map((p) => p.join(" ")).join("L")}Z` });
