// Names, colours and counts; a click brings a category forward and dims the others.

import { make, makeButton } from "../base/elements.js";
import { count } from "../base/numbers.js";
import { DIMMED, SHOWN } from "./scatter.js";

/**
 * What a legend names: `counts` may have one entry more than `names`, for points of no category.
 * @typedef {{ color?: string, names?: string[], counts?: number[], colors?: string[] }} Categories
 */

/**
 * Return the entries of a legend: name, count, colour and category.
 * @param {Categories} categories
 * @returns {[string, number, string, number][]} with "unknown" at the end where points have no category
 */
export function entriesOf({ names = [], counts = [], colors = [] }) {
  const all = names.length && counts[names.length] ? [...names, "unknown"] : names;
  return all.map((name, i) => [name, counts[i], colors[i], i]);
}

/**
 * Return the category of each point, and how many points each has; those of none come last.
 * @param {{ names: string[], values: number[] }} property its values: indices of names, -1 for none
 * @returns {{ category: number[], counts: number[] }}
 */
export function categoriesOf({ names, values }) {
  const category = values.map((k) => (k < 0 ? names.length : k));
  const counts = Array(names.length + 1).fill(0);
  for (const k of category) counts[k] += 1;
  return { category, counts };
}

/**
 * Return how points are drawn when some categories are brought forward.
 * @param {Set<number>} chosen categories
 * @param {ArrayLike<number>} category of each point
 * @returns {Uint8Array | null} SHOWN or DIMMED; null: nothing is chosen, all are shown
 */
export const forwardMask = (chosen, category) =>
  chosen.size ? Uint8Array.from(category, (k) => (chosen.has(k) ? SHOWN : DIMMED)) : null;

/** A list of categories that can be chosen. */
export class Legend {
  /** @param {(chosen: Set<number>) => void} onchoose called when other categories are chosen */
  constructor(onchoose) {
    this.element = make("div", "live-legend");
    this.element.setAttribute("role", "group");
    /** @type {Set<number>} */
    this.chosen = new Set();
    this.onchoose = onchoose;
    this.key = null;
  }

  /**
   * Show the entries; they are made again only when they change.
   * @param {Categories} categories
   */
  update(categories) {
    const entries = entriesOf(categories);
    const key = JSON.stringify([categories.color, entries]);
    if (key === this.key) return;
    this.key = key;
    this.element.setAttribute("aria-label", `Colours: ${categories.color ?? "none"}`);
    this.element.replaceChildren(...entries.map((entry) => this.entry(...entry)));
    this.mark();
  }

  entry(name, number, color, index) {
    const dot = make("i");
    dot.style.background = color;
    const button = makeButton("", "", () => this.click(index));
    button.append(dot, make("span", "", name), make("em", "", count(number)));
    button.dataset.index = index;
    button.title = `${name}: ${count(number)} pictures`;
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
