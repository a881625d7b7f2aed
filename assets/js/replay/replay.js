// A run, replayed: its map through the snapshots, its loss, and the pictures behind the points.
// An exported page carries a copy of this module and of those that it imports, and needs no network.

import { make, makeButton } from "../base/elements.js";
import { count, score } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { drawnSentence } from "../map/drawn.js";
import { FilterLegend } from "../map/filter_legend.js";
import { Gestures } from "../map/gestures.js";
import { categoriesOf } from "../map/legend.js";
import { labelOf, makeMap } from "../map/pointed.js";
import { HIDDEN, SHOWN } from "../map/scatter.js";
import { speedOptions } from "../map/scrubber.js";
import { placesAt, stepAt, unpackPlaces } from "./frames.js";
import { drawLine } from "./line.js";
import { Player } from "./player.js";

const SPEED = 2; // snapshots per second, at first

/**
 * Play a run.
 * @param {HTMLElement} root its content is replaced
 * @param {any} data of simclr_core/export/replay.py
 * @returns {Replay}
 */
export const replay = (root, data) => new Replay(root, data);

/** Plays one run. */
class Replay {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.places = unpackPlaces(data.places);
    this.player = new Player(root, SPEED, () => this.draw(), () => this.mark());
    this.player.at = this.player.last = Math.max(data.steps.length - 1, 0);
    this.color = Object.keys(data.colors)[0] ?? "";
    const columns = make("div", "rp-columns", "", this.makeLeft(), this.makeRight());
    root.classList.add("rp");
    root.replaceChildren(make("h1", "", data.title), make("p", "rp-about", data.about), columns);
    this.listen();
    this.restyle();
    this.recolor();
  }

  makeLeft() {
    const { data, player } = this;
    const { canvas, scatter, pointed } = makeMap((i) => labelOf(this.categories, this.category[i]));
    this.map = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    const sources = { pictures: data.sheet, points: data.colors, columns: data.columns, size: data.size };
    this.pointed.card.use(sources);
    this.scatter.use(sources);
    this.map.__simclr = { scatter: this.scatter };
    this.gestures = new Gestures(this.scatter, () => 0.5, () => this.draw());
    this.gestures.drags();
    this.stage = make("div", "rp-stage", "", this.map, this.pointed.ring, this.gestures.element, this.pointed.card.element);
    this.drawn = make("span");
    this.scatter.oncount = () => (this.drawn.textContent = drawnSentence(this.scatter));
    this.button = makeButton("rp-play", "Play", () => player.play(!player.playing));
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: player.last, step: "any", value: 0 });
    this.slider.setAttribute("aria-label", "Snapshot");
    this.slider.oninput = () => player.go(Number(this.slider.value));
    this.button.disabled = this.slider.disabled = !player.last;
    this.where = make("span", "rp-where");
    const pace = make("select", "", "", ...speedOptions(SPEED));
    pace.setAttribute("aria-label", "Speed");
    pace.onchange = () => (player.speed = Number(pace.value));
    const bar = make("div", "rp-bar", "", this.button, this.slider, this.where, pace);
    const note = `${data.method === "umap" ? "UMAP" : "PCA"} of h: the axes have no units, and distances between groups say little.`;
    return make("section", "rp-left", "", this.stage, bar, make("p", "rp-about", "", this.drawn, note));
  }

  makeRight() {
    const { data } = this;
    const right = make("section", "rp-right");
    this.loss = make("canvas");
    this.knn = make("canvas");
    const figure = (words, canvas) => right.append(make("figure", "", "", make("figcaption", "", words), canvas));
    if (data.loss.values.length) figure("loss", this.loss);
    if (data.knn.values.length) figure(`neighbours vote for the right ${data.knn.of} (kNN accuracy, ${count(data.count)} on the map)`, this.knn);
    this.legend = new FilterLegend((hidden) => this.hide(hidden));
    const choice = make("select", "", "", ...Object.keys(data.colors).map((name) => new Option(name, name)));
    choice.setAttribute("aria-label", "Colour");
    choice.onchange = () => {
      this.color = choice.value;
      this.recolor();
    };
    if (this.color) right.append(make("label", "rp-choice", "colour ", choice), this.legend.element);
    if (data.learned) right.append(make("p", "rp-learned", data.learned));
    return right;
  }

  listen() {
    const find = (x, y) => (this.gestures.pulling ? -1 : this.scatter.pick(x, y));
    this.pointed.listen(find, (i) => this.pointed.point(i));
    this.map.addEventListener("keydown", (event) => {
      if (this.player.press(event.key) || this.gestures.press(event.key)) event.preventDefault();
    });
    new ResizeObserver(() => {
      this.scatter.resize(this.stage.clientWidth);
      this.draw();
    }).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
  }

  /** Take the colours of the page as they are now. */
  restyle() {
    this.look = dress(this.root);
    this.paint();
    this.draw();
  }

  /** Colour the points by what is chosen now; all of them are shown again. */
  recolor() {
    const { names = [], values = Array(this.data.count).fill(0) } = this.data.colors[this.color] ?? {};
    const { category, counts } = categoriesOf({ names, values });
    this.category = category;
    this.legend.clear();
    this.categories = { color: this.color, names, counts, colors: this.colors };
    this.legend.update(this.categories);
    this.scatter.mask = null;
    this.paint();
    this.draw();
  }

  get colors() {
    return this.color ? this.data.colors[this.color].colors : [this.data.plain];
  }

  paint() {
    this.scatter.paint(this.colors, this.look.background);
  }

  hide(hidden) {
    this.scatter.mask = hidden.size ? Uint8Array.from(this.category, (k) => (hidden.has(k) ? HIDDEN : SHOWN)) : null;
    this.draw();
  }

  draw() {
    if (!this.category) return;
    const { steps, loss, knn } = this.data;
    const { at, playing } = this.player;
    this.scatter.view = this.gestures.zoom.view(0.5);
    this.scatter.put(placesAt(this.places, this.data.count, at, this.scatter.view), this.category, playing);
    const [step, last] = [steps[Math.round(at)] ?? 0, steps.at(-1) ?? 0];
    this.map.setAttribute("aria-label", `Map of ${this.data.count} pictures at step ${step}`);
    this.map.dataset.step = step;
    this.where.textContent = `step ${count(step)} of ${count(last)}`;
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", `step ${step}`);
    const now = stepAt(steps, at);
    if (loss.values.length) drawLine(this.loss, loss, now, last, { "all alike": loss.alike }, (v) => v.toFixed(2));
    if (knn.values.length) drawLine(this.knn, knn, now, last, { pixels: knn.pixels }, score);
  }

  mark() {
    this.button.textContent = this.player.playing ? "Pause" : "Play";
  }
}
