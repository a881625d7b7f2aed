// One run of the film: its map of pictures, and how often neighbours vote for the right answer.

import { make } from "../base/elements.js";
import { count, percent } from "../base/numbers.js";
import { makeMap } from "../map/pointed.js";
import { placesAt, unpackPlaces } from "./frames.js";

const UNKNOWN = "#9a9da3"; // points without a category

/** A map that follows the film. */
export class Side {
  /**
   * @param {any} run of simclr_core/feed/film.py
   * @param {string} title
   * @param {string} color the factor whose colours frame the pictures
   * @param {string} sheet a data URI of all pictures
   */
  constructor(run, title, color, sheet) {
    this.run = run;
    this.places = unpackPlaces(run.places);
    this.color = color;
    const { names, values, colors } = run.colors[color];
    this.names = names;
    this.colors = [...colors, UNKNOWN];
    this.category = values.map((k) => (k < 0 ? names.length : k));
    const { canvas, scatter, pointed } = makeMap((i) => this.labelOf(i));
    this.canvas = canvas;
    this.scatter = scatter;
    this.pointed = pointed;
    this.canvas.__simclr = { scatter: this.scatter };
    const sources = { pictures: sheet, points: run.colors, columns: run.columns, size: run.size };
    this.pointed.card.use(sources);
    this.scatter.use(sources);
    this.pointed.listen((x, y) => this.scatter.pick(x, y), (i) => this.pointed.point(i));
    this.stage = make("div", "film-stage", "", this.canvas, this.pointed.ring, this.pointed.card.element);
    this.score = make("b", "film-score");
    this.beside = make("p", "film-beside");
    const head = make("div", "film-head", "", make("h2", "", title), make("span", "", `framed by ${color}`));
    this.element = make("section", "film-side", "", head, this.stage, make("div", "film-facts", "", this.score, this.beside));
  }

  restyle(look) {
    this.scatter.paint(this.colors, look.background);
  }

  resize() {
    this.scatter.resize(Math.floor(Math.min(this.stage.clientWidth, this.stage.clientHeight)));
  }

  /** @param {number} i @returns {[{ name: string, value: string }, string]} */
  labelOf(i) {
    const k = this.category[i];
    return [{ name: this.color, value: this.names[k] ?? "unknown" }, this.colors[k]];
  }

  /**
   * Show a moment of the film.
   * @param {number} at the snapshot, 1.5 between the second and the third
   * @param {boolean} more whether the next frame comes by itself
   */
  draw(at, more) {
    const { run, scatter, canvas } = this;
    scatter.put(placesAt(this.places, run.count, at), this.category, more);
    const now = Math.round(at);
    const step = run.steps[now];
    canvas.dataset.step = String(step);
    const told = run.votes.map(({ of, values }) => `the right ${of} ${percent(values[now])}`).join(", ");
    canvas.setAttribute("aria-label", `Map of ${count(run.count)} pictures at step ${count(step)}; neighbours vote for ${told}.`);
    const [shape, hue] = run.votes;
    this.score.textContent = percent(shape.values[now]);
    this.beside.replaceChildren(
      make("b", "", `neighbours vote for the right ${shape.of}`),
      make("span", "", against(shape)),
      make("span", "", `for the right ${hue.of}: ${percent(hue.values[now])} (${against(hue)})`),
    );
  }
}

/** What a score is to be compared with. */
const against = ({ values, pixels, chance }) =>
  `untrained ${percent(values[0])}, pixels ${percent(pixels)}, chance ${percent(chance)}`;
