// What every page has around it in the browser: its address, the button that copies it, and words
// when the app does not answer.

import { element } from "../base/component.js";
import { Connection } from "./connection.js";
import { CopyLink } from "./copy.js";
import { travel } from "./travel.js";

export const render = element((parent) => new Frame(parent), "frame");

class Frame {
  constructor(parent) {
    this.connection = new Connection();
    parent.append(new CopyLink().element, this.connection.element);
  }

  update({ header }) {
    travel(header.pages);
    this.connection.heard(header.boot);
  }

  destroy() {
    this.connection.destroy();
  }
}
