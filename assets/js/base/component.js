// What makes a class an element of a Streamlit page.

import { unpack } from "./packing.js";

/**
 * What Streamlit passes at each update.
 * @typedef {object} Component
 * @property {any} parentElement the shadow root, or the element, in which the figure stands
 * @property {Uint8Array} data a block of packing.py
 * @property {(name: string, value: any) => void} setStateValue
 */

/**
 * A figure on the page; `component` is set before each update.
 * @typedef {object} View
 * @property {(block: import("./packing.js").Block) => void} update
 * @property {() => void} destroy
 * @property {Component} [component]
 */

/**
 * Return the `render` of a module: it makes the view at the first call and keeps it after that.
 * @param {(parent: any) => View} create
 * @param {...string} sheets of assets/css/elements that the view needs besides `base` and `states`
 * @returns {(component: Component) => Promise<() => void>}
 */
export function element(create, ...sheets) {
  return async (component) => {
    const styles = await Promise.all(["base", "states", ...sheets].map(styleSheet)); // nothing shows unstyled
    const root = component.parentElement.getRootNode();
    const home = root.adoptedStyleSheets ? root : document;
    home.adoptedStyleSheets = [...new Set([...home.adoptedStyleSheets, ...styles])];
    return keep(component, create);
  };
}

/**
 * Streamlit ends every call that a later one overtakes, also before the later one gets here; only
 * an element that has left the page is the end.
 */
function keep(component, create) {
  const parent = component.parentElement;
  const view = (parent.simclrView ??= create(parent));
  view.component = component;
  if (component.data) view.update(unpack(component.data));
  return () => {
    if (parent.isConnected || parent.simclrView !== view) return;
    view.destroy();
    delete parent.simclrView;
  };
}

/** @type {Map<string, Promise<CSSStyleSheet>>} */
const styleSheets = new Map();

/** Fetch a style sheet, once for the page; again if that failed. */
function styleSheet(name) {
  if (!styleSheets.has(name)) {
    const sheet = fetch(new URL(`../../css/elements/${name}.css`, import.meta.url))
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`${name}.css could not be fetched`))))
      .then((text) => new CSSStyleSheet().replace(text));
    sheet.catch(() => styleSheets.delete(name));
    styleSheets.set(name, sheet);
  }
  return styleSheets.get(name);
}
