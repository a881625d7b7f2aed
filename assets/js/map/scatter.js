// The one renderer of maps in the browser: pictures where there is room, and points as dots, one
// drawing call per point from a disc drawn once per colour.
//
// Why not regl-scatterplot or embedding-atlas: both need WebGL or WebGPU, and a classroom's machines
// often have no graphics card. This draws 20,000 points in a frame without one, lets points glide
// from one snapshot to the next, and lets arrow keys walk from picture to picture.

import { still } from "../base/motion.js";
import { channels, shadeOn } from "../base/theme.js";
import { Tiles } from "../tiles/tiles.js";
import { bins, nearest, nextIn } from "./nearest.js";
import { raster } from "./raster.js";

const GLIDE = 300; // ms
const EDGE = 0.012; // of width and height: points beyond the viewport are drawn here
const MANY = 4000; // points; beyond, they are painted pixel by pixel
export const [HIDDEN, DIMMED, SHOWN] = [0, 1, 2];
/** @type {Record<string, [number, number]>} directions of the arrow keys, y downwards */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A field of points, each of a category with a colour: a square, unless it is stretched. */
export class Scatter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = this.height = 0; // CSS pixels
    this.ratio = 1;
    this.count = 0;
    /** @type {Float32Array} where points are now, x and y in turn, 0 to 1 of width and height */
    this.at = new Float32Array(0);
    /** @type {ArrayLike<number>} */
    this.category = new Uint8Array(0);
    /** @type {string[]} */
    this.colors = [];
    /** @type {Uint8Array | null} of each point: HIDDEN, DIMMED or SHOWN; null: all are shown */
    this.mask = null;
    this.touch = SHOWN; // the least that can be pointed at
    this.alpha = 1;
    this.paper = "#fff";
    this.frame = 0;
    this.gliding = false; // whether the next frame comes by itself
    this.again = 0; // else the next frame, while pictures still move
    this.view = { times: 1, left: 0, top: 0 }; // how the whole map lies in what is shown
    this.tiles = new Tiles(() => this.draw());
    this.onmove = () => {};
    this.oncount = () => {};
  }

  /** @param {import("../tiles/tiles.js").Pictures} pictures those of the points */
  use(pictures) {
    this.tiles.use(pictures);
  }

  /** @param {boolean} wanted whether points are drawn as pictures, where there is room for them */
  picture(wanted) {
    if (wanted === this.tiles.wanted) return;
    this.tiles.wanted = wanted;
    this.draw();
  }

  /**
   * @param {number} width CSS pixels
   * @param {number} [height]
   */
  resize(width, height = width) {
    const ratio = Math.max(1, devicePixelRatio || 1);
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    Object.assign(this, { width, height, ratio });
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.discs = null;
    this.grid = null;
    this.draw();
  }

  /**
   * Set the colours that the next drawing uses.
   * @param {string[]} colors of the categories, which may follow the theme
   * @param {string} paper what is behind the points
   * @param {number} [alpha] 0 to 1
   */
  paint(colors, paper, alpha = 1) {
    const shades = colors.map((color) => shadeOn(color, paper));
    if (`${shades}|${paper}` !== `${this.colors}|${this.paper}`) this.discs = null;
    this.colors = shades;
    this.paper = paper;
    this.alpha = alpha;
  }

  /**
   * Move the points; those of the same pictures glide.
   * @param {Float32Array} xy (2P) coordinates
   * @param {ArrayLike<number>} category (P)
   * @param {[number, number, number]} bounds middle x, middle y, half the side
   * @param {boolean} glide
   * @param {() => void} done called when the points have arrived
   * @param {boolean} [clamp] draw points beyond the viewport at its edge
   */
  move(xy, category, bounds, glide, done, clamp = true) {
    const goal = place(xy, bounds, clamp);
    const same = glide && this.at.length === goal.length;
    if (!same || still() || !this.width || equal(this.at, goal)) {
      this.put(goal, category);
      return done();
    }
    cancelAnimationFrame(this.frame);
    this.gliding = true;
    this.category = category;
    this.grid = null;
    const from = this.at.slice();
    const at = (this.at = from.slice());
    const start = performance.now();
    const tick = (now) => {
      const t = Math.min(1, Math.max(0, (now - start) / GLIDE));
      const share = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
      for (let i = 0; i < at.length; i++) at[i] = from[i] + (goal[i] - from[i]) * share;
      if (t < 1) this.frame = requestAnimationFrame(tick);
      else this.at = goal;
      this.gliding = t < 1;
      this.draw();
      if (t >= 1) done();
    };
    this.frame = requestAnimationFrame(tick);
  }

  /**
   * Put the points where they belong at once.
   * @param {Float32Array} at (2P) 0 to 1 of width and height, y downwards
   * @param {ArrayLike<number>} category (P)
   * @param {boolean} [more] whether the next frame puts them somewhere else
   */
  put(at, category, more = false) {
    cancelAnimationFrame(this.frame);
    this.gliding = more;
    this.at = at;
    this.category = category;
    this.count = category.length;
    this.grid = null;
    this.draw();
  }

  /** @param {number} i @returns {boolean} whether the point can be pointed at */
  touches(i) {
    return !this.mask || this.mask[i] >= this.touch;
  }

  /** @param {number} i @returns {[number, number]} where the point is now, in CSS pixels */
  where(i) {
    return [this.at[2 * i] * this.width, this.at[2 * i + 1] * this.height];
  }

  /** @param {number} i @returns {[number, number, number]} where it is drawn, and half its side if as a picture */
  seen(i) {
    return this.tiles.box(i) ?? [...this.where(i), 0];
  }

  get radius() {
    return Math.min(5, Math.max(1.3, (0.22 * this.height) / Math.sqrt(this.count || 1)));
  }

  draw() {
    const { context, tiles, canvas } = this;
    if (!this.width) return;
    tiles.arrange(this);
    if (this.count > MANY) this.drawMany();
    else this.drawDots();
    tiles.draw(context, this);
    if (tiles.moving && !this.gliding)
      this.again ||= requestAnimationFrame(() => {
        this.again = 0;
        this.draw();
      });
    const said = `${tiles.drawn} of ${tiles.seen} at ${this.view.times}, ${tiles.active}`;
    if (said !== this.said) {
      this.said = said;
      Object.assign(canvas.dataset, { drawn: tiles.drawn, seen: tiles.seen });
      this.oncount();
    }
    this.onmove();
  }

  drawMany() {
    const { skip } = this.tiles;
    raster(this.context, { ...this, skip: skip.length === this.count ? skip : null, radius: this.radius * this.ratio, read: channels });
  }

  drawDots() {
    const { context, canvas, ratio, at, category, mask, tiles: { skip } } = this;
    if (this.discs?.radius !== this.radius) {
      const stamps = this.colors.map((color) => disc(color, this.paper, this.radius * ratio));
      this.discs = { radius: this.radius, stamps };
    }
    context.clearRect(0, 0, canvas.width, canvas.height);
    const { stamps } = this.discs;
    const { width, height } = canvas;
    const shift = stamps.length ? stamps[0].width / 2 : 0;
    // In the order of the pictures, so that no category is always on top; dimmed ones first.
    for (const pass of mask ? [DIMMED, SHOWN] : [SHOWN]) {
      context.globalAlpha = this.alpha * (pass === SHOWN ? 1 : 0.15);
      for (let i = 0; i < category.length; i++) {
        if ((mask && mask[i] !== pass) || skip[i]) continue;
        context.drawImage(stamps[category[i]], at[2 * i] * width - shift, at[2 * i + 1] * height - shift);
      }
    }
  }

  /**
   * Return the point whose picture is drawn at a place, else the nearest one; -1 if none is within reach.
   * @param {number} x CSS pixels, as `y` and `reach`
   * @param {number} y
   * @param {number} [reach] 12 at most
   */
  pick(x, y, reach = 12) {
    const drawn = this.tiles.at(x, y);
    if (drawn >= 0 && this.touches(drawn)) return drawn;
    return nearest(this, (this.grid ??= bins(this.at, this.width, this.height)), x, y, reach);
  }

  /**
   * Return the nearest point from a point in a direction.
   * @param {number} i the point it starts from; -1: the middle
   * @param {number} dx -1, 0 or 1, as `dy`
   * @param {number} dy
   */
  step(i, dx, dy) {
    return nextIn(this, i, dx, dy);
  }
}

function place(xy, [x, y, half], clamp) {
  const out = new Float32Array(xy.length);
  const within = clamp ? edge : (v) => (v === v ? v : 0.5);
  for (let i = 0; i < xy.length; i += 2) {
    out[i] = within(0.5 + (xy[i] - x) / (2 * half));
    out[i + 1] = within(0.5 - (xy[i + 1] - y) / (2 * half));
  }
  return out;
}

const edge = (v) => (v < EDGE || v > 1 - EDGE ? Math.min(1 - EDGE, Math.max(EDGE, v)) : v || 0.5);

function equal(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

/** Draw a disc with a thin rim of paper, so that neighbours stay apart. Radius in device pixels. */
function disc(color, paper, radius) {
  const rim = Math.min(1.2, radius * 0.28);
  const canvas = document.createElement("canvas");
  const size = (canvas.width = canvas.height = 2 * Math.ceil(radius + rim) + 2);
  const context = canvas.getContext("2d");
  for (const [fill, r] of [[paper, radius + rim], [color, radius]]) {
    context.fillStyle = fill;
    context.globalAlpha = fill === color ? 1 : 0.65;
    context.beginPath();
    context.arc(size / 2, size / 2, r, 0, 2 * Math.PI);
    context.fill();
  }
  return canvas;
}
