// The two views of a pair on a map: their points, the line between them, and their pictures.

import { make, makeSvg } from "../base/elements.js";
import { still } from "../base/motion.js";
import { placed } from "../map/placed.js";

const [SIDE, GAP, EDGE] = [52, 10, 6]; // CSS pixels: of a picture, between picture and point, and to the edge
const GLIDE = 320; // ms, as --glide

/** @typedef {[number, number]} Place */
/** @typedef {Parameters<typeof placed>[1]} Near */

/**
 * Return where the pictures of two points stand: beside their points, away from each other.
 * @param {Place[]} points two, in CSS pixels
 * @param {number} side of the map
 * @param {number} [size] of a picture
 * @returns {Place[]} the pictures' middles, within the map
 */
export function beside([a, b], side, size = SIDE) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const far = Math.hypot(dx, dy);
  const [ux, uy] = far > 1 ? [dx / far, dy / far] : [1, 0]; // from view 1 to view 2
  const out = size / 2 + GAP;
  const within = (v) => Math.min(Math.max(v, size / 2 + EDGE), side - size / 2 - EDGE);
  /** @type {Place[]} */
  const places = [[within(a[0] - ux * out), within(a[1] - uy * out)], [within(b[0] + ux * out), within(b[1] + uy * out)]];
  const [p, q] = places;
  const [over, under] = [Math.abs(p[0] - q[0]) < size + EDGE, Math.abs(p[1] - q[1]) < size + EDGE];
  if (over && under) { // pushed back by an edge: side by side then
    const middle = Math.min(Math.max((p[0] + q[0]) / 2, size + 1.5 * EDGE), side - size - 1.5 * EDGE);
    const half = (size + EDGE) / 2;
    const sign = p[0] <= q[0] ? 1 : -1;
    p[0] = middle - sign * half;
    q[0] = middle + sign * half;
  }
  return places;
}

/** Both views over a map; they glide when they get another place. */
export class Marks {
  /** @param {import("../map/scatter.js").Scatter} scatter */
  constructor(scatter) {
    this.scatter = scatter;
    this.line = makeSvg("line", { class: "pm-line" });
    this.leads = [1, 2].map((n) => makeSvg("line", { class: `pm-lead pm-${n}` }));
    this.points = [1, 2].map((n) => makeSvg("circle", { class: `pm-point pm-${n}`, r: 6 }));
    const [under, over] = [0, 1].map(() => makeSvg("svg", { class: "pm-drawing", "aria-hidden": "true" }));
    under.append(this.line, ...this.leads);
    over.append(...this.points); // a picture at the map's edge may lie over its point
    this.pictures = [1, 2].map((n) => make("img", `pm-picture pm-${n}`));
    this.element = make("div", "pm-marks", "", under, ...this.pictures, over);
    this.element.hidden = true;
    /** @type {Near[]} */
    this.from = [];
    /** @type {Near[]} */
    this.to = [];
    this.share = 1;
    this.frame = 0;
  }

  /** Show nothing, and start again with the next pair. */
  clear() {
    cancelAnimationFrame(this.frame);
    this.element.hidden = true;
    this.to = [];
  }

  /**
   * Show a pair.
   * @param {Near[]} near of both views
   * @param {string[]} pictures their addresses
   * @param {string} name of the picture
   */
  show(near, pictures, name) {
    const glide = this.to.length && !still();
    if (glide && JSON.stringify(near) !== JSON.stringify(this.to)) this.start(near);
    else if (!glide) [this.to, this.share] = [near, 1];
    this.pictures.forEach((img, i) => {
      img.src = pictures[i];
      img.alt = `view ${i + 1} of ${name}`;
    });
    this.element.hidden = false;
    this.draw();
  }

  start(near) {
    cancelAnimationFrame(this.frame);
    this.from = this.share < 1 ? this.from : this.to;
    this.held = this.share < 1 ? this.places() : null; // on the way already: from where they are
    [this.to, this.share] = [near, 0];
    const begun = performance.now();
    const tick = (now) => {
      const t = Math.min(1, Math.max(0, (now - begun) / GLIDE));
      this.share = 1 - (1 - t) ** 3;
      if (t < 1) this.frame = requestAnimationFrame(tick);
      this.draw();
    };
    this.frame = requestAnimationFrame(tick);
  }

  /** @returns {Place[]} of both points now, in shares of the side */
  places() {
    const { at } = this.scatter;
    return this.to.map((near, i) => {
      const [x, y] = placed(at, near);
      if (this.share >= 1) return [x, y];
      const [fromX, fromY] = this.held?.[i] ?? placed(at, this.from[i]);
      return [fromX + (x - fromX) * this.share, fromY + (y - fromY) * this.share];
    });
  }

  draw() {
    const { width: side, count } = this.scatter;
    if (this.element.hidden || !side || !count) return;
    const points = this.places().map(([x, y]) => /** @type {Place} */ ([x * side, y * side]));
    const pictures = beside(points, side);
    join(this.line, points[0], points[1]);
    points.forEach((point, i) => {
      join(this.leads[i], point, pictures[i]);
      this.points[i].setAttribute("cx", String(point[0]));
      this.points[i].setAttribute("cy", String(point[1]));
      this.pictures[i].style.transform = `translate(${pictures[i][0] - SIDE / 2}px, ${pictures[i][1] - SIDE / 2}px)`;
    });
    this.element.dataset.places = points.flat().map((v) => (v / side).toFixed(4)).join(" ");
  }
}

function join(line, [x1, y1], [x2, y2]) {
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, String(value));
}
