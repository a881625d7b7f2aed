// A confusion matrix whose cells are buttons: which pictures are they?

import { element } from "../base/component.js";
import { make, makeButton } from "../base/elements.js";

export const render = element((parent) => new Confusion(parent), "learn");

class Confusion {
  constructor(parent) {
    /** @type {import("../base/component.js").Component} */
    this.component = undefined;
    this.root = make("div", "cm-root");
    parent.append(this.root);
  }

  update({ header }) {
    this.header = header;
    const { names, matrix, chosen } = header;
    const table = make("table", "cm-table");
    table.setAttribute("aria-describedby", "cm-about");
    const about = make("p", "cm-about", "Rows: the true class. Columns: the predicted class. Click a cell to see its pictures.");
    about.id = "cm-about";
    const head = make("tr", "", "", make("td"));
    for (const name of names) head.append(cell("th", "cm-name", name, "col"));
    table.append(make("thead", "", "", head));
    const body = make("tbody");
    matrix.forEach((row, i) => {
      const line = make("tr", "", "", cell("th", "cm-row", names[i], "row"));
      const total = row.reduce((a, b) => a + b, 0);
      row.forEach((count, j) => {
        const press = () => this.component.setStateValue("cell", { of: header.of, true: i, answered: j });
        const button = makeButton(i === j ? "cm-right" : "cm-wrong", String(count), press);
        button.disabled = !count;
        button.style.setProperty("--share", String(total ? count / total : 0));
        button.setAttribute("aria-label", `${names[i]} answered as ${names[j]}: ${count} of ${total}`);
        button.setAttribute("aria-pressed", String(chosen?.[0] === i && chosen?.[1] === j));
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
