// The card beside a point: its picture, 128 pixels wide, and what is known of it.

import { make } from "./common.js";

const WAIT = 125; // ms before the first card; the next ones come at once
const WIDTH = 144;

export class Card {
  constructor() {
    this.element = make("div", "live-card");
    this.element.hidden = true;
    this.picture = make("canvas");
    this.picture.width = this.picture.height = 128;
    this.name = make("b");
    this.more = make("div", "live-more");
    this.element.append(this.picture, this.name, this.more);
    this.sources = {};
  }

  /** Where pictures and facts come from; fetched once, when the browser has time. */
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
    const sheet = new Image();
    sheet.onload = () => {
      if (this.wanted !== pictures) return;
      this.sheet = sheet;
      if (this.shown) this.fill();
    };
    sheet.src = pictures;
    fetch(points)
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((facts) => {
        if (this.wanted !== pictures) return;
        this.facts = facts;
        if (this.shown) this.fill();
      })
      .catch(() => {}); // without facts the card names the category alone
  }

  /** Shows point `index` at (x, y), CSS pixels in a square of `side`. */
  show(index, label, color, x, y, side) {
    this.fetch();
    this.shown = { index, label, color };
    this.place = { x, y, side };
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
    this.move(this.place.x, this.place.y, this.place.side);
  }

  /** Beside the point, on the side with more room, inside the square. */
  move(x, y, side) {
    this.place = { x, y, side };
    if (this.element.hidden) return;
    const height = this.element.offsetHeight;
    const left = x > side / 2 ? x - WIDTH - 14 : x + 14;
    const top = Math.min(Math.max(4, y - height / 2), side - height - 4);
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  fill() {
    const { index, label, color } = this.shown;
    this.element.dataset.index = index;
    this.name.textContent = label.value || `picture ${index + 1}`;
    this.name.style.setProperty("--dot", color);
    const others = Object.entries(this.facts ?? {}).filter(([name]) => name !== label.name);
    this.more.textContent = others
      .filter(([name]) => name !== "label" || others.length === 1)
      .map(([name, { names, values }]) => `${name} ${names[values[index]] ?? "unknown"}`)
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

export const CARD_CSS = `
.live-card { position: absolute; left: 0; top: 0; z-index: 10; width: ${WIDTH}px; padding: 7px; box-sizing: border-box;
  border-radius: 8px; background: var(--st-background-color); pointer-events: none;
  border: 1px solid var(--line); box-shadow: 0 4px 18px rgb(0 0 0 / .2); font-size: calc(12px * var(--lab-scale, 1)); }
.live-card[hidden] { display: none; }
.live-card canvas { display: block; width: 128px; height: 128px; border-radius: 4px;
  background: var(--st-secondary-background-color); }
.live-card b { display: block; margin-top: 6px; font-size: calc(13px * var(--lab-scale, 1)); font-weight: 600; }
.live-card b::before { content: ""; display: inline-block; width: 9px; height: 9px;
  margin-right: 6px; border-radius: 50%; background: var(--dot); }
.live-more { margin-top: 2px; line-height: 1.35; color: var(--muted); }
`;
