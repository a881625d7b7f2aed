// Several maps of the same points side by side, still.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { count } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { drawnWords } from "./drawn.js";
import { Gestures } from "./gestures.js";
import { Legend, forwardMask } from "./legend.js";
import { labelOf, makeMap } from "./pointed.js";

const [GAP, MOST] = [12, 300]; // pixels; MOST: of a map's side

export const render = element((parent) => new SideBySide(parent), "map");

class SideBySide {
  constructor(parent) {
    this.root = make("div", "sb-root");
    this.maps = make("div", "sb-maps");
    this.maps.style.gap = `${GAP}px`;
    this.legend = new Legend(() => this.draw());
    this.root.append(this.maps, this.legend.element);
    parent.append(this.root);
    /** @type {SmallMap[]} */
    this.small = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
  }

  update(block) {
    const { titles, legend } = block.header;
    this.block = block;
    this.look = dress(this.root);
    if (titles.length !== this.small.length) {
      this.small = titles.map(() => new SmallMap());
      this.maps.replaceChildren(...this.small.map((map) => map.figure));
    }
    if (legend) this.legend.update(block.header);
    this.resize();
    this.draw();
  }

  resize() {
    const width = this.root.clientWidth;
    if (!width || !this.block) return;
    const { columns } = this.block.header;
    const side = Math.floor(Math.min((width - GAP * (columns - 1)) / columns, MOST));
    this.maps.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    for (const { scatter } of this.small) scatter.resize(side);
  }

  draw() {
    this.small.forEach((map, i) => map.show(this.block, i, this.look, this.legend.chosen));
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}

/** One of the maps. */
class SmallMap {
  constructor() {
    const { canvas, scatter, pointed } = makeMap((i) => labelOf({ ...this.header, color: "label" }, this.category[i]));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    this.gestures = new Gestures(this.scatter, () => this.bounds?.[2] ?? 0, () => this.place());
    this.gestures.drags();
    const find = (x, y) => (this.pictures && !this.gestures.pulling ? this.scatter.pick(x, y) : -1);
    this.pointed.listen(find, (i) => this.pointed.point(i));
    this.canvas.addEventListener("keydown", (e) => this.gestures.press(e.key) && e.preventDefault());
    this.title = make("figcaption");
    this.drawn = make("small");
    this.scatter.oncount = () => (this.drawn.textContent = drawnWords(this.scatter));
    const { ring, card } = this.pointed;
    const stage = make("div", "sb-stage", "", this.canvas, ring, this.drawn, this.gestures.element, card.element);
    this.figure = make("figure", "", "", this.title, stage);
  }

  /**
   * Show a map.
   * @param {import("../base/packing.js").Block} block
   * @param {number} i which of them
   * @param {import("../base/theme.js").Theme} look
   * @param {Set<number>} chosen categories that are brought forward
   */
  show({ header, arrays }, i, look, chosen) {
    const plain = header.plain[i];
    const sheet = plain ? {} : header.sheet;
    this.header = header;
    this.pictures = sheet.pictures;
    this.xy = arrays[`xy_${i}`];
    this.bounds = header.bounds[i];
    this.category = plain ? new Uint16Array(arrays.category.length) : arrays.category;
    this.title.textContent = header.titles[i];
    this.canvas.setAttribute("aria-label", `Map of ${count(this.category.length)} points: ${header.titles[i]}`);
    this.scatter.use(sheet);
    this.pointed.card.use({ ...sheet, points: {} });
    this.scatter.mask = plain ? null : forwardMask(chosen, this.category);
    this.scatter.paint(plain ? [look.text] : header.colors, look.background);
    this.place();
    this.canvas.dataset.points = String(this.scatter.count);
  }

  place() {
    const { zoom } = this.gestures;
    this.scatter.view = zoom.view(this.bounds[2]);
    this.scatter.move(this.xy, this.category, zoom.within(this.bounds), false, () => {}, zoom.times === 1);
  }
}
