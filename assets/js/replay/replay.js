// A run, replayed: its map through the snapshots, its loss, and the pictures behind the points.
// An exported page carries a copy of this module and of those that it imports, and needs no network.

import { make, makeButton } from "../base/elements.js";
import { count, score } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { drawnSentence } from "../map/drawn.js";
import { FilterLegend } from "../map/filter_legend.js";
import { Gestures } from "../map/gestures.js";
import { makeMap } from "../map/pointed.js";
import { HIDDEN, SHOWN } from "../map/scatter.js";
import { speedOptions } from "../map/scrubber.js";
import { placesAt, stepAt, unpackPlaces } from "./frames.js";
import { drawLine } from "./line.js";

/**
 * Play a run.
 * @param {HTMLElement} root its content is replaced
 * @param {any} data of simclr_core/export/replay.py
 * @param {{ autoplay?: boolean, speed?: number, plain?: boolean }} [options] plain: without title
 * @returns {Replay}
 */
export const replay = (root, data, options = {}) => new Replay(root, data, options);

/** A run that is played: `at` is the snapshot that is shown, 1.5 between the second and the third. */
class Replay {
  constructor(root, data, { autoplay = false, speed = 2, plain = false }) {
    this.root = root;
    this.data = data;
    this.places = unpackPlaces(data.places);
    this.last = Math.max(data.steps.length - 1, 0);
    this.at = autoplay ? 0 : this.last;
    this.speed = speed;
    this.playing = false;
    this.color = Object.keys(data.colors)[0] ?? "";
    const columns = make("div", "rp-columns", "", this.makeLeft(), this.makeRight());
    const head = plain ? [] : [make("h1", "", data.title), make("p", "rp-about", data.about)];
    root.classList.add("rp");
    root.replaceChildren(...head, columns);
    this.listen();
    this.restyle();
    this.recolor();
    if (autoplay) this.play(true);
  }

  makeLeft() {
    const { data } = this;
    const { canvas, scatter, pointed } = makeMap((i) => this.labelOf(i));
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
    this.button = makeButton("rp-play", "Play", () => this.play(!this.playing));
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: this.last, step: "any", value: 0 });
    this.slider.setAttribute("aria-label", "Snapshot");
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.button.disabled = this.slider.disabled = !this.last;
    this.where = make("span", "rp-where");
    const pace = make("select", "", "", ...speedOptions(this.speed));
    pace.setAttribute("aria-label", "Speed");
    pace.onchange = () => (this.speed = Number(pace.value));
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
    const keys = {
      " ": () => this.play(!this.playing),
      ArrowLeft: () => this.go(Math.ceil(this.at) - 1),
      ArrowRight: () => this.go(Math.floor(this.at) + 1),
    };
    this.map.addEventListener("keydown", (event) => {
      if (keys[event.key]) keys[event.key]();
      else if (!this.gestures.press(event.key)) return;
      event.preventDefault();
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
    this.category = values.map((k) => (k < 0 ? names.length : k));
    this.legend.clear();
    const counts = [...names, ""].map((_, k) => this.category.filter((other) => other === k).length);
    this.legend.update({ color: this.color, names, counts, colors: this.colors });
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

  /** @param {number} i @returns {[{ name: string, value: string }, string]} */
  labelOf(i) {
    const k = this.category[i];
    const value = this.data.colors[this.color]?.names[k] ?? (this.color ? "unknown" : "");
    return [{ name: this.color, value }, this.colors[k]];
  }

  draw() {
    if (!this.category) return;
    const { steps, loss, knn } = this.data;
    const { times, left, top } = (this.scatter.view = this.gestures.zoom.view(0.5));
    const places = placesAt(this.places, this.data.count, this.at);
    if (times > 1) for (let i = 0; i < places.length; i++) places[i] = (i & 1 ? top : left) + places[i] * times;
    this.scatter.put(places, this.category, this.playing);
    const [step, last] = [steps[Math.round(this.at)] ?? 0, steps.at(-1) ?? 0];
    this.map.setAttribute("aria-label", `Map of ${this.data.count} pictures at step ${step}`);
    this.map.dataset.step = step;
    this.where.textContent = `step ${count(step)} of ${count(last)}`;
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", `step ${step}`);
    const now = stepAt(steps, this.at);
    if (loss.values.length) drawLine(this.loss, loss, now, last, { "all alike": loss.alike }, (v) => v.toFixed(2));
    if (knn.values.length) drawLine(this.knn, knn, now, last, { pixels: knn.pixels }, score);
  }

  play(on) {
    const stopped = this.playing && !on;
    this.playing = on && this.last > 0;
    if (this.playing && this.at >= this.last) this.at = 0;
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.before = performance.now();
    if (this.playing) requestAnimationFrame((now) => this.turn(now));
    else if (stopped) this.draw();
  }

  turn(now) {
    if (!this.playing || !this.root.isConnected) return;
    this.at = Math.min(this.at + (Math.max(now - this.before, 0) / 1000) * this.speed, this.last);
    this.before = now;
    this.draw();
    if (this.at < this.last) requestAnimationFrame((next) => this.turn(next));
    else this.play(false);
  }

  go(to) {
    this.play(false);
    this.at = Math.min(Math.max(to, 0), this.last);
    this.draw();
  }
}
