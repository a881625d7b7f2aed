// Through the snapshots of a run: play, step, speed, and a slider.

import { make, makeButton } from "../base/elements.js";
import { count } from "../base/numbers.js";

const SPEEDS = [0.5, 1, 2, 4]; // snapshots per second

/**
 * Create the choices of a speed.
 * @param {number} chosen snapshots per second
 * @returns {HTMLOptionElement[]}
 */
export const speedOptions = (chosen) =>
  SPEEDS.map((speed) => new Option(`${speed} per second`, String(speed), speed === chosen, speed === chosen));

/** The controls of the snapshots of a run. */
export class Scrubber {
  /** @param {(step: number) => Promise<void>} onstep show another snapshot; playing waits for it */
  constructor(onstep) {
    this.onstep = onstep;
    /** @type {number[]} */
    this.steps = [];
    this.at = 0;
    /** @type {Promise<void> | undefined} until the snapshot asked for last is on screen */
    this.showing = undefined;
    const button = (name, words, press) => {
      const one = makeButton(`ex-play ex-${name}`, "", press);
      one.setAttribute("aria-label", words);
      one.title = words;
      return one;
    };
    this.back = button("back", "Snapshot before", () => this.move(-1));
    this.play = button("start", "Play", () => this.toggle());
    this.next = button("next", "Next snapshot", () => this.move(1));
    this.slider = make("input");
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.setAttribute("aria-label", "Snapshot");
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.words = make("span", "ex-step");
    this.speed = make("select");
    this.speed.setAttribute("aria-label", "Speed");
    this.speed.append(...speedOptions(2));
    this.element = make("div", "ex-scrub", "", this.back, this.play, this.next, this.slider, this.words, this.speed);
  }

  get step() {
    return this.steps[this.at];
  }

  get atEnd() {
    return this.at === this.steps.length - 1;
  }

  /**
   * Take other snapshots; the step that is shown stays unless it was the newest one.
   * @param {number[]} steps rising
   * @param {number | null} [wanted] the step to show
   */
  use(steps, wanted = null) {
    const follow = wanted === null && this.atEnd;
    const keep = wanted ?? this.step;
    this.steps = steps;
    const known = steps.filter((step) => step <= keep).length - 1;
    this.at = follow || keep === undefined ? steps.length - 1 : Math.max(0, known);
    this.slider.max = Math.max(0, steps.length - 1);
    this.slider.disabled = this.play.disabled = steps.length < 2;
    this.show();
  }

  show() {
    this.slider.value = this.at;
    const last = this.steps.at(-1);
    this.slider.setAttribute("aria-valuetext", `step ${this.step}`);
    this.words.textContent = this.steps.length ? `step ${count(this.step)}${last ? ` of ${count(last)}` : ""}` : "";
    this.back.disabled = this.at <= 0;
    this.next.disabled = this.atEnd;
  }

  go(at) {
    const goal = Math.min(this.steps.length - 1, Math.max(0, at));
    if (goal === this.at) return;
    this.at = goal;
    this.show();
    this.showing = this.onstep(this.step);
  }

  move(by) {
    this.pause();
    this.go(this.at + by);
  }

  toggle() {
    if (this.timer) return this.pause();
    if (this.steps.length < 2) return;
    this.mark("Pause");
    this.go(this.atEnd ? 0 : this.at + 1);
    this.tick();
  }

  tick() {
    const timer = setTimeout(async () => {
      await this.showing; // on a slow connection too, no snapshot is left out
      if (this.timer !== timer) return;
      if (this.atEnd) return this.pause();
      this.go(this.at + 1);
      this.tick();
    }, 1000 / Number(this.speed.value));
    this.timer = timer;
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.mark("Play");
  }

  /** @param {"Play" | "Pause"} words what a click on the button does now */
  mark(words) {
    this.play.classList.toggle("ex-pause", words === "Pause");
    this.play.setAttribute("aria-label", words);
    this.play.title = words;
  }
}
