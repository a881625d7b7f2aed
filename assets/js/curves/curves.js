// Scores and loss of a run: one element, updated in place.

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";
import { count, decimal, known } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { LossFigure } from "./loss.js";
import { ScoreView } from "./score.js";

export const render = element((parent) => new CurvesView(parent), "curves");

const LOSS =
  "Lower is better. How hard it is for the network to tell each view's partner from all other views. " +
  "If all pictures looked alike to it, the loss would stay on the upper line. It starts above " +
  "that line: untrained, a view's z is often nearer to strangers than to its partner, and a " +
  "small temperature punishes that.";
/** @type {[string, string, number, string][]} key, name, digits, explanation */
const CELLS = [
  ["alignment", "alignment ↓", 2,
    "Mean squared distance between the projections z of a picture's two views. Lower is better, but " +
    "only together with a low uniformity: a network that finds everything alike has 0."],
  ["uniformity", "uniformity ↓", 2,
    "How evenly the projections z are spread over the sphere; 0 means all in one place. Lower is " +
    "better, but only together with a low alignment: random projections are spread evenly, too."],
  ["effective_rank_h", "rank of h", 0,
    "In how many directions the representations h really vary. Near 1 would be collapse. Beyond " +
    "that, more is not always better: noise varies in all directions, and an untrained network in many."],
];

class CurvesView {
  constructor(parent) {
    this.root = make("div", "live-curves");
    this.root.__simclr = this.state = { points: 0, renders: 0 };
    this.back = makeButton("live-back", "whole curve", () => this.figure.reset());
    this.back.hidden = true;
    this.message = make("div", "live-over");
    this.plot = make("div", "live-plot");
    this.plot.setAttribute("role", "img");
    this.scores = [new ScoreView(), new ScoreView()];
    this.cells = CELLS.map(([, name, , words]) => ({ word: term(name, words), number: make("b", "live-number") }));
    const cells = this.cells.map(({ word, number }) => make("span", "live-cell", "", word, " ", number));
    this.root.append(
      make("div", "live-scores", "", ...this.scores.map((score) => score.element)),
      make("div", "live-head", "", term("Loss ↓", LOSS), this.back, make("div", "live-cells", "", ...cells)),
      make("div", "live-plotbox", "", this.plot, this.message),
    );
    parent.append(this.root);
    explain(this.root);
    this.figure = new LossFigure(this.plot, (zoomed) => (this.back.hidden = !zoomed));
    this.state.plot = this.plot;
  }

  update({ header, arrays }) {
    const look = dress(this.root);
    if (header.run !== this.run) this.figure.zoom = {};
    this.run = header.run;
    const bad = known(header.bad_step)
      ? `The loss has not been a number since step ${count(header.bad_step)}`
      : "";
    const empty = !arrays.loss?.length;
    this.message.textContent = bad || (empty ? header.message || "" : "");
    this.message.hidden = !this.message.textContent;
    this.scores.forEach((score, i) => score.update(header.scores[i]));
    this.cells.forEach(({ number }, i) => (number.textContent = decimal(header.snapshot[CELLS[i][0]], CELLS[i][2])));
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

  destroy() {
    this.figure.destroy();
    for (const score of this.scores) score.destroy();
    this.root.remove();
  }
}

function describe(header) {
  if (!known(header.loss)) return header.message || "No loss yet.";
  return (
    `Loss after ${count(header.step)} steps: ${decimal(header.loss)}` +
    (known(header.alike) ? `; all alike would be ${decimal(header.alike)}` : "") +
    (known(header.floor) ? `, the floor is about ${decimal(header.floor)}.` : ".")
  );
}
