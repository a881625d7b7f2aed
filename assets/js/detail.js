// The pane of one picture: itself, its views, its representation, and its true neighbours.

import { count, decimal, make, term } from "./common.js";
import { json } from "./fetched.js";
import { thumb } from "./thumb.js";

const SIDE = 104; // pixels of a picture
const ROWS = 7; // snapshots of the history

const SAME =
  "Nearest in the representation h, by cosine similarity: not in the picture of it, which leaves " +
  "most of its directions out.";
const STRIP =
  "Its representation h, number by number: blue is below zero, red above; white is zero.";

export class Detail {
  constructor(link) {
    this.link = link;
    this.element = make("section", "ex-detail");
    this.element.setAttribute("aria-label", "One picture");
    this.forget = link.listen((what) => what === "point" && this.follow());
  }

  /** Shows the picked picture at a step; what is there stays until the answer comes. */
  async show(source, step) {
    const index = this.link.picked;
    const key = `${source.base}|${index}|${step}`;
    if (index < 0 || key === this.key) return;
    this.key = key;
    try {
      const found = await json(`${source.base}/picture.json?index=${index}&step=${step}`);
      if (this.key === key) this.fill(source, found);
    } catch (error) {
      if (this.key === key) this.element.replaceChildren(make("p", "ex-trouble", error.message));
    }
  }

  reset() {
    this.key = null;
    this.element.replaceChildren();
  }

  fill(source, found) {
    const more = this.more?.index === found.index && this.more.base === source.base;
    this.element.dataset.index = found.index;
    this.element.dataset.step = found.step;
    this.element.replaceChildren(
      this.head(found),
      this.pictures(source, found),
      !found.views.length ? "" : more ? this.more.element : this.moreButton(source, found),
      this.strip(found),
      ...this.neighbours(source, found),
    );
    const newest = found.history[0];
    this.link.mark(newest ? newest.neighbours : []);
  }

  head(found) {
    const words = Object.entries(found.known).map(([name, value]) => `${name} ${value ?? "unknown"}`);
    if (found.predicted?.value) words.push(`neighbours say ${found.predicted.value}`);
    const close = make("button", "ex-close", "×");
    close.setAttribute("aria-label", "Close this picture");
    close.onclick = () => this.link.pick(-1);
    const name = make("b", "", `Picture ${count(found.index + 1)}`);
    name.title = `picture ${count(found.row)} of the training pictures`;
    return make("header", "", "", name, make("span", "ex-words", words.join(" · ")), close);
  }

  pictures(source, found) {
    const address = (what) => `${source.base}/${what}.png?index=${found.index}&v=${source.digest}`;
    const original = make("div", "ex-original");
    const whole = picture(address("original"), `Picture ${found.index + 1} as it is`, source.size);
    original.append(whole);
    found.views.forEach(({ crop }, view) => {
      const box = make("i", `ex-box ex-v${view + 1}`, String(view + 1));
      const [top, left, height, width] = crop.map((share) => `${100 * share}%`);
      Object.assign(box.style, { top, left, height, width });
      original.append(box);
    });
    const views = found.views.map((_, view) => {
      const words = `View ${view + 1}: ${found.views[view].words}`;
      const cut = make("div", `ex-cut ex-v${view + 1}`, "", picture(address("views"), words, source.size));
      cut.style.setProperty("--at", view);
      return make("figure", "", "", cut, caption(view, found.views[view].words));
    });
    const alike = [];
    if (found.alike_h !== undefined) alike.push(`alike ${decimal(found.alike_h)} in h`);
    if (found.alike_z !== undefined) alike.push(`${decimal(found.alike_z)} in z`);
    if (found.loss !== undefined)
      alike.push(`loss ${decimal(found.loss)} (${decimal(found.all_alike)} if all were alike)`);
    const facts = term(alike.join(" · "), "Cosine similarity of its two views, and what it adds to the loss in a batch of the run's size.");
    const first = make("figure", "", "", original, make("figcaption", "", found.views.length ? "the picture, and both crops" : "the picture"));
    return make("div", "", "", make("div", "ex-row", "", first, ...views), alike.length ? make("p", "ex-facts", "", facts) : "");
  }

  moreButton(source, found) {
    const button = make("button", "ex-more", "Twenty more views");
    button.onclick = () => {
      const image = picture(
        `${source.base}/more.png?index=${found.index}&v=${source.digest}`,
        "Twenty more views, drawn as in training",
        source.size,
      );
      const cells = Array.from({ length: 20 }, (_, i) => {
        const cut = make("div", "ex-cut ex-small", "", i ? image.cloneNode() : image);
        cut.style.setProperty("--at", i);
        return cut;
      });
      const element = make("div", "ex-grid", "", ...cells);
      this.more = { index: found.index, base: source.base, element };
      button.replaceWith(element);
    };
    return button;
  }

  strip({ h, h_range: most }) {
    const canvas = make("canvas", "ex-strip");
    canvas.width = h.length;
    canvas.height = 1;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Representation h: ${h.length} numbers`);
    const context = canvas.getContext("2d");
    const image = context.createImageData(h.length, 1);
    h.forEach((value, i) => {
      const share = Math.min(1, Math.abs(value) / (most || 1)) ** 0.5;
      const goal = value < 0 ? [33, 102, 172] : [178, 24, 43];
      goal.forEach((c, j) => (image.data[4 * i + j] = 247 + (c - 247) * share));
      image.data[4 * i + 3] = 255;
    });
    context.putImageData(image, 0, 0);
    return make("div", "", "", make("p", "ex-sub", "", term(`h, ${count(h.length)} numbers`, STRIP)), canvas);
  }

  neighbours(source, { history }) {
    if (!history.length) return [make("p", "ex-trouble", "Of this step no neighbours are known.")];
    const now = history[0];
    const cells = now.neighbours.map((index, i) => {
      const similarity = decimal(now.similarities[i]);
      const button = this.thumb(source, index, this.px, `picture ${index + 1}, similarity ${similarity}`);
      return make("div", "ex-cell", "", button, make("small", "", similarity));
    });
    const list = make("div", "ex-row ex-near", "", ...cells);
    return [make("p", "ex-sub", "", term("nearest in h", SAME)), list, ...this.past(source, history)];
  }

  /** Pixels of a neighbour: ten fit into the pane. */
  get px() {
    return Math.max(28, Math.min(44, Math.floor((this.element.clientWidth - 40) / 10)));
  }

  /** How the list came about: some of the snapshots before. */
  past(source, history) {
    const before = history.slice(1);
    if (!before.length) return [];
    const now = new Set(history[0].neighbours);
    const chosen = new Set(Array.from({ length: ROWS }, (_, i) => Math.round((i * (before.length - 1)) / (ROWS - 1))));
    const rows = [...chosen].map((at) => {
      const { step, neighbours } = before[at];
      const same = neighbours.filter((index) => now.has(index)).length;
      const small = neighbours.map((index) => {
        const button = this.thumb(source, index, 24, `picture ${index + 1}`);
        button.classList.toggle("ex-gone", !now.has(index));
        return button;
      });
      const words = make("span", "", `step ${count(step)}: ${same} of ${neighbours.length} as now`);
      return make("div", "ex-past", "", words, make("div", "ex-row", "", ...small));
    });
    return [make("p", "ex-sub", "at earlier snapshots"), ...rows];
  }

  thumb(source, index, px, label) {
    const button = thumb(source, index, px, label);
    button.onclick = () => this.link.pick(index);
    button.onpointerenter = button.onfocus = () => this.link.point(index);
    button.onpointerleave = button.onblur = () => this.link.point(-1);
    return button;
  }

  /** What is pointed at elsewhere is marked here. */
  follow() {
    for (const one of this.element.querySelectorAll(".ex-thumb"))
      one.classList.toggle("ex-pointed", Number(one.dataset.index) === this.link.pointed);
  }
}

function picture(address, words, size) {
  const image = make("img");
  image.src = address;
  image.alt = words;
  image.style.imageRendering = size > 128 ? "auto" : "pixelated";
  return image;
}

function caption(view, words) {
  return make("figcaption", "", "", make("b", `ex-t${view + 1}`, `view ${view + 1}`), ` ${words}`);
}

export const DETAIL_CSS = `
.ex-detail header { display: flex; align-items: baseline; gap: 8px; }
.ex-words { color: var(--muted); flex: 1; }
.ex-close { border: 0; background: none; color: inherit; font-size: calc(18px * var(--lab-scale, 1)); line-height: 1; cursor: pointer;
  padding: 0 6px; border-radius: 4px; }
.ex-row { display: flex; gap: 8px; flex-wrap: wrap; }
.ex-detail figure { margin: 6px 0 0; width: ${SIDE}px; }
.ex-detail figcaption { font-size: calc(11.5px * var(--lab-scale, 1)); line-height: 1.35; color: var(--muted); margin-top: 3px; }
.ex-t1 { color: var(--view-1); } .ex-t2 { color: var(--view-2); }
.ex-original { position: relative; width: ${SIDE}px; height: ${SIDE}px; }
.ex-original img { width: 100%; height: 100%; display: block; border-radius: 3px; }
.ex-box { position: absolute; box-sizing: border-box; border: 2px solid; font: 600 10px var(--st-font);
  font-style: normal; padding-left: 2px; }
.ex-box.ex-v1 { border-color: var(--blue); color: var(--blue); }
.ex-box.ex-v2 { border-color: var(--orange); color: var(--orange); border-style: dashed; }
.ex-cut { width: ${SIDE}px; height: ${SIDE}px; overflow: hidden; position: relative; box-sizing: border-box;
  border-radius: 3px; }
.ex-cut img { position: absolute; height: 100%; left: calc(var(--at) * -100%); max-width: none; }
.ex-cut::after { content: ""; position: absolute; inset: 0; border-radius: 3px; border: 0 solid; }
.ex-cut.ex-v1::after { border: 2px solid var(--blue); }
.ex-cut.ex-v2::after { border: 2px dashed var(--orange); }
.ex-small { width: 100%; height: auto; aspect-ratio: 1; }
.ex-grid { display: grid; grid-template-columns: repeat(10, 1fr); gap: 3px; margin-top: 8px; }
.ex-facts { margin: 6px 0 0; }
.ex-more { margin-top: 8px; }
.ex-sub { margin: 10px 0 3px; font-weight: 600; }
.ex-strip { display: block; width: 100%; height: 18px; image-rendering: pixelated; border-radius: 3px; }
.ex-cell { text-align: center; } .ex-cell small { font-size: calc(11px * var(--lab-scale, 1)); color: var(--muted); }
.ex-row.ex-near { gap: 4px; }
.ex-past { display: flex; align-items: center; flex-wrap: wrap; gap: 8px; margin-top: 4px; font-size: calc(11.5px * var(--lab-scale, 1)); }
.ex-past > span { width: 122px; flex: none; color: var(--muted); }
.ex-past .ex-row { gap: 2px; }
.ex-gone { opacity: .35; }
.ex-trouble { color: var(--muted); }
`;
