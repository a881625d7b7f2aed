// What all live figures share: reading their bytes, the page's theme, numbers, tooltips.

const KINDS = { f4: Float32Array, u4: Uint32Array, u2: Uint16Array, u1: Uint8Array };

/** Header and arrays of a block that packing.py made. */
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  const arrays = {};
  for (const [name, kind, length] of header.arrays) {
    const size = length * KINDS[kind].BYTES_PER_ELEMENT;
    arrays[name] = new KINDS[kind](bytes.slice(at, at + size).buffer); // a copy: aligned, ours
    at += size;
  }
  return { header, arrays };
}

/**
 * The view that lives in a component's element: made at the first call, kept after that.
 * Streamlit ends every call that a later one overtakes, also before the later one gets here; only
 * an element that has left the page is the end.
 */
export function keep(component, make) {
  const parent = component.parentElement;
  const view = (parent.simclrView ??= make(parent));
  view.component = component;
  if (component.data) view.update(unpack(component.data));
  return () => {
    if (parent.isConnected || parent.simclrView !== view) return;
    view.destroy();
    delete parent.simclrView;
  };
}

/** The theme that Streamlit gives to components, as colours that a canvas can use. */
export function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
  const text = read("text-color", "#31333f");
  const background = read("background-color", "#ffffff");
  return {
    text,
    background,
    font: read("font", "sans-serif"),
    muted: mix(text, background, 0.35),
    faint: mix(text, background, 0.66),
    line: mix(text, background, 0.86),
  };
}

function mix(a, b, share) {
  const [p, q] = [channels(a), channels(b)];
  return `rgb(${p.map((v, i) => Math.round(v + (q[i] - v) * share)).join(",")})`;
}

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** Red, green and blue of a CSS colour, 0 to 255. */
export function channels(color) {
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** An element with class, text and children. */
export function make(tag, name = "", text = "", ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

export const count = (value) => Math.round(value).toLocaleString("en-US");
export const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
/** Per cent; what is neither none nor all is not rounded to it: 0.999 is 99.9%. */
export function percent(value, digits = 0) {
  if (!known(value)) return "–";
  const text = (100 * value).toFixed(digits);
  if (value <= 0 || value >= 1 || digits || (text !== "0" && text !== "100")) return `${text}%`;
  return `${Math.min(Math.max(100 * value, 0.1), 99.9).toFixed(1)}%`;
}
export const decimal = (value, digits = 2) =>
  known(value) ? value.toFixed(digits).replace("-", "−") : "–";

/** Puts a style sheet beside the view, once. */
export function addStyle(parent, css) {
  const style = make("style");
  style.textContent = css + TIP_CSS;
  parent.append(style);
}

/** A word with a sentence of explanation, for pointer and keyboard alike. */
export function term(word, sentence) {
  const element = make("span", "live-term", word);
  element.tabIndex = 0;
  element.dataset.tip = sentence;
  return element;
}

/** Shows the explanations of all `term`s inside `root`, within its edges. */
export function explain(root) {
  const tip = make("div", "live-tip");
  tip.id = `live-tip-${Math.random().toString(36).slice(2, 8)}`;
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  root.append(tip);
  const hide = () => (tip.hidden = true);
  const show = (event) => {
    const from = event.target.closest?.("[data-tip]");
    if (!from) return hide();
    tip.textContent = from.dataset.tip;
    from.setAttribute("aria-describedby", tip.id);
    tip.hidden = false;
    const [box, word, size] = [root, from, tip].map((e) => e.getBoundingClientRect());
    const left = Math.min(word.left - box.left, box.width - size.width - 4);
    const above = word.top - box.top - size.height - 6;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${above >= 0 ? above : word.bottom - box.top + 6}px`;
  };
  root.addEventListener("pointerover", show);
  root.addEventListener("pointerleave", hide);
  root.addEventListener("focusin", (e) => e.target.matches(":focus-visible") && show(e));
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", (e) => e.key === "Escape" && hide());
}

const TIP_CSS = `
.live-term { cursor: help; text-decoration: underline dotted 1px; text-underline-offset: 3px;
  text-decoration-color: color-mix(in srgb, currentColor 45%, transparent); border-radius: 2px; }
.live-term:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.live-tip { position: absolute; z-index: 20; max-width: 264px; padding: 8px 10px; font-size: calc(12.5px * var(--lab-scale, 1));
  line-height: 1.4; border-radius: 6px; pointer-events: none; white-space: normal;
  color: var(--st-background-color); background: var(--st-text-color);
  box-shadow: 0 2px 10px rgb(0 0 0 / .18); }
.live-tip[hidden] { display: none; }
`;
