// The map beside the pairs of Views: where a network puts the two views of the chosen pair.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { count } from "../base/numbers.js";
import { unpack } from "../base/packing.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { Gestures } from "../map/gestures.js";
import { trust } from "../map/map.js";
import { labelOf, makeMap } from "../map/pointed.js";
import { Marks } from "./pair_marks.js";

const ROWS = ".st-key-views-pairs"; // the part of the page with the rows; a row has its number
const FADED = 0.55; // of the run's own pictures, so that the two views stand out
const ABOUT =
  "A map has no place for a picture that it was not made from. Each view is placed between the five " +
  "pictures of the map that are most like it in h, closer to the more similar ones. So its place is " +
  "no better than theirs, and two views may differ and share a place: the cosine compares h itself.";
const COSINE =
  "The cosine of the two views' representations h: 1 means the same direction, 0 nothing in common. " +
  "An untrained network finds nearly everything alike, so compare with views of different pictures.";

export const render = element((parent) => new PairMap(parent), "map", "pair_map");

class PairMap {
  constructor(parent) {
    this.root = make("div", "pm-root");
    const { canvas, scatter, pointed } = makeMap((i) => labelOf(this.map.header, this.map.arrays.category[i]));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    /** @type {any} */
    this.header = undefined;
    /** @type {import("../base/packing.js").Block | undefined} */
    this.map = undefined;
    /** @type {{ pairs: any[], near: import("./pair_marks.js").Near[], strangers: string[] } | null} */
    this.known = null;
    this.chosen = -1;
    this.marks = new Marks(scatter);
    this.gestures = new Gestures(scatter, () => this.map?.header.bounds?.[2] ?? 0, () => this.place(false));
    this.gestures.drags();
    this.message = make("p", "pm-message");
    const over = [this.marks.element, pointed.ring, this.message, this.gestures.element, pointed.card.element];
    this.stage = make("div", "pm-stage", "", make("div", "pm-square", "", canvas, ...over));
    this.words = make("p", "pm-words");
    this.words.setAttribute("aria-live", "polite");
    this.caption = make("p", "pm-caption");
    this.root.append(this.stage, this.words, this.caption);
    parent.append(this.root);
    explain(this.root);
    this.sheet = new CSSStyleSheet(); // marks the chosen row
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    this.listen();
  }

  listen() {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    const follow = this.scatter.onmove;
    this.scatter.onmove = () => (follow(), this.marks.draw());
    this.pointed.listen((x, y) => (this.map && !this.gestures.pulling ? this.scatter.pick(x, y) : -1), (i) => this.pointed.point(i));
    this.canvas.addEventListener("keydown", (e) => this.gestures.press(e.key) && e.preventDefault());
    this.press = (/** @type {MouseEvent} */ event) => {
      const row = /** @type {Element} */ (event.target).closest?.(`${ROWS} [data-pair]`);
      if (row) this.choose(Number(/** @type {HTMLElement} */ (row).dataset.pair));
    };
    document.addEventListener("click", this.press);
  }

  update({ header, arrays }) {
    const look = dress(this.root);
    const same = this.header?.run === header.run;
    this.header = header;
    this.map = arrays.map && unpack(arrays.map);
    const empty = !this.map?.header.count;
    this.message.textContent = header.message || this.map?.header.message || "";
    this.message.hidden = !this.message.textContent;
    this.root.classList.toggle("pm-empty", !this.map);
    if (!same) this.gestures.reset();
    if (!same || empty) {
      this.known = null;
      this.marks.clear();
    }
    if (this.chosen < 0 || !same) this.chosen = header.chosen ?? -1;
    if (arrays.nearest) this.known = { pairs: header.pairs, near: nearOf(arrays, header.pairs.length), strangers: header.strangers };
    this.root.classList.toggle("pm-dated", !arrays.nearest); // those of the views before
    if (this.map) this.paint(look);
    this.resize();
    if (this.map) this.place(same);
    this.show();
  }

  /** @param {import("../base/theme.js").Theme} look */
  paint(look) {
    const { header } = this.map;
    this.scatter.paint(header.colors, look.background, FADED);
    this.scatter.use(header);
    this.pointed.card.use(header);
  }

  /** @param {boolean} glide from where the points are */
  place(glide) {
    const { header: { bounds }, arrays: { xy, category } } = this.map;
    const { zoom } = this.gestures;
    this.scatter.view = zoom.view(bounds[2]);
    this.scatter.move(xy, category, zoom.within(bounds), glide, () => {}, zoom.times === 1);
  }

  /** The pair to show: the chosen one, or the last one if there are now fewer pairs. */
  get row() {
    return Math.min(this.chosen, (this.known?.pairs.length ?? Infinity) - 1);
  }

  /** Show the chosen pair, as far as its place is known. */
  show() {
    this.mark();
    const pair = this.known?.pairs[this.row];
    if (!pair || !this.map?.header.count) {
      this.words.replaceChildren();
      this.caption.replaceChildren(this.header.note ?? "");
      return;
    }
    this.marks.show(this.known.near.slice(2 * this.row, 2 * this.row + 2), pair.pictures, pair.name);
    const [others, untrained] = this.known.strangers;
    this.words.replaceChildren(
      make("b", "", pair.alike), " ", term("alike", COSINE), ` in h${untrainedWords(pair.untrained)}`,
      make("span", "pm-others", others ? `different pictures ${others}${untrainedWords(untrained)}` : ""),
    );
    const { method, step } = this.map.header;
    const [kept, sentence] = trust(this.map.header);
    this.caption.replaceChildren(
      `${pair.name} · `, term("placed by its five nearest", ABOUT), ` · ${method.toUpperCase()}, step ${count(step)}`,
      ...(kept ? [" · ", term(kept, sentence)] : []), this.header.note ? ` · ${this.header.note}` : "",
    );
    this.canvas.setAttribute(
      "aria-label",
      `Map of ${count(this.scatter.count)} pictures with both views of ${pair.name}: alike ${pair.alike}${untrainedWords(pair.untrained)}.`,
    );
  }

  /** Mark the chosen row of the page. */
  mark() {
    const row = `${ROWS} .lab-pairs .lab-row[data-pair="${this.row}"]`;
    this.sheet.replaceSync(this.map ? `${row} { --chosen: var(--accent-ink); }` : "");
  }

  /** @param {number} pair that is shown from now on */
  choose(pair) {
    if (pair === this.chosen) return;
    this.chosen = pair;
    this.show();
    /** @type {any} */ (this).component.setStateValue("row", pair);
  }

  resize() {
    const { clientWidth } = /** @type {HTMLElement} */ (this.canvas.parentElement);
    if (clientWidth) this.scatter.resize(clientWidth);
  }

  destroy() {
    this.observer.disconnect();
    this.marks.clear();
    document.removeEventListener("click", this.press);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.sheet);
    this.pointed.card.hide();
    this.root.remove();
  }
}

/** Return what the untrained network finds, once that is known. */
const untrainedWords = (untrained) => (untrained ? `, untrained ${untrained}` : "");

/** Return for each view the nearest pictures and the similarities to them. */
function nearOf({ nearest, similarities }, pairs) {
  const k = nearest.length / (2 * pairs);
  const rows = (array, i) => Array.from(array.slice(k * i, k * (i + 1)));
  return Array.from({ length: 2 * pairs }, (_, i) => ({ neighbours: rows(nearest, i), similarities: rows(similarities, i) }));
}
