// Where the points of a replay are, at snapshots and between them.

const GLIDE = 0.75; // share of the time between two snapshots in which points move
const FULL = 65535;

/**
 * Return the places of all points at all snapshots.
 * @param {string} base64 of (K, P, 2) little-endian uint16
 * @returns {Uint16Array}
 */
export const unpackPlaces = (base64) =>
  new Uint16Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);

/**
 * Return where the points are at a moment.
 * @param {Uint16Array} places (K, P, 2) in a square, y upwards
 * @param {number} count P
 * @param {number} at the snapshot, from 0; 1.5 is between the second and the third
 * @param {{ times: number, left: number, top: number }} view the part of the square that is visible
 * @returns {Float32Array} (P, 2) 0 to 1 of what is shown, y downwards
 */
export function placesAt(places, count, at, { times, left, top }) {
  const low = Math.floor(at);
  const share = Math.min((at - low) / GLIDE, 1);
  const ease = share * share * (3 - 2 * share);
  const last = places.length / (2 * count) - 1;
  const [a, b] = [low, Math.min(low + 1, last)].map((k) => places.subarray(2 * k * count, 2 * (k + 1) * count));
  const xy = new Float32Array(2 * count);
  for (let j = 0; j < xy.length; j += 2) {
    xy[j] = left + ((a[j] + (b[j] - a[j]) * ease) / FULL) * times;
    xy[j + 1] = top + (1 - (a[j + 1] + (b[j + 1] - a[j + 1]) * ease) / FULL) * times;
  }
  return xy;
}

/**
 * Return the step at a moment, between snapshots as well.
 * @param {number[]} steps of the snapshots
 * @param {number} at
 */
export function stepAt(steps, at) {
  const low = Math.floor(at);
  const high = Math.min(low + 1, steps.length - 1);
  return steps[low] + (steps[high] - steps[low]) * (at - low);
}

/**
 * Return the moment of a step, the inverse of `stepAt`: the first or last snapshot outside of them.
 * @param {number[]} steps of the snapshots, rising
 * @param {number} step
 */
export function indexAt(steps, step) {
  const after = steps.findIndex((known) => known >= step);
  if (after <= 0) return after < 0 ? steps.length - 1 : 0;
  const [low, high] = [steps[after - 1], steps[after]];
  return after - 1 + (step - low) / (high - low);
}
