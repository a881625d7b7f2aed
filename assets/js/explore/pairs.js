// Lists of what stands out: hard pairs, labels in question, copies and outliers.

import { element } from "../base/component.js";
import { make, refill } from "../base/elements.js";
import { json } from "../base/fetched.js";
import { linkOf } from "../base/link.js";
import { count, decimal } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { thumb } from "../map/thumb.js";
import { Detail } from "./detail.js";
import { fetchNames } from "./names.js";
import { viewOf } from "./views.js";

/** The lists of each panel: title and explanation. */
const LISTS = {
  pairs: {
    positives: [
      "Hard positives",
      "Two views of one picture with the least similarity in z: partners that stay apart. Check whether a crop " +
        "missed the object, or whether colour was all there was to go by.",
    ],
    negatives: [
      "Hard negatives",
      "Views of different pictures with the greatest similarity in z. Where the labels agree they are false " +
        "negatives: the loss pushes apart what belongs together.",
    ],
  },
  labels: {
    issues: [
      "Labels that the neighbours dispute",
      "Pictures whose nearest neighbours in h vote for another label: the same vote as in kNN accuracy on " +
        "the map. Some are labelled wrongly, others are just hard. Nothing is changed: you decide.",
    ],
  },
  copies: {
    identical: ["Identical pixels", "Pictures that occur twice. In a batch, a copy is a negative that cannot be told apart."],
    alike: [
      "Most alike",
      "Different pictures whose representations h are nearly the same (cosine 0.98 or more). Their pixels differ.",
    ],
    outliers: ["Outliers", "Pictures that are least like their nearest neighbours in h: rare ones, or broken ones."],
  },
};

export const render = element((parent) => new Pairs(parent), "explore");

class Pairs {
  constructor(parent) {
    /** @type {import("../base/component.js").Component} */
    this.component = undefined;
    this.root = make("div", "pr-root");
    this.lists = make("div", "pr-lists");
    this.pane = make("div", "pr-pane");
    this.root.tabIndex = -1;
    this.root.append(this.lists, this.pane);
    parent.append(this.root);
    explain(this.root);
    this.root.addEventListener("keydown", (e) => e.key === "Escape" && this.link?.clear());
  }

  async update({ header }) {
    const before = this.header;
    this.header = header;
    dress(this.root, header);
    if (this.link !== linkOf(header.digest)) this.begin(header);
    if (before?.lists !== header.lists) this.say("");
    if (header.message) return this.say(header.message);
    try {
      const [found] = await Promise.all([json(header.url), this.link.named]);
      if (this.header !== header) return;
      const filled = JSON.stringify([header.digest, header.step, found]);
      if (filled !== this.filled) this.fill(found); // an unchanged list keeps the focus
      this.filled = filled;
    } catch (error) {
      if (this.header === header) this.say(error.message);
    }
    this.open();
  }

  /** Begin with other pictures. */
  begin(header) {
    this.forget?.();
    this.detail?.forget();
    this.link = linkOf(header.digest);
    fetchNames(this.link, header.points);
    this.detail = new Detail(this.link);
    if (header.picture !== null && this.link.picked < 0) this.link.pick(header.picture);
    this.link.closed ||= header.closed;
    this.forget = this.link.listen((what) => what === "pick" && this.open());
  }

  /** @param {string} sentence in place of the lists; empty: none */
  say(sentence) {
    this.filled = null;
    this.lists.replaceChildren(...(sentence ? [make("p", "pr-note", sentence)] : []));
  }

  fill(found) {
    const parts = Object.entries(LISTS[this.header.lists]).map(([name, [title, tip]]) => {
      const head = make("h4", "", "", term(title, tip), make("small", "", totals(name, found)));
      const rows = found[name].map((pair) => this.row(name, pair));
      const body = make("div", "pr-rows", "", ...(rows.length ? rows : [make("p", "pr-note", `None among the ${count(found.count)} pictures of the map.`)]));
      return make("section", `pr-list pr-${name}`, "", head, body);
    });
    if (found.among < found.count && this.header.lists !== "labels")
      parts.push(make("p", "pr-note", `Only ${count(found.among)} of the ${count(found.count)} pictures are compared with one another.`));
    this.lists.replaceChildren(...parts);
    const [first] = Object.keys(LISTS[this.header.lists]).flatMap((name) => found[name]);
    if (first) this.link.offer(first.a);
    this.lists.dataset.lists = this.header.lists;
    this.root.dataset.step = this.header.step;
  }

  row(name, pair) {
    const row = make("div", "pr-row");
    row.dataset.a = pair.a;
    if (pair.b !== undefined) row.dataset.b = pair.b;
    row.append(this.thumb(pair.a));
    if (name === "positives") row.append(...[0, 1].map((view) => viewOf(this.header, pair.a, view, `view ${view + 1}: ${pair.views[view].words}`, 48)));
    else if (name === "issues") row.append(make("span", "pr-near", "", ...pair.near.map((index) => this.thumb(index, 30))));
    else row.append(this.thumb(pair.b));
    const words = wordsOf(name, pair);
    const facts = make("span", "pr-facts", "", make("b", "", words.shift()), ...words.map((w) => make("span", "", w)));
    if (name === "positives") facts.append(make("span", "", pair.views.map((v) => v.words.split(",")[0].replace(" of the picture", "")).join(" and ")));
    const files = [pair.a, pair.b].filter((index) => this.link.names[index]);
    if (files.length) facts.append(make("span", "pr-files", files.map((index) => this.link.nameOf(index)).join(", ")));
    row.append(facts);
    return row;
  }

  thumb(index, px = 48) {
    const button = thumb(this.header, index, px, this.link.nameOf(index));
    button.onclick = () => this.link.pick(index);
    return button;
  }

  open() {
    const { link, detail, header } = this;
    if (!link) return;
    if (link.picked < 0) {
      refill(this.pane, [make("p", "pr-note", "Click a picture to see its views, its neighbours and its place on the map.")], this.root);
      detail.reset();
    } else {
      refill(this.pane, [detail.element], this.root);
      detail.show(header, header.step);
    }
    const place = { run: header.run, step: header.asked, picture: link.chosen, closed: link.closed, chosen: link.selected, count: header.count };
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

/** Return how many there are of a list, in words; nothing if the list says it itself. */
function totals(name, found) {
  if (name === "issues") return `${count(found.count)} of ${count(found.among)} pictures`;
  return name === "identical" && found.copies > found.identical.length ? `the first ${count(found.identical.length)} of ${count(found.copies)}` : "";
}

/** Return what is said of a pair, the most important first. */
function wordsOf(name, pair) {
  if (name === "issues") return [`${pair.label}, or ${pair.vote}?`, `${pair.agree} of ${pair.asked} nearest agree`];
  const agree = [];
  if (pair.agree === false) agree.push("other label");
  if (pair.agree === true) agree.push(name === "negatives" ? "same label: a false negative" : "same label");
  if (name === "identical") return ["same pixels", ...agree];
  return [name === "outliers" ? `mean ${decimal(pair.similarity)}` : decimal(pair.similarity, name === "alike" ? 3 : 2), ...agree];
}
