// The match game: twelve views of six pictures; which two belong together?

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";

export const render = element((parent) => new Match(parent), "learn");

const COLORS = ["var(--c0)", "var(--c6)", "var(--c4)", "var(--c9)", "var(--c2)", "var(--c5)"];
const MISS = 600; // ms that a wrong pair is marked

class Match {
  constructor(parent) {
    this.root = make("div", "mt-root");
    parent.append(this.root);
  }

  update({ header }) {
    if (this.header?.round === header.round) return;
    this.header = header;
    this.open = -1; // the view that was clicked first
    /** @type {number[]} */
    this.found = [];
    this.first = 0; // pairs found at the first try
    this.tried = new Set(); // pictures whose views were paired wrongly
    this.buttons = header.views.map((source, i) => {
      const button = makeButton("mt-view", "", () => this.press(i));
      const image = make("img");
      image.src = source;
      image.alt = "";
      button.setAttribute("aria-label", `view ${i + 1}`);
      button.append(image);
      return button;
    });
    this.words = make("p", "mt-words", "Click two views that belong together.");
    this.words.setAttribute("role", "status");
    this.answers = make("div", "mt-answers");
    const ask = makeButton("mt-ask", "Show what the network answers", () => this.network());
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
      for (const k of [a, i]) {
        this.tried.add(header.picture[k]);
        buttons[k].classList.add("mt-miss");
        setTimeout(() => buttons[k].classList.remove("mt-miss"), MISS);
      }
    }
    this.report(right);
  }

  report(right) {
    const pairs = this.found.length / 2, all = this.header.pictures.length;
    if (pairs === all) {
      this.words.textContent = `All six pairs; ${this.first} of them at the first try.`;
      this.network();
    } else this.words.textContent = right ? `Yes: ${pairs} of ${all} pairs.` : "No, these are views of two pictures.";
  }

  /** Show the pairs that the network makes, before and after its training. */
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
