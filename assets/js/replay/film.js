// The film on Home: two runs on the same pictures, side by side, with the views that they were given.

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";
import { count, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { drawLine } from "./line.js";
import { Side } from "./side.js";
import { stepAt } from "./frames.js";

const SPEED = 1.6; // snapshots per second
const VOTES =
  "kNN accuracy: how often the 20 most similar of the 1,000 pictures on the map vote for the right answer. " +
  "The answers are used for this test alone.";

const LOSS =
  "How hard it is to tell each view's partner from all other views. It starts above the line “all alike”: untrained, " +
  "a view is often nearer to strangers than to its partner, and a small temperature punishes that.";

export const render = element((parent) => new Film(parent), "map", "film");

class Film {
  constructor(parent) {
    this.root = make("div", "film-root");
    this.root.append(make("div", "film-stages", "", make("section", "film-side"), make("section", "film-side")));
    parent.append(this.root);
    this.at = 0;
    this.playing = false;
  }

  update({ header }) {
    this.header = header;
    this.restyle();
    if (this.url === header.url) return;
    this.url = header.url;
    fetch(header.url)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error())))
      .then((data) => this.open(data))
      .catch(() => (this.root.textContent = "The recorded runs could not be fetched; load the page again."));
  }

  destroy() {
    this.playing = false;
    this.observer?.disconnect();
    this.root.remove();
  }

  /** Show two runs and play them. */
  open(data) {
    this.data = data;
    const [first, second] = data.runs;
    this.last = Math.min(first.steps.length, second.steps.length) - 1;
    const { titles, colors } = this.header;
    this.sides = data.runs.map((run, i) => new Side(run, titles[i], colors[i], first.sheet));
    const stages = make("div", "film-stages", "", ...this.sides.map((side) => side.element));
    this.root.replaceChildren(stages, this.makeAside(data.given), this.makeBar());
    explain(this.root);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(stages);
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.restyle();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.at = still ? this.last : 0;
    this.draw();
    if (!still) this.play(true);
  }

  makeAside({ picture, views, words }) {
    const view = (i) => {
      const box = make("span", `film-view film-view-${i + 1}`);
      box.style.backgroundImage = `url(${views})`;
      box.style.backgroundPositionX = i ? "100%" : "0";
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", `view ${i + 1}: ${words[i]}`);
      box.title = words[i];
      return make("figure", "", "", box, make("figcaption", `film-word-${i + 1}`, `view ${i + 1}`));
    };
    const source = make("img");
    Object.assign(source, { src: picture, alt: "a picture of a drawn shape" });
    const given = make("div", "film-given", "",
      make("figure", "", "", source, make("figcaption", "", "a picture")), make("i", "film-arrow", "›"), view(0), view(1));
    const trial = make("a", "", "Try it yourself");
    Object.assign(trial, { href: this.header.trial, target: "_self", title: "Find the two views of each picture, against the network" });
    this.loss = make("canvas");
    this.votes = make("canvas");
    const head = (name, note) => make("div", "film-head", "", name, make("span", "", "", note));
    return make("aside", "film-aside", "",
      head(make("b", "", "What the network is given"), trial), given,
      head(term("Loss", LOSS), "falls as partners are found"), this.loss,
      head(term("Votes for the right shape", VOTES), "on the map"), this.votes);
  }

  makeBar() {
    this.button = makeButton("film-play", "", () => this.play(!this.playing));
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: this.last, step: "any", value: 0 });
    this.slider.setAttribute("aria-label", "Snapshot");
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.where = make("span", "film-where");
    return make("div", "film-bar", "", this.button, this.slider, this.where, make("span", "film-note", this.header.note));
  }

  press(event) {
    const moves = { ArrowLeft: () => this.go(Math.ceil(this.at) - 1), ArrowRight: () => this.go(Math.floor(this.at) + 1) };
    const act = event.target.tagName === "INPUT" ? null : moves[event.key];
    const toggle = event.key === " " && event.target !== this.button ? () => this.play(!this.playing) : null;
    if (!act && !toggle) return;
    event.preventDefault();
    (act ?? toggle)();
  }

  restyle() {
    const look = dress(this.root, this.header);
    this.sides?.forEach((side) => side.restyle(look));
    if (this.sides) this.draw();
  }

  resize() {
    this.sides.forEach((side) => side.resize());
    this.draw();
  }

  draw() {
    const { data, at, last } = this;
    const [first, second] = data.runs;
    const [step, end] = [stepAt(first.steps, at), first.steps[last]];
    this.sides.forEach((side) => side.draw(at, this.playing));
    this.where.textContent = `step ${count(step)}`;
    this.slider.value = String(at);
    this.slider.setAttribute("aria-valuetext", `step ${count(step)}`);
    this.root.dataset.step = String(Math.round(step));
    drawLine(this.loss, first.loss, step, end, { "all alike": first.loss.alike }, (v) => v.toFixed(2));
    const [votes, other] = [first, second].map(({ votes: [{ values }], steps }) => ({ steps, values }));
    const { pixels, chance } = first.votes[0];
    drawLine(this.votes, votes, step, end, { pixels, chance }, (v) => percent(v), { curve: other, name: "without" });
  }

  play(on) {
    const stopped = this.playing && !on;
    this.playing = on && this.last > 0;
    if (this.playing && this.at >= this.last) this.at = 0;
    this.button.classList.toggle("film-pause", this.playing);
    this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.before = performance.now();
    if (this.playing) requestAnimationFrame((now) => this.turn(now));
    else if (stopped) this.draw();
  }

  turn(now) {
    if (!this.playing || !this.root.isConnected) return;
    this.at = Math.min(this.at + (Math.max(now - this.before, 0) / 1000) * SPEED, this.last);
    this.before = now;
    if (this.at >= this.last) return this.play(false);
    this.draw();
    requestAnimationFrame((next) => this.turn(next));
  }

  go(to) {
    this.play(false);
    this.at = Math.min(Math.max(to, 0), this.last);
    this.draw();
  }
}
