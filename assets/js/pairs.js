// Pairs that stand out: partners that stay apart, strangers that come together, doubles, outliers.

import { addStyle, decimal, explain, keep, make, term, theme } from "./common.js";
import { DETAIL_CSS, Detail } from "./detail.js";
import { json } from "./fetched.js";
import { linkOf } from "./link.js";
import { THUMB_CSS, thumb } from "./thumb.js";

const LISTS = {
  positives: [
    "Partners that stay apart",
    "Two views of one picture with the least similarity in z. Look whether a crop missed the object, " +
      "or whether colour was all that the picture had.",
  ],
  negatives: [
    "Strangers that come together",
    "Views of different pictures with the greatest similarity in z: the hardest negatives. Where the " +
      "labels agree they are false negatives: the loss pushes apart what belongs together.",
  ],
  duplicates: [
    "Near duplicates",
    "Different pictures whose representations h are nearly the same. The same picture twice is a " +
      "negative that nothing can tell apart.",
  ],
  outliers: [
    "Far from all others",
    "Pictures that are least like their nearest neighbours in h: rare ones, or broken ones.",
  ],
};

export const render = (component) => keep(component, (parent) => new Pairs(parent));

class Pairs {
  constructor(parent) {
    addStyle(parent, CSS + DETAIL_CSS + THUMB_CSS);
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
    const look = theme(this.root);
    this.root.style.colorScheme = header.dark ? "dark" : "light";
    for (const name of ["muted", "faint", "line"]) this.root.style.setProperty(`--${name}`, look[name]);
    for (const [name, color] of Object.entries(header.tones)) this.root.style.setProperty(`--${name}`, color);
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
      parts.push(make("p", "pr-note", `Different pictures are compared among ${found.among} of ${found.count}.`));
    this.lists.replaceChildren(...parts);
    this.root.dataset.step = this.header.step;
  }

  row(name, pair) {
    const row = make("div", "pr-row");
    row.dataset.a = pair.a;
    if (pair.b !== undefined) row.dataset.b = pair.b;
    row.append(this.thumb(pair.a));
    if (name === "positives") row.append(...[0, 1].map((view) => this.view(pair, view)));
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

  view({ a, views }, view) {
    const { base, digest, size } = this.header;
    const image = make("img");
    image.src = `${base}/views.png?index=${a}&v=${digest}`;
    image.alt = `view ${view + 1}: ${views[view].words}`;
    image.style.imageRendering = size > 128 ? "auto" : "pixelated";
    const cut = make("div", `ex-cut ex-v${view + 1} pr-cut`, "", image);
    cut.title = image.alt;
    cut.style.setProperty("--at", view);
    return cut;
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
    if (this.told !== undefined && text !== this.told) this.component.setStateValue("place", place);
    this.told = text;
  }

  destroy() {
    this.forget?.();
    this.detail?.forget();
    this.root.remove();
  }
}

const CSS = `
.pr-root { display: flex; gap: 18px; height: 100%; color: var(--st-text-color); font-family: var(--st-font);
  font-size: calc(13px * var(--lab-scale, 1)); position: relative; }
.pr-lists { flex: 1; display: grid; grid-template-columns: 1.35fr 1fr 1fr 1fr; gap: 18px; overflow-y: auto; min-width: 0; }
.pr-list h4 { margin: 0 0 6px; font-size: calc(13px * var(--lab-scale, 1)); font-weight: 600; }
.pr-row { display: flex; gap: 5px; align-items: center; margin-bottom: 6px; }
.pr-facts { display: flex; flex-direction: column; font-size: calc(11.5px * var(--lab-scale, 1)); line-height: 1.3; color: var(--muted);
  font-variant-numeric: tabular-nums; }
.pr-facts b { color: var(--st-text-color); font-weight: 600; }
.pr-cut { width: 48px !important; height: 48px !important; }
.pr-pane { width: 380px; flex: none; overflow-y: auto; line-height: 1.4; }
.pr-note { color: var(--muted); margin: 4px 0; }
.pr-pane button:not(.ex-thumb):not(.ex-close) { font: inherit; font-size: calc(12px * var(--lab-scale, 1)); color: inherit; background: none;
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px; cursor: pointer; }
@media (max-width: 900px) { .pr-root { flex-direction: column; height: auto; }
  .pr-lists { grid-template-columns: 1fr 1fr; } .pr-pane { width: 100%; } }
`;
