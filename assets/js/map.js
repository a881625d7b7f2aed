// The map of the representations: a square scatter that stays in place and glides.

import { Card, CARD_CSS } from "./card.js";
import { addStyle, count, decimal, explain, keep, known, make, percent, term, theme } from "./common.js";
import { Legend, LEGEND_CSS } from "./legend.js";
import { DIMMED, SHOWN, Scatter } from "./scatter.js";

const CAPTION = 42; // pixels below the square
const LEGEND = 118; // least width of a legend at the side

const KEEPS =
  "Of each picture's nearest pictures in the representation, the share that is also among its " +
  "nearest on the map.";
const TRUST = "Trustworthiness: how few strangers the map puts among neighbours; 1 is none.";
const WARNINGS = {
  umap: "Axes have no units; gaps between groups and their sizes prove nothing.",
  pca: "Axes have no units: the two directions in which pictures differ most.",
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const render = (component) => keep(component, (parent) => new MapView(parent));

class MapView {
  constructor(parent) {
    addStyle(parent, CSS + CARD_CSS + LEGEND_CSS);
    this.root = make("div", "live-map");
    this.canvas = make("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.ring = make("div", "live-ring");
    this.ring.hidden = true;
    this.message = make("div", "live-message");
    this.card = new Card();
    this.stage = make("div", "live-stage", "", this.canvas, this.ring, this.message, this.card.element);
    this.caption = make("div", "live-caption");
    this.legend = new Legend((chosen) => this.choose(chosen));
    this.root.append(this.stage, this.legend.element, this.caption);
    parent.append(this.root);
    explain(this.root);
    this.scatter = new Scatter(this.canvas);
    this.scatter.onmove = () => this.follow();
    this.index = -1;
    this.state = { xy: new Float32Array(0), step: null, method: null, renders: 0 };
    this.canvas.__simclr = this.state;
    this.listen();
  }

  listen() {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.canvas.addEventListener("pointermove", (e) => {
      if (this.canvas.dataset.gliding) return;
      this.point(this.scatter.pick(e.offsetX, e.offsetY));
    });
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("blur", () => this.point(-1));
    this.root.addEventListener("keydown", (e) => this.press(e));
  }

  update({ header, arrays }) {
    const { root, canvas, scatter } = this;
    const before = this.header;
    this.header = header;
    this.state.renders += 1;
    const look = theme(root);
    for (const name of ["muted", "faint", "line"]) root.style.setProperty(`--${name}`, look[name]);
    root.classList.toggle("live-ghost", !!header.ghost);
    const colors = header.ghost ? [look.faint] : header.colors;
    scatter.paint(colors, look.background, header.ghost ? 0.4 : 1);
    this.message.textContent = header.message || "";
    this.message.hidden = !header.message;
    const same = before && before.run === header.run && !before.ghost && !header.ghost;
    if (!same) this.point(-1);
    if (!same || before.color !== header.color) this.legend.clear();
    this.legend.update(header);
    scatter.mask = shown(this.legend.chosen, arrays.category);
    this.card.use(header);
    this.describe(header);
    this.resize();
    canvas.dataset.gliding = "1";
    scatter.move(arrays.xy, arrays.category, header.bounds, same, () => this.arrive(arrays.xy));
  }

  /** The points are where they belong: say so. */
  arrive(xy) {
    const { step = null, method = null, run } = this.header;
    Object.assign(this.state, { xy, step, method, run });
    delete this.canvas.dataset.gliding;
    Object.assign(this.canvas.dataset, { step: step ?? "", method: method ?? "", run });
  }

  describe(header) {
    const { method, step, asked } = header;
    if (header.ghost || !method) {
      this.caption.replaceChildren();
      this.canvas.setAttribute("aria-label", header.message || "No map yet.");
      return;
    }
    const name = method.toUpperCase();
    const waits = asked !== method ? " while UMAP is warming up" : "";
    const first = make("div", "", `${name}${waits} · step ${count(step)}`);
    const [kept, sentence] = trust(header);
    if (kept) first.append(" · ", term(kept, sentence));
    this.caption.replaceChildren(first, make("div", "live-warning", WARNINGS[method] ?? ""));
    const groups = header.names.map((n, i) => `${n} ${header.counts[i]}`).join(", ");
    this.canvas.setAttribute(
      "aria-label",
      `Map of ${count(header.count)} pictures by ${name} at step ${count(step)}` +
        (groups ? `, coloured by ${header.color}: ${groups}. ` : ". ") +
        (kept ? `Its quality: ${kept}. ` : "") +
        "Arrow keys move from picture to picture, Escape clears.",
    );
  }

  resize() {
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    if (!width || !height) return;
    const square = Math.floor(Math.min(width, height - CAPTION));
    const beside = this.legend.empty || width - square >= LEGEND;
    this.root.classList.toggle("live-below", !beside);
    const rows = beside ? 0 : this.legend.element.offsetHeight + 6;
    const side = Math.max(80, Math.floor(Math.min(width, height - CAPTION - rows)));
    this.root.style.setProperty("--side", `${side}px`);
    this.scatter.resize(side);
  }

  choose(chosen) {
    this.scatter.mask = shown(chosen, this.scatter.category);
    this.scatter.draw();
  }

  /** Points at a picture, or at none (-1). */
  point(index) {
    if (index === this.index || (this.header?.ghost && index >= 0)) return;
    this.index = index;
    this.canvas.dataset.point = index;
    if (index < 0) {
      this.ring.hidden = true;
      return this.card.hide();
    }
    const { names, colors, color } = this.header;
    const k = this.scatter.category[index];
    const value = names[k] ?? (color ? "unknown" : "");
    this.ring.hidden = false;
    this.follow();
    const [x, y] = this.where(index);
    this.card.show(index, { name: color, value }, colors[k], x, y, this.scatter.side);
  }

  where(i) {
    const { at, side } = this.scatter;
    return [at[2 * i] * side, at[2 * i + 1] * side];
  }

  /** Ring and card stay with their point while it glides. */
  follow() {
    if (this.index < 0) return;
    const [x, y] = this.where(this.index);
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
    this.ring.style.setProperty("--r", `${this.scatter.radius + 4}px`);
    this.card.move(x, y, this.scatter.side);
  }

  press(event) {
    if (event.key === "Escape") {
      this.point(-1);
      this.legend.clear();
      this.choose(this.legend.chosen);
    } else if (event.target === this.canvas && ARROWS[event.key] && !this.header?.ghost) {
      this.point(this.scatter.step(this.index, ...ARROWS[event.key]));
      event.preventDefault();
      event.stopPropagation();
    }
  }

  destroy() {
    this.observer.disconnect();
    this.card.hide();
    this.root.remove();
  }
}

/** What to draw of points, by the categories that were brought forward; null: all. */
function shown(chosen, category) {
  return chosen.size ? Uint8Array.from(category, (k) => (chosen.has(k) ? SHOWN : DIMMED)) : null;
}

/** How far the map can be trusted: in words, and what they mean. */
function trust({ method, kept, preservation, pca_kept }) {
  const strangers = known(preservation) ? `${TRUST} Here ${decimal(preservation)}.` : "";
  if (!known(kept)) return strangers ? [`trustworthiness ${decimal(preservation)}`, strangers] : [];
  const pca = method !== "pca" && known(pca_kept) ? ` (PCA ${percent(pca_kept)})` : "";
  return [`keeps ${percent(kept)} of true neighbourhoods${pca}`, `${KEEPS} ${strangers}`];
}

const CSS = `
.live-map { position: relative; display: grid; grid-template: var(--side) ${CAPTION}px / var(--side) 1fr;
  column-gap: 14px; width: 100%; height: 100%; min-height: 160px; box-sizing: border-box;
  color: var(--st-text-color); font-family: var(--st-font); font-size: calc(13px * var(--lab-scale, 1)); }
.live-map.live-below { grid-template: var(--side) auto ${CAPTION}px / 1fr; justify-items: start; }
.live-stage { position: relative; grid-area: 1 / 1; width: var(--side); height: var(--side); }
.live-stage::after { content: ""; position: absolute; inset: 0; border: 1px solid var(--line);
  border-radius: 8px; pointer-events: none; }
.live-stage canvas { display: block; outline: none; }
.live-stage > canvas { border-radius: 8px; }
.live-stage > canvas:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); }
.live-ring { position: absolute; left: 0; top: 0; width: 0; height: 0; pointer-events: none; }
.live-ring::after { content: ""; position: absolute; left: calc(-1 * var(--r)); top: calc(-1 * var(--r));
  width: calc(2 * var(--r)); height: calc(2 * var(--r)); box-sizing: border-box; border-radius: 50%;
  border: 2px solid var(--st-text-color); box-shadow: 0 0 0 1px var(--st-background-color); }
.live-ring[hidden], .live-message[hidden] { display: none; }
.live-message { position: absolute; inset: 0; margin: auto; width: fit-content; height: fit-content;
  max-width: min(30ch, 80%); padding: 10px 16px; border-radius: 8px; text-align: center;
  line-height: 1.45; font-size: calc(14px * var(--lab-scale, 1)); background: var(--st-background-color);
  border: 1px solid var(--line); }
.live-caption { grid-column: 1 / -1; align-self: start; padding-top: 6px; line-height: 1.4;
  font-size: calc(12.5px * var(--lab-scale, 1)); font-variant-numeric: tabular-nums; }
.live-warning { color: var(--muted); }
`;
