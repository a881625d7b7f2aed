// Words in a row, each as near to its place as the others let it.

/**
 * Return where words begin, so that none covers another and all stay inside.
 * @param {number[]} middles where the words want to be, rising
 * @param {number[]} widths of the words
 * @param {number} room width of the row
 * @param {number} gap between two words
 * @returns {number[]}
 */
export function spread(middles, widths, room, gap) {
  const lefts = middles.map((middle, i) => middle - widths[i] / 2);
  for (let i = 0, end = 0; i < lefts.length; i++) {
    lefts[i] = Math.max(lefts[i], end);
    end = lefts[i] + widths[i] + gap;
  }
  for (let i = lefts.length - 1, start = room; i >= 0; i--) {
    lefts[i] = Math.min(lefts[i], start - widths[i]);
    start = lefts[i] - gap;
  }
  return lefts;
}
