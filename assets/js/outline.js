// Lines that are drawn around points.

/** The corners of a box from its first and last point. */
export function corners(line) {
  const [[a, b], [c, d]] = [line[0], line.at(-1)];
  return [[a, b], [c, b], [c, d], [a, d]];
}

/** Whether a place lies within a closed line (even-odd rule). */
export function within(x, y, line) {
  let found = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [[a, b], [c, d]] = [line[i], line[j]];
    if (b > y !== d > y && x < ((c - a) * (y - b)) / (d - b) + a) found = !found;
  }
  return found;
}
