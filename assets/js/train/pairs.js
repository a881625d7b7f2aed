// Train's strip of pairs: two views of a picture, how alike the network finds them, and the closest
// view of another picture. A pair is missed where that one is closer.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { count, decimal } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";

export const render = element((parent) => new Pairs(parent), "pairs");

const ALIKE =
  "Cosine similarity of the two projections z, between −1 and 1, under the newest weights. " +
  "The loss raises it for partners and lowers it for all others.";
const MISSED = "missed";

class Pairs {
  constructor(parent) {
    this.root = make("section", "pairs");
    this.root.__simclr = this.state = { renders: 0 };
    this.title = make("div", "pairs-title");
    this.message = make("p", "pairs-message");
    this.grid = make("div", "pairs-grid");
    this.grid.setAttribute("role", "table");
    this.root.append(this.title, this.grid, this.message);
    parent.append(this.root);
    explain(this.root);
  }

  update({ header, arrays }) {
    dress(this.root);
    const { count: pairs = 0, step, message, of } = header;
    this.state.renders += 1;
    this.message.textContent = message;
    this.message.hidden = !message;
    this.grid.hidden = !pairs;
    if (this.pairs !== pairs) this.build(pairs);
    const among = pairs ? `step ${count(step)}: does view 1 find view 2 among ${count(of)} views?` : "";
    this.title.replaceChildren(make("b", "", "This step’s pairs"), make("span", "", among));
    if (!pairs) return;
    this.root.dataset.step = String(step);
    const { size, alike, other, found } = header;
    const bytes = 3 * size * size;
    this.columns.forEach((column, i) => {
      column.views.forEach((canvas, k) => draw(canvas, arrays.views.subarray((3 * i + k) * bytes, (3 * i + k + 1) * bytes), size));
      column.alike.textContent = decimal(alike[i]);
      column.other.textContent = decimal(other[i]);
      column.verdict.textContent = found[i] ? "found" : MISSED;
      column.element.classList.toggle("pairs-missed", !found[i]);
    });
  }

  /** Make as many columns as there are pairs. */
  build(pairs) {
    this.pairs = pairs;
    const names = [
      make("span", "pairs-1", "view 1"), make("span", "pairs-2", "view 2"), term("alike", ALIKE),
      make("span", "", "closest other"), term("alike", ALIKE),
    ];
    this.columns = Array.from({ length: pairs }, (_, i) => new Column(i));
    this.grid.replaceChildren(make("div", "pairs-names", "", ...names), ...this.columns.map(({ element }) => element));
  }

  destroy() {
    this.root.remove();
  }
}

class Column {
  constructor(i) {
    this.views = ["view 1", "view 2", "closest other view"].map((name, k) => {
      const canvas = make("canvas", `pairs-view pairs-view-${k + 1}`);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${name} of pair ${i + 1}`);
      return canvas;
    });
    this.alike = make("b");
    this.other = make("span");
    this.verdict = make("em");
    const [first, second, third] = this.views;
    const end = make("span", "pairs-end", "", this.other, " ", this.verdict);
    this.element = make("div", "pairs-column", "", first, second, this.alike, third, end);
  }
}

/** Draw RGB bytes on a canvas of their size; the style sheet enlarges it. */
function draw(canvas, rgb, size) {
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(size, size);
  for (let i = 0, j = 0; i < rgb.length; i += 3, j += 4) {
    image.data[j] = rgb[i];
    image.data[j + 1] = rgb[i + 1];
    image.data[j + 2] = rgb[i + 2];
    image.data[j + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}
