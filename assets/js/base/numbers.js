// Numbers in words.

/**
 * Tell whether a value is a finite number.
 * @param {any} value
 * @returns {boolean}
 */
export const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

/**
 * Return a count with its thousands apart.
 * @param {number} value
 * @returns {string}
 */
export const count = (value) => Math.round(value).toLocaleString("en-US");

/**
 * Return a number with a true minus sign, or a dash if it is not known.
 * @param {number | null} [value]
 * @param {number} [digits] after the point
 * @returns {string}
 */
export const decimal = (value, digits = 2) => (known(value) ? value.toFixed(digits).replace("-", "−") : "–");

/**
 * Return a share as a percentage. Without digits, a share that is neither 0 nor 1 never reads 0% or
 * 100%: 0.999 is 99.9%.
 * @param {number | null} [value] from 0 to 1
 * @param {number} [digits] after the point
 * @returns {string} a dash if the share is not known
 */
export function percent(value, digits = 0) {
  if (!known(value)) return "–";
  const text = (100 * value).toFixed(digits);
  if (value <= 0 || value >= 1 || digits || (text !== "0" && text !== "100")) return `${text}%`;
  return score(value);
}

/**
 * Return a score as a percentage with one digit after the point, as summary.py writes it: 0.956 is
 * 95.6%. Only 0 and 1 read 0% and 100%.
 * @param {number | null} [value] from 0 to 1
 * @returns {string} a dash if the score is not known
 */
export function score(value) {
  if (!known(value) || value <= 0 || value >= 1) return percent(value);
  return `${(Math.round(1000 * Math.min(Math.max(value, 0.001), 0.999)) / 10).toFixed(1)}%`;
}

/**
 * Return the ends of an interval of shares, as summary.py writes them: 98.7–100%.
 * @param {number} low from 0 to 1, as `high`
 * @param {number} high
 * @returns {string}
 */
export const interval = (low, high) => `${[low, high].map((end) => (100 * end).toFixed(1).replace(/\.0$/, "")).join("–")}%`;
