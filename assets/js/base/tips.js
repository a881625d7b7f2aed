// Words with an explanation that appears beside them.

import { make } from "./elements.js";

/**
 * Create a word with an explanation, for pointer and keyboard alike.
 * @param {string} word
 * @param {string} sentence
 * @returns {HTMLElement}
 */
export function term(word, sentence) {
  const element = make("span", "live-term", word);
  element.tabIndex = 0;
  element.dataset.tip = sentence;
  return element;
}

/**
 * Show the explanations of all `term`s inside an element, within its edges.
 * @param {HTMLElement} root
 */
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
  root.addEventListener("focusin", (e) => /** @type {Element} */ (e.target).matches(":focus-visible") && show(e));
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", (e) => e.key === "Escape" && hide());
}
