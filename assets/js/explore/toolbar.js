// What dragging on a map does, the way back to the whole map, and how its points are drawn.

import { make, makeButton } from "../base/elements.js";

const TOOLS = { lasso: "Draw a line around points", box: "Draw a box", move: "Move the map" };
const LOOKS = {
  pictures: "Draw pictures where there is room for them",
  dots: "Draw every picture as a dot at its exact place",
};
const coarse = () => matchMedia("(pointer: coarse)").matches;

/** The buttons of the tools. A finger scrolls the page until one of them is switched on. */
export class Toolbar {
  /**
   * @param {object} on
   * @param {() => void} on.whole the whole map is wanted
   * @param {() => void} on.tool another tool is chosen
   * @param {() => void} on.look pictures are wanted, or dots
   */
  constructor(on) {
    this.tool = "lasso";
    this.switched = false; // whether somebody chose the tool
    this.dots = false;
    this.on = on;
    this.tools = group("ex-tools", "Dragging on a map", TOOLS, (name) => this.choose(name));
    this.looks = group("ex-looks", "How points are drawn", LOOKS, (name) => {
      this.draw(name === "dots");
      on.look();
    });
    const whole = makeButton("", "whole map", on.whole);
    whole.title = "Show the whole map again. After a click on the map, or with Ctrl, the wheel zooms; on a phone, two fingers do";
    this.tools.append(whole);
    this.element = make("div", "ex-toolbar", "", this.looks, this.tools);
    this.mark();
  }

  choose(name) {
    const off = this.switched && name === this.tool;
    this.tool = off ? "lasso" : name;
    this.switched = !off;
    this.mark();
    this.on.tool();
  }

  /** @param {boolean} dots */
  draw(dots) {
    this.dots = dots;
    this.mark();
  }

  /**
   * Return what dragging does; nothing for a finger that is to scroll the page.
   * @param {boolean} touch
   * @returns {string}
   */
  toolOf(touch) {
    return touch && !this.switched ? "" : this.tool;
  }

  mark() {
    press(this.tools, coarse() && !this.switched ? "" : this.tool);
    press(this.looks, this.dots ? "dots" : "pictures");
  }
}

function group(name, label, choices, choose) {
  const buttons = Object.entries(choices).map(([one, words]) => {
    const button = makeButton("", one, () => choose(one));
    button.title = words;
    button.dataset.name = one;
    return button;
  });
  const element = make("div", name, "", ...buttons);
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  return element;
}

function press(element, name) {
  for (const button of element.querySelectorAll("[data-name]"))
    button.setAttribute("aria-pressed", String(button.dataset.name === name));
}
