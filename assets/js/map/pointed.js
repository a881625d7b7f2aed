// The point that is pointed at: a ring around it and the card beside it.

import { make } from "../base/elements.js";
import { Card } from "./card.js";

/** Ring and card, which stay with their point while it moves. */
export class Pointed {
  /**
   * @param {import("./scatter.js").Scatter} scatter
   * @param {(i: number) => [{ name: string, value: string }, string]} labelOf what a point's colour
   *   says, and the colour
   */
  constructor(scatter, labelOf) {
    this.scatter = scatter;
    this.labelOf = labelOf;
    this.index = -1;
    this.ring = make("div", "live-ring");
    this.ring.hidden = true;
    this.card = new Card();
    scatter.onmove = () => this.follow();
  }

  /** @param {number} index of a point; -1: none */
  point(index) {
    if (index === this.index) return;
    this.index = index;
    this.scatter.canvas.dataset.point = String(index);
    this.ring.hidden = index < 0;
    if (index < 0) return this.card.hide();
    this.follow();
    this.card.show(index, ...this.labelOf(index), ...this.scatter.where(index), this.scatter.side);
  }

  follow() {
    if (this.index < 0) return;
    const [x, y] = this.scatter.where(this.index);
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
    this.ring.style.setProperty("--r", `${this.scatter.radius + 4}px`);
    this.card.move(x, y, this.scatter.side);
  }
}
