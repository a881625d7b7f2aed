// A confusion matrix whose cells are buttons: which pictures are they?

import { addStyle, keep, make } from "./common.js";

export const render = (component) => keep(component, (parent) => new Confusion(parent));

class Confusion {
  constructor(parent) {
    addStyle(parent, CSS);
    this.root = make("div", "cm-root");
    parent.append(this.root);
  }

  update({ header }) {
    this.header = header;
    const { names, matrix, chosen } = header;
    const table = make("table", "cm-table");
    table.setAttribute("aria-describedby", "cm-about");
    const about = make("p", "cm-about", "Rows: the true class. Columns: what was answered. Press a cell to see its pictures.");
    about.id = "cm-about";
    const head = make("tr", "", "", make("td"));
    for (const name of names) head.append(cell("th", "cm-name", name, "col"));
    table.append(make("thead", "", "", head));
    const body = make("tbody");
    matrix.forEach((row, i) => {
      const line = make("tr", "", "", cell("th", "cm-row", names[i], "row"));
      const total = row.reduce((a, b) => a + b, 0);
      row.forEach((count, j) => {
        const button = make("button", i === j ? "cm-right" : "cm-wrong", String(count));
        button.type = "button";
        button.disabled = !count;
        button.style.setProperty("--share", total ? count / total : 0);
        button.setAttribute("aria-label", `${names[i]} answered as ${names[j]}: ${count} of ${total}`);
        button.setAttribute("aria-pressed", String(chosen?.[0] === i && chosen?.[1] === j));
        button.onclick = () => this.component.setStateValue("cell", { of: header.of, true: i, answered: j });
        line.append(make("td", "", "", button));
      });
      body.append(line);
    });
    table.append(body);
    this.root.replaceChildren(table, about);
  }

  destroy() {}
}

function cell(tag, name, text, scope) {
  const found = make(tag, name, text);
  found.scope = scope;
  return found;
}

const CSS = `
.cm-root { overflow-x: auto; font-family: var(--st-font, sans-serif); color: var(--st-text-color); font-size: calc(13px * var(--lab-scale, 1)); }
.cm-table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.cm-about { margin: 6px 0 0; opacity: 0.75; }
.cm-table td, .cm-table th { padding: 1px; font-weight: 400; }
.cm-name { max-width: 84px; overflow: hidden; text-overflow: ellipsis; padding: 2px 4px !important; font-size: calc(12px * var(--lab-scale, 1)); }
.cm-row { text-align: right; padding-right: 8px !important; white-space: nowrap; }
.cm-table button { width: 100%; min-width: 44px; height: 30px; border: 1px solid transparent; border-radius: 3px; cursor: pointer;
  font: inherit; color: inherit; }
.cm-table button:disabled { cursor: default; opacity: 0.45; }
.cm-right { background: color-mix(in srgb, #3f90da calc(100% * var(--share) * 0.55), transparent); }
.cm-wrong { background: color-mix(in srgb, #e76300 calc(100% * var(--share) * 0.55), transparent); }
.cm-table button:focus-visible, .cm-table button[aria-pressed="true"] { outline: 2px solid var(--st-text-color); outline-offset: -1px; }
`;
