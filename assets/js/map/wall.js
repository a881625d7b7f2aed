// The wall of runs: a map of pictures for each run, with its name and its score.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { unpack } from "../base/packing.js";
import { dress } from "../base/theme.js";
import { Legend } from "./legend.js";
import { labelOf, makeMap } from "./pointed.js";

const [LEAST, FACTS, FOOT] = [220, 96, 68]; // CSS pixels of a map, at least; of the words below it; below all cards

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
    /** @type {RunCard[]} */
    this.cards = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
  }

  update({ header, arrays }) {
    const look = dress(this.root);
    const key = JSON.stringify([header.cards.map(({ run }) => run), header.next]);
    if (key !== this.key) {
      this.key = key;
      this.cards = header.cards.map(() => new RunCard());
      const next = header.next ? [makeNext(header.next)] : [];
      this.grid.replaceChildren(...this.cards.map((card) => card.element), ...next);
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
    if (shared) this.legend.update(first);
  }

  /** Choose as many columns as make the maps largest in what is left of the screen. */
  resize() {
    const count = this.grid.children.length;
    const look = getComputedStyle(this.root);
    const gap = parseFloat(look.getPropertyValue("--s6")) || 24;
    const [width, facts] = [this.root.clientWidth, FACTS * parseFloat(look.getPropertyValue("--lab-scale") || "1")];
    const top = this.root.getBoundingClientRect().top + (this.root.closest(".stMain")?.scrollTop ?? 0);
    const height = innerHeight - top - FOOT;
    const most = Math.max(1, Math.floor((width + gap) / (LEAST + gap)));
    const sideIn = (columns) => {
      if (most === 1) return width;
      const rows = Math.ceil(count / columns);
      const room = (height - gap * (rows - 1)) / rows - facts;
      return Math.min((width - gap * (columns - 1)) / columns, Math.max(room, LEAST));
    };
    const choices = Array.from({ length: Math.min(most, Math.max(count, 1)) }, (_, i) => i + 1);
    const columns = choices.reduce((best, one) => (sideIn(one) > sideIn(best) ? one : best), 1);
    this.grid.style.setProperty("--columns", String(columns));
    this.grid.style.setProperty("--side", `${Math.floor(sideIn(columns))}px`);
    for (const card of this.cards) card.resize();
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}

/** Make the card of what to do next. */
function makeNext({ title, words, links }) {
  const anchors = links.map(([text, href], i) => {
    const link = make("a", i ? "wall-do" : "wall-do wall-first", text);
    return Object.assign(link, { href, target: "_self" });
  });
  const does = make("p", "wall-does", "", ...anchors);
  const stage = make("div", "wall-stage wall-next lab-empty", "", make("b", "", title), make("p", "", words), does);
  return make("article", "wall-card", "", stage);
}

/** One run. */
class RunCard {
  constructor() {
    const { canvas, scatter, pointed } = makeMap((i) => labelOf(this.header, this.scatter.category[i]));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    this.pointed.listen((x, y) => this.scatter.pick(x, y), (i) => this.pointed.point(i));
    this.message = make("p", "wall-message lab-empty");
    this.state = make("span", "wall-state run-state");
    this.bar = make("i");
    this.stage = make("div", "wall-stage", "",
      make("div", "wall-map", "", this.canvas, this.pointed.ring, this.pointed.card.element), this.message, this.state,
      make("div", "run-bar", "", this.bar));
    this.name = make("a", "wall-name");
    this.name.target = "_self";
    this.score = make("b", "wall-score");
    this.between = make("span", "wall-words");
    this.between.title = "95% interval";
    this.words = make("span", "wall-words");
    this.beside = make("span", "wall-words");
    this.element = make("article", "wall-card", "", this.stage,
      this.name, make("div", "wall-facts", "", make("div", "", "", this.score, this.between), make("div", "", "", this.words, this.beside)));
  }

  show(card, { header, arrays }, look) {
    const same = this.header?.run === header.run;
    this.header = header;
    this.name.textContent = card.name;
    this.name.href = card.link;
    this.state.textContent = card.state;
    this.state.className = `wall-state run-state run-${card.kind}`;
    this.bar.style.width = `${100 * card.share}%`;
    this.score.textContent = card.score;
    this.between.textContent = card.interval;
    this.words.textContent = card.words;
    this.beside.textContent = card.beside;
    this.message.textContent = header.message || "";
    this.message.hidden = !header.message;
    this.scatter.paint(header.colors, look.background);
    this.scatter.use(header);
    this.pointed.card.use(header);
    this.canvas.setAttribute("aria-label", `Map of ${card.name}, ${card.state}: ${card.words} ${card.score}`);
    this.scatter.move(arrays.xy, arrays.category, header.bounds, same, () => {});
    this.canvas.dataset.step = header.step ?? "";
  }

  resize() {
    this.scatter.resize(Math.min(this.stage.clientWidth, this.stage.clientHeight) - 16);
  }
}
