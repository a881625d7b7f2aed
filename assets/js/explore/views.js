// A run's pictures and their views, cut out of strips that the server draws.

import { make } from "../base/elements.js";

/**
 * The pictures of a run, and where its server has them.
 * @typedef {import("../map/thumb.js").Sheet & { base: string, digest: string }} Source
 */

/**
 * Return the address of an image of a picture.
 * @param {Source} source
 * @param {"original" | "views" | "more"} what
 * @param {number} index of the picture
 */
export const address = ({ base, digest }, what, index) => `${base}/${what}.png?index=${index}&v=${digest}`;

/**
 * Create an image.
 * @param {string} url
 * @param {string} words
 * @param {number} size pixels of a picture; small ones keep their pixels
 * @returns {HTMLImageElement}
 */
export function picture(url, words, size) {
  const image = make("img");
  image.src = url;
  image.alt = words;
  image.style.imageRendering = size > 128 ? "auto" : "pixelated";
  return image;
}

/**
 * Create a square that shows one picture of a strip.
 * @param {HTMLImageElement} image the strip
 * @param {number} at place in the strip
 * @param {string} [name] classes besides "ex-cut"
 * @param {number} [px] CSS pixels per side
 * @returns {HTMLElement}
 */
export function cut(image, at, name = "", px = 0) {
  const element = make("div", `ex-cut ${name}`, "", image);
  element.style.setProperty("--at", String(at));
  if (px) element.style.setProperty("--px", `${px}px`);
  return element;
}

/**
 * Create a square with a view, framed in its colour.
 * @param {Source} source
 * @param {number} index of the picture
 * @param {number} view 0 or 1
 * @param {string} words
 * @param {number} [px] CSS pixels per side
 * @returns {HTMLElement}
 */
export function viewOf(source, index, view, words, px) {
  const element = cut(picture(address(source, "views", index), words, source.size), view, `ex-v${view + 1}`, px);
  element.title = words;
  return element;
}
