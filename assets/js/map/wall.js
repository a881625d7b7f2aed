// The wall of runs: a map of pictures for each run, with its name and its score.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { unpack } from "../base/packing.js";
import { dress } from "../base/theme.js";
import { Legend } from "./legend.js";
import { makeMap } from "./pointed.js";

export const render = element((parent) => new Wall(parent), "map", "wall");

class Wall {
  constructor(parent) {
    this.root = make("div", "wall");
    this.grid = make("div", "wall-grid");
    this.legend = new Legend(() => {});
    this.legend.element.classList.add("wall-legend");
    this.note = make("p", "wall-note");
    this.root.append(this.grid, make("div", "wall-foot", "", this.legend.element, this.note));
    parent.append(this.root);
    /** @type {Card[]} */
    this.cards = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
  }

  update({ header, arrays }) {
    const look = dress(this.root);
    const key = JSON.stringify(header.cards.map(({ run }) => run));
    if (key !== this.key) {
      this.key = key;
      this.cards = header.cards.map(() => new Card());
      this.grid.replaceChildren(...this.cards.map((card) => card.element));
    }
    this.note.textContent = header.note;
    const maps = header.cards.map((_, i) => unpack(arrays[`map_${i}`]));
    this.cards.forEach((card, i) => card.show(header.cards[i], maps[i], look));
    this.entitle(maps.map((map) => map.header).filter((map) => map.names?.length));
    this.resize();
  }

  /** Name the colours, if all maps have the same. */
  entitle(known) {
    const [first] = known;
    const shared = first && known.every(({ names }) => `${names}` === `${first.names}`);
    this.legend.element.hidden = !shared;
    if (shared) this.legend.update({ ...first, counts: first.counts });
  }

  resize() {
    for (const card of this.cards) card.resize();
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}

/** One run. */
class Card {
  constructor() {
    const { canvas, scatter, pointed } = makeMap((i) => this.labelOf(i));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    this.pointed.listen((x, y) => (this.header?.ghost ? -1 : this.scatter.pick(x, y)), (i) => this.pointed.point(i));
    this.message = make("p", "wall-message");
    this.state = make("span", "wall-state");
    this.bar = make("i");
    this.stage = make("div", "wall-stage", "", this.canvas, this.pointed.ring, this.message, this.state,
      make("div", "wall-bar", "", this.bar), this.pointed.card.element);
    this.name = make("a", "wall-name");
    this.name.target = "_self";
    this.score = make("b", "wall-score");
    this.words = make("span", "wall-words");
    this.beside = make("span", "wall-words");
    this.element = make("article", "wall-card", "", this.stage,
      this.name, make("div", "wall-facts", "", this.score, make("div", "", "", this.words, this.beside)));
  }

  show(card, { header, arrays }, look) {
    const same = this.header && this.header.run === header.run && !this.header.ghost && !header.ghost;
    this.header = header;
    this.category = arrays.category;
    this.name.textContent = card.name;
    this.name.href = card.link;
    this.state.textContent = card.state;
    this.state.className = `wall-state wall-${card.kind}`;
    this.bar.style.width = `${100 * card.share}%`;
    this.score.textContent = card.score;
    this.words.textContent = card.words;
    this.beside.textContent = card.beside;
    this.message.textContent = header.message || "";
    this.message.hidden = !header.message;
    this.scatter.paint(header.ghost ? [look.faint] : header.colors, look.background, header.ghost ? 0.3 : 1);
    this.scatter.use(header.ghost ? {} : header);
    if (!header.ghost) this.pointed.card.use(header);
    this.canvas.setAttribute("aria-label", `Map of ${card.name}, ${card.state}: ${card.words} ${card.score}`);
    this.scatter.move(arrays.xy, arrays.category, header.bounds, same, () => {});
    this.canvas.dataset.step = header.step ?? "";
  }

  resize() {
    this.scatter.resize(this.stage.clientWidth - 16);
  }

  /** @param {number} i @returns {[{ name: string, value: string }, string]} */
  labelOf(i) {
    const { names = [], colors = [], color } = this.header;
    const k = this.category[i];
    return [{ name: color, value: names[k] ?? "unknown" }, colors[k]];
  }
}
