// A metric as a small line: made once, its path replaced.

import { make, makeSvg } from "../base/elements.js";
import { known } from "../base/numbers.js";

/** A small line with its newest point. */
export class Spark {
  /** @param {[number, number] | null} [range] of the values; null: that of the data */
  constructor(range = null) {
    this.range = range;
    const [levels, line] = ["live-levels", "live-line"].map((name) =>
      makeSvg("path", { class: name, "vector-effect": "non-scaling-stroke" }),
    );
    this.levels = levels;
    this.line = line;
    this.element = makeSvg("svg", {
      class: "live-spark", preserveAspectRatio: "none", viewBox: "0 0 100 100", "aria-hidden": "true",
    });
    this.element.append(levels, line);
    this.dot = make("i", "live-end");
    this.box = make("div", "live-sparkbox", "", this.element, this.dot);
  }

  /**
   * Draw a line.
   * @param {ArrayLike<number>} steps
   * @param {ArrayLike<number>} values one per step; those that are not numbers are left out
   * @param {number} end the last step of the axis
   * @param {(number | null | undefined)[]} [levels] values to compare with
   */
  update(steps, values, end, levels = []) {
    const good = Array.from(values, (_, i) => i).filter((i) => known(values[i]));
    const [low, high] = this.range ?? limits(good.map((i) => values[i]));
    const x = (step) => (100 * step) / Math.max(1, end);
    const y = (value) => 94 - (88 * (value - low)) / (high - low || 1);
    const path = good.map((i) => `${x(steps[i]).toFixed(2)},${y(values[i]).toFixed(2)}`);
    this.line.setAttribute("d", path.length ? `M${path.join("L")}` : "");
    const marks = levels.filter(known).map((value) => `M0,${y(value)}H100`);
    this.levels.setAttribute("d", marks.join(""));
    const last = good.at(-1);
    this.dot.hidden = last === undefined;
    if (last === undefined) return;
    this.dot.style.left = `${x(steps[last])}%`;
    this.dot.style.top = `${y(values[last])}%`;
  }
}

function limits(values) {
  if (!values.length) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}
