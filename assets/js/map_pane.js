// One map of Explore: points, ring and card, zoom, and the line that is drawn around points.

import { Card } from "./card.js";
import { decimal, make } from "./common.js";
import { corners, within } from "./outline.js";
import { placed } from "./own.js";
import { Scatter, DIMMED, HIDDEN, SHOWN } from "./scatter.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [LEAST, MOST] = [1, 60]; // times that a map is enlarged
const STILL = 4; // pixels that a click may move
const SVG = "http://www.w3.org/2000/svg";

export class MapPane {
  /** tool: a function that says what dragging does: "lasso", "box" or "move". */
  constructor(link, tool, title) {
    Object.assign(this, { link, tool });
    this.element = make("div", "ex-map");
    this.canvas = make("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.marks = document.createElementNS(SVG, "svg");
    this.marks.setAttribute("aria-hidden", "true");
    this.message = make("div", "live-message");
    this.card = new Card();
    this.stage = make("div", "ex-stage", "", this.canvas, this.marks, this.message, this.card.element);
    this.title = make("div", "ex-title", title);
    this.element.append(this.title, this.stage);
    this.scatter = new Scatter(this.canvas);
    this.scatter.touch = DIMMED;
    this.scatter.onmove = () => this.draw();
    this.state = { xy: new Float32Array(0), step: null, mask: null };
    this.canvas.__simclr = this.state;
    this.zoom = { times: 1, x: 0, y: 0 };
    this.hidden = new Set();
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (e) => this.moved(e));
    canvas.addEventListener("pointerleave", () => !this.drag && this.link.point(-1));
    canvas.addEventListener("pointerdown", (e) => this.pressed(e));
    canvas.addEventListener("pointerup", (e) => this.released(e));
    canvas.addEventListener("pointercancel", () => this.dropped());
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    canvas.addEventListener("keydown", (e) => this.key(e));
    canvas.addEventListener("blur", () => this.link.point(-1));
    this.forget = this.link.listen((what) => this.linked(what));
  }

  /** Shows a frame in colours; `glide`: from where the points are. */
  show(frame, colors, look, glide) {
    this.message.hidden = true;
    this.frame = frame;
    this.colors = colors;
    this.scatter.paint(colors.header.colors, look.background);
    this.remask();
    this.place(glide);
  }

  place(glide = false) {
    const { header, arrays } = this.frame;
    const [x, y, half] = header.bounds;
    const { times } = this.zoom;
    const bounds = [x + this.zoom.x, y + this.zoom.y, half / times];
    this.canvas.dataset.gliding = "1";
    if (times > 1) this.stage.dataset.times = `${times.toFixed(1)}×`;
    else delete this.stage.dataset.times;
    const done = () => this.arrive(header, arrays.xy);
    this.scatter.move(arrays.xy, this.colors.arrays.category, bounds, glide, done, times === 1);
  }

  arrive(header, xy) {
    Object.assign(this.state, { xy, step: header.step, mask: this.scatter.mask });
    delete this.canvas.dataset.gliding;
    this.canvas.dataset.step = header.step;
  }

  say(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  resize(side) {
    this.stage.style.width = this.stage.style.height = `${side}px`;
    this.marks.setAttribute("viewBox", `0 0 ${side} ${side}`);
    this.scatter.resize(side);
    this.draw();
  }

  /** Categories that are not shown. */
  hide(hidden) {
    this.hidden = hidden;
    this.remask();
    this.scatter.draw();
  }

  remask() {
    const { hidden, link } = this;
    const category = this.colors?.arrays.category;
    if (!category) return;
    this.scatter.mask = null;
    if (!hidden.size && !link.selected) return;
    const mask = new Uint8Array(category.length).fill(link.selected ? DIMMED : SHOWN);
    for (const i of link.selected ?? []) mask[i] = SHOWN;
    if (hidden.size) category.forEach((k, i) => hidden.has(k) && (mask[i] = HIDDEN));
    this.scatter.mask = mask;
    this.state.mask = mask;
  }

  linked(what) {
    if (!this.frame) return;
    if (what === "select") {
      this.remask();
      this.state.mask = this.scatter.mask;
      this.scatter.draw();
    } else this.draw();
    if (what === "point") this.beside();
  }

  /** Rings around what is pointed at, picked, and near to that. */
  draw() {
    const { picked, pointed, near } = this.link;
    const rings = [];
    const ring = (i, name, more) => {
      const { at, side, radius } = this.scatter;
      if (i < 0 || i >= this.scatter.count) return;
      const circle = document.createElementNS(SVG, "circle");
      const values = { class: name, cx: at[2 * i] * side, cy: at[2 * i + 1] * side, r: radius + more };
      for (const [key, value] of Object.entries(values)) circle.setAttribute(key, value);
      circle.dataset.index = i;
      rings.push(circle);
    };
    for (const i of near) ring(i, "ex-near", 3);
    ring(picked, "ex-picked", 5);
    ring(pointed, "ex-pointed", 4);
    if (this.own && this.own.step === this.frame?.header.step) rings.push(this.cross());
    if (this.outline) rings.push(this.outline);
    this.marks.replaceChildren(...rings);
    if (pointed >= 0 && !this.card.element.hidden) this.card.move(...this.where(pointed), this.scatter.side);
  }

  /** The place of a picture of one's own; at the border if it lies beyond what is shown. */
  cross() {
    const { at, side } = this.scatter;
    const [x, y] = placed(at, this.own).map((v) => Math.min(Math.max(v * side, 10), side - 10));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", "ex-cross");
    path.setAttribute("d", `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}`);
    return path;
  }

  /** The card stands beside the point on the map that the pointer is over. */
  beside() {
    const i = this.link.pointed;
    if (i < 0 || !this.active || i >= this.scatter.count) return this.card.hide();
    const { header, arrays } = this.colors;
    const k = arrays.category[i];
    const label = { name: header.name, value: said(this.colors, i) };
    this.card.show(i, label, header.colors[k], ...this.where(i), this.scatter.side);
  }

  where(i) {
    const { at, side } = this.scatter;
    return [at[2 * i] * side, at[2 * i + 1] * side];
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
    if (drag.tool === "move") return this.pull(x, y);
    drag.line.push([x, y]);
    const line = drag.tool === "box" ? corners(drag.line) : drag.line;
    this.outline ??= document.createElementNS(SVG, "path");
    this.outline.setAttribute("class", "ex-outline");
    this.outline.setAttribute("d", `M${line.map((p) => p.join(" ")).join("L")}Z`);
    this.draw();
  }

  pressed(event) {
    if (event.button) return;
    this.link.point(-1);
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    this.drag = { x, y, tool: this.tool(), line: [[x, y]], zoom: { ...this.zoom } };
  }

  released(event) {
    const { drag } = this;
    this.dropped();
    if (!drag) return;
    if (!drag.far) {
      const i = this.scatter.pick(drag.x, drag.y);
      if (i >= 0) this.link.pick(i);
      else this.link.clear();
    } else if (drag.tool !== "move") {
      const inside = this.inside(drag.tool === "box" ? corners(drag.line) : drag.line);
      this.link.select(event.shiftKey ? [...(this.link.selected ?? []), ...inside] : inside);
    }
  }

  dropped() {
    this.drag = this.outline = null;
    this.draw();
  }

  inside(line) {
    const { at, side, count, mask } = this.scatter;
    const found = [];
    for (let i = 0; i < count; i++)
      if ((!mask || mask[i] !== HIDDEN) && within(at[2 * i] * side, at[2 * i + 1] * side, line)) found.push(i);
    return found;
  }

  /** Moves the plane under the pointer. */
  pull(x, y) {
    const { drag, zoom, scatter } = this;
    const unit = (2 * this.frame.header.bounds[2]) / zoom.times / scatter.side;
    zoom.x = drag.zoom.x - (x - drag.x) * unit;
    zoom.y = drag.zoom.y + (y - drag.y) * unit;
    this.place();
  }

  wheel(event) {
    event.preventDefault();
    this.enlarge(1.2 ** (event.deltaY < 0 ? 1 : -1), event.offsetX, event.offsetY);
  }

  /** Enlarges around a place; 0: shows everything again. */
  enlarge(by, x = this.scatter.side / 2, y = x) {
    if (!this.frame) return;
    const { zoom, scatter } = this;
    const times = by ? Math.min(MOST, Math.max(LEAST, zoom.times * by)) : 1;
    if (times === 1) this.zoom = { times: 1, x: 0, y: 0 };
    else {
      const gain = 2 * this.frame.header.bounds[2] * (1 / zoom.times - 1 / times);
      zoom.x += gain * (x / scatter.side - 0.5);
      zoom.y -= gain * (y / scatter.side - 0.5);
      zoom.times = times;
    }
    this.place();
  }

  key(event) {
    if (ARROWS[event.key]) {
      this.active = true;
      this.link.point(this.scatter.step(this.link.pointed, ...ARROWS[event.key]));
    } else if (event.key === "Enter" && this.link.pointed >= 0) this.link.pick(this.link.pointed);
    else if (event.key === "+") this.enlarge(1.4);
    else if (event.key === "-") this.enlarge(1 / 1.4);
    else if (event.key === "0") this.enlarge(0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  destroy() {
    this.forget();
    this.card.hide();
    this.element.remove();
  }
}

/** What a picture's colour says, in words. */
function said({ header, arrays }, i) {
  if (arrays.value) return `${header.title} ${decimal(arrays.value[i])}`;
  const name = header.names[arrays.category[i]] ?? "unknown";
  return header.name === "predicted" ? `predicted ${name}` : name;
}

export const MAP_CSS = `
.ex-map { display: flex; flex-direction: column; min-width: 0; }
.ex-title { font-size: calc(12.5px * var(--lab-scale, 1)); height: 20px; font-variant-numeric: tabular-nums; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.ex-stage { position: relative; }
.ex-stage::after { content: ""; position: absolute; inset: 0; border: 1px solid var(--line);
  border-radius: 8px; pointer-events: none; }
.ex-stage[data-times]::before { content: "enlarged " attr(data-times) ", key 0 shows all"; position: absolute;
  z-index: 1; left: 8px; top: 6px; padding: 1px 8px; border-radius: 6px; font-size: calc(11.5px * var(--lab-scale, 1)); pointer-events: none;
  color: var(--muted, inherit); background: var(--st-background-color); border: 1px solid var(--line); }
.ex-stage canvas { display: block; outline: none; }
.ex-stage > canvas { border-radius: 8px; touch-action: none; }
.ex-stage > canvas:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); }
.ex-stage svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none;
  overflow: hidden; border-radius: 8px; }
.ex-stage circle { fill: none; stroke: var(--st-text-color); stroke-width: 2; paint-order: stroke; }
.ex-stage circle.ex-near { stroke-width: 1; stroke-opacity: .6; }
.ex-stage circle.ex-picked { stroke-width: 3; }
.ex-outline { fill: var(--st-text-color); fill-opacity: .07; stroke: var(--st-text-color);
  stroke-width: 1.2; stroke-dasharray: 4 3; }
.ex-stage .live-message { position: absolute; inset: 0; margin: auto; width: fit-content;
  height: fit-content; max-width: min(34ch, 80%); padding: 10px 16px; border-radius: 8px;
  text-align: center; line-height: 1.45; font-size: calc(14px * var(--lab-scale, 1)); background: var(--st-background-color);
  border: 1px solid var(--line); }
.ex-stage .live-message[hidden] { display: none; }
`;
