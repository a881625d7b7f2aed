// What pictures are called: by their files, where they came from files.

import { json } from "../base/fetched.js";

/**
 * Fetch the names of the files that the pictures came from, once.
 * @param {import("../base/link.js").Link} link
 * @param {string} points the address of what is known of the pictures
 */
export function fetchNames(link, points) {
  if (!points || link.named) return;
  const keep = ({ file }) => void (link.names = file?.names ?? []);
  link.named = json(points).then(keep, () => {}); // without an answer, pictures have numbers
}
