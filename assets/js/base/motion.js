// Whether drawings move.

/** Return whether the user wants less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Return whether drawings jump to their places: the user wants less motion, or the page is hidden. */
export const still = () => calm() || document.hidden;
