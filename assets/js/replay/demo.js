// The bundled run on Home: fetched once, replayed in the page's own colours.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { replay } from "./replay.js";

export const render = element((parent) => new Demo(parent), "map", "replay");

class Demo {
  constructor(parent) {
    this.root = make("div", "dm-root");
    parent.append(this.root);
  }

  update({ header }) {
    this.replay?.restyle();
    if (this.url === header.url) return;
    this.url = header.url;
    fetch(header.url)
      .then((answer) => answer.json())
      .then((data) => (this.replay = replay(this.root, data, { plain: true, autoplay: true, speed: 4 })))
      .catch(() => (this.root.textContent = "The recorded run could not be fetched; load the page again."));
  }

  destroy() {
    this.root.remove();
  }
}
