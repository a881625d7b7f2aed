// NT-Xent of eight vectors in the plane, number by number.

import { addStyle, keep, make } from "./common.js";

export const render = (component) => keep(component, (parent) => new LossSteps(parent));

const COLORS = ["#3f90da", "#e76300", "#832db6", "#3da447"];
const STAGES = ["similarity s", "s / τ", "share of the row (softmax)"];
const [LEAST, MOST] = [0.05, 2]; // of τ
const SIDE = 250; // of the plane

/** Cosines, shares of each row without itself, loss of each row, and their mean; angles in degrees. */
export function ntXent(angles, tau) {
  const n = angles.length;
  const s = angles.map((a) => angles.map((b) => Math.cos(((a - b) * Math.PI) / 180)));
  const shares = s.map((row, i) => {
    const most = Math.max(...row.filter((_, j) => j !== i)) / tau; // taken off: exp stays finite
    const exps = row.map((v, j) => (j === i ? 0 : Math.exp(v / tau - most)));
    const sum = exps.reduce((a, b) => a + b, 0);
    return exps.map((v) => v / sum);
  });
  const losses = s.map((row, i) => {
    const others = row.filter((_, j) => j !== i).map((v) => v / tau);
    const most = Math.max(...others);
    return most + Math.log(others.reduce((a, v) => a + Math.exp(v - most), 0)) - row[i ^ 1] / tau;
  });
  return { s, shares, losses, loss: losses.reduce((a, b) => a + b, 0) / n };
}

class LossSteps {
  constructor(parent) {
    addStyle(parent, CSS);
    this.root = make("div", "ls-root");
    parent.append(this.root);
    Object.assign(this, { stage: 0, chosen: [0, 1] });
  }

  update({ header }) {
    if (this.header) return;
    this.header = header;
    this.reset();
    this.plane = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.plane.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
    this.plane.setAttribute("class", "ls-plane");
    this.plane.onpointermove = (event) => this.drag(event);
    this.plane.onpointerup = this.plane.onpointercancel = () => (this.held = -1);
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: 1, step: 0.01 });
    this.slider.setAttribute("aria-label", "Temperature");
    this.slider.oninput = () => {
      this.tau = Number((LEAST * (MOST / LEAST) ** Number(this.slider.value)).toPrecision(2));
      this.draw();
    };
    this.told = make("span", "ls-tau");
    const back = make("button", "", "as at first");
    back.type = "button";
    back.onclick = () => {
      this.reset();
      this.draw();
    };
    this.stages = STAGES.map((name, k) => {
      const button = make("button", "", name);
      button.type = "button";
      button.onclick = () => {
        this.stage = k;
        this.draw();
      };
      return button;
    });
    this.table = make("table", "ls-table");
    this.formula = make("p", "ls-formula");
    this.formula.setAttribute("role", "status");
    this.total = make("p", "ls-total");
    const controls = make("div", "ls-controls", "", make("label", "", "τ ", this.slider), this.told, back);
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
    Object.assign(this, { found });
    this.slider.value = Math.log(this.tau / LEAST) / Math.log(MOST / LEAST);
    this.told.textContent = this.tau;
    this.stages.forEach((button, k) => button.setAttribute("aria-pressed", String(k === this.stage)));
    this.drawPlane();
    this.drawTable();
    this.explain();
    this.total.innerHTML = "";
    this.total.append("loss of the batch: mean of the rows = ", make("b", "", found.loss.toFixed(4)));
    this.root.dataset.loss = found.loss;
    this.root.dataset.angles = JSON.stringify(this.angles);
    this.root.dataset.tau = this.tau;
  }

  drawPlane() {
    const svg = (name, attributes) => {
      const one = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
      return one;
    };
    const middle = SIDE / 2, reach = SIDE / 2 - 26;
    const parts = [svg("circle", { cx: middle, cy: middle, r: reach, class: "ls-circle" })];
    this.angles.forEach((angle, i) => {
      const x = middle + reach * Math.cos((angle * Math.PI) / 180), y = middle - reach * Math.sin((angle * Math.PI) / 180);
      const color = COLORS[i >> 1];
      parts.push(svg("line", { x1: middle, y1: middle, x2: x, y2: y, stroke: color, "stroke-dasharray": i & 1 ? "4 3" : "none" }));
      const dot = svg("circle", {
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
        this.plane.querySelectorAll(".ls-dot")[i].focus();
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
    const { s, shares, losses } = this.found, n = s.length;
    const head = make("tr", "", "", make("td"));
    const label = (i) => {
      const cell = make("th", "", this.name(i));
      cell.style.setProperty("--own", COLORS[i >> 1]);
      return cell;
    };
    for (let j = 0; j < n; j++) head.append(label(j));
    head.append(make("th", "ls-loss", "loss: −log of the partner's share"));
    const rows = s.map((row, i) => {
      const line = make("tr", "", "", label(i));
      row.forEach((value, j) => {
        const cell = make("td");
        if (i === j) {
          cell.className = "ls-self";
          cell.textContent = "–";
          cell.title = "with itself: masked";
        } else {
          const shown = [value, value / this.tau, shares[i][j]][this.stage];
          const button = make("button", "", shown.toFixed(2).replace("-", "−"));
          button.type = "button";
          button.onclick = () => this.choose(i, j);
          button.setAttribute("aria-label", `row ${this.name(i)}, column ${this.name(j)}`);
          cell.append(button);
          cell.style.setProperty("--share", this.stage === 2 ? shares[i][j] : (value + 1) / 2);
          if (j === (i ^ 1)) cell.className = "ls-partner";
          if (i === this.chosen[0] && j === this.chosen[1]) cell.classList.add("ls-chosen");
        }
        line.append(cell);
      });
      const cell = make("td", "ls-loss");
      const button = make("button", "", losses[i].toFixed(3).replace("-", "−"));
      button.type = "button";
      button.onclick = () => this.choose(i, -1);
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
    this.table.querySelector(".ls-chosen button")?.focus();  // the keyboard goes on from here
  }

  /** The chosen number with its formula filled in. */
  explain() {
    const [i, j] = this.chosen, { s, shares, losses } = this.found, four = (v) => v.toFixed(4);
    const [a, b] = [this.name(i), this.name(Math.max(j, 0))];
    let text;
    if (j < 0) {
      const partner = i ^ 1;
      text = `loss of row ${a} = −log(share of its partner ${this.name(partner)}) = −log ${shares[i][partner].toPrecision(4)} = ${losses[i].toFixed(4)}`;
    } else if (this.stage === 0) {
      const apart = Math.abs(((this.angles[i] - this.angles[j] + 540) % 360) - 180);
      text = `s(${a}, ${b}) = cos(angle) = cos ${apart.toFixed(1)}° = ${s[i][j].toFixed(4)}`;
    } else if (this.stage === 1) text = `s(${a}, ${b}) / τ = ${s[i][j].toFixed(4)} / ${this.tau} = ${(s[i][j] / this.tau).toFixed(4)}`;
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

const CSS = `
.ls-root { display: flex; gap: 20px; flex-wrap: wrap; color: var(--st-text-color); font-family: var(--st-font); font-size: calc(13.5px * var(--lab-scale, 1));
  font-variant-numeric: tabular-nums; min-height: 450px; }
.ls-left { width: 262px; } .ls-right { flex: 1; min-width: min(440px, 100%); overflow-x: auto; }
.ls-controls { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; min-height: 30px; }
.ls-controls label { display: flex; gap: 6px; align-items: center; }
.ls-controls input { width: 96px; accent-color: var(--st-primary-color); }
.ls-tau { min-width: 4ch; font-weight: 600; }
.ls-root button { font: inherit; color: inherit; background: none; border: 1px solid var(--line, #8884); border-radius: 6px;
  padding: 3px 9px; cursor: pointer; font-size: calc(12.5px * var(--lab-scale, 1)); }
.ls-root button:focus-visible { outline: 2px solid var(--st-primary-color); }
.ls-stages { display: flex; gap: 6px; min-height: 30px; align-items: center; }
.ls-stages button[aria-pressed="true"] { font-weight: 600; background: var(--st-secondary-background-color); }
.ls-plane { width: 262px; touch-action: none; display: block; margin-top: 6px; }
.ls-circle { fill: none; stroke: var(--line, #8884); }
.ls-plane line { stroke-width: 2.5; } .ls-dot { stroke-width: 3; cursor: grab; }
.ls-dot:focus-visible { outline: none; stroke: var(--st-text-color); }
.ls-pictures { display: flex; gap: 8px; } .ls-pictures figure { margin: 0; text-align: center; }
.ls-pictures img { width: 54px; display: block; border: 3px solid var(--own); border-radius: 5px; image-rendering: pixelated; }
.ls-pictures figcaption { font-size: calc(11px * var(--lab-scale, 1)); padding-top: 2px; border-bottom: 2px solid var(--own); }
.ls-total { margin: 6px 0; } .ls-total b { font-size: 1.35em; }
.ls-table { border-collapse: separate; border-spacing: 2px; margin-top: 6px; }
.ls-table th { font-weight: 600; padding: 3px 4px; border-bottom: 3px solid var(--own); min-width: 34px; }
.ls-table tr > th:first-child { border-bottom: 0; border-left: 3px solid var(--own); }
.ls-table th.ls-loss { border: 0; font-weight: 400; color: var(--muted, inherit); max-width: calc(84px * var(--lab-scale, 1)); line-height: 1.2; font-size: calc(12px * var(--lab-scale, 1)); }
.ls-table td { padding: 0; text-align: center; }
.ls-table td button { border: 0; width: 100%; min-width: 42px; padding: 6px 2px; border-radius: 4px;
  background: color-mix(in srgb, #3f90da calc(var(--share, 0) * 60%), transparent); }
.ls-table td.ls-loss button { background: none; font-weight: 600; }
.ls-table .ls-partner button { box-shadow: inset 0 0 0 2px #e76300; }
.ls-table .ls-chosen button { box-shadow: inset 0 0 0 2px var(--st-text-color); }
.ls-self { color: var(--muted, inherit); background: repeating-linear-gradient(45deg, transparent 0 4px, #8883 4px 5px); border-radius: 4px; }
.ls-formula { margin: 10px 0 0; min-height: 2.9em; line-height: 1.45; }
`;
