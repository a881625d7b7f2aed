// The legend that hides: a click hides a category, a double click shows it alone. Numbers have a
// bar of shades instead.

import { make } from "../base/elements.js";
import { decimal } from "../base/numbers.js";
import { Legend } from "./legend.js";

/** A legend whose chosen categories are hidden. */
export class FilterLegend extends Legend {
  /** @param {(hidden: Set<number>) => void} onhide called when other categories are hidden */
  constructor(onhide) {
    super(onhide);
    this.element.classList.add("live-filter");
    /** @type {((index: number) => void) | null} called with a category that is clicked with Shift */
    this.onselect = null;
  }

  get hidden() {
    return this.chosen;
  }

  /**
   * Show categories, or the scale of a number.
   * @param {import("./legend.js").Categories & { range?: [number, number] }} header
   */
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

  /** @param {{ color?: string, range?: [number, number], colors?: string[] }} header */
  scale({ color, range, colors }) {
    const shades = make("div", "ex-shades");
    shades.style.setProperty("--shades", colors.slice(0, -1).join(","));
    const [low, high] = range.map((value) => make("span", "", decimal(value)));
    this.element.setAttribute("aria-label", `Colours: ${color} from ${range[0]} to ${range[1]}`);
    this.element.replaceChildren(make("div", "ex-scale", "", high, shades, low), make("small", "", color));
  }

  entry(name, number, color, index) {
    const button = super.entry(name, number, color, index);
    button.title += "; click hides, double-click shows it alone";
    button.ondblclick = (event) => event.shiftKey || this.alone(index);
    if (!this.onselect) return button;
    button.title += ", Shift-click selects";
    button.onclick = (event) => (event.shiftKey ? this.onselect(index) : this.click(index));
    return button;
  }

  alone(index) {
    const all = [...this.element.children].map((one) => Number(one.dataset.index));
    this.chosen = othersOf(index, all, this.chosen);
    this.mark();
    this.onchoose(this.chosen);
  }

  mark() {
    for (const button of this.element.querySelectorAll("button"))
      button.setAttribute("aria-pressed", !this.chosen.has(Number(button.dataset.index)));
  }
}

/**
 * Return what a double click hides: all other categories, or nothing if they are hidden already.
 * @param {number} index of the category
 * @param {number[]} all categories
 * @param {Set<number>} hidden
 * @returns {Set<number>}
 */
export function othersOf(index, all, hidden) {
  const others = all.filter((i) => i !== index);
  const already = others.every((i) => hidden.has(i)) && !hidden.has(index);
  return new Set(already ? [] : others);
}
