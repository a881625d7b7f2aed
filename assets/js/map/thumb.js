// Small pictures cut out of a run's sheet by the browser.

import { makeButton } from "../base/elements.js";

/**
 * All pictures of a run in one image.
 * @typedef {{ pictures: string, columns: number, size: number, count: number }} Sheet
 */

/**
 * Create a button with a picture.
 * @param {Sheet} sheet
 * @param {number} index of the picture
 * @param {number} px its size on the screen
 * @param {string} label
 * @param {import("../base/link.js").Link} [link] the button picks and points at its picture there
 * @returns {HTMLButtonElement}
 */
export function thumb({ pictures, columns, size, count }, index, px, label, link) {
  const button = makeButton("ex-thumb", "", () => link?.pick(index));
  button.dataset.index = String(index);
  button.title = label;
  button.setAttribute("aria-label", label);
  const rows = Math.ceil(count / columns);
  const [left, top] = [index % columns, Math.floor(index / columns)];
  Object.assign(button.style, {
    width: `${px}px`,
    height: `${px}px`,
    backgroundImage: `url("${pictures}")`,
    backgroundSize: `${columns * px}px ${rows * px}px`,
    backgroundPosition: `${-left * px}px ${-top * px}px`,
    imageRendering: size > 128 ? "auto" : "pixelated",
  });
  if (link) {
    button.onpointerenter = button.onfocus = () => link.point(index);
    button.onpointerleave = button.onblur = () => link.point(-1);
  }
  return button;
}

/**
 * Mark the thumb of the picture that is pointed at elsewhere.
 * @param {HTMLElement} root
 * @param {number} pointed
 */
export function markPointed(root, pointed) {
  for (const one of root.querySelectorAll(".ex-thumb"))
    one.classList.toggle("ex-pointed", Number(/** @type {HTMLElement} */ (one).dataset.index) === pointed);
}
