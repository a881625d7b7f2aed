// Pairs that stand out: partners that stay apart, strangers that come together, doubles, outliers.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { json } from "../base/fetched.js";
import { linkOf } from "../base/link.js";
import { decimal } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { thumb } from "../map/thumb.js";
import { Detail } from "./detail.js";
import { viewOf } from "./views.js";

const LISTS = {
  positives: [
    "Partners that stay apart",
    "Two views of one picture with the least similarity in z. Check whether a crop missed the " +
      "object, or whether colour was all there was to go by.",
  ],
  negatives: [
    "Strangers that come together",
    "Views of different pictures with the greatest similarity in z: the hardest negatives. Where the " +
      "labels agree they are false negatives: the loss pushes apart what belongs together.",
  ],
  duplicates: [
    "Near duplicates",
    "Different pictures whose representations h are nearly the same. If a picture " +
      "occurs twice, one copy is a negative that cannot be told apart from the other.",
  ],
  outliers: [
    "Far from all others",
    "Pictures that are least like their nearest neighbours in h: rare ones, or broken ones.",
  ],
};

export const render = element((parent) => new Pairs(parent), "explore");

class Pairs {
  constructor(parent) {
    /** @type {import("../base/component.js").Component} */
    this.component = undefined;
    this.root = make("div", "pr-root");
    this.lists = make("div", "pr-lists");
    this.pane = make("div", "pr-pane");
    this.root.append(this.lists, this.pane);
    parent.append(this.root);
    explain(this.root);
    this.root.addEventListener("keydown", (e) => e.key === "Escape" && this.link?.clear());
  }

  async update({ header }) {
    const before = this.header;
    this.header = header;
    dress(this.root, header);
    if (header.message) return this.lists.replaceChildren(make("p", "pr-note", header.message));
    if (before?.digest !== header.digest) {
      this.forget?.();
      this.detail?.forget();
      this.link = linkOf(header.digest);
      this.detail = new Detail(this.link);
      if (header.picture !== null && this.link.picked < 0) this.link.pick(header.picture);
      this.forget = this.link.listen((what) => what === "pick" && this.open());
    }
    try {
      const found = await json(header.url);
      if (this.header !== header) return;
      this.fill(found);
    } catch (error) {
      if (this.header === header) this.lists.replaceChildren(make("p", "pr-note", error.message));
    }
    this.open();
  }

  fill(found) {
    const parts = Object.entries(LISTS).map(([name, [title, tip]]) => {
      const part = make("section", `pr-list pr-${name}`, "", make("h4", "", "", term(title, tip)));
      const rows = found[name].map((pair) => this.row(name, pair));
      part.append(...(rows.length ? rows : [make("p", "pr-note", "None.")]));
      return part;
    });
    if (found.among < found.count)
      parts.push(make("p", "pr-note", `Comparisons of different pictures use only ${found.among} of the ${found.count} pictures.`));
    this.lists.replaceChildren(...parts);
    this.root.dataset.step = this.header.step;
  }

  row(name, pair) {
    const row = make("div", "pr-row");
    row.dataset.a = pair.a;
    if (pair.b !== undefined) row.dataset.b = pair.b;
    row.append(this.thumb(pair.a));
    if (name === "positives") row.append(...[0, 1].map((view) => viewOf(this.header, pair.a, view, `view ${view + 1}: ${pair.views[view].words}`, 48)));
    else row.append(this.thumb(pair.b));
    const words = [decimal(pair.similarity)];
    if (pair.agree !== undefined && pair.agree !== null) words.push(pair.agree ? "same label" : "other label");
    if (pair.same) words.push("same pixels");
    if (name === "outliers") words[0] = `mean ${words[0]}`;
    const facts = make("span", "pr-facts", "", make("b", "", words.shift()), ...words.map((w) => make("span", "", w)));
    if (name === "positives") facts.append(make("span", "", pair.views.map((v) => v.words.split(",")[0].replace(" of the picture", "")).join(" and ")));
    row.append(facts);
    return row;
  }

  thumb(index) {
    const button = thumb(this.header, index, 48, `picture ${index + 1}`);
    button.onclick = () => this.link.pick(index);
    return button;
  }

  open() {
    const { link, detail, header } = this;
    if (!link) return;
    if (link.picked < 0) {
      detail.reset();
      this.pane.replaceChildren(make("p", "pr-note", "Click a picture: its views, its neighbours, and its place on the map."));
    } else {
      this.pane.replaceChildren(detail.element);
      detail.show(header, header.step);
    }
    const place = { run: header.run, step: header.asked, picture: link.picked < 0 ? null : link.picked, chosen: link.selected, count: header.count };
    const text = JSON.stringify(place);
    if (this.sent !== undefined && text !== this.sent) this.component.setStateValue("place", place);
    this.sent = text;
  }

  destroy() {
    this.forget?.();
    this.detail?.forget();
    this.root.remove();
  }
}
