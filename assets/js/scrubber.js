// Through the snapshots of a run: play, step, speed, and a slider.

import { count, make } from "./common.js";

const SPEEDS = [0.5, 1, 2, 4]; // snapshots a second

export class Scrubber {
  /** onstep(step): another snapshot is to be shown. */
  constructor(onstep) {
    this.onstep = onstep;
    this.steps = [];
    this.at = 0;
    const button = (name, words, press) => {
      const one = make("button", `ex-play ex-${name}`);
      one.type = "button";
      one.setAttribute("aria-label", words);
      one.title = words;
      one.onclick = press;
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
    for (const times of SPEEDS) this.speed.append(new Option(`${times} a second`, times, times === 2, times === 2));
    this.element = make("div", "ex-scrub", "", this.back, this.play, this.next, this.slider, this.words, this.speed);
  }

  get step() {
    return this.steps[this.at];
  }

  get atEnd() {
    return this.at === this.steps.length - 1;
  }

  /** Other snapshots; the step that is shown stays unless it was the newest one. */
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
    this.onstep(this.step);
  }

  move(by) {
    this.pause();
    this.go(this.at + by);
  }

  toggle() {
    if (this.timer) return this.pause();
    if (this.steps.length < 2) return;
    this.play.classList.add("ex-pause");
    this.play.setAttribute("aria-label", "Pause");
    this.go(this.atEnd ? 0 : this.at + 1);
    this.tick();
  }

  tick() {
    this.timer = setTimeout(() => {
      if (this.atEnd) return this.pause();
      this.go(this.at + 1);
      this.tick();
    }, 1000 / Number(this.speed.value));
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.play.classList.remove("ex-pause");
    this.play.setAttribute("aria-label", "Play");
  }
}

export const SCRUB_CSS = `
.ex-scrub { display: flex; align-items: center; gap: 6px; height: 34px; }
.ex-scrub input { flex: 1; min-width: 80px; accent-color: var(--st-primary-color); }
.ex-step { font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 14ch; text-align: right; }
.ex-play { width: 30px; height: 28px; padding: 0; border: 1px solid var(--line); border-radius: 6px;
  background: none; cursor: pointer; position: relative; }
.ex-play:disabled { opacity: .4; cursor: default; }
.ex-play::before { content: ""; position: absolute; inset: 7px 9px; background: var(--st-text-color);
  clip-path: polygon(0 0, 100% 50%, 0 100%); }
.ex-pause::before { clip-path: polygon(0 0, 35% 0, 35% 100%, 65% 100%, 65% 0, 100% 0, 100% 100%, 0 100%); }
.ex-next::before { clip-path: polygon(0 0, 70% 50%, 70% 0, 100% 0, 100% 100%, 70% 100%, 70% 50%, 0 100%); }
.ex-back::before { clip-path: polygon(100% 0, 30% 50%, 30% 0, 0 0, 0 100%, 30% 100%, 30% 50%, 100% 100%); }
.ex-scrub select { background: none; color: inherit; border: 1px solid var(--line); border-radius: 6px;
  font: inherit; font-size: calc(12px * var(--lab-scale, 1)); height: 28px; }
.ex-scrub option { color: #31333f; }
`;
