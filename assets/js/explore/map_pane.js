// One map of Explore: points, ring and card, zoom, and the line that is drawn around points.

import { make, makeSvg } from "../base/elements.js";
import { decimal } from "../base/numbers.js";
import { Card } from "../map/card.js";
import { drawnWords } from "../map/drawn.js";
import { Gestures } from "../map/gestures.js";
import { corners, within } from "../map/outline.js";
import { ARROWS, DIMMED, HIDDEN, SHOWN, Scatter } from "../map/scatter.js";
import { crossOf, outlineOf, ringsOf } from "./marks.js";

const STILL = 4; // pixels that a click may move

/** @typedef {import("../base/packing.js").Block} Block */

/** A map with what is picked, pointed at and selected on it. */
export class MapPane {
  /**
   * @param {import("../base/link.js").Link} link of the pictures
   * @param {(touch: boolean) => string} tool what dragging does now: "lasso", "box", "move", or
   *   nothing for a finger that scrolls the page
   * @param {string} title
   */
  constructor(link, tool, title) {
    this.link = link;
    this.tool = tool;
    this.element = make("div", "ex-map");
    this.canvas = make("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.marks = makeSvg("svg", { "aria-hidden": "true" });
    this.message = make("div", "live-message");
    this.card = new Card();
    this.title = make("span", "", title);
    this.drawn = make("span", "ex-drawn");
    this.scatter = new Scatter(this.canvas);
    this.scatter.touch = DIMMED;
    this.scatter.onmove = () => this.draw();
    this.scatter.oncount = () => (this.drawn.textContent = drawnWords(this.scatter));
    this.gestures = new Gestures(this.scatter, () => this.frame?.header.bounds[2] ?? 0, () => this.place());
    this.gestures.onpinch = () => this.dropped();
    const over = [this.marks, this.message, this.gestures.element, this.card.element];
    this.stage = make("div", "ex-stage", "", this.canvas, ...over);
    this.element.append(make("div", "ex-title", "", this.title, this.drawn), this.stage);
    /** @type {{ xy: Float32Array, step: number | null, mask: Uint8Array | null }} */
    this.state = { xy: new Float32Array(0), step: null, mask: null };
    this.canvas.__simclr = this.state;
    /** @type {import("./own.js").Own | null} */
    this.own = null;
    /** @type {Set<number>} */
    this.hidden = new Set();
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (e) => this.moved(e));
    canvas.addEventListener("pointerleave", () => !this.drag && this.left());
    canvas.addEventListener("pointerdown", (e) => this.pressed(e));
    canvas.addEventListener("pointerup", (e) => this.released(e));
    canvas.addEventListener("pointercancel", () => this.dropped());
    canvas.addEventListener("keydown", (e) => this.key(e));
    canvas.addEventListener("blur", () => this.left());
    this.forget = this.link.listen((what) => this.linked(what));
  }

  /**
   * Use a run's pictures.
   * @param {import("../map/card.js").Sources} sources
   * @param {boolean} dots whether points are drawn as dots alone
   */
  use(sources, dots) {
    this.card.use(sources);
    this.scatter.picture(!dots);
    this.scatter.use(sources);
  }

  /**
   * Show a frame.
   * @param {Block} frame
   * @param {Block} colors
   * @param {import("../base/theme.js").Theme} look
   * @param {boolean} glide from where the points are
   */
  show(frame, colors, look, glide) {
    this.message.hidden = true;
    this.frame = frame;
    this.colors = colors;
    this.scatter.paint(colors.header.colors, look.background);
    this.remask();
    this.prefer();
    this.place(glide);
  }

  place(glide = false) {
    const { header, arrays } = this.frame;
    const { zoom } = this.gestures;
    this.canvas.dataset.gliding = "1";
    const done = () => this.arrive(header, arrays.xy);
    this.scatter.view = zoom.view(header.bounds[2]);
    const bounds = zoom.within(header.bounds);
    this.scatter.move(arrays.xy, this.colors.arrays.category, bounds, glide, done, zoom.times === 1);
  }

  arrive(header, xy) {
    Object.assign(this.state, { xy, step: header.step, mask: this.scatter.mask });
    delete this.canvas.dataset.gliding;
    this.canvas.dataset.step = header.step;
  }

  /** @param {string} sentence over the map; empty: none */
  say(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  /**
   * @param {number} width CSS pixels
   * @param {number} [height]
   */
  resize(width, height = width) {
    Object.assign(this.stage.style, { width: `${width}px`, height: `${height}px` });
    this.marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.scatter.resize(width, height);
    this.draw();
  }

  /** @param {Set<number>} hidden categories that are not shown */
  hide(hidden) {
    this.hidden = hidden;
    this.remask();
    this.scatter.draw();
  }

  remask() {
    const category = this.colors?.arrays.category;
    if (!category) return;
    this.scatter.mask = maskOf(category, this.hidden, this.link.selected);
    if (this.scatter.mask) this.state.mask = this.scatter.mask;
  }

  linked(what) {
    if (!this.frame) return;
    if (what === "select") {
      this.remask();
      this.state.mask = this.scatter.mask;
      this.scatter.draw();
    } else if (what === "point") this.draw();
    else {
      this.prefer();
      this.scatter.draw();
    }
    if (what === "point") this.beside();
  }

  /** What is opened, and what is near to it, is drawn as a picture in any case. */
  prefer() {
    const { picked, near } = this.link;
    this.scatter.tiles.first = picked < 0 ? [] : [picked, ...near];
  }

  draw() {
    const { link, own, scatter } = this;
    const marks = ringsOf(scatter, link);
    if (own && own.step === this.frame?.header.step) marks.push(crossOf(scatter, own));
    if (this.outline) marks.push(this.outline);
    this.marks.replaceChildren(...marks);
    if (link.pointed >= 0 && !this.card.element.hidden) {
      const [x, y] = scatter.seen(link.pointed);
      this.card.move(x, y, scatter);
    }
  }

  /** Show the card beside the point, on the map that the pointer is over. */
  beside() {
    const { scatter } = this;
    const i = this.link.pointed;
    if (i < 0 || !this.active || i >= scatter.count) return this.card.hide();
    const { header, arrays } = this.colors;
    const label = { name: header.name, value: valueOf(this.colors, i) };
    const [x, y] = scatter.seen(i);
    this.card.show(i, label, header.colors[arrays.category[i]], x, y, scatter);
  }

  left() {
    this.active = false;
    this.link.point(-1);
  }

  moved(event) {
    const { drag } = this;
    const [x, y] = [event.offsetX, event.offsetY];
    this.active = true;
    if (!drag) {
      if (this.canvas.dataset.gliding) return;
      return this.link.point(this.scatter.pick(x, y));
    }
    if (!drag.far && Math.hypot(x - drag.x, y - drag.y) < STILL) return;
    drag.far = true;
    if (!drag.tool) return;
    if (drag.tool === "move") return this.gestures.pull(drag.zoom, x - drag.x, y - drag.y);
    drag.line.push([x, y]);
    this.outline = outlineOf(drag.tool === "box" ? corners(drag.line) : drag.line);
    this.draw();
  }

  pressed(event) {
    if (event.button || this.gestures.pulling) return;
    this.link.point(-1);
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    const tool = this.tool(event.pointerType === "touch");
    this.drag = { x, y, tool, line: [[x, y]], zoom: this.gestures.zoom.copy(), far: false };
  }

  released(event) {
    const { drag } = this;
    this.dropped();
    if (!drag) return;
    if (!drag.far) {
      const i = this.scatter.pick(drag.x, drag.y);
      if (i >= 0) this.link.pick(i);
      else this.link.clear();
    } else if (drag.tool && drag.tool !== "move") {
      const inside = this.inside(drag.tool === "box" ? corners(drag.line) : drag.line);
      this.link.select(event.shiftKey ? [...(this.link.selected ?? []), ...inside] : inside);
    }
  }

  dropped() {
    this.drag = this.outline = null;
    this.draw();
  }

  inside(line) {
    const { scatter } = this;
    const shown = (i) => !scatter.mask || scatter.mask[i] !== HIDDEN;
    return Array.from({ length: scatter.count }, (_, i) => i).filter((i) => shown(i) && within(...scatter.where(i), line));
  }

  key(event) {
    if (ARROWS[event.key]) {
      this.active = true;
      this.link.point(this.scatter.step(this.link.pointed, ...ARROWS[event.key]));
    } else if (event.key === "Enter" && this.link.pointed >= 0) this.link.pick(this.link.pointed);
    else if (!this.gestures.press(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  destroy() {
    this.forget();
    this.card.hide();
    this.element.remove();
  }
}

/**
 * Return how each point is drawn: HIDDEN, DIMMED or SHOWN.
 * @param {ArrayLike<number>} category of each point
 * @param {Set<number>} hidden categories
 * @param {number[] | null} selected points; the others are dimmed
 * @returns {Uint8Array | null} null: all are shown
 */
export function maskOf(category, hidden, selected) {
  if (!hidden.size && !selected) return null;
  const mask = new Uint8Array(category.length).fill(selected ? DIMMED : SHOWN);
  for (const i of selected ?? []) mask[i] = SHOWN;
  if (hidden.size) for (let i = 0; i < mask.length; i++) if (hidden.has(category[i])) mask[i] = HIDDEN;
  return mask;
}

/** Return what a picture's colour says, in words. */
function valueOf({ header, arrays }, i) {
  if (arrays.value) return `${header.title} ${decimal(arrays.value[i])}`;
  const name = header.names[arrays.category[i]] ?? "unknown";
  return header.name === "predicted" ? `predicted ${name}` : name;
}
