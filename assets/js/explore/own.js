// A user's own picture: where it belongs on a map, and what it is like.

import { make } from "../base/elements.js";
import { count, decimal } from "../base/numbers.js";
import { term } from "../base/tips.js";
import { thumb } from "../map/thumb.js";
import { picture } from "./views.js";

const ABOUT =
  "A map has no place for a picture that it was not made from: the cross lies between the five " +
  "pictures most like yours, closer to the more similar ones.";

/**
 * A user's own picture.
 * @typedef {object} Own
 * @property {string} picture its address
 * @property {number} step whose weights were used
 * @property {number[]} neighbours the nearest pictures in h, nearest first
 * @property {number[]} similarities to them
 */

/**
 * Create the section of the pane.
 * @param {Own} own
 * @param {import("./views.js").Source} source
 * @param {import("../base/link.js").Link} link
 * @param {number} step that is shown
 * @returns {HTMLElement}
 */
export function ownSection(own, source, link, step) {
  const section = make("section", "ex-own");
  section.setAttribute("aria-label", "Your picture");
  const image = picture(own.picture, "Your picture, as the network sees it", source.size);
  const words = own.step === step ? "" : ` (as of step ${count(own.step)}, whose weights were kept)`;
  const near = own.neighbours.map((index, i) => {
    const similarity = decimal(own.similarities[i]);
    const button = thumb(source, index, 44, `${link.nameOf(index)}, similarity ${similarity}`, link);
    return make("div", "ex-cell", "", button, make("small", "", similarity));
  });
  section.append(
    make("header", "", "", make("b", "", "Your picture"), make("span", "ex-words", words)),
    make("div", "ex-row", "", image, make("p", "ex-facts", "", term("placed between its nearest five", ABOUT))),
    make("p", "ex-sub", "nearest in h"),
    make("div", "ex-row ex-near", "", ...near),
  );
  return section;
}
