// A score: its name, its number, and its place between 0 and 100% beside what it has to beat.

import { make } from "../base/elements.js";
import { term } from "../base/tips.js";
import { spread } from "./spread.js";

const GAP = 10; // pixels between two words under a scale

/**
 * A block of simclr_core/feed/scores.py.
 * @typedef {object} Score
 * @property {string} name
 * @property {string} tip what it means
 * @property {string[]} notes the lines beside the number
 * @property {[string, number][]} ticks words and places of what it has to beat
 * @property {string} [value] in words; none: not known yet
 * @property {number} [share] from 0 to 1
 * @property {[number, number] | null} [interval] of 95%
 */

/** A score on its scale. */
export class ScoreView {
  constructor() {
    this.name = term("", "");
    this.number = make("b", "live-number");
    this.notes = make("div", "live-notes");
    this.between = make("i", "live-between");
    this.at = make("i", "live-at");
    this.scale = make("div", "live-scale");
    this.scale.setAttribute("role", "img");
    this.words = make("div", "live-ticks");
    this.element = make("div", "live-score", "", this.name,
      make("div", "live-figure", "", this.number, this.notes), this.scale, this.words);
    /** @type {[string, number][]} rising */
    this.ticks = [];
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.words);
  }

  /** @param {Score} score */
  update({ name, tip, notes, ticks, value, share, interval }) {
    this.name.textContent = name;
    this.name.dataset.tip = tip;
    this.number.textContent = value ?? "–";
    this.notes.replaceChildren(...notes.map((note) => make("span", "", note)));
    this.between.hidden = !interval;
    if (interval) put(this.between, interval[0], interval[1] - interval[0]);
    this.at.hidden = share === undefined;
    if (share !== undefined) put(this.at, share);
    const marks = ticks.map(([, place]) => put(make("u"), place));
    this.scale.replaceChildren(this.between, ...marks, this.at);
    this.scale.setAttribute("aria-label", [value ?? "not known yet", ...ticks.map(([word]) => word)].join(", "));
    this.ticks = [...ticks].sort(([, a], [, b]) => a - b);
    this.words.replaceChildren(...this.ticks.map(([word]) => make("span", "", word)));
    this.place();
  }

  /** Put each word under its tick, or beside it where two would cover each other. */
  place() {
    const words = /** @type {HTMLElement[]} */ ([...this.words.children]);
    const room = this.words.clientWidth;
    const middles = this.ticks.map(([, place]) => place * room);
    const lefts = spread(middles, words.map((word) => word.offsetWidth), room, GAP);
    words.forEach((word, i) => (word.style.left = `${lefts[i]}px`));
  }

  destroy() {
    this.observer.disconnect();
  }
}

/** Put an element at a share of the scale's width. */
function put(mark, left, width) {
  mark.style.left = `${100 * left}%`;
  if (width !== undefined) mark.style.width = `${100 * width}%`;
  return mark;
}
