// The similarity matrix of 2N views, and the weight that the loss gives each negative.

import { addStyle, channels, count, decimal, explain, keep, make, percent, term, theme } from "./common.js";
import { block } from "./fetched.js";
import { linkOf } from "./link.js";

const WEIGHT =
  "A negative's share in the gradient: exp(s/τ) over the sum of all negatives of the row. A low " +
  "temperature gives it all to the nearest few.";
const BEST = 12; // negatives that are listed for a view

export const render = (component) => keep(component, (parent) => new Matrix(parent));

class Matrix {
  constructor(parent) {
    addStyle(parent, CSS);
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
      const button = make("button", "", name);
      button.type = "button";
      button.setAttribute("aria-pressed", name === "similarity");
      button.onclick = () => {
        this.shows = name;
        for (const one of show.children) one.setAttribute("aria-pressed", one === button);
        this.draw();
      };
      show.append(button);
    }
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: -2, max: 0, step: 0.01 });
    this.slider.setAttribute("aria-label", "Temperature");
    this.slider.oninput = () => this.heat(10 ** Number(this.slider.value));
    this.tau = make("span", "mx-tau");
    const back = make("button", "", "as trained");
    back.type = "button";
    back.onclick = () => this.heat(this.block.header.temperature);
    return make("div", "mx-controls", "", show, make("label", "", "τ ", this.slider), this.tau, back);
  }

  async update({ header }) {
    this.header = header;
    this.look = theme(this.root);
    this.root.style.colorScheme = header.dark ? "dark" : "light";
    for (const name of ["muted", "faint", "line"]) this.root.style.setProperty(`--${name}`, this.look[name]);
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

  /** Another temperature: weights of all rows anew. */
  heat(temperature) {
    this.t = temperature;
    this.slider.value = Math.log10(temperature);
    this.tau.textContent = decimal(temperature, temperature < 0.1 ? 3 : 2);
    this.w = weights(this.s, this.n, temperature);
    const { hardest, number } = spread(this.w, this.n);
    this.facts.replaceChildren(
      term("Weight of the negatives", WEIGHT),
      `: the hardest of ${count(this.n - 2)} has ${percent(hardest)} on average; they count as ` +
        `${number < 10 ? decimal(number, 1) : count(number)}.`,
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

  pick([row]) {
    this.link?.pick(this.block.arrays.index[row >> 1]);
  }

  key(event) {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!by || !this.s) return;
    const [row, column] = this.at ?? [0, 0];
    const within = (v) => Math.min(this.n - 1, Math.max(0, v));
    this.point([within(row + by[0]), within(column + by[1])]);
    event.preventDefault();
  }

  /** The two views of the cell, and the hardest negatives of its row. */
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
    const { base, digest, size } = this.header;
    const image = make("img");
    image.src = `${base}/views.png?index=${index}&v=${digest}`;
    const name = this.block.header.names[this.block.arrays.category[view >> 1]];
    image.alt = `view ${(view & 1) + 1} of picture ${index + 1}${name ? `, ${name}` : ""}`;
    image.style.imageRendering = size > 128 ? "auto" : "pixelated";
    const cut = make("div", `mx-cut mx-v${(view & 1) + 1}`, "", image);
    cut.title = image.alt;
    cut.style.setProperty("--at", view & 1);
    cut.style.setProperty("--px", `${px}px`);
    return cut;
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}

/** (n, n) cosines of rows of length 1. */
function similarities(z, n, width) {
  const s = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += z[i * width + k] * z[j * width + k];
      s[i * n + j] = s[j * n + i] = sum;
    }
  return s;
}

/** Each negative's share among the negatives of its row; 0 for the view itself and its partner. */
function weights(s, n, temperature) {
  const w = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    let [top, sum] = [-Infinity, 0];
    for (let j = 0; j < n; j++) if (j !== i && j !== (i ^ 1)) top = Math.max(top, s[i * n + j]);
    for (let j = 0; j < n; j++)
      if (j !== i && j !== (i ^ 1)) sum += w[i * n + j] = Math.exp((s[i * n + j] - top) / temperature);
    for (let j = 0; j < n; j++) w[i * n + j] /= sum || 1;
  }
  return w;
}

/** Mean of the largest weight of a row, and of how many negatives count (exp of the entropy). */
function spread(w, n) {
  let [hardest, number] = [0, 0];
  for (let i = 0; i < n; i++) {
    let [most, entropy] = [0, 0];
    for (let j = 0; j < n; j++) {
      const v = w[i * n + j];
      most = Math.max(most, v);
      if (v > 0) entropy -= v * Math.log(v);
    }
    hardest += most / n;
    number += Math.exp(entropy) / n;
  }
  return { hardest, number };
}

const CSS = `
.mx-root { display: flex; gap: 18px; height: 100%; color: var(--st-text-color); font-family: var(--st-font);
  font-size: calc(13px * var(--lab-scale, 1)); flex-wrap: wrap; position: relative; }
.mx-stage { position: relative; } .mx-stage canvas { display: block; outline: none; border-radius: 6px; }
.mx-stage canvas:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); }
.mx-side { flex: 1; min-width: 300px; line-height: 1.45; font-variant-numeric: tabular-nums; }
.mx-controls { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.mx-controls label { display: flex; align-items: center; gap: 6px; }
.mx-controls input { width: 150px; accent-color: var(--st-primary-color); }
.mx-tau { min-width: 4ch; }
.mx-root button { font: inherit; font-size: calc(12px * var(--lab-scale, 1)); color: inherit; background: none; cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px; }
.mx-root button[aria-pressed="true"] { background: var(--st-secondary-background-color); font-weight: 600; }
.mx-root button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.mx-pair { display: grid; grid-template-columns: 96px 96px; gap: 4px 8px; min-height: 124px; margin-top: 12px; }
.mx-pair p { grid-column: 1 / -1; margin: 2px 0; }
.mx-list { display: flex; flex-wrap: wrap; gap: 6px; } .mx-list p { width: 100%; margin: 8px 0 0; }
.mx-list figure { margin: 0; text-align: center; } .mx-list figcaption { font-size: calc(11px * var(--lab-scale, 1)); color: var(--muted); }
.mx-cut { width: var(--px); height: var(--px); overflow: hidden; position: relative; border-radius: 3px; }
.mx-cut img { position: absolute; height: 100%; left: calc(var(--at) * -100%); max-width: none; }
.mx-cut::after { content: ""; position: absolute; inset: 0; border-radius: 3px; }
.mx-v1::after { border: 2px solid #3f90da; } .mx-v2::after { border: 2px dashed #e76300; }
.mx-note { color: var(--muted); }
.mx-note[hidden] { display: none; }
`;
