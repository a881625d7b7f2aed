// Where the blocks of a map are fetched.

/**
 * A map of a run: of "h" or "z", by "umap" or "pca".
 * @typedef {{ title: string, of: string, method: string, key?: string, stamps: Record<string, string> }} MapOf
 */

/**
 * Return the address of the coordinates of a step.
 * @param {string} base of the run
 * @param {MapOf} map
 * @param {number} step
 */
export const frameAddress = (base, { of, method, key = "", stamps }, step) =>
  `${base}/frame.bin?of=${of}&method=${method}&key=${key}&step=${step}&v=${stamps[step] ?? ""}`;

/**
 * Return the address of the colours of a step.
 * @param {string} base of the run
 * @param {{ name: string, key?: string, stamps: Record<string, string> }} color
 * @param {number} step
 */
export const colorsAddress = (base, { name, key = "", stamps }, step) =>
  `${base}/colors.bin?name=${encodeURIComponent(name)}&key=${key}&step=${step}&v=${stamps[step] ?? ""}`;
