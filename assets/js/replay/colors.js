// What colours the maps of a film: a choice, and a legend for each property that is used.

import { make } from "../base/elements.js";
import { Legend } from "../map/legend.js";
import { titleOf } from "./side.js";

/** The column beside the maps. A click on a name selects its pictures on all maps that have them. */
export class Colors {
  /** @param {(color: string) => void} onchoose called with a property; "": what each run learned */
  constructor(onchoose) {
    this.choice = make("select");
    this.choice.onchange = () => onchoose(this.choice.value);
    this.legends = make("div", "film-legends");
    this.element = make("aside", "film-colors", "", make("label", "", "Colour by", this.choice), this.legends);
    /** @type {Map<string, { legend: Legend, sides: import("./side.js").Side[] }>} by what they name */
    this.shown = new Map();
    this.forget = () => {};
  }

  /**
   * Offer all properties of the pictures.
   * @param {any[]} runs of simclr_core/feed/film.py
   * @param {string} chosen
   */
  offer(runs, chosen) {
    const names = [...new Set(runs.flatMap((run) => Object.keys(run.colors ?? {})))];
    const option = (name, words) => new Option(words, name, name === chosen, name === chosen);
    this.choice.replaceChildren(option("", "what each learned"), ...names.map((name) => option(name, titleOf(name))));
  }

  /**
   * Show a legend for each set of colours.
   * @param {import("./side.js").Side[]} sides
   */
  show(sides) {
    const before = this.shown;
    this.shown = new Map();
    for (const side of sides.filter(({ categories }) => categories?.names.length)) {
      const key = JSON.stringify([side.color, side.categories.names]);
      const legend = before.get(key)?.legend ?? new Legend((chosen) => this.select(key, chosen));
      if (!this.shown.has(key)) this.shown.set(key, { legend, sides: [] });
      this.shown.get(key).sides.push(side);
    }
    this.legends.replaceChildren();
    for (const { legend, sides: [first] } of this.shown.values()) {
      legend.update(first.categories);
      this.legends.append(make("h3", "", titleOf(first.color)), legend.element);
    }
    this.forget();
    const links = [...new Set(sides.map(({ link }) => link))];
    const stops = links.map((link) => link.listen((what) => what === "select" && this.unmark()));
    this.forget = () => stops.forEach((stop) => stop());
  }

  /** Select the pictures of some categories, on all maps that show them. */
  select(key, chosen) {
    const { legend, sides } = this.shown.get(key);
    const marked = new Set(chosen);
    for (const { link, colors } of sides) {
      const { category } = colors.arrays;
      link.select([...category.keys()].filter((i) => marked.has(category[i])));
    }
    this.unmark();
    legend.chosen = marked;
    legend.mark();
  }

  unmark() {
    for (const { legend } of this.shown.values()) legend.clear();
  }
}
