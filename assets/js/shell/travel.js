// How the browser goes from page to page, so that every address is one step of its history.
//
// Streamlit writes a page's address in several steps, and its menu drops all settings. Here the
// address is complete before the page opens: the page is then read from it, as after Back.

import { linkSearch, pageOf, remember } from "./address.js";

const base = new URL(import.meta.url).pathname.split("/lab/assets/")[0]; // of an app behind a proxy

/** @type {string[]} */
let pages = [];
let acted = false; // whether somebody did something since the last step
let moved = false; // whether this module, Back or Forward has opened a page

/**
 * Look after the addresses of the tab; only the first call listens.
 * @param {string[]} names of the pages
 */
export function travel(names) {
  pages = names;
  if (globalThis.simclrLabTravels) return; // also by another version of this module
  globalThis.simclrLabTravels = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  history.pushState = (state, title, url) => {
    const to = new URL(url ?? "", location.href);
    const same = to.pathname === location.pathname;
    // Streamlit may report a page that the user left before its script began.
    if (!same && moved && state?.opens === undefined && pageOf(to.pathname, base, pages) !== undefined) return;
    // What a page adds to its own address before anybody did something again is no step.
    (same && (!acted || to.search === location.search) ? replace : push)(state, title, url);
    acted = false;
    note();
  };
  history.replaceState = (state, title, url) => {
    replace(state, title, url);
    note();
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (acted = true), true);
  addEventListener("popstate", () => {
    acted = false;
    moved = true;
    note();
  }, true);
  addEventListener("click", follow, true);
  note();
}

/**
 * Open a page of the app.
 * @param {string} to its name, with a query or without
 */
export function open(to) {
  const [page, query] = to.split("?", 2);
  const address = `${base}/${page}${linkSearch(sessionStorage, page, query ? `?${query}` : "")}`;
  acted = false;
  if (address !== location.pathname + location.search) history.pushState({ opens: page }, "", address);
  acted = false;
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

/** Follow a link within the app, instead of Streamlit. */
function follow(event) {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
  if (!anchor || anchor.hasAttribute("download") || anchor.target === "_blank") return;
  const to = new URL(anchor.href, location.href);
  const page = to.origin === location.origin ? pageOf(to.pathname, base, pages) : undefined;
  if (page === undefined || (to.hash && to.pathname === location.pathname)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (to.search || page !== here()) open(page + to.search);
}

/** Return the page of the address, if it is one of the app's. */
function here() {
  return pageOf(location.pathname, base, pages);
}

function note() {
  const page = here();
  if (page !== undefined) remember(sessionStorage, page, location.search);
}
