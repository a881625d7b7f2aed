// The film: maps of several runs, side by side, that glide together through their training.

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";
import { json } from "../base/fetched.js";
import { calm } from "../base/motion.js";
import { count, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { Colors } from "./colors.js";
import { Given } from "./given.js";
import { Player } from "./player.js";
import { Side } from "./side.js";
import { Timeline } from "./timeline.js";

const SPEED = 1.6; // snapshots per second
const MOST = 4; // maps in a row
const WAITS = "No map yet: it comes with the first snapshot.";

export const render = element((parent) => new Film(parent), "map", "explore", "film");

/**
 * What the page says: where the runs are fetched, their titles, a note, and how the film behaves.
 * @typedef {{ urls: string[], titles: string[], note: string, about?: string, above: number, plays?: boolean, legend?: boolean,
 *   lasso?: boolean, dots?: boolean, color?: string, linked?: boolean, trial?: string }} Header
 */

class Film {
  constructor(parent) {
    this.root = make("div", "film-root");
    this.stages = make("div", "film-stages");
    this.colors = new Colors((color) => this.choose(color));
    this.root.append(this.stages);
    parent.append(this.root);
    explain(this.root);
    /** @type {Side[]} */
    this.sides = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stages);
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.player = new Player(this.root, SPEED, () => this.draw(), () => this.mark());
    /** @type {import("../base/component.js").Component} */
    this.component = undefined;
  }

  /** For tests: the maps. */
  get panes() {
    return this.sides.map(({ pane }) => pane);
  }

  update({ header }) {
    const first = !this.header;
    /** @type {Header} */
    this.header = header;
    this.root.style.setProperty("--above", `${header.above}px`);
    this.root.style.setProperty("--columns", String(Math.min(header.titles.length, MOST)));
    this.root.classList.toggle("film-with-colors", !!header.legend);
    this.root.classList.toggle("film-many", header.titles.length > MOST);
    if (first) this.stages.append(...header.titles.map(() => make("section", "film-side")));
    if (first) this.color = header.color ?? "";
    this.restyle();
    const key = JSON.stringify([header.urls, header.titles, !!header.dots]);
    if (this.key === key) return;
    this.key = key;
    const none = (trouble) => ({ runs: [{ trouble }] });
    const fetched = header.urls.map((url) => (url ? json(url).catch((error) => none(error.message)) : none(WAITS)));
    Promise.all(fetched).then((parts) => this.key === key && this.open(parts));
  }

  destroy() {
    this.key = null; // answers still on their way are ignored
    this.observer.disconnect();
    this.colors.forget();
    this.panes.forEach((pane) => pane.destroy());
    this.root.remove();
  }

  /** Show runs; those that were shown already may have more snapshots. */
  open(parts) {
    const { header, player } = this;
    const runs = parts.flatMap((part) => part.runs);
    const follows = player.at >= player.last && !player.playing;
    const shown = JSON.stringify([runs.map(({ digest }) => digest), header.titles, !!header.dots]);
    const same = shown === this.shown;
    const begins = !same && header.plays && !calm();
    this.time = new Timeline(runs.filter(({ trouble }) => !trouble));
    player.last = this.time.last;
    if (same) this.sides.forEach((side, i) => side.use(runs[i]));
    else this.build(runs, parts.find(({ given }) => given)?.given);
    this.slider.max = String(player.last);
    this.slider.disabled = this.button.disabled = !player.last;
    this.colors.offer(runs, this.color);
    this.paint();
    if (begins) player.at = 0;
    else player.at = same && !follows ? Math.min(player.at, player.last) : player.last;
    this.shown = shown;
    this.resize();
    if (begins) player.play(true);
  }

  build(runs, given) {
    const { header } = this;
    this.panes.forEach((pane) => pane.destroy());
    const sheet = (run) => runs.find(({ digest }) => digest === run.digest);
    this.sides = runs.map((run, i) => new Side(run, header.titles[i] ?? "", sheet(run), header));
    this.stages.replaceChildren(...this.sides.map((side) => side.element));
    this.given = given && new Given(given, header.trial);
    const beside = this.given ? [this.given.element] : header.legend ? [this.colors.element] : [];
    for (const old of [...this.root.children]) if (/film-(aside|colors|bar)/.test(old.className)) old.remove();
    this.root.append(...beside, this.makeBar());
  }

  makeBar() {
    this.button = makeButton("film-play", "", () => this.player.play(!this.player.playing));
    this.button.setAttribute("aria-label", "Play");
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, step: "any", value: 0 });
    this.slider.setAttribute("aria-label", "Snapshot");
    this.slider.oninput = () => this.player.go(Number(this.slider.value));
    this.where = make("span", "film-where");
    this.note = make("span", "film-note");
    return make("div", "film-bar", "", this.button, this.slider, this.where, this.note);
  }

  /** Colour all maps by a property; "": each by what its run learned. */
  choose(color) {
    this.color = color;
    this.paint();
    this.draw();
    if (this.header.linked) this.component.setStateValue("colours", color);
  }

  paint() {
    for (const side of this.sides) side.paint(side.run.colors?.[this.color] ? this.color : side.run.color);
    if (this.header.legend) this.colors.show(this.sides);
  }

  press(event) {
    const { tagName } = event.target;
    if (event.key === "Escape") return this.sides.forEach(({ link }) => link.clear());
    if (["INPUT", "SELECT"].includes(tagName) || (event.key === " " && tagName === "BUTTON")) return;
    if (this.time && this.player.press(event.key)) event.preventDefault();
  }

  restyle() {
    this.look = dress(this.root);
    this.draw();
  }

  resize() {
    this.sides.forEach((side) => side.resize());
    this.draw();
  }

  draw() {
    if (!this.shown) return;
    const { header, sides, time, player: { at, playing } } = this;
    const moment = calm() && playing ? Math.floor(at) : at;
    const used = sides.filter(({ run }) => !run.trouble);
    for (const side of used) {
      const main = this.color || side.run.votes[0]?.of;
      const asked = [...new Set([main, ...used.map(({ color }) => color)])];
      side.draw(time.indexOf(side.run, moment), playing, asked, this.look);
    }
    const steps = used.map(({ run }) => count(time.stepOf(run, moment)));
    const many = steps.length > 2 ? "" : `: steps ${steps.join(" and ")}`;
    this.where.textContent = time.same ? `step ${count(time.shareAt(moment) * time.clock.total)}` : `${percent(time.shareAt(moment))} of each run${many}`;
    if (this.note.dataset.said !== header.note) {
      this.note.dataset.said = header.note;
      this.note.replaceChildren(...(header.about ? [term("Recorded.", header.about), " "] : []), header.note);
    }
    this.slider.value = String(moment);
    this.slider.setAttribute("aria-valuetext", this.where.textContent);
    this.root.dataset.step = String(Math.round(time.shareAt(moment) * time.clock.total));
    this.given?.draw(used.map(({ run }) => run), time.shareAt(moment) * time.clock.total);
  }

  mark() {
    const { playing } = this.player;
    this.button.classList.toggle("film-pause", playing);
    this.button.setAttribute("aria-label", playing ? "Pause" : "Play");
  }
}
