// The colours of the page, for drawings.

/** @typedef {{ text: string, background: string, font: string, muted: string, faint: string, line: string }} Theme */

/** @typedef {[number, number, number]} Rgb */

/**
 * Return the theme that Streamlit gives to components, as colours that a canvas can use.
 * @param {Element} element
 * @returns {Theme}
 */
export function theme(element) {
  const style = getComputedStyle(element);
  const value = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
  const text = value("text-color", "#31333f");
  const background = value("background-color", "#ffffff");
  return {
    text,
    background,
    font: value("font", "sans-serif"),
    muted: mix(text, background, 0.35),
    faint: mix(text, background, 0.66),
    line: mix(text, background, 0.86),
  };
}

/**
 * Give an element the theme's greys as CSS variables.
 * @param {HTMLElement} root
 * @param {{ dark?: boolean }} [header] dark: whether the theme is, for elements that the browser draws
 * @returns {Theme}
 */
export function dress(root, { dark } = {}) {
  const look = theme(root);
  const { muted, faint, line } = look;
  for (const [name, color] of Object.entries({ muted, faint, line })) root.style.setProperty(`--${name}`, color);
  if (dark !== undefined) root.style.colorScheme = dark ? "dark" : "light";
  return look;
}

function mix(a, b, share) {
  const [p, q] = [channels(a), channels(b)];
  return `rgb(${p.map((v, i) => Math.round(v + (q[i] - v) * share)).join(",")})`;
}

/**
 * Return the colour of a theme: of "light-dark(a, b)" the one for the ground it stands on, which a
 * canvas cannot find out by itself.
 * @param {string} color
 * @param {string} ground
 */
export function shadeOn(color, ground) {
  const both = /^light-dark\((.+), (.+)\)$/.exec(color);
  if (!both) return color;
  const [red, green, blue] = channels(ground);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? both[2] : both[1];
}

/** @type {CanvasRenderingContext2D} */
let probe;

/** @type {Map<string, Rgb>} reading a pixel back is slow, and frames ask for the same few colours */
const read = new Map();

/**
 * Return red, green and blue of a CSS colour.
 * @param {string} color
 * @returns {Rgb} 0 to 255
 */
export function channels(color) {
  if (!read.has(color)) read.set(color, readBack(color));
  return read.get(color);
}

/** @returns {Rgb} */
function readBack(color) {
  probe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
