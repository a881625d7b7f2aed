// One run of the film: its map of pictures, and how often neighbours vote for the right answer.

import { make } from "../base/elements.js";
import { linkOf } from "../base/link.js";
import { count, interval, known, percent, score } from "../base/numbers.js";
import { term } from "../base/tips.js";
import { MapPane } from "../explore/map_pane.js";
import { categoriesOf } from "../map/legend.js";
import { KEEPS } from "../map/map.js";
import { placesAt, unpackPlaces } from "./frames.js";

const INTERVAL = "The 95% interval: for other pictures of the same kind, the share may be anywhere in this range.";

/** A map that is put at a moment between snapshots. */
class FilmPane extends MapPane {
  /** @param {any} run as for `Side` */
  put(run, at, more, colors, look) {
    if (this.run !== run) this.places = unpackPlaces(run.places);
    this.run = run;
    this.at = at;
    this.more = more;
    const header = { bounds: [0.5, 0.5, 0.5], step: run.steps[Math.round(at)] };
    this.show({ header, arrays: {} }, colors, look, false);
  }

  place() {
    const { scatter, gestures: { zoom } } = this;
    scatter.view = zoom.view(0.5);
    const xy = placesAt(this.places, this.run.count, this.at, scatter.view);
    scatter.put(xy, this.colors.arrays.category, this.more);
    this.arrive(this.frame.header, xy);
  }
}

/** A map that follows the film. */
export class Side {
  /**
   * @param {any} run of simclr_core/feed/film.py, or a sentence as its `trouble`
   * @param {string} title
   * @param {any} sheet the run that carries the pictures
   * @param {{ lasso?: boolean, dots?: boolean }} options lasso: whether dragging selects pictures
   */
  constructor(run, title, sheet, { lasso, dots }) {
    this.link = linkOf(run.digest ?? title);
    this.pane = new FilmPane(this.link, (touch) => (touch ? "" : lasso ? "lasso" : "move"), title);
    this.stage = make("div", "film-stage", "", this.pane.element);
    this.score = make("b", "film-score");
    this.beside = make("div", "film-beside");
    this.colored = make("span");
    const about = make("div", "film-about", "", this.colored, this.pane.drawn);
    const head = make("div", "film-head", "", make("h2", "", title), about);
    const facts = make("div", "film-facts", "", this.score, this.beside);
    this.element = make("section", "film-side", "", head, this.stage, facts);
    this.use(run);
    this.pane.say(run.trouble ?? "");
    if (!run.trouble) this.pane.use({ pictures: sheet.sheet, points: run.colors, columns: sheet.columns, size: sheet.size }, !!dots);
  }

  /** @param {any} run the same one, perhaps with more snapshots */
  use(run) {
    this.run = run;
    this.described = "";
    if (this.color !== undefined) this.paint(this.color);
  }

  /** @param {string} color the factor whose colours frame the pictures */
  paint(color) {
    const { run } = this;
    if (run.trouble) return;
    this.color = color;
    const plain = { names: [], values: Array(run.count).fill(0), colors: [run.plain] };
    const { names, values, colors } = run.colors[color] ?? plain;
    const { category, counts } = categoriesOf({ names, values });
    /** What the legend shows, and `MapPane`. */
    this.categories = { color, name: color, title: color, names, counts, colors };
    this.colors = { header: this.categories, arrays: { category } };
  }

  resize() {
    this.pane.resize(Math.max(80, Math.floor(Math.min(this.stage.clientWidth, this.stage.clientHeight))));
  }

  /**
   * Show a moment of the film.
   * @param {number} at the snapshot, 1.5 between the second and the third
   * @param {boolean} more whether the next frame comes by itself
   * @param {string[]} asked the properties that neighbours vote for here, the score's first
   * @param {import("../base/theme.js").Theme} look
   */
  draw(at, more, asked, look) {
    if (this.run.trouble) return;
    this.pane.put(this.run, at, more, this.colors, look);
    this.describe(Math.round(at), asked);
  }

  /** Write the words of a snapshot, once. */
  describe(now, asked) {
    const { run } = this;
    const key = `${now} ${this.color} ${asked}`;
    if (key === this.described) return;
    this.described = key;
    const votes = asked.map((name) => run.votes.find(({ of }) => of === name)).filter(Boolean);
    const [first, ...others] = votes;
    const scores = votes.map(({ of, values }) => `the right ${titleOf(of)} ${score(values[now])}`).join(", ");
    this.pane.canvas.setAttribute(
      "aria-label",
      `Map of ${count(run.count)} pictures at step ${count(run.steps[now])}${scores && `; neighbours vote for ${scores}`}.`,
    );
    const kept = run.kept[now];
    this.colored.replaceChildren(this.color ? `framed by ${titleOf(this.color)}` : "");
    if (known(kept)) this.colored.append(this.color ? " · " : "", term(`keeps ${percent(kept)}`, KEEPS));
    this.score.textContent = first ? score(first.values[now]) : "";
    this.beside.replaceChildren(
      ...(first
        ? [make("b", "", `neighbours vote for the right ${titleOf(first.of)}`), make("span", "", "", ...rangeOf(first, now), against(first))]
        : [make("span", "", "No labels: neighbours cannot be scored.")]),
      ...others.map((vote) => make("span", "", `for the right ${titleOf(vote.of)}: ${score(vote.values[now])} (${against(vote)})`)),
    );
  }
}

/**
 * Return what a property is called.
 * @param {string} property
 */
export const titleOf = (property) => (property === "label" ? "class" : property);

/** Return between which shares a score may be. */
const rangeOf = ({ low, high }, now) => (known(low[now]) ? [term(interval(low[now], high[now]), INTERVAL), " · "] : []);

/** Return what a score is to be compared with. */
function against({ untrained, pixels, chance }) {
  const rivals = Object.entries({ untrained, pixels, chance }).filter(([, value]) => known(value));
  return rivals.map(([name, value]) => `${name} ${score(value)}`).join(", ");
}
