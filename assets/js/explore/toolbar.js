// What dragging on a map does, and the way back to the whole map.

import { make, makeButton } from "../base/elements.js";

const TOOLS = { lasso: "Draw a line around points", box: "Draw a box", move: "Move the map" };

/** The buttons of the tools, of which one is pressed. */
export class Toolbar {
  /** @param {() => void} onwhole the whole map is wanted */
  constructor(onwhole) {
    this.tool = "lasso";
    this.element = make("div", "ex-tools");
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Dragging on a map");
    const buttons = Object.entries(TOOLS).map(([name, words]) => {
      const button = makeButton("", name, () => {
        this.tool = name;
        for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      });
      button.title = words;
      button.setAttribute("aria-pressed", String(name === this.tool));
      return button;
    });
    const whole = makeButton("", "whole map", onwhole);
    whole.title = "Show the whole map again; the mouse wheel zooms";
    this.element.append(...buttons, whole);
  }
}
