// The card beside a point: its picture, 128 pixels wide, and what is known of it.

import { make } from "../base/elements.js";
import { sheetOf } from "../tiles/sheet.js";

const WAIT = 125; // ms before the first card; the next ones come at once

/**
 * Where pictures and facts come from: addresses, or the facts themselves.
 * @typedef {object} Sources
 * @property {string} pictures all pictures in one sheet
 * @property {string | Record<string, { names: string[], values: number[] }>} points
 * @property {number} columns of the sheet
 * @property {number} size pixels of a picture on the sheet
 */

/** The card of the point that is pointed at. */
export class Card {
  constructor() {
    this.element = make("div", "live-card");
    this.element.hidden = true;
    this.picture = make("canvas");
    this.picture.width = this.picture.height = 128;
    this.name = make("b");
    this.more = make("div", "live-more");
    this.element.append(this.picture, this.name, this.more);
    /** @type {Partial<Sources>} */
    this.sources = {};
  }

  /**
   * Set where pictures and facts come from; they are fetched once, when the browser has time.
   * @param {Sources} sources
   */
  use({ pictures, points, columns, size }) {
    if (pictures === this.sources.pictures) return;
    this.sources = { pictures, points, columns, size };
    this.sheet = this.facts = this.wanted = null;
    clearTimeout(this.idle);
    if (pictures) this.idle = setTimeout(() => this.fetch(), 400);
  }

  fetch() {
    const { pictures, points } = this.sources;
    if (!pictures || this.wanted === pictures) return;
    this.wanted = pictures;
    const take = (name, value) => {
      if (this.wanted !== pictures) return;
      this[name] = value;
      if (this.shown) this.fill();
    };
    sheetOf(pictures)
      .then((sheet) => take("sheet", sheet))
      .catch(() => {}); // the card goes on to wait
    if (typeof points !== "string") return take("facts", points);
    fetch(points)
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((facts) => take("facts", facts))
      .catch(() => {}); // without facts the card names the category alone
  }

  /**
   * Show the card of a point.
   * @param {number} index
   * @param {{ name: string, value: string }} label what colours the points, and this one's
   * @param {string} color of the point
   * @param {number} x CSS pixels, as `y`
   * @param {number} y
   * @param {{ width: number, height: number }} field that it stays inside of
   */
  show(index, label, color, x, y, field) {
    this.fetch();
    this.shown = { index, label, color };
    this.place = { x, y, field };
    clearTimeout(this.timer);
    if (this.element.hidden) this.timer = setTimeout(() => this.open(), WAIT);
    else this.open();
  }

  hide() {
    clearTimeout(this.timer);
    this.shown = null;
    this.element.hidden = true;
  }

  open() {
    this.element.hidden = false;
    this.fill();
    this.move(this.place.x, this.place.y, this.place.field);
  }

  /**
   * Put the card beside the point, on the side with more room, inside the field.
   * @param {number} x as in `show`
   * @param {number} y
   * @param {{ width: number, height: number }} field
   */
  move(x, y, field) {
    this.place = { x, y, field };
    if (this.element.hidden) return;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x > field.width / 2 ? x - width - 14 : x + 14;
    const top = Math.min(Math.max(4, y - height / 2), field.height - height - 4);
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  fill() {
    const { index, label, color } = this.shown;
    this.element.dataset.index = index;
    this.name.textContent = label.value || `picture ${index + 1}`;
    this.name.style.setProperty("--dot", color);
    /** @type {[string, any][]} */
    const others = Object.entries(this.facts ?? {})
      .filter(([name]) => name !== label.name)
      .sort(([a], [b]) => Number(b === "file") - Number(a === "file")); // the file comes first
    this.more.textContent = others
      .filter(([name]) => name !== "label" || others.every(([other]) => ["label", "file"].includes(other)))
      .map(([name, { names, values }]) => {
        const value = names[values[index]] ?? "unknown";
        return name === "file" ? value : `${name} ${value}`;
      })
      .join(" · ");
    this.more.hidden = !this.more.textContent;
    this.paintPicture(index);
  }

  paintPicture(index) {
    const context = this.picture.getContext("2d");
    context.clearRect(0, 0, 128, 128);
    this.element.dataset.picture = this.sheet ? "shown" : "waiting";
    if (!this.sheet) return;
    const { columns, size } = this.sources;
    context.imageSmoothingEnabled = size > 128; // small pictures keep their pixels
    const [left, top] = [(index % columns) * size, Math.floor(index / columns) * size];
    context.drawImage(this.sheet, left, top, size, size, 0, 0, 128, 128);
  }
}
