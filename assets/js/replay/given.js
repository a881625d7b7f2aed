// Beside the film on Home: what the network is given, its loss, and how its neighbours vote.

import { make } from "../base/elements.js";
import { score } from "../base/numbers.js";
import { term } from "../base/tips.js";
import { indexAt } from "./frames.js";
import { drawLine } from "./line.js";

const VOTES =
  "kNN accuracy: how often the 20 most similar of the 1,000 pictures on the map vote for the right answer. " +
  "The answers are used for this test alone.";

const LOSS =
  "How hard it is to tell each view's partner from all other views. It starts above the line “all alike”: untrained, " +
  "a view is often nearer to strangers than to its partner, and a small temperature punishes that.";

/** The column on the right: a picture with its two views, and two curves. */
export class Given {
  /**
   * @param {{ picture: string, views: string, words: string[] }} given data URIs, and each view's recipe
   * @param {string} trial the address of the game
   */
  constructor({ picture, views, words }, trial) {
    const view = (i) => {
      const box = make("span", `film-view film-view-${i + 1}`);
      box.style.backgroundImage = `url(${views})`;
      box.style.backgroundPositionX = i ? "100%" : "0";
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", `view ${i + 1}: ${words[i]}`);
      box.title = words[i];
      return make("figure", "", "", box, make("figcaption", `film-word-${i + 1}`, `view ${i + 1}`));
    };
    const source = make("img");
    Object.assign(source, { src: picture, alt: "a picture of a drawn shape" });
    const given = make("div", "film-given", "",
      make("figure", "", "", source, make("figcaption", "", "a picture")), make("i", "film-arrow", "›"), view(0), view(1));
    const link = make("a", "", "Try it yourself");
    Object.assign(link, { href: trial, target: "_self", title: "Find the two views of each picture, against the network" });
    this.loss = make("canvas");
    this.votes = make("canvas");
    const head = (name, note) => make("div", "film-head", "", name, make("span", "", "", note));
    this.element = make("aside", "film-aside", "",
      head(make("b", "", "What the network is given"), link), given,
      head(term("Loss", LOSS), "falls as partners are found"), this.loss,
      head(term("Votes for the right shape", VOTES), "on the map"), this.votes);
  }

  /**
   * Draw the curves up to a step.
   * @param {any[]} runs of simclr_core/feed/film.py: the first one's curves, and the second one's votes
   * @param {number} step
   */
  draw([first, second], step) {
    const end = first.steps.at(-1);
    drawLine(this.loss, first.loss, step, end, { "all alike": first.loss.alike }, (v) => v.toFixed(2));
    const [votes, other] = [first, second].map(({ votes: [{ values }], steps }) => ({ steps, values }));
    const { pixels, chance } = first.votes[0];
    const counted = first.steps[Math.round(indexAt(first.steps, step))]; // as below the map
    drawLine(this.votes, votes, counted, end, { pixels, chance }, score, { curve: other, name: "without" });
  }
}
