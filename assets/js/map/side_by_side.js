// Several maps of the same points side by side, still.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { count } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { Legend, forwardMask } from "./legend.js";
import { Scatter } from "./scatter.js";

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
    /** @type {Scatter[]} */
    this.scatters = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
  }

  update(block) {
    const { titles, legend } = block.header;
    this.block = block;
    this.look = dress(this.root);
    if (titles.length !== this.scatters.length) this.build(titles.length);
    titles.forEach((title, i) => this.name(i, title));
    if (legend) this.legend.update(block.header);
    this.resize();
    this.draw();
  }

  build(number) {
    const canvases = Array.from({ length: number }, () => make("canvas"));
    this.scatters = canvases.map((canvas) => new Scatter(canvas));
    const figures = canvases.map((canvas) => make("figure", "", "", make("figcaption"), canvas));
    this.maps.replaceChildren(...figures);
  }

  name(i, title) {
    const { canvas } = this.scatters[i];
    canvas.previousElementSibling.textContent = title;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Map of ${count(this.block.arrays.category.length)} points: ${title}`);
  }

  resize() {
    const width = this.root.clientWidth;
    if (!width || !this.block) return;
    const { columns } = this.block.header;
    const side = Math.floor(Math.min((width - GAP * (columns - 1)) / columns, MOST));
    this.maps.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    for (const scatter of this.scatters) scatter.resize(side);
  }

  draw() {
    const { header, arrays } = this.block;
    this.scatters.forEach((scatter, i) => {
      const [colors, category] = header.plain[i]
        ? [[this.look.text], new Uint16Array(arrays.category.length)]
        : [header.colors, arrays.category];
      scatter.mask = header.plain[i] ? null : forwardMask(this.legend.chosen, category);
      scatter.paint(colors, this.look.background);
      const arrive = () => (scatter.canvas.dataset.points = String(scatter.count));
      scatter.move(arrays[`xy_${i}`], category, header.bounds[i], false, arrive);
    });
  }

  destroy() {
    this.observer.disconnect();
    this.root.remove();
  }
}
