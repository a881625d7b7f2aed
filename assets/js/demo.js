// The bundled run on Home: fetched once, replayed in the page's own colours.

import { addStyle, keep, make } from "./common.js";
import { replay } from "./replay.js";

export const render = (component) => keep(component, (parent) => new Demo(parent));

class Demo {
  constructor(parent) {
    addStyle(parent, CSS);
    this.root = make("div", "dm-root");
    parent.append(this.root);
  }

  update({ header }) {
    if (this.url === header.url) return;
    this.url = header.url;
    fetch(header.url)
      .then((answer) => answer.json())
      .then((data) => replay(this.root, data, { plain: true, autoplay: true, speed: 4 }))
      .catch(() => (this.root.textContent = "The recorded run could not be fetched; load the page again."));
  }

  destroy() {
    this.root.remove();
  }
}

const CSS = `
.dm-root { color: var(--st-text-color); font-family: var(--st-font); font-size: calc(14px * var(--lab-scale, 1)); line-height: 1.45;
  --rp-side: 446px; min-height: 510px; }
`;
