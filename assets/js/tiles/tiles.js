// Pictures on a map: which are drawn, where, and how they come and go.
//
// A picture grows out of its dot into a cell of a grid, stays there while its point is near, and
// shrinks back when it has to go. The grid belongs to the whole map, so that it moves with it.

import { still } from "../base/motion.js";
import { Cells, HIDDEN } from "./cells.js";
import { sheetOf } from "./sheet.js";
import { Sprites } from "./sprites.js";

const [LEAST, SMALL, LARGE] = [10, 16, 28]; // CSS pixels of a picture; below LEAST: dots; at rest the others
const SHARE = 0.046; // of the height of a map that a picture at rest takes
const [GROWTH, MOST] = [0.45, 72]; // how pictures grow with the map, and up to which size
const GAP = 3; // CSS pixels between pictures
const PACE = 65; // ms in which two thirds of a movement are done
const REST = 120; // ms after which pictures are painted at another size; before, they are stretched
const DIM = 0.32; // of pictures that are not selected

/**
 * A sheet of pictures.
 * @typedef {object} Pictures
 * @property {string} [pictures] its address; none: points are drawn as dots
 * @property {number} [columns] of the sheet
 * @property {number} [size] pixels of a picture on the sheet
 */

/**
 * Return how large pictures are.
 * @param {number} height CSS pixels of the map
 * @param {number} [times] that the map is enlarged
 * @returns {number} CSS pixels; 0: too small to be seen
 */
export function tileSize(height, times = 1) {
  const share = SHARE * height;
  const rest = share < LEAST ? share : Math.min(LARGE, Math.max(SMALL, share));
  const size = Math.min(MOST, rest * times ** GROWTH);
  return size < LEAST ? 0 : size;
}

/** The pictures that stand on a map. */
export class Tiles {
  /** @param {() => void} onsheet called when pictures can be drawn that could not be before */
  constructor(onsheet) {
    this.onsheet = onsheet;
    this.sprites = new Sprites();
    this.ready = false; // whether the sheet is there
    this.wanted = true; // whether pictures are to be drawn at all
    /** @type {number[]} pictures that come before all others */
    this.first = [];
    /** @type {number[]} pictures that are on screen, the last one on top */
    this.shown = [];
    this.moving = this.active = false;
    this.size = 0; // device pixels of a picture
    this.ratio = 1;
    this.origin = [0, 0]; // device pixels of the grid's corner
    this.last = 0; // ms, when pictures were moved last
    this.goal = 0; // the size of pictures, and since when it is that
    this.since = 0;
    this.seen = 0; // points in sight
    this.drawn = 0; // those of them that are drawn as pictures
    this.reset(0);
  }

  reset(count) {
    this.cells = new Cells(count);
    this.share = new Float32Array(count); // 0: a dot at its place, 1: a picture in its cell
    this.x = new Float32Array(count); // middles of pictures, in device pixels of the grid
    this.y = new Float32Array(count);
    this.skip = new Uint8Array(count); // 1: no dot is drawn
    this.shown = [];
    this.seen = count;
    this.drawn = 0;
  }

  /** @param {Pictures} pictures */
  use({ pictures, columns, size }) {
    if (pictures === this.url) return;
    this.url = pictures;
    this.ready = false;
    this.reset(this.share.length);
    if (!pictures) return;
    sheetOf(pictures)
      .then((sheet) => {
        if (this.url !== pictures) return;
        this.sprites.use(sheet, columns, size);
        this.ready = true;
        this.onsheet();
      })
      .catch(() => {}); // without pictures a map of dots is still a map
  }

  /**
   * Decide where pictures stand, and move them on.
   * @param {object} map
   * @param {Float32Array} map.at of all points, 0 to 1 of width and height
   * @param {number} map.width CSS pixels
   * @param {number} map.height
   * @param {number} map.ratio device pixels per CSS pixel
   * @param {{ times: number, left: number, top: number }} map.view
   * @param {Uint8Array | null} map.mask
   */
  arrange({ at, width, height, ratio, view, mask }) {
    const count = at.length / 2;
    if (count !== this.share.length) this.reset(count);
    const size = Math.round(tileSize(height, view.times) * ratio);
    this.active = this.ready && this.wanted && size > 0;
    if (!this.active) {
      if (this.shown.length || this.drawn) this.reset(count);
      this.moving = false;
      return;
    }
    /** @type {[number, number]} */
    const whole = [Math.round(width * ratio), Math.round(height * ratio)];
    const gap = Math.round(GAP * ratio);
    const pitch = size + gap;
    const phase = whole.map((length) => Math.floor((length - Math.floor(length / pitch) * pitch) / 2) + (gap % 2) / 2); // so that pictures are on whole pixels
    const origin = [view.left, view.top].map((v, axis) => Math.round(v * whole[axis]) + phase[axis]);
    this.rescale(view.times, whole);
    Object.assign(this, { size, ratio, origin });
    const places = this.place(at, whole);
    /** @type {[number, number][]} */
    const [columns, rows] = origin.map((from, axis) => span(from, pitch, whole[axis], view.times > 1));
    this.cells.assign(places, { pitch, reach: size, columns, rows }, mask, this.first);
    this.step(places);
    this.tally(at);
    this.refine(size, ratio);
  }

  /** Paint the pictures at their size: at once, or, while that changes, after it came to rest. */
  refine(size, ratio) {
    const { sprites, last } = this;
    if (size !== this.goal) this.since = last;
    this.goal = size;
    if (sprites.places.size && sprites.side !== size && sprites.ratio === ratio && last - this.since < REST) this.moving = true;
    else sprites.resize(size, ratio);
  }

  /** Count the points in sight, and those of them that are drawn as pictures. */
  tally(at) {
    const { under } = this.cells;
    this.seen = this.drawn = 0;
    for (let i = 0; i < under.length; i++) {
      const [x, y] = [at[2 * i], at[2 * i + 1]];
      if (under[i] === HIDDEN || x < 0 || y < 0 || x > 1 || y > 1) continue;
      this.seen += 1;
      if (under[i] === i) this.drawn += 1;
    }
  }

  /** Where points are on the grid. */
  place(at, [width, height]) {
    if (this.places?.length !== at.length) this.places = new Float32Array(at.length);
    const { places, origin: [left, top] } = this;
    for (let i = 0; i < at.length; i += 2) {
      places[i] = at[i] * width - left;
      places[i + 1] = at[i + 1] * height - top;
    }
    return places;
  }

  /** Keep what is on screen where it is on the map when that is enlarged. */
  rescale(times, whole) {
    const scale = whole.map((length) => times * length);
    const [x, y] = scale.map((one, axis) => one / (this.scale?.[axis] || one));
    this.scale = scale;
    if (x === 1 && y === 1) return;
    for (const i of this.shown) {
      this.x[i] *= x;
      this.y[i] *= y;
    }
  }

  /** Move pictures towards their cells; those that lost theirs shrink into their points. */
  step(places) {
    const { cells, share, x, y, skip } = this;
    const now = performance.now();
    const part = still() ? 1 : 1 - Math.exp(-(this.moving ? Math.min(100, now - this.last) : 16) / PACE);
    this.last = now;
    this.moving = false;
    const leaving = this.shown.filter((i) => !cells.has(i) && cells.under[i] !== HIDDEN);
    for (const i of this.shown) if (cells.under[i] === HIDDEN) share[i] = 0;
    for (const i of cells.drawn) {
      if (!share[i]) [x[i], y[i]] = [places[2 * i], places[2 * i + 1]];
      this.approach(i, ...cells.middle(i), 1, part);
    }
    for (const i of leaving) this.approach(i, places[2 * i], places[2 * i + 1], 0, part);
    this.shown = [...leaving.filter((i) => share[i]), ...cells.drawn];
    for (let i = 0; i < skip.length; i++) {
      const over = cells.under[i];
      skip[i] = over >= 0 && share[over] > 0.5 ? 1 : 0;
    }
  }

  approach(i, toX, toY, toShare, part) {
    const { share, x, y } = this;
    share[i] += (toShare - share[i]) * part;
    x[i] += (toX - x[i]) * part;
    y[i] += (toY - y[i]) * part;
    const near = Math.abs(toShare - share[i]) < 0.02 && Math.abs(toX - x[i]) + Math.abs(toY - y[i]) < 0.6;
    if (near) [share[i], x[i], y[i]] = [toShare, toX, toY];
    else this.moving = true;
  }

  /**
   * Draw the pictures.
   * @param {CanvasRenderingContext2D} context
   * @param {{ category: ArrayLike<number>, colors: string[], mask: Uint8Array | null, alpha: number }} map
   */
  draw(context, { category, colors, mask, alpha }) {
    if (!this.active) return;
    const { sprites, size, share, origin: [left, top] } = this;
    context.imageSmoothingEnabled = true; // only while they are stretched
    // Paint first, then copy: taking turns, the browser would keep a copy of all for each of them.
    const painted = sprites.of(this.shown, (i) => colors[category[i]]);
    for (const i of this.shown) {
      const side = share[i] === 1 ? size : Math.max(1, Math.round(size * (0.25 + 0.75 * share[i])));
      const { x, y } = painted.get(i);
      const [toX, toY] = [Math.round(left + this.x[i] - side / 2), Math.round(top + this.y[i] - side / 2)];
      context.globalAlpha = alpha * (mask && mask[i] === 1 ? DIM : 1) * Math.min(1, 2 * share[i]);
      context.drawImage(sprites.canvas, x, y, sprites.side, sprites.side, toX, toY, side, side);
    }
    context.globalAlpha = 1;
  }

  /**
   * Return where a picture is drawn.
   * @param {number} i
   * @returns {[number, number, number] | null} its middle and half its side in CSS pixels; null if it is not
   */
  box(i) {
    if (!this.active || !(this.share[i] > 0.5)) return null;
    const { origin: [left, top], ratio, size } = this;
    return [(left + this.x[i]) / ratio, (top + this.y[i]) / ratio, size / 2 / ratio];
  }

  /**
   * Return the picture that is drawn at a place; -1: none.
   * @param {number} x CSS pixels, as `y`
   * @param {number} y
   */
  at(x, y) {
    for (let k = this.shown.length - 1; k >= 0; k--) {
      const box = this.box(this.shown[k]);
      if (box && Math.max(Math.abs(box[0] - x), Math.abs(box[1] - y)) <= box[2]) return this.shown[k];
    }
    return -1;
  }
}

/**
 * Return the first and the last cell in a length: whole ones, or those at its ends as well.
 * @returns {[number, number]}
 */
function span(from, pitch, length, cut) {
  const round = cut ? [Math.floor, Math.ceil] : [Math.ceil, Math.floor];
  return [round[0](-from / pitch), round[1]((length - from + 0.5) / pitch) - 1];
}
