// Enlarging and moving a map: by wheel, by two fingers, by keys, and by a button back to the whole.
// The wheel and one finger scroll the page: the wheel is the map's after a click on it, or with Ctrl.

import { make, makeButton } from "../base/elements.js";
import { Zoom } from "./zoom.js";

const STILL = 4; // pixels that a click may move
const KEYS = { "+": 1.4, "-": 1 / 1.4, 0: 0 };
/** What the buttons do, in words. */
export const CLOSER = "Zoom in. After a click on the map, or with Ctrl, the wheel zooms; on a phone, two fingers do";
export const WHOLE = "Show the whole map again (key 0)";

/** What moves a map. */
export class Gestures {
  /**
   * @param {import("./scatter.js").Scatter} scatter
   * @param {() => number} half the side of the whole map; 0 while there is none
   * @param {() => void} onzoom called when another part of the map is to be shown
   */
  constructor(scatter, half, onzoom) {
    this.scatter = scatter;
    this.half = half;
    this.onzoom = onzoom;
    this.zoom = new Zoom();
    this.pulling = false; // whether the map is being moved
    /** @type {{ x: number, y: number, apart: number, zoom: Zoom } | null} */
    this.fingers = null;
    this.onpinch = () => {};
    this.whole = makeButton("map-whole", "", () => this.enlarge(0));
    this.whole.hidden = true;
    this.whole.title = WHOLE;
    const closer = makeButton("map-closer", "+", () => this.enlarge(KEYS["+"]));
    closer.setAttribute("aria-label", "Zoom in");
    closer.title = CLOSER;
    this.element = make("div", "map-zoom", "", this.whole, closer); // in a corner of the map
    const { canvas } = scatter;
    this.element.addEventListener("mousedown", (e) => {
      e.preventDefault(); // a click here is one on the map
      canvas.focus({ preventScroll: true });
    });
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    for (const name of ["touchstart", "touchmove", "touchend", "touchcancel"])
      canvas.addEventListener(name, (e) => this.touched(/** @type {TouchEvent} */ (e)), { passive: false });
  }

  /** Let the mouse move the map while it is enlarged, where dragging does nothing else. */
  drags() {
    const { canvas } = this.scatter;
    let from = null;
    canvas.addEventListener("pointerdown", (e) => {
      if (e.button || e.pointerType === "touch" || this.zoom.times === 1) return;
      canvas.setPointerCapture(e.pointerId);
      from = { x: e.offsetX, y: e.offsetY, zoom: this.zoom.copy() };
    });
    canvas.addEventListener("pointermove", (e) => {
      if (!from) return;
      const [dx, dy] = [e.offsetX - from.x, e.offsetY - from.y];
      if (!this.pulling && Math.hypot(dx, dy) < STILL) return;
      this.pulling = true;
      this.pull(from.zoom, dx, dy);
    });
    for (const name of ["pointerup", "pointercancel"])
      canvas.addEventListener(name, () => {
        from = null;
        this.pulling = false;
      });
  }

  /**
   * Move the map from where it was; a map that is not enlarged stays.
   * @param {Zoom} before
   * @param {number} dx CSS pixels, as `dy`
   * @param {number} dy
   */
  pull(before, dx, dy) {
    if (this.zoom.times === 1) return;
    const { width, height } = this.scatter;
    this.zoom.pull(before, this.half(), dx / width, dy / height);
    this.change();
  }

  /**
   * Enlarge around a place.
   * @param {number} by a factor; 0 shows everything again
   * @param {number} [x] CSS pixels, as `y`; the middle if left out
   * @param {number} [y]
   */
  enlarge(by, x = this.scatter.width / 2, y = this.scatter.height / 2) {
    if (!this.half()) return;
    const { width, height } = this.scatter;
    this.zoom.enlarge(by, this.half(), x / width, y / height);
    this.change();
  }

  /** Begin with another map, as a whole. */
  reset() {
    this.zoom = new Zoom();
    this.mark();
  }

  change() {
    this.mark();
    this.onzoom();
  }

  mark() {
    const { times } = this.zoom;
    this.whole.hidden = times === 1;
    this.whole.textContent = `${times.toFixed(1)}×, show all`;
    this.scatter.canvas.dataset.times = times.toFixed(2);
  }

  wheel(event) {
    const { canvas } = this.scatter;
    const root = /** @type {Document | ShadowRoot} */ (canvas.getRootNode());
    if (!event.ctrlKey && root.activeElement !== canvas) return; // the page scrolls
    const closer = event.deltaY < 0;
    if (!event.ctrlKey && !closer && this.zoom.times === 1) return; // as does the whole map
    event.preventDefault();
    this.enlarge(1.2 ** (closer ? 1 : -1), event.offsetX, event.offsetY);
  }

  /** @param {TouchEvent} event two fingers enlarge and move; one is left to the page */
  touched(event) {
    if (event.targetTouches.length !== 2) {
      this.fingers = null;
      this.pulling = false;
      return;
    }
    event.preventDefault();
    const now = this.between(event);
    if (!this.fingers || event.type !== "touchmove") {
      this.fingers = { ...now, zoom: this.zoom.copy() };
      this.pulling = true;
      this.onpinch();
      return;
    }
    const { x, y, apart, zoom } = this.fingers;
    const { width, height } = this.scatter;
    Object.assign(this.zoom, zoom);
    this.zoom.enlarge(now.apart / apart, this.half(), x / width, y / height);
    if (this.zoom.times > 1) this.zoom.pull(this.zoom.copy(), this.half(), (now.x - x) / width, (now.y - y) / height);
    this.change();
  }

  /** The middle between two fingers, and how far apart they are. */
  between({ targetTouches: both }) {
    const [a, b] = [both[0], both[1]];
    const box = this.scatter.canvas.getBoundingClientRect();
    const [x, y] = [(a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top];
    return { x, y, apart: Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)) };
  }

  /**
   * Enlarge by a key.
   * @param {string} key
   * @returns {boolean} whether it was one that does
   */
  press(key) {
    if (!(key in KEYS)) return false;
    this.enlarge(KEYS[key]);
    return true;
  }
}
