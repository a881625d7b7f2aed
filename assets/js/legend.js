// Names, colours and counts; a click brings a category forward and dims the others.

import { count, make } from "./common.js";

export class Legend {
  constructor(onchoose) {
    this.element = make("div", "live-legend");
    this.element.setAttribute("role", "group");
    this.chosen = new Set();
    this.onchoose = onchoose;
    this.key = null;
  }

  get empty() {
    return !this.element.children.length;
  }

  /** Builds the entries anew only when they change. */
  update({ color, names = [], counts = [], colors = [] }) {
    const entries = names.map((name, i) => [name, counts[i], colors[i], i]);
    if (names.length && counts[names.length])
      entries.push(["unknown", counts[names.length], colors[names.length], names.length]);
    const key = JSON.stringify([color, entries]);
    if (key === this.key) return;
    this.key = key;
    this.element.setAttribute("aria-label", `Colours: ${color ?? "none"}`);
    this.element.replaceChildren(...entries.map((entry) => this.entry(...entry)));
    this.mark();
  }

  entry(name, number, color, index) {
    const dot = make("i");
    dot.style.background = color;
    const button = make("button", "", "", dot, make("span", "", name), make("em", "", count(number)));
    button.type = "button";
    button.dataset.index = index;
    button.title = `${name}: ${count(number)} pictures`;
    button.onclick = () => this.click(index);
    return button;
  }

  click(index) {
    if (!this.chosen.delete(index)) this.chosen.add(index);
    this.mark();
    this.onchoose(this.chosen);
  }

  clear() {
    this.chosen.clear();
    this.mark();
  }

  mark() {
    this.element.classList.toggle("live-some", this.chosen.size > 0);
    for (const button of this.element.children)
      button.setAttribute("aria-pressed", this.chosen.has(Number(button.dataset.index)));
  }
}

export const LEGEND_CSS = `
.live-legend { grid-area: 1 / 2; align-self: start; max-height: 100%; max-width: 190px;
  overflow-y: auto; display: flex; flex-direction: column; gap: 1px; min-width: 0; }
.live-below .live-legend { grid-area: 2 / 1; flex-flow: row wrap; max-width: 100%; max-height: 60px;
  margin-top: 6px; }
.live-legend button { display: flex; align-items: center; gap: 8px; padding: 3px 8px; border: 0;
  border-radius: 5px; background: none; color: inherit; font: inherit; text-align: left;
  cursor: pointer; min-width: 0; }
.live-legend button:hover { background: var(--st-secondary-background-color); }
.live-legend button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.live-legend button[aria-pressed="true"] { background: var(--st-secondary-background-color);
  font-weight: 600; }
.live-some button[aria-pressed="false"] { opacity: .5; }
.live-legend i { flex: none; width: 11px; height: 11px; border-radius: 50%; }
.live-legend span { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.live-legend em { font-style: normal; font-variant-numeric: tabular-nums; color: var(--muted); }
`;
