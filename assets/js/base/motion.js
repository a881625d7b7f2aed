// Whether drawings move.

/** Tell whether the user asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Tell whether drawings jump to their places: less motion is wanted, or nobody sees the page. */
export const still = () => calm() || document.hidden;
