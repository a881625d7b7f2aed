// A picture of one's own: where it would lie, and what it is like.

import { count, decimal, make, term } from "./common.js";
import { thumb } from "./thumb.js";

const PLACED = 5; // nearest pictures between which it is placed
const ABOUT =
  "A map has no place for pictures that it was not made of: the cross lies between the five that " +
  "are most like it, nearer to those that are more so.";

/** Where a picture of one's own lies on a map, x and y in turn (0 to 1), from its neighbours. */
export function placed(at, { neighbours, similarities }) {
  const near = neighbours.slice(0, PLACED);
  const best = similarities[0];
  const shares = near.map((_, i) => Math.exp((similarities[i] - best) / 0.1));
  const total = shares.reduce((a, b) => a + b, 0);
  return [0, 1].map((axis) => near.reduce((sum, j, i) => sum + (at[2 * j + axis] * shares[i]) / total, 0));
}

/** The section of the pane. */
export function ownSection(own, source, link, step) {
  const section = make("section", "ex-own");
  section.setAttribute("aria-label", "Your picture");
  const image = make("img");
  image.src = own.picture;
  image.alt = "Your picture, as the network sees it";
  image.style.imageRendering = source.size > 128 ? "auto" : "pixelated";
  const words = own.step === step ? "" : ` (as of step ${count(own.step)}, whose weights were kept)`;
  const near = own.neighbours.map((index, i) => {
    const similarity = decimal(own.similarities[i]);
    const button = thumb(source, index, 44, `picture ${index + 1}, similarity ${similarity}`);
    button.onclick = () => link.pick(index);
    button.onpointerenter = button.onfocus = () => link.point(index);
    button.onpointerleave = button.onblur = () => link.point(-1);
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

export const OWN_CSS = `
.ex-own img { width: 104px; height: 104px; border-radius: 3px; }
.ex-own p { max-width: 30ch; }
.ex-stage path.ex-cross { fill: none; stroke: var(--st-text-color); stroke-width: 3; }
`;
