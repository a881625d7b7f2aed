// A metric as a small line: made once, its path replaced.

import { known, make } from "./common.js";

const SVG = "http://www.w3.org/2000/svg";

export class Spark {
  /** range: [low, high], or null for the data's own. */
  constructor(range = null) {
    this.range = range;
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("class", "live-spark");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("viewBox", "0 0 100 100");
    this.element.setAttribute("aria-hidden", "true");
    this.levels = this.part("path", "live-levels");
    this.line = this.part("path", "live-line");
    this.dot = make("i", "live-end");
    this.box = make("div", "live-sparkbox", "", this.element, this.dot);
  }

  part(tag, name) {
    const element = document.createElementNS(SVG, tag);
    element.setAttribute("class", name);
    element.setAttribute("vector-effect", "non-scaling-stroke");
    this.element.append(element);
    return element;
  }

  /** Steps and values of equal length, the last step of the axis, values to compare with. */
  update(steps, values, end, levels = []) {
    const good = [...values.keys()].filter((i) => known(values[i]));
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

export const SPARK_CSS = `
.live-sparkbox { position: relative; min-width: 0; height: 100%; }
.live-spark { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.live-line { fill: none; stroke: var(--st-text-color); stroke-width: 1.6px; stroke-linejoin: round; }
.live-levels { fill: none; stroke: var(--muted); stroke-width: 1px; stroke-dasharray: 3 3; }
.live-end { position: absolute; width: 6px; height: 6px; margin: -3px; border-radius: 50%;
  background: var(--st-text-color); }
.live-end[hidden] { display: none; }
`;
