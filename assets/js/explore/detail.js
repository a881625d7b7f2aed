// The pane of one picture: itself, its views, its representation, and its true neighbours.

import { make, makeButton, refill } from "../base/elements.js";
import { json } from "../base/fetched.js";
import { count, decimal } from "../base/numbers.js";
import { term } from "../base/tips.js";
import { markPointed, thumb } from "../map/thumb.js";
import { address, cut, picture, viewOf } from "./views.js";

const ROWS = 7; // snapshots of the history

const SAME =
  "Nearest in the representation h, by cosine similarity, not on the map, which leaves out most of " +
  "its directions.";
const STRIP =
  "Its representation h, number by number: blue is below zero, red above; white is zero.";

/** The pane of the picture that is picked. */
export class Detail {
  /** @param {import("../base/link.js").Link} link */
  constructor(link) {
    this.link = link;
    this.element = make("section", "ex-detail");
    this.element.setAttribute("aria-label", "One picture");
    this.element.tabIndex = -1;
    this.forget = link.listen((what) => what === "point" && markPointed(this.element, link.pointed));
  }

  /**
   * Show the picked picture at a step; what is there stays until the answer comes.
   * @param {import("./views.js").Source} source
   * @param {number} step
   */
  async show(source, step) {
    const index = this.link.picked;
    const key = `${source.base}|${index}|${step}`;
    if (index < 0 || key === this.key) return;
    this.key = key;
    try {
      const about = json(`${source.base}/picture.json?index=${index}&step=${step}`);
      const [found] = await Promise.all([about, this.link.named]);
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
    const parts = [
      this.head(found),
      this.pictures(source, found),
      dispute(found),
      ...this.neighbours(source, found),
      !found.views.length ? "" : more ? this.more.element : this.moreButton(source, found),
      this.strip(found),
      ...this.past(source, found.history),
    ];
    refill(this.element, parts, this.element);
    const newest = found.history[0];
    this.link.mark(newest ? newest.neighbours : []);
  }

  head(found) {
    const close = makeButton("ex-close", "×", () => this.link.pick(-1));
    close.setAttribute("aria-label", "Close this picture");
    const title = make("h2", "", found.file?.split("/").at(-1) ?? `Picture ${count(found.index + 1)}`);
    title.title = `${found.file ? `${found.file}, ` : ""}picture ${count(found.row)} of the training pictures`;
    return make("header", "", "", title, close);
  }

  pictures(source, found) {
    const whole = picture(address(source, "original", found.index), `Picture ${found.index + 1} as it is`, source.size);
    const original = make("div", "ex-original", "", whole);
    found.views.forEach(({ crop }, view) => {
      const box = make("i", `ex-box ex-v${view + 1}`, "", make("b", `ex-badge ex-b${view + 1}`, String(view + 1)));
      const [top, left, height, width] = crop.map((share) => `${100 * share}%`);
      Object.assign(box.style, { top, left, height, width });
      original.append(box);
    });
    const views = found.views.map(({ words }, view) =>
      make("figure", "", "", viewOf(source, found.index, view, `View ${view + 1}: ${words}`), make("figcaption", `ex-t${view + 1}`, `view ${view + 1}`)),
    );
    if (views.length && found.alike_h !== undefined)
      views[0].append(make("span", "ex-alike", "", term(`${decimal(found.alike_h)} alike`, "Cosine similarity of its two views in the representation h.")));
    const first = make("figure", "", "", original, make("figcaption", "", ...labelled(found)));
    const done = found.views.map(({ words }, view) => make("p", "ex-done", "", make("i", `ex-badge ex-b${view + 1}`, String(view + 1)), words));
    return make("div", "", "", make("div", "ex-three", "", first, ...views), ...done, make("p", "ex-facts", "", ...this.facts(found)));
  }

  facts(found) {
    const words = Object.entries(found.known).filter(([name]) => name !== found.predicted?.of && name !== "label");
    const known = words.map(([name, value]) => `${name} ${value ?? "unknown"}`).join(" · ");
    const hard = [];
    if (found.alike_z !== undefined) hard.push(`alike ${decimal(found.alike_z)} in z`);
    if (found.loss !== undefined) hard.push(`loss ${decimal(found.loss)} (${decimal(found.all_alike)} if all were alike)`);
    const loss = term(hard.join(" · "), "Cosine similarity of its two views in z, and what it adds to the loss in a batch of the run's size. Lower is better.");
    return [known, known && hard.length ? " · " : "", hard.length ? loss : ""];
  }

  moreButton(source, found) {
    const button = makeButton("ex-more", "Twenty more views", () => {
      const words = "Twenty more views, drawn as in training";
      const strip = () => picture(address(source, "more", found.index), words, source.size);
      const element = make("div", "ex-grid", "", ...Array.from({ length: 20 }, (_, i) => cut(strip(), i, "ex-small")));
      this.more = { index: found.index, base: source.base, element };
      button.replaceWith(element);
    });
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

  neighbours(source, { history, marks = [] }) {
    if (!history.length) return [make("p", "ex-trouble", "No neighbours are known at this step.")];
    const now = history[0];
    const cells = now.neighbours.map((index, i) => {
      const similarity = decimal(now.similarities[i]);
      const [name, color] = marks[i] ?? [];
      const button = thumb(source, index, this.px, `${this.link.nameOf(index)}${name ? `, ${name}` : ""}, similarity ${similarity}`, this.link);
      if (color) button.style.setProperty("--frame", color);
      return make("div", "ex-cell", "", button, make("small", "", similarity));
    });
    const note = make("small", "", marks.length ? "cosine; frame: label" : "cosine");
    return [make("p", "ex-sub", "", term("Nearest neighbours in h", SAME), note), make("div", "ex-near", "", ...cells)];
  }

  /** The pixels of a neighbour: seven fit into a line of the pane. */
  get px() {
    return Math.max(32, Math.min(64, Math.floor((this.element.clientWidth || 400) / 7) - 8));
  }

  /** Return the neighbours at some earlier snapshots. */
  past(source, history) {
    const before = history.slice(1);
    if (!before.length) return [];
    const now = new Set(history[0].neighbours);
    const chosen = new Set(Array.from({ length: ROWS }, (_, i) => Math.round((i * (before.length - 1)) / (ROWS - 1))));
    const rows = [...chosen].map((at) => {
      const { step, neighbours } = before[at];
      const same = neighbours.filter((index) => now.has(index)).length;
      const small = neighbours.map((index) => {
        const button = thumb(source, index, 20, this.link.nameOf(index), this.link);
        button.classList.toggle("ex-gone", !now.has(index));
        return button;
      });
      const words = make("span", "", `step ${count(step)}: ${same} of ${neighbours.length}`);
      return make("div", "ex-past", "", words, make("div", "ex-row", "", ...small));
    });
    return [make("p", "ex-sub", "Its neighbours at earlier snapshots"), ...rows];
  }
}

/** Return what a picture is labelled, in words; else that it is the picture. */
const labelled = ({ label }) => (label ? ["labelled ", make("b", "", label)] : ["the picture"]);

/** Return a hint that the neighbours dispute a label; nothing if they agree with it. */
function dispute({ label, predicted, votes = [] }) {
  if (!label || !predicted?.value || predicted.value === label) return "";
  const all = votes.reduce((sum, [, number]) => sum + number, 0);
  const others = votes.filter(([name]) => name !== label);
  const wrong = others.reduce((sum, [, number]) => sum + number, 0);
  const words = others.slice(0, 3).map(([name, number]) => `${number} ${name}`).join(", ");
  const rest = others.length > 3 ? ", and others" : "";
  const text = [`Labelled `, make("b", "", label), `, but ${wrong} of its ${all} nearest neighbours are not: ${words}${rest}. They vote for ${predicted.value}.`];
  return make("p", "ex-dispute", "", ...text);
}
