// The legend of Explore: a click hides a category, a double click shows it alone. Numbers have a bar.

import { decimal, make } from "./common.js";
import { Legend } from "./legend.js";

export class FilterLegend extends Legend {
  /** onhide(hidden): other categories are hidden. */
  constructor(onhide) {
    super(onhide);
  }

  get hidden() {
    return this.chosen;
  }

  /** Shows all categories again. */
  show() {
    this.clear();
  }

  update(header) {
    if (!header.range) {
      this.bar = null;
      return super.update(header);
    }
    const key = JSON.stringify([header.color, header.range]);
    if (key !== this.bar) this.scale(header);
    this.bar = key;
    this.key = null;
  }

  scale({ color, range, colors }) {
    const shades = make("div", "ex-shades");
    shades.style.background = `linear-gradient(to top, ${colors.slice(0, -1).join(",")})`;
    const [low, high] = range.map((value) => make("span", "", decimal(value)));
    this.element.setAttribute("aria-label", `Colours: ${color} from ${range[0]} to ${range[1]}`);
    this.element.replaceChildren(make("div", "ex-scale", "", high, shades, low), make("small", "", color));
  }

  entry(name, number, color, index) {
    const button = super.entry(name, number, color, index);
    button.title += "; click hides, double-click shows it alone";
    button.ondblclick = () => this.alone(index);
    return button;
  }

  alone(index) {
    const others = [...this.element.children].map((one) => Number(one.dataset.index)).filter((i) => i !== index);
    const already = others.every((i) => this.chosen.has(i)) && !this.chosen.has(index);
    this.chosen = new Set(already ? [] : others);
    this.mark();
    this.onchoose(this.chosen);
  }

  mark() {
    for (const button of this.element.querySelectorAll("button"))
      button.setAttribute("aria-pressed", !this.chosen.has(Number(button.dataset.index)));
  }
}

export const FILTER_CSS = `
.ex-top .live-legend { flex: 0 1 auto; min-height: 0; max-height: none; width: 100%; overflow-y: auto; }
.ex-top .live-legend button[aria-pressed="true"] { background: none; font-weight: 400; }
.ex-top .live-legend button[aria-pressed="false"] { opacity: .4; text-decoration: line-through; }
.ex-scale { display: grid; justify-items: start; gap: 3px; font-variant-numeric: tabular-nums; }
.ex-shades { width: 14px; height: 160px; border-radius: 4px; }
.ex-top small { color: var(--muted); margin-top: 6px; }
`;
