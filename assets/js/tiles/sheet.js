// The pictures of a run in one image, fetched once for all figures of a page.

const MOST = 6; // sheets that are kept; those of 20,000 pictures take 60 MB each

/** @type {Map<string, Promise<ImageBitmap>>} */
const sheets = new Map();

/**
 * Fetch a sheet and decode it beside the page's own thread.
 * @param {string} url also a data URI
 * @returns {Promise<ImageBitmap>} rejected if it cannot be had; the next call tries again
 */
export function sheetOf(url) {
  const known = sheets.get(url);
  if (known) return known;
  const sheet = fetch(url)
    .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(`no pictures at ${url.slice(0, 80)}`))))
    .then((blob) => createImageBitmap(blob));
  sheets.set(url, sheet);
  sheet.catch(() => sheets.delete(url));
  if (sheets.size > MOST) sheets.delete(sheets.keys().next().value);
  return sheet;
}
