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
  return `${Math.min(Math.max(100 * value, 0.1), 99.9).toFixed(1)}%`;
}
