// Opens another page because a button was pressed.

import { element } from "../base/component.js";
import { open } from "./travel.js";

export const render = element(() => new Go());

class Go {
  constructor() {
    this.gone = 0;
  }

  update({ header }) {
    if (header.press === this.gone) return;
    this.gone = header.press;
    open(header.to);
  }

  destroy() {}
}
