// NT-Xent of eight vectors in the plane, number by number.

import { element } from "../base/component.js";
import { make, makeButton, makeSvg } from "../base/elements.js";
import { decimal } from "../base/numbers.js";
import { ntXent } from "./nt_xent.js";

export const render = element((parent) => new LossSteps(parent), "learn");

const COLORS = ["var(--c0)", "var(--c6)", "var(--c4)", "var(--c9)"];
const STAGES = ["similarity s", "s / τ", "exp(s / τ)", "share of the row (softmax)"];
const [LEAST, MOST] = [0.05, 2]; // of τ
const SIDE = 250; // of the plane

/** Return a number of any size with a few digits: 2.72, or 4.9·10⁸. */
function short(value, digits = 3) {
  if (value >= 0.01 && value < 1000) return value.toPrecision(digits);
  const [front, power] = value.toExponential(digits - 2).split("e");
  return `${front}·10${[...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("")}`;
}

class LossSteps {
  constructor(parent) {
    this.root = make("div", "ls-root");
    parent.append(this.root);
    Object.assign(this, { stage: 0, chosen: [0, 1] });
  }

  update({ header }) {
    if (this.header) return;
    this.header = header;
    this.reset();
    this.plane = makeSvg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "ls-plane" });
    this.plane.onpointermove = (event) => this.drag(event);
    this.plane.onpointerup = this.plane.onpointercancel = () => (this.held = -1);
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: 1, step: 0.01 });
    this.slider.setAttribute("aria-label", "Temperature");
    this.slider.oninput = () => {
      this.tau = Number((LEAST * (MOST / LEAST) ** Number(this.slider.value)).toPrecision(2));
      this.draw();
    };
    this.number = make("span", "ls-tau");
    const back = makeButton("", "as at first", () => {
      this.reset();
      this.draw();
    });
    this.stages = STAGES.map((name, k) =>
      makeButton("", name, () => {
        this.stage = k;
        this.draw();
      }),
    );
    this.table = make("table", "ls-table");
    this.formula = make("p", "ls-formula");
    this.formula.setAttribute("role", "status");
    this.total = make("p", "ls-total");
    const controls = make("div", "ls-controls", "", make("label", "", "τ ", this.slider), this.number, back);
    const pictures = header.pictures.map((source, k) => {
      const image = make("img");
      image.src = source;
      image.alt = `picture ${k + 1}`;
      const one = make("figure", "", "", image, make("figcaption", "", `${k + 1}: ● a, ○ b`));
      one.style.setProperty("--own", COLORS[k]);
      return one;
    });
    const left = make("div", "ls-left", "", controls, this.plane, this.total, make("div", "ls-pictures", "", ...pictures));
    const right = make("div", "ls-right", "", make("div", "ls-stages", "", ...this.stages), this.table, this.formula);
    this.root.replaceChildren(left, right);
    this.draw();
  }

  reset() {
    this.angles = [...this.header.angles];
    this.tau = this.header.temperature;
  }

  draw() {
    const found = ntXent(this.angles, this.tau);
    this.numbers = found;
    this.slider.value = Math.log(this.tau / LEAST) / Math.log(MOST / LEAST);
    this.number.textContent = this.tau;
    this.stages.forEach((button, k) => button.setAttribute("aria-pressed", String(k === this.stage)));
    this.drawPlane();
    this.drawTable();
    this.explain();
    this.total.replaceChildren("loss of the batch: mean of the rows = ", make("b", "", found.loss.toFixed(4)));
    this.root.dataset.loss = found.loss;
    this.root.dataset.angles = JSON.stringify(this.angles);
    this.root.dataset.tau = this.tau;
  }

  drawPlane() {
    const middle = SIDE / 2, reach = SIDE / 2 - 26;
    const parts = [makeSvg("circle", { cx: middle, cy: middle, r: reach, class: "ls-circle" })];
    this.angles.forEach((angle, i) => {
      const x = middle + reach * Math.cos((angle * Math.PI) / 180), y = middle - reach * Math.sin((angle * Math.PI) / 180);
      const color = COLORS[i >> 1];
      parts.push(makeSvg("line", { x1: middle, y1: middle, x2: x, y2: y, stroke: color, "stroke-dasharray": i & 1 ? "4 3" : "none" }));
      const dot = makeSvg("circle", {
        cx: x, cy: y, r: 9, class: "ls-dot", fill: i & 1 ? "var(--st-background-color)" : color, stroke: color, tabindex: 0,
        role: "slider", "aria-label": `view ${(i & 1) + 1} of picture ${(i >> 1) + 1}`, "aria-valuenow": Math.round(angle),
        "aria-valuemin": 0, "aria-valuemax": 360,
      });
      dot.onpointerdown = (event) => {
        this.held = i;
        this.plane.setPointerCapture(event.pointerId);
        event.preventDefault();
      };
      dot.onkeydown = (event) => {
        const by = { ArrowLeft: 5, ArrowUp: 5, ArrowRight: -5, ArrowDown: -5 }[event.key];
        if (!by) return;
        event.preventDefault();
        this.turn(i, this.angles[i] + by);
        /** @type {SVGElement} */ (this.plane.querySelectorAll(".ls-dot")[i]).focus();
      };
      parts.push(dot);
    });
    this.plane.replaceChildren(...parts);
  }

  drag(event) {
    if (!(this.held >= 0)) return;
    const box = this.plane.getBoundingClientRect();
    const x = event.clientX - box.left - box.width / 2, y = box.height / 2 - (event.clientY - box.top);
    this.turn(this.held, (Math.atan2(y, x) * 180) / Math.PI);
  }

  turn(i, degrees) {
    this.angles[i] = ((degrees % 360) + 360) % 360;
    this.draw();
  }

  name(i) {
    return `${(i >> 1) + 1}${"ab"[i & 1]}`;
  }

  drawTable() {
    const { s, shares, losses } = this.numbers, n = s.length;
    const head = make("tr", "", "", make("td"));
    const label = (i) => {
      const cell = make("th", "", this.name(i));
      cell.style.setProperty("--own", COLORS[i >> 1]);
      return cell;
    };
    for (let j = 0; j < n; j++) head.append(label(j));
    head.append(make("th", "ls-loss", "loss: −ln of the partner's share"));
    const rows = s.map((row, i) => {
      const line = make("tr", "", "", label(i));
      row.forEach((value, j) => {
        const cell = make("td");
        if (i === j) {
          cell.className = "ls-self";
          cell.textContent = "–";
          cell.title = "with itself: left out (masked)";
        } else {
          const shown = [decimal(value), decimal(value / this.tau), short(Math.exp(value / this.tau)), decimal(shares[i][j])];
          const button = makeButton("", shown[this.stage], () => this.choose(i, j));
          button.setAttribute("aria-label", `row ${this.name(i)}, column ${this.name(j)}`);
          cell.append(button);
          cell.style.setProperty("--share", this.stage < 2 ? (value + 1) / 2 : shares[i][j]);
          if (j === (i ^ 1)) cell.className = "ls-partner";
          if (i === this.chosen[0] && j === this.chosen[1]) cell.classList.add("ls-chosen");
        }
        line.append(cell);
      });
      const cell = make("td", "ls-loss");
      const button = makeButton("", decimal(losses[i], 3), () => this.choose(i, -1));
      button.setAttribute("aria-label", `loss of row ${this.name(i)}`);
      if (i === this.chosen[0] && this.chosen[1] < 0) cell.classList.add("ls-chosen");
      cell.append(button);
      line.append(cell);
      return line;
    });
    this.table.replaceChildren(head, ...rows);
  }

  choose(i, j) {
    this.chosen = [i, j];
    this.draw();
    const chosen = /** @type {HTMLElement} */ (this.table.querySelector(".ls-chosen button"));
    chosen?.focus(); // so that the keyboard continues from here
  }

  /** Show the chosen number with its formula filled in. */
  explain() {
    const [i, j] = this.chosen, { s, shares, losses } = this.numbers, four = (v) => v.toFixed(4);
    const [a, b] = [this.name(i), this.name(Math.max(j, 0))];
    let text;
    if (j < 0) {
      const partner = i ^ 1;
      text = `loss of row ${a} = −ln(share of its partner ${this.name(partner)}) = −ln ${shares[i][partner].toPrecision(4)} = ${losses[i].toFixed(4)}`;
    } else if (this.stage === 0) {
      const apart = Math.abs(((this.angles[i] - this.angles[j] + 540) % 360) - 180);
      text = `s(${a}, ${b}) = cos(angle) = cos ${apart.toFixed(1)}° = ${s[i][j].toFixed(4)}`;
    } else if (this.stage === 1)
      text = `s(${a}, ${b}) / τ = ${s[i][j].toFixed(4)} / ${this.tau} = ${(s[i][j] / this.tau).toFixed(4)}`;
    else if (this.stage === 2)
      text = `exp(s(${a}, ${b}) / τ) = exp ${(s[i][j] / this.tau).toFixed(4)} = ${short(Math.exp(s[i][j] / this.tau), 4)}`;
    else {
      const exps = s[i].map((v, k) => (k === i ? null : Math.exp(v / this.tau))).filter((v) => v !== null);
      const sum = exps.reduce((x, y) => x + y, 0), own = Math.exp(s[i][j] / this.tau);
      text = `share of ${b} in row ${a} = exp(${four(s[i][j])} / ${this.tau}) / sum of the row = ${own.toPrecision(4)} / ${sum.toPrecision(4)} = ${shares[i][j].toFixed(4)}`;
    }
    this.formula.textContent = text.replaceAll("-", "−");
  }

  destroy() {
    this.root.remove();
  }
}
