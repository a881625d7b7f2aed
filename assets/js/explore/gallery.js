// The pane of what was selected: how many, which classes, the pictures, and ways to take them away.

import { make, makeButton } from "../base/elements.js";
import { body, download, json } from "../base/fetched.js";
import { count, interval, percent, score } from "../base/numbers.js";
import { markPointed, thumb } from "../map/thumb.js";

const FIRST = 240; // pictures that are shown before somebody asks for all

/** The pane of the pictures that are selected. */
export class Gallery {
  /** @param {import("../base/link.js").Link} link */
  constructor(link) {
    this.link = link;
    this.element = make("section", "ex-gallery");
    this.element.setAttribute("aria-label", "Selected pictures");
    this.forget = link.listen((what) => what === "point" && markPointed(this.element, link.pointed));
  }

  /**
   * Show the selection.
   * @param {import("./views.js").Source} source
   * @param {number} step
   * @param {string[][]} maps of, method and key of each map
   * @returns {Promise<any>} what is known of the selection
   */
  async show(source, step, maps) {
    const chosen = this.link.selected;
    const key = JSON.stringify([source.base, source.digest, step, maps, chosen]);
    if (!chosen || key === this.key) return this.facts;
    this.key = key;
    this.asked = { chosen, step, maps };
    if (this.shown !== chosen) this.fill(source, chosen);
    try {
      const found = await json(`${source.base}/selection.json`, body(this.asked));
      if (this.key !== key) return this.facts;
      this.facts = found;
      this.describe(found);
    } catch (error) {
      if (this.key === key) this.mix.replaceChildren(make("p", "ex-trouble", error.message));
    }
    return this.facts;
  }

  reset() {
    this.key = this.facts = this.shown = null;
    this.element.replaceChildren();
  }

  fill(source, chosen) {
    this.shown = chosen;
    const clear = makeButton("ex-close", "×", () => this.link.select(null));
    clear.setAttribute("aria-label", "Clear the selection");
    const words = `${count(chosen.length)} picture${chosen.length === 1 ? "" : "s"} selected`;
    const save = (what, name) =>
      makeButton("ex-more", name, () => {
        const saved = download(`${source.base}/selection.${what}`, body(this.asked));
        saved.catch((error) => (this.note.textContent = error.message));
      });
    this.note = make("span", "ex-words");
    this.mix = make("div", "ex-mix");
    this.grid = make("div", "ex-pictures");
    this.add(source, chosen.slice(0, FIRST));
    const head = make("header", "", "", make("b", "", words), this.note, save("csv", "CSV"), save("zip", "Pictures"), clear);
    this.element.dataset.count = chosen.length;
    this.element.replaceChildren(head, this.mix, this.grid);
    if (chosen.length > FIRST) {
      const all = makeButton("ex-more", `Show all ${count(chosen.length)}`, () => {
        this.add(source, chosen.slice(FIRST));
        all.remove();
      });
      this.element.append(all);
    }
  }

  add(source, indices) {
    for (const index of indices) this.grid.append(thumb(source, index, 40, this.link.nameOf(index), this.link));
  }

  describe({ count: total, mix, of, agree, interval: range }) {
    const bar = make("div", "ex-bar");
    bar.setAttribute("aria-hidden", "true");
    const words = mix.map(([name, number, color]) => {
      const part = make("i");
      Object.assign(part.style, { background: color, width: `${(100 * number) / total}%` });
      bar.append(part);
      const dot = make("i", "ex-dot");
      dot.style.background = color;
      return make("span", "", "", dot, `${name} ${count(number)} (${percent(number / total)})`);
    });
    const line = agree === undefined ? "" : `Neighbours vote for the right ${of}: ${score(agree)} (95% interval ${interval(range[0], range[1])}).`;
    this.mix.replaceChildren(...(mix.length ? [bar] : []), make("div", "ex-names", "", ...words), make("p", "", line));
  }
}
