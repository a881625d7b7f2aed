// The similarity matrix of 2N views, and the weight that the loss gives each negative.

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";
import { block } from "../base/fetched.js";
import { linkOf } from "../base/link.js";
import { count, decimal, percent } from "../base/numbers.js";
import { negativeWeights } from "../base/softmax.js";
import { channels, dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { ARROWS } from "../map/scatter.js";
import { similarities, weightSpread } from "./similarities.js";
import { viewOf } from "./views.js";

const WEIGHT =
  "A negative's share of the gradient: exp(s/τ) divided by the sum over all negatives in the row. " +
  "A low temperature gives nearly all of it to the nearest few.";
const BEST = 12; // negatives that are listed for a view

export const render = element((parent) => new Matrix(parent), "explore");

class Matrix {
  constructor(parent) {
    this.root = make("div", "mx-root");
    this.canvas = make("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.message = make("p", "mx-note");
    this.stage = make("div", "mx-stage", "", this.canvas, this.message);
    this.side = make("div", "mx-side");
    this.controls = this.makeControls();
    this.facts = make("p", "mx-facts");
    this.pair = make("div", "mx-pair");
    this.list = make("div", "mx-list");
    this.side.append(this.controls, this.facts, this.pair, this.list);
    this.root.append(this.stage, this.side);
    parent.append(this.root);
    explain(this.root);
    this.at = null; // row and column that are pointed at
    this.shows = "similarity";
    /** @type {Record<string, import("../base/theme.js").Rgb[]> | undefined} */
    this.palettes = undefined;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.canvas.addEventListener("pointermove", (e) => this.point(this.cell(e)));
    this.canvas.addEventListener("click", (e) => this.pick(this.cell(e)));
    this.canvas.addEventListener("keydown", (e) => this.key(e));
  }

  makeControls() {
    const show = make("div", "mx-show");
    show.setAttribute("role", "group");
    for (const name of ["similarity", "weight"]) {
      const button = makeButton("", name, () => {
        this.shows = name;
        for (const one of show.children) one.setAttribute("aria-pressed", one === button);
        this.draw();
      });
      button.setAttribute("aria-pressed", String(name === "similarity"));
      show.append(button);
    }
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: -2, max: 0, step: 0.01 });
    this.slider.setAttribute("aria-label", "Temperature");
    this.slider.oninput = () => this.heat(10 ** Number(this.slider.value));
    this.tau = make("span", "mx-tau");
    const back = makeButton("", "as trained", () => this.heat(this.block.header.temperature));
    return make("div", "mx-controls", "", show, make("label", "", "τ ", this.slider), this.tau, back);
  }

  async update({ header }) {
    this.header = header;
    this.look = dress(this.root, header);
    if (header.message) return this.say(header.message);
    this.link = linkOf(header.digest);
    try {
      const found = await block(header.url);
      if (this.header !== header) return;
      this.say("");
      if (this.block !== found) this.take(found);
      else this.draw();
    } catch (error) {
      if (this.header === header) this.say(error.message);
    }
  }

  say(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  take(found) {
    const before = this.block?.header.temperature;
    this.block = found;
    const { z, index } = found.arrays;
    this.n = 2 * index.length;
    this.s = similarities(z, this.n, found.header.width);
    this.at = null;
    if (before !== found.header.temperature) this.t = found.header.temperature;
    this.heat(this.t);
    this.resize();
  }

  /** Take another temperature: the weights of all rows change. */
  heat(temperature) {
    this.t = temperature;
    this.slider.value = Math.log10(temperature);
    this.tau.textContent = decimal(temperature, temperature < 0.1 ? 3 : 2);
    this.w = negativeWeights(this.s, this.n, temperature);
    const { hardest, number } = weightSpread(this.w, this.n);
    this.facts.replaceChildren(
      term("Weight of the negatives", WEIGHT),
      `: the hardest of ${count(this.n - 2)} has ${percent(hardest)} on average; it is as if ` +
        `${number < 10 ? decimal(number, 1) : count(number)} of them counted equally.`,
    );
    Object.assign(this.canvas, { __simclr: { s: this.s, w: this.w, n: this.n, t: temperature, hardest, number } });
    this.draw();
    this.describe();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!width || !this.n) return;
    this.px = Math.max(120, Math.floor(Math.min(height, width - (width < 800 ? 0 : 380))));
    const ratio = Math.max(1, devicePixelRatio || 1);
    this.canvas.width = this.canvas.height = Math.round(this.px * ratio);
    this.canvas.style.width = this.canvas.style.height = `${this.px}px`;
    this.draw();
  }

  draw() {
    if (!this.s || !this.canvas.width) return;
    const { n, s, w, canvas, shows } = this;
    const { similarity, weight } = this.block.header;
    const palette = (this.palettes ??= { similarity: similarity.map(channels), weight: weight.map(channels) })[shows];
    const image = new ImageData(n, n);
    for (let i = 0; i < n * n; i++) {
      const [row, column] = [Math.floor(i / n), i % n];
      const share = shows === "similarity" ? (s[i] + 1) / 2 : Math.sqrt(w[i]);
      const [r, g, b] = row === column ? [128, 128, 128] : palette[Math.round(64 * Math.min(1, Math.max(0, share)))];
      image.data.set([r, g, b, row === column ? 70 : 255], 4 * i);
    }
    const small = document.createElement("canvas");
    small.width = small.height = n;
    small.getContext("2d").putImageData(image, 0, 0);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    this.outline(context);
  }

  /** Frames: all positives, and the cell that is pointed at. */
  outline(context) {
    const cell = context.canvas.width / this.n;
    context.lineWidth = Math.max(1, cell / 8);
    context.strokeStyle = this.look.text;
    for (let i = 0; i < this.n; i++) {
      const j = i ^ 1;
      context.strokeRect(j * cell, i * cell, cell, cell);
    }
    if (!this.at) return;
    const [row, column] = this.at;
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeRect(0, row * cell, context.canvas.width, cell);
    context.strokeRect(column * cell - 1, row * cell - 1, cell + 2, cell + 2);
  }

  /** @param {MouseEvent} event @returns {[number, number]} row and column under the pointer */
  cell(event) {
    const at = (v) => Math.min(this.n - 1, Math.max(0, Math.floor((v / this.px) * this.n)));
    return [at(event.offsetY), at(event.offsetX)];
  }

  point(at) {
    if (!this.s || (this.at && at[0] === this.at[0] && at[1] === this.at[1])) return;
    this.at = at;
    this.draw();
    this.describe();
  }

  /** @param {[number, number]} cell */
  pick([row]) {
    this.link?.pick(this.block.arrays.index[row >> 1]);
  }

  key(event) {
    const by = ARROWS[event.key];
    if (!by || !this.s) return;
    const [row, column] = this.at ?? [0, 0];
    const within = (v) => Math.min(this.n - 1, Math.max(0, v));
    this.point([within(row + by[1]), within(column + by[0])]);
    event.preventDefault();
  }

  /** Show the two views of the cell, and the hardest negatives of its row. */
  describe() {
    const words = `Similarities of ${count(this.n)} views; frames mark partners.`;
    this.canvas.setAttribute("aria-label", `${words} Arrow keys move from cell to cell.`);
    if (!this.at) {
      this.pair.replaceChildren(make("p", "mx-note", "Point at a cell to see its two views."));
      return this.list.replaceChildren();
    }
    const [row, column] = this.at;
    const i = row * this.n + column;
    const kind = row === column ? "the view itself: left out" : column === (row ^ 1) ? "partners: the positive" : "a negative";
    const weight = kind === "a negative" ? `, weight ${percent(this.w[i], this.w[i] < 0.1 ? 1 : 0)}` : "";
    const facts = make("p", "", `${kind}, similarity ${decimal(this.s[i])}${weight}`);
    this.pair.dataset.cell = `${row},${column}`;
    this.pair.replaceChildren(this.picture(row, 96), this.picture(column, 96), facts);
    const hardest = Array.from({ length: this.n }, (_, j) => j)
      .filter((j) => j !== row && j !== (row ^ 1))
      .sort((a, b) => this.w[row * this.n + b] - this.w[row * this.n + a])
      .slice(0, BEST);
    const cells = hardest.map((j) => make("figure", "", "", this.picture(j, 44), make("figcaption", "", percent(this.w[row * this.n + j], 1))));
    this.list.replaceChildren(make("p", "mx-note", "its hardest negatives, by weight"), ...cells);
  }

  picture(view, px) {
    const index = this.block.arrays.index[view >> 1];
    const name = this.block.header.names[this.block.arrays.category[view >> 1]];
    const words = `view ${(view & 1) + 1} of picture ${index + 1}${name ? `, ${name}` : ""}`;
    return viewOf(this.header, index, view & 1, words, px);
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}
