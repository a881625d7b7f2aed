// Small pictures cut out of a run's sheet by the browser.

import { make } from "./common.js";

/**
 * A button with a picture.
 * sheet: address, columns and pixels a side; px: its size on the screen.
 */
export function thumb({ pictures, columns, size, count }, index, px, label) {
  const button = make("button", "ex-thumb");
  button.type = "button";
  button.dataset.index = index;
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
  return button;
}

export const THUMB_CSS = `
.ex-thumb { padding: 0; border: 0; border-radius: 3px; cursor: pointer; flex: none; display: block;
  background-color: var(--st-secondary-background-color); background-repeat: no-repeat; }
.ex-thumb:hover, .ex-thumb.ex-pointed { box-shadow: 0 0 0 2px var(--st-text-color); }
.ex-thumb:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
`;
