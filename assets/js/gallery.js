// The pane of what was selected: how many, which classes, the pictures, and ways to take them away.

import { count, make, percent } from "./common.js";
import { body, download, json } from "./fetched.js";
import { thumb } from "./thumb.js";

const FIRST = 240; // pictures that are shown before somebody asks for all

export class Gallery {
  constructor(link) {
    this.link = link;
    this.element = make("section", "ex-gallery");
    this.element.setAttribute("aria-label", "Selected pictures");
    this.forget = link.listen((what) => what === "point" && this.follow());
  }

  /** Shows the selection; `maps` are of, method and key of each map. */
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
    const clear = make("button", "ex-close", "×");
    clear.setAttribute("aria-label", "Clear the selection");
    clear.onclick = () => this.link.select(null);
    const words = `${count(chosen.length)} picture${chosen.length === 1 ? "" : "s"} selected`;
    const save = (what, name) => {
      const button = make("button", "ex-more", name);
      button.onclick = () =>
        download(`${source.base}/selection.${what}`, body(this.asked)).catch(
          (error) => (this.note.textContent = error.message),
        );
      return button;
    };
    this.note = make("span", "ex-words");
    this.mix = make("div", "ex-mix");
    this.grid = make("div", "ex-pictures");
    this.add(source, chosen.slice(0, FIRST));
    const head = make("header", "", "", make("b", "", words), this.note, save("csv", "CSV"), save("zip", "Pictures"), clear);
    this.element.dataset.count = chosen.length;
    this.element.replaceChildren(head, this.mix, this.grid);
    if (chosen.length > FIRST) {
      const all = make("button", "ex-more", `Show all ${count(chosen.length)}`);
      all.onclick = () => {
        this.add(source, chosen.slice(FIRST));
        all.remove();
      };
      this.element.append(all);
    }
  }

  add(source, indices) {
    for (const index of indices) {
      const button = thumb(source, index, 40, `picture ${index + 1}`);
      button.onclick = () => this.link.pick(index);
      button.onpointerenter = button.onfocus = () => this.link.point(index);
      button.onpointerleave = button.onblur = () => this.link.point(-1);
      this.grid.append(button);
    }
  }

  describe({ count: total, mix, of, agree }) {
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
    const line = agree === undefined ? "" : `Neighbours say the right ${of} for ${percent(agree)} of them.`;
    this.mix.replaceChildren(...(mix.length ? [bar] : []), make("div", "ex-names", "", ...words), make("p", "", line));
  }

  follow() {
    for (const one of this.element.querySelectorAll(".ex-thumb"))
      one.classList.toggle("ex-pointed", Number(one.dataset.index) === this.link.pointed);
  }
}

export const GALLERY_CSS = `
.ex-gallery header { display: flex; align-items: center; gap: 8px; }
.ex-gallery header .ex-more { margin: 0; }
.ex-bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; margin: 8px 0 6px; }
.ex-names { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: calc(12px * var(--lab-scale, 1)); }
.ex-dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 5px; }
.ex-mix p { margin: 4px 0 0; color: var(--muted); }
.ex-pictures { display: flex; flex-wrap: wrap; gap: 3px; margin-top: 8px; }
`;
