// Addresses of the app's pages: what the menu takes along, and how a page was left.

const OF_RUNS = ["views", "train", "explore"]; // pages that can have a run open
const OF_DATA = ["views", "train", "paradigms"]; // pages with a menu of data sets
const NO_RUN = ["", "none"];
// What is about one run, and is left behind when another one is opened.
const ABOUT_RUN = { views: ["data", "skip", "row"], explore: ["step", "picture", "chosen", "color"] };

/**
 * What this tab remembers; a plain object in tests, and sessionStorage in the browser.
 * @typedef {Record<string, string>} Memory
 */

/**
 * Remember how a page is now, and which run and data are open.
 * @param {Memory} memory
 * @param {string} page its name; "" is Home
 * @param {string} search of its address
 */
export function remember(memory, page, search) {
  memory[`page ${page}`] = search;
  const params = new URLSearchParams(search);
  const run = params.get("run") ?? "";
  if (OF_RUNS.includes(page) && !NO_RUN.includes(run)) memory.run = run;
  if (OF_DATA.includes(page)) memory.data = params.get("data") ?? "";
}

/**
 * Return what follows the path when the menu opens a page: the page as it was left, with the run
 * and the data that are open now.
 * @param {Memory} memory
 * @param {string} page
 * @returns {string} "" or "?…"
 */
export function menuSearch(memory, page) {
  const params = new URLSearchParams(memory[`page ${page}`] ?? "");
  let others = false;
  if (OF_RUNS.includes(page) && memory.run && memory.run !== params.get("run")) {
    others = true;
    for (const name of ABOUT_RUN[page] ?? []) params.delete(name);
    params.set("run", memory.run);
  }
  if (OF_DATA.includes(page) && memory.data !== undefined && !(others && page === "views")) {
    if (memory.data) params.set("data", memory.data);
    else params.delete("data");
  }
  const search = params.toString();
  return search && `?${search}`;
}

/**
 * Return what follows the path when a link opens a page. Train keeps what its form was set to.
 * @param {Memory} memory
 * @param {string} page
 * @param {string} search of the link
 * @returns {string} "" or "?…"
 */
export function linkSearch(memory, page, search) {
  if (!search) return menuSearch(memory, page);
  if (page !== "train") return search;
  const params = new URLSearchParams(memory["page train"] ?? "");
  params.delete("run");
  for (const [name, value] of new URLSearchParams(search)) params.set(name, value);
  return `?${params}`;
}

/**
 * Return the page of a path.
 * @param {string} path of an address
 * @param {string} base path of the app, without a slash at the end
 * @param {string[]} pages names of all pages
 * @returns {string | undefined} undefined: none of the app's pages
 */
export function pageOf(path, base, pages) {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  const name = path.slice(base.length).replace(/^\/|\/$/g, "");
  return pages.includes(name) ? name : undefined;
}
