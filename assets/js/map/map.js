// The map of the representations: a square scatter on a stage, which stays in place and glides. Page
// controls may float over the head of the stage.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { count, decimal, known, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { drawnSentence } from "./drawn.js";
import { Gestures } from "./gestures.js";
import { Legend, forwardMask } from "./legend.js";
import { labelOf, makeMap } from "./pointed.js";
import { ARROWS } from "./scatter.js";

export const KEEPS =
  "Of each picture's nearest pictures in the representation, the share that is also among its " +
  "nearest on the map.";
const TRUST = "Trustworthiness: how rarely the map places strangers among a picture's neighbours; 1 means never.";
const WARNINGS = {
  umap: "Axes have no units; sizes and gaps prove nothing.",
  pca: "Axes have no units: where pictures differ most.",
};

export const render = element((parent) => new MapView(parent), "map");

class MapView {
  constructor(parent) {
    this.root = make("div", "live-map");
    /** @type {any} */
    this.header = undefined;
    /** @type {Record<string, any>} */
    this.arrays = undefined;
    const { canvas, scatter, pointed } = makeMap((i) => labelOf(this.header, this.scatter.category[i]));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    this.message = make("div", "live-message");
    this.gestures = new Gestures(this.scatter, () => (this.header?.count ? this.header.bounds[2] : 0), () => this.place(false));
    this.gestures.drags();
    const { ring, card } = this.pointed;
    this.stage = make("div", "live-stage", "", this.canvas, ring, this.gestures.element, card.element);
    this.room = make("div", "live-room", "", this.stage, this.message); // the square takes what it can of it
    this.caption = make("div", "live-caption");
    this.drawn = make("span");
    this.scatter.oncount = () => (this.drawn.textContent = drawnSentence(this.scatter));
    this.legend = new Legend((chosen) => this.choose(chosen));
    this.root.append(this.room, this.legend.element, this.caption);
    parent.append(this.root);
    explain(this.root);
    this.state = { xy: new Float32Array(0), step: null, method: null, renders: 0 };
    this.canvas.__simclr = this.state;
    this.listen();
  }

  listen() {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.room);
    const still = () => !this.canvas.dataset.gliding && !this.gestures.pulling;
    this.pointed.listen((x, y) => (still() ? this.scatter.pick(x, y) : -1), (i) => this.pointed.point(i));
    this.root.addEventListener("keydown", (e) => this.press(e));
  }

  update({ header, arrays }) {
    const { root, scatter } = this;
    const before = this.header;
    Object.assign(this, { header, arrays });
    this.state.renders += 1;
    dress(root);
    root.classList.toggle("live-empty", !header.count);
    scatter.paint(header.colors, getComputedStyle(root).backgroundColor);
    this.message.textContent = header.message || "";
    this.message.hidden = !header.message;
    const same = before?.count && header.count && before.run === header.run;
    if (!same) {
      this.pointed.point(-1);
      this.gestures.reset();
    }
    if (!same || before.color !== header.color) this.legend.clear();
    this.legend.update(header);
    scatter.mask = forwardMask(this.legend.chosen, arrays.category);
    this.pointed.card.use(header);
    scatter.use(header);
    this.describe(header);
    this.resize();
    this.place(same);
  }

  /** @param {boolean} glide from where the points are */
  place(glide) {
    const { header: { bounds }, arrays: { xy, category }, gestures: { zoom }, scatter } = this;
    this.canvas.dataset.gliding = "1";
    scatter.view = zoom.view(bounds[2]);
    scatter.move(xy, category, zoom.within(bounds), glide, () => this.arrive(xy), zoom.times === 1);
  }

  /** Say that the points are where they belong. */
  arrive(xy) {
    const { step = null, method = null, run } = this.header;
    Object.assign(this.state, { xy, step, method, run });
    delete this.canvas.dataset.gliding;
    Object.assign(this.canvas.dataset, { step: step ?? "", method: method ?? "", run });
  }

  describe(header) {
    const { method, step, asked } = header;
    if (!method) {
      this.caption.replaceChildren();
      this.canvas.setAttribute("aria-label", header.message || "No map yet.");
      return;
    }
    const name = method.toUpperCase();
    const waits = asked !== method ? " while UMAP is warming up" : "";
    const first = make("div", "", `${name}${waits} · step ${count(step)}`);
    const [kept, sentence] = trust(header);
    if (kept) first.append(" · ", term(kept, sentence));
    this.caption.replaceChildren(first, make("div", "live-warning", "", this.drawn, WARNINGS[method] ?? ""));
    const groups = header.names.map((n, i) => `${n} ${header.counts[i]}`).join(", ");
    this.canvas.setAttribute(
      "aria-label",
      `Map of ${count(header.count)} pictures by ${name} at step ${count(step)}` +
        (groups ? `, coloured by ${header.color}: ${groups}. ` : ". ") +
        (kept ? `Its quality: ${kept}. ` : "") +
        "Arrow keys move from picture to picture, plus and minus zoom, Escape clears.",
    );
  }

  resize() {
    const side = Math.floor(Math.min(this.room.clientWidth, this.room.clientHeight));
    if (side < 1) return; // it is hidden
    this.root.style.setProperty("--side", `${side}px`);
    this.scatter.resize(side);
  }

  choose(chosen) {
    this.scatter.mask = forwardMask(chosen, this.scatter.category);
    this.scatter.draw();
  }

  press(event) {
    if (event.key === "Escape") {
      this.pointed.point(-1);
      this.legend.clear();
      this.choose(this.legend.chosen);
      this.gestures.enlarge(0);
    } else if (event.target === this.canvas) {
      if (ARROWS[event.key]) this.pointed.point(this.scatter.step(this.pointed.index, ...ARROWS[event.key]));
      else if (!this.gestures.press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  destroy() {
    this.observer.disconnect();
    this.pointed.card.hide();
    this.root.remove();
  }
}

/**
 * Return how far a map can be trusted: words, and what they mean.
 * @param {any} header of the map's block
 * @returns {string[]} empty if it is not known
 */
export function trust({ method, kept, preservation, pca_kept }) {
  const strangers = known(preservation) ? `${TRUST} Here ${decimal(preservation)}.` : "";
  if (!known(kept)) return strangers ? [`trustworthiness ${decimal(preservation)}`, strangers] : [];
  const pca = method !== "pca" && known(pca_kept) ? ` (PCA ${percent(pca_kept)})` : "";
  return [`keeps ${percent(kept)} of true neighbourhoods${pca}`, `${KEEPS} ${strangers}`];
}
