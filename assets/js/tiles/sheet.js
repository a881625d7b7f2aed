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
  const sheet = url.startsWith("data:") ? held(url) : fetched(url);
  sheets.set(url, sheet);
  sheet.catch(() => sheets.delete(url));
  if (sheets.size > MOST) sheets.delete(sheets.keys().next().value);
  return sheet;
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`no pictures at ${url}`);
  return createImageBitmap(await answer.blob());
}

/** A page that was saved may not be allowed to fetch, not even from itself. */
async function held(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return createImageBitmap(image);
}
