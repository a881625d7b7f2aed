// What dragging on a map does, how much of it is shown, and how its points are drawn.

import { make, makeButton, makeSvg } from "../base/elements.js";
import { CLOSER, WHOLE } from "../map/gestures.js";

const TOOLS = { lasso: "Draw a line around points", box: "Draw a box", move: "Move the map" };
const ZOOMS = { closer: ["zoom in", CLOSER], whole: ["whole map", WHOLE] };
/** Drawn on a square of 20: lines, and what is filled. */
const ICONS = {
  lasso: "M6.2 13.4C3.6 12.6 2 11 2 9c0-3 3.6-5.5 8-5.5S18 6 18 9s-3.6 5.5-8 5.5c-.9 0-1.8-.1-2.6-.3M7.6 13.2a1.7 1.7 0 1 1-3.3.6 1.7 1.7 0 0 1 3.3-.6ZM5.4 15.4c0 1.2-.5 2-1.4 2.6",
  box: "M3 7V4.5A1.5 1.5 0 0 1 4.5 3H7M9 3h2M13 3h2.5a1.5 1.5 0 0 1 1.5 1.5V7M17 9v2M17 13v2.5a1.5 1.5 0 0 1-1.5 1.5H13M11 17H9M7 17H4.5A1.5 1.5 0 0 1 3 15.5V13M3 11V9",
  move: "M10 2.5v15M2.5 10h15M7.7 4.8 10 2.5l2.3 2.3M7.7 15.2l2.3 2.3 2.3-2.3M4.8 7.7 2.5 10l2.3 2.3M15.2 7.7l2.3 2.3-2.3 2.3",
  closer: "M10 4v12M4 10h12",
  whole: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
  pictures: "M3 3h6v6H3ZM11 3h6v6h-6ZM3 11h6v6H3ZM11 11h6v6h-6Z",
  dots: "M5 5.9v.2M10 4v.2M15 7v.2M6 11v.2M11 10v.2M4 16v.2M14 14v.2M9.5 16v.2",
};
const LOOKS = {
  pictures: "Draw pictures where there is room for them",
  dots: "Draw every picture as a dot at its exact place",
};
const coarse = () => matchMedia("(pointer: coarse)").matches;

/** The buttons of the tools. A finger scrolls the page until one of them is switched on. */
export class Toolbar {
  /**
   * @param {object} on
   * @param {() => void} on.closer the map is to be enlarged
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
    const zooms = Object.entries(ZOOMS).map(([name, [label, words]]) => tool(name, label, words, on[name]));
    this.element = make("div", "ex-toolbar", "", this.tools, make("div", "", "", ...zooms), this.looks);
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
    const button = tool(one, one, words, () => choose(one));
    button.dataset.name = one;
    return button;
  });
  const element = make("div", name, "", ...buttons);
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  return element;
}

/** Create a button with an icon. */
function tool(icon, label, words, press) {
  const button = makeButton("", "", press);
  button.setAttribute("aria-label", label);
  button.title = words;
  const drawing = makeSvg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", class: `ex-icon-${icon}` });
  drawing.append(makeSvg("path", { d: ICONS[icon] }));
  button.append(drawing);
  return button;
}

function press(element, name) {
  for (const button of element.querySelectorAll("[data-name]"))
    button.setAttribute("aria-pressed", String(button.dataset.name === name));
}
