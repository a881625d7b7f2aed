// Small elements of the page.

/**
 * Create an element.
 * @param {string} tag
 * @param {string} [name] its class, or several
 * @param {string} [text]
 * @param {...(Node|string)} children
 * @returns {any} the element; untyped, as `tag` alone decides what it is
 */
export function make(tag, name = "", text = "", ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

/**
 * Create a button.
 * @param {string} name its class
 * @param {string} text
 * @param {() => void} press what a click does
 * @returns {HTMLButtonElement}
 */
export function makeButton(name, text, press) {
  const button = make("button", name, text);
  button.type = "button";
  button.onclick = press;
  return button;
}

/**
 * Replace an element's content if it has changed, and keep the focus inside the element.
 * @param {HTMLElement} element
 * @param {(Node|string)[]} parts
 * @param {HTMLElement} heir gets the focus if something inside had it
 */
export function refill(element, parts, heir) {
  const { childNodes } = element;
  if (parts.length === childNodes.length && parts.every((part, i) => part === childNodes[i])) return;
  const { activeElement } = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  const held = element.contains(activeElement);
  element.replaceChildren(...parts);
  if (held) heir.focus({ preventScroll: true });
}

/**
 * Create an element of a drawing.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @returns {SVGElement}
 */
export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
