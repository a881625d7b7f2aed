// The match game: twelve views of six pictures; which two belong together?

import { addStyle, keep, make } from "./common.js";

export const render = (component) => keep(component, (parent) => new Match(parent));

const COLORS = ["#3f90da", "#e76300", "#832db6", "#3da447", "#bd1f01", "#a96b59"];
const MISS = 600; // ms that a wrong pair is marked

class Match {
  constructor(parent) {
    addStyle(parent, CSS);
    this.root = make("div", "mt-root");
    parent.append(this.root);
  }

  update({ header }) {
    if (this.header?.round === header.round) return;
    Object.assign(this, { header, open: -1, found: [], misses: 0, first: 0, tried: new Set() });
    this.buttons = header.views.map((source, i) => {
      const button = make("button", "mt-view");
      const image = make("img");
      image.src = source;
      image.alt = "";
      button.type = "button";
      button.setAttribute("aria-label", `view ${i + 1}`);
      button.append(image);
      button.onclick = () => this.press(i);
      return button;
    });
    this.words = make("p", "mt-words", "Click two views that belong together.");
    this.words.setAttribute("role", "status");
    this.answers = make("div", "mt-answers");
    const ask = make("button", "mt-ask", "Show what the network answers");
    ask.type = "button";
    ask.onclick = () => this.network();
    this.root.replaceChildren(make("div", "mt-board", "", ...this.buttons), this.words, ask, this.answers);
  }

  press(i) {
    const { header, buttons } = this;
    if (this.found.includes(i)) return;
    if (this.open < 0 || this.open === i) {
      this.open = this.open === i ? -1 : i;
      buttons.forEach((b, k) => b.setAttribute("aria-pressed", String(k === this.open)));
      return;
    }
    const a = this.open, right = header.picture[a] === header.picture[i];
    this.open = -1;
    buttons[a].setAttribute("aria-pressed", "false");
    if (right) {
      const color = COLORS[this.found.length / 2];
      for (const k of [a, i]) {
        buttons[k].style.setProperty("--pair", color);
        buttons[k].classList.add("mt-found");
      }
      this.found.push(a, i);
      if (!this.tried.has(header.picture[a])) this.first += 1;
    } else {
      this.misses += 1;
      for (const k of [a, i]) {
        this.tried.add(header.picture[k]);
        buttons[k].classList.add("mt-miss");
        setTimeout(() => buttons[k].classList.remove("mt-miss"), MISS);
      }
    }
    this.tell(right);
  }

  tell(right) {
    const pairs = this.found.length / 2, all = this.header.pictures.length;
    if (pairs === all) {
      this.words.textContent = `All six pairs; ${this.first} of them at the first try.`;
      this.network();
    } else this.words.textContent = right ? `Yes: ${pairs} of ${all} pairs.` : "No, these are views of two pictures.";
  }

  /** The pairs that the network makes, before and after its training. */
  network() {
    const { header } = this;
    const lines = Object.entries(header.network).map(([name, pairs]) => {
      const right = pairs.filter(([a, b]) => header.picture[a] === header.picture[b]).length;
      const cells = pairs.map(([a, b]) => {
        const good = header.picture[a] === header.picture[b];
        const cell = make("span", `mt-pair${good ? "" : " mt-wrong"}`);
        cell.title = good ? "two views of one picture" : "views of two pictures";
        for (const k of [a, b]) {
          const image = make("img");
          image.src = header.views[k];
          image.alt = `view ${k + 1}`;
          cell.append(image);
        }
        return cell;
      });
      const line = make("div", "mt-line", "", make("b", "", `${name}: ${right} of ${pairs.length}`), ...cells);
      line.dataset.right = right;
      return line;
    });
    this.answers.replaceChildren(...lines);
  }

  destroy() {
    this.root.remove();
  }
}

const CSS = `
.mt-root { color: var(--st-text-color); font-family: var(--st-font); font-size: calc(14px * var(--lab-scale, 1)); min-height: 400px; }
.mt-board { display: grid; grid-template-columns: repeat(6, minmax(0, 92px)); gap: 10px; }
.mt-view { padding: 0; border: 3px solid var(--line, #8884); border-radius: 6px; background: none; cursor: pointer; aspect-ratio: 1; overflow: hidden; }
.mt-view img { width: 100%; height: 100%; display: block; image-rendering: pixelated; }
.mt-view[aria-pressed="true"] { border-color: var(--st-text-color); }
.mt-view:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.mt-found { border-color: var(--pair); cursor: default; }
.mt-miss { border-style: dashed; border-color: #bd1f01; }
.mt-words { margin: 10px 0; min-height: 1.4em; }
.mt-ask { font: inherit; font-size: calc(13px * var(--lab-scale, 1)); color: inherit; background: none; cursor: pointer; border: 1px solid var(--line, #8884);
  border-radius: 6px; padding: 4px 12px; }
.mt-line { display: flex; align-items: center; gap: 8px; padding: 7px 0; flex-wrap: wrap; }
.mt-line b { width: 9.5em; }
.mt-pair { display: inline-flex; border: 2px solid #3da447; border-radius: 5px; overflow: hidden; }
.mt-pair.mt-wrong { border: 2px dashed #bd1f01; }
.mt-pair img { width: 38px; height: 38px; image-rendering: pixelated; }
`;
