// The point that is pointed at: a ring around its picture or dot, its exact place, and the card beside it.

import { make } from "../base/elements.js";
import { Card } from "./card.js";
import { Scatter } from "./scatter.js";

/** @typedef {[{ name: string, value: string }, string]} Label what a point's colour says, and the colour */

/**
 * Return the label of a point.
 * @param {{ names?: string[], colors?: string[], color?: string }} header of the map's block
 * @param {number} k the point's category
 * @returns {Label} without a value if nothing colours the map
 */
export const labelOf = ({ names = [], colors = [], color }, k) =>
  [{ name: color, value: names[k] ?? (color ? "unknown" : "") }, colors[k]];

/**
 * Make a canvas of points, and what points at them.
 * @param {(i: number) => Label} label of a point
 * @returns {{ canvas: any, scatter: Scatter, pointed: Pointed }} canvas: untyped, as tests add to it
 */
export function makeMap(label) {
  const canvas = make("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  const scatter = new Scatter(canvas);
  return { canvas, scatter, pointed: new Pointed(scatter, label) };
}

/** Ring and card, which stay with their point while it moves. */
class Pointed {
  /**
   * @param {import("./scatter.js").Scatter} scatter
   * @param {(i: number) => Label} label of a point
   */
  constructor(scatter, label) {
    this.scatter = scatter;
    this.label = label;
    this.index = -1;
    this.ring = make("div", "live-ring");
    this.ring.hidden = true;
    this.card = new Card();
    scatter.onmove = () => this.follow();
  }

  /**
   * Point at what is under the mouse, or under a finger that taps.
   * @param {(x: number, y: number) => number} find the point at a place in CSS pixels; -1: none
   * @param {(index: number) => void} point called with it
   */
  listen(find, point) {
    const { canvas } = this.scatter;
    const under = (/** @type {PointerEvent} */ e) => point(find(e.offsetX, e.offsetY));
    canvas.addEventListener("pointermove", (e) => e.pointerType !== "touch" && under(e));
    canvas.addEventListener("pointerdown", (e) => e.pointerType === "touch" && under(e));
    canvas.addEventListener("pointerleave", (e) => e.pointerType !== "touch" && point(-1));
    canvas.addEventListener("pointercancel", () => point(-1));
    canvas.addEventListener("blur", () => point(-1));
  }

  /** @param {number} index of a point; -1: none */
  point(index) {
    if (index === this.index) return;
    this.index = index;
    this.scatter.canvas.dataset.point = String(index);
    this.ring.hidden = index < 0;
    if (index < 0) return this.card.hide();
    this.follow();
    const [x, y] = this.scatter.seen(index);
    this.card.show(index, ...this.label(index), x, y, this.scatter);
  }

  follow() {
    if (this.index < 0) return;
    const [x, y, half] = this.scatter.seen(this.index);
    const [px, py] = this.scatter.where(this.index);
    const { style } = this.ring;
    style.transform = `translate(${x}px, ${y}px)`;
    style.setProperty("--r", `${half ? half + 4 : this.scatter.radius + 4}px`);
    style.setProperty("--place", `${px - x}px ${py - y}px`); // the exact one; the picture stepped aside
    this.ring.classList.toggle("live-framed", half > 0);
    this.card.move(x, y, this.scatter);
  }
}
