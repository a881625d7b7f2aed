// Loss and metrics of a run: one element, updated in place.

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";
import { count, decimal, known, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { LossFigure } from "./loss.js";
import { Spark } from "./spark.js";

export const render = element((parent) => new CurvesView(parent), "curves");

const WORDS = {
  loss:
    "Lower is better. How hard it is for the network to tell each view's partner from all other views. " +
    "If all pictures looked alike to it, the loss would stay on the upper line. It starts above " +
    "that line: untrained, a view's z is often nearer to strangers than to its partner, and a " +
    "small temperature punishes that.",
  accuracy:
    "Higher is better. Contrastive accuracy: how often a view's nearest view, of all in the batch, is the other " +
    "view of the same picture.",
  neighbours:
    "Higher is better. kNN accuracy: how often a picture's nearest pictures, by cosine similarity of " +
    "representations, vote for the right answer. The network itself never sees the answers. Here " +
    "the pictures on the map are compared with one another. The final score of a run compares new " +
    "pictures with all training pictures, so it is usually higher.",
  alignment:
    "Mean squared distance between the two views of a picture. Lower is better, as long as uniformity is low too.",
  uniformity: "How evenly projections spread over the sphere: lower means more even, which is better.",
  effective_rank_h:
    "In how many directions the representations h really vary; near 1 would be collapse.",
  effective_rank_z: "In how many directions the projections z vary; near 1 would be collapse.",
};
const CELLS = [
  ["alignment", "alignment ↓", 2],
  ["uniformity", "uniformity ↓", 2],
  ["effective_rank_h", "rank of h", 0],
  ["effective_rank_z", "rank of z", 0],
];

class CurvesView {
  constructor(parent) {
    this.root = make("div", "live-curves");
    this.root.__simclr = this.state = { points: 0, renders: 0 };
    this.value = make("b", "live-number");
    this.back = makeButton("live-back", "whole curve", () => this.figure.reset());
    this.back.hidden = true;
    this.message = make("div", "live-over");
    this.plot = make("div", "live-plot");
    this.plot.setAttribute("role", "img");
    const head = make("div", "live-head", "", term("loss ↓", WORDS.loss), this.value, this.back);
    this.accuracy = new Row("finds the right partner ↑", WORDS.accuracy);
    this.neighbours = new Row("neighbours vote for the right class ↑", WORDS.neighbours);
    this.cells = CELLS.map(([key, name, digits]) => new Cell(key, name, digits));
    this.root.append(
      make("div", "live-scores", "", this.accuracy.element, this.neighbours.element),
      head,
      make("div", "live-plotbox", "", this.plot, this.message),
    );
    head.append(make("div", "live-cells", "", ...this.cells.map((cell) => cell.element)));
    parent.append(this.root);
    explain(this.root);
    this.figure = new LossFigure(this.plot, (zoomed) => (this.back.hidden = !zoomed));
    this.state.plot = this.plot;
  }

  update({ header, arrays }) {
    const look = dress(this.root);
    if (header.run !== this.run) this.figure.zoom = {};
    this.run = header.run;
    this.root.classList.toggle("live-ghost", !!header.ghost);
    this.value.textContent = decimal(header.loss);
    const bad = known(header.bad_step)
      ? `The loss has not been a number since step ${count(header.bad_step)}`
      : "";
    const empty = !arrays.loss?.length;
    this.message.textContent = bad || (empty ? header.message || "" : "");
    this.message.hidden = !this.message.textContent;
    this.rows(header, arrays);
    this.plot.setAttribute("aria-label", describe(header));
    const { loss = [], loss_step = [] } = arrays;
    Object.assign(this.state, { points: loss.length, loss, steps: loss_step, header });
    this.state.renders += 1;
    this.figure
      .update(header, arrays, look)
      .then(() => (this.root.dataset.points = loss.length))
      .catch((error) => {
        this.message.textContent = `No curve: ${error.message}.`;
        this.message.hidden = false;
      });
  }

  rows(header, arrays) {
    const end = Math.max(header.planned || 0, header.step || 0, 1);
    const { snapshot = {}, untrained, pixels, chance } = header;
    const { accuracy_step = [], accuracy = [], snapshot_step = [], knn_accuracy = [] } = arrays;
    this.accuracy.update(
      "finds the right partner ↑",
      percent(header.accuracy),
      known(chance) ? `contrastive accuracy · chance ${percent(chance, 1)}` : "contrastive accuracy",
      [accuracy_step, accuracy, end, [chance]],
    );
    const of = header.of && header.of !== "label" ? header.of : "class";
    const compared = [
      known(untrained) ? ` · untrained ${percent(untrained)}` : "",
      known(pixels) ? ` · pixels ${percent(pixels)}` : "",
    ].join("");
    this.neighbours.update(
      `neighbours vote for the right ${of} ↑`,
      percent(snapshot.knn_accuracy),
      `kNN accuracy on the map${compared}`,
      [snapshot_step, knn_accuracy, end, [untrained, pixels]],
    );
    for (const cell of this.cells)
      cell.update(snapshot[cell.key], [snapshot_step, arrays[cell.key] ?? [], end]);
  }

  destroy() {
    this.figure.destroy();
    this.root.remove();
  }
}

/** @typedef {Parameters<Spark["update"]>} SparkLine */

/** A metric in words, its number and its curve, from 0 to 1. */
class Row {
  constructor(name, sentence) {
    this.name = term(name, sentence);
    this.number = make("b", "live-number", "–");
    this.note = make("div", "live-note");
    this.spark = new Spark([0, 1]);
    const words = make("div", "live-words", "", this.name, this.note);
    this.element = make("div", "live-row", "", words, this.number, this.spark.box);
  }

  /** @param {string} name @param {string} number @param {string} note @param {SparkLine} line */
  update(name, number, note, line) {
    this.name.textContent = name;
    this.number.textContent = number;
    this.note.textContent = note;
    this.spark.update(...line);
  }
}

class Cell {
  constructor(key, name, digits) {
    this.key = key;
    this.digits = digits;
    this.number = make("b", "live-number", "–");
    this.spark = new Spark();
    const words = make("div", "live-words", "", term(name, WORDS[key]), this.number);
    this.element = make("div", "live-cell", "", words, this.spark.box);
  }

  /** @param {number} value @param {SparkLine} line */
  update(value, line) {
    this.number.textContent = decimal(value, this.digits);
    this.spark.update(...line);
  }
}

function describe(header) {
  if (header.ghost || !known(header.loss)) return header.message || "No loss yet.";
  return (
    `Loss after ${count(header.step)} steps: ${decimal(header.loss)}` +
    (known(header.alike) ? `; all alike would be ${decimal(header.alike)}` : "") +
    (known(header.floor) ? `, the floor is about ${decimal(header.floor)}.` : ".")
  );
}
