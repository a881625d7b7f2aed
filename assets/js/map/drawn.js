// How many pictures a map draws, in words.

import { count } from "../base/numbers.js";

/**
 * Return how many points of a map are drawn as pictures; empty if none is.
 * @param {import("./scatter.js").Scatter} scatter
 * @returns {string}
 */
export function drawnWords({ tiles: { active, drawn, seen }, view: { times } }) {
  if (!active || !seen) return "";
  if (drawn === seen) return `all ${count(seen)} ${times > 1 ? "here " : ""}drawn`;
  return `${count(drawn)} of ${count(seen)} ${times > 1 ? "here " : ""}drawn, zoom in for more`;
}

/**
 * Return the same as a sentence with a space after it.
 * @param {import("./scatter.js").Scatter} scatter
 * @returns {string}
 */
export function drawnSentence(scatter) {
  const words = drawnWords(scatter);
  return words && `${words[0].toUpperCase()}${words.slice(1)}. `;
}
