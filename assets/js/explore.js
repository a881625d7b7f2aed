// Explore: maps of a run's pictures, their snapshots, and what is picked or selected on them.

import { CARD_CSS } from "./card.js";
import { addStyle, count, explain, keep, known, make, percent, term, theme } from "./common.js";
import { DETAIL_CSS, Detail } from "./detail.js";
import { block } from "./fetched.js";
import { FilterLegend, FILTER_CSS } from "./filter_legend.js";
import { GALLERY_CSS, Gallery } from "./gallery.js";
import { LEGEND_CSS } from "./legend.js";
import { linkOf } from "./link.js";
import { MAP_CSS, MapPane } from "./map_pane.js";
import { OWN_CSS, ownSection } from "./own.js";
import { SCRUB_CSS, Scrubber } from "./scrubber.js";
import { THUMB_CSS } from "./thumb.js";

const REST = 500; // ms without a change after which the address is brought up to date
const [PANE, LEGEND, GAP, LEFT] = [400, 140, 14, 560]; // pixels; LEFT: what the scrubber needs
const TOOLS = { lasso: "Draw a line around points", box: "Draw a box", move: "Move the map" };
const WRONG =
  "What a map cannot tell: distances between groups and their sizes mean nothing, gaps may be " +
  "made by the method, and points that lie together need not be alike. Ask for a picture's true " +
  "neighbours: click on it.";

export const render = (component) => keep(component, (parent) => new Explore(parent));

class Explore {
  constructor(parent) {
    addStyle(parent, CSS + MAP_CSS + CARD_CSS + LEGEND_CSS + FILTER_CSS + DETAIL_CSS + GALLERY_CSS + SCRUB_CSS + OWN_CSS + THUMB_CSS);
    this.root = make("div", "ex-root");
    this.maps = make("div", "ex-maps");
    this.legend = new FilterLegend((hidden) => this.panes.forEach((pane) => pane.hide(hidden)));
    this.scrubber = new Scrubber((step) => this.draw(step));
    this.tools = this.toolbar();
    this.strip = make("div", "ex-strip-line");
    this.strip.setAttribute("role", "status");
    this.hint = make("p", "ex-hint");
    this.pane = make("div", "ex-pane");
    const beside = make("div", "ex-beside", "", this.legend.element, this.tools);
    const top = make("div", "ex-top", "", this.maps, beside);
    this.left = make("div", "ex-left", "", top, this.scrubber.element, this.strip);
    this.root.append(this.left, this.pane);
    parent.append(this.root);
    explain(this.root);
    this.panes = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.tabIndex = -1;
  }

  toolbar() {
    this.tool = "lasso";
    const element = make("div", "ex-tools");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Dragging on a map");
    for (const [name, words] of Object.entries(TOOLS)) {
      const button = make("button", "", name);
      button.type = "button";
      button.title = words;
      button.setAttribute("aria-pressed", name === this.tool);
      button.onclick = () => {
        this.tool = name;
        for (const one of element.children) one.setAttribute("aria-pressed", one === button);
      };
      element.append(button);
    }
    const whole = make("button", "", "whole map");
    whole.type = "button";
    whole.title = "Show everything again; the wheel enlarges";
    whole.onclick = () => this.panes.forEach((pane) => pane.enlarge(0));
    element.append(whole);
    return element;
  }

  update({ header }) {
    const before = this.header;
    this.header = header;
    const look = (this.look = theme(this.root));
    for (const name of ["muted", "faint", "line"]) this.root.style.setProperty(`--${name}`, look[name]);
    this.root.style.colorScheme = header.dark ? "dark" : "light";
    for (const [name, color] of Object.entries(header.tones)) this.root.style.setProperty(`--${name}`, color);
    const other = !before || before.run !== header.run || before.digest !== header.digest;
    if (other) this.begin(header);
    const maps = JSON.stringify(header.maps.map(({ of, method, key }) => [of, method, key]));
    if (other || maps !== this.shape) this.build(maps);
    const start = other ? header.start : {};
    this.scrubber.use(header.steps, start.step ?? null);
    if (other) this.restore(start);
    this.resize();
    this.draw(this.scrubber.step);
  }

  /** Another run: nothing of the one before is shown any more. */
  begin(header) {
    this.forget?.();
    this.detail?.forget();
    this.gallery?.forget();
    this.scrubber.pause();
    this.scrubber.steps = [];
    this.link = linkOf(header.digest);
    this.detail = new Detail(this.link);
    this.gallery = new Gallery(this.link);
    this.forget = this.link.listen((what) => this.linked(what));
    this.shape = null;
  }

  restore({ picture, chosen }) {
    if (chosen?.length) this.link.select(chosen);
    if (known(picture)) this.link.pick(picture);
    this.fillPane();
  }

  build(shape) {
    this.shape = shape;
    this.panes.forEach((pane) => pane.destroy());
    this.panes = this.header.maps.map(({ title }) => new MapPane(this.link, () => this.tool, title));
    this.maps.replaceChildren(...this.panes.map((pane) => pane.element));
    this.panes.forEach((pane) => pane.card.use(this.header));
    this.shown = null;
  }

  resize() {
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    if (!width || !height || !this.panes.length) return;
    const narrow = width < 800;
    this.root.classList.toggle("ex-narrow", narrow);
    const free = narrow ? width : width - PANE - GAP - LEGEND - GAP * this.panes.length;
    const room = narrow ? width : height - 20 - 34 - this.strip.offsetHeight - 16;
    const side = Math.max(120, Math.floor(Math.min(free / this.panes.length, room)));
    this.panes.forEach((pane) => pane.resize(side));
    const left = this.panes.length * (side + GAP) + LEGEND;
    this.left.style.width = narrow ? "" : `${Math.max(left, LEFT)}px`;
  }

  /** Shows a step on every map; what is there stays until everything for it has come. */
  async draw(step) {
    const { header, panes, legend } = this;
    if (step === undefined) {
      panes.forEach((pane) => pane.say(header.message || "No snapshot yet."));
      return;
    }
    this.wanted = step;
    const still = () => this.header === header && this.wanted === step && this.panes === panes;
    try {
      const [colors, ...frames] = await Promise.all([
        block(this.colorsOf(step)),
        ...header.maps.map((map) => block(this.frameOf(map, step))),
      ]);
      if (!still()) return;
      Object.assign(colors.header, { title: header.color.title });
      const name = JSON.stringify(header.color);
      if (this.colored !== name) legend.show();
      this.colored = name;
      legend.update({ ...colors.header, color: header.color.title });
      this.frames = frames;
      panes.forEach((pane, i) => {
        pane.hidden = legend.hidden;
        pane.own = header.own;
        pane.show(frames[i], colors, this.look, this.shown === header.run);
        pane.canvas.setAttribute("aria-label", this.describe(header.maps[i], frames[i], colors));
      });
      this.shown = header.run;
      this.root.dataset.step = step;
    } catch (error) {
      if (!still()) return;
      this.shown = null;
      panes.forEach((pane) => pane.say(error.message));
    }
    this.tell(step);
    this.fillPane();
    this.later();
    this.ahead();
  }

  describe({ title }, { header }, colors) {
    const groups = colors.header.names.map((n, i) => `${n} ${colors.header.counts[i]}`).join(", ");
    return (
      `Map, ${title}, of ${count(this.header.count)} pictures at step ${count(header.step)}, coloured by ` +
      `${this.header.color.title}${groups ? `: ${groups}` : ""}. It keeps ${percent(header.kept)} of true ` +
      "neighbourhoods. Arrow keys move from picture to picture, Enter opens one, Escape clears."
    );
  }

  frameOf({ of, method, key, stamps }, step) {
    const v = stamps[step] ?? "";
    return `${this.header.base}/frame.bin?of=${of}&method=${method}&key=${key}&step=${step}&v=${v}`;
  }

  colorsOf(step) {
    const { base, color } = this.header;
    const name = encodeURIComponent(color.name);
    return `${base}/colors.bin?name=${name}&key=${color.key}&step=${step}&v=${color.stamps[step] ?? ""}`;
  }

  /** Fetches the next snapshots while nothing else is to be done. */
  ahead() {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      const { steps, at } = this.scrubber;
      for (const step of [...steps.slice(at + 1, at + 5), ...steps.slice(0, 2)]) {
        block(this.colorsOf(step)).catch(() => {});
        for (const map of this.header.maps) block(this.frameOf(map, step)).catch(() => {});
      }
    }, 120);
  }

  /** What may be believed of the maps. */
  tell(step) {
    const { maps, scores } = this.header;
    const kept = this.gallery.facts?.kept ?? [];
    const said = maps.map(({ title }, i) => {
      const share = this.frames?.[i]?.header.kept;
      if (!known(share)) return title;
      const part = this.link.selected && known(kept[i]) ? `, of those selected ${percent(kept[i])}` : "";
      return `${title} keeps ${percent(share)} of true neighbourhoods${part}`;
    });
    const score = scores[step] ?? "";
    this.strip.replaceChildren(
      make("div", "", `${said.join(" · ")} · `, term("what a map cannot tell", WRONG)),
      make("div", "ex-score", score),
    );
  }

  linked(what) {
    if (what === "pick" || what === "select") {
      this.fillPane();
      this.later();
    }
  }

  async fillPane() {
    const { link, header, detail, gallery, scrubber } = this;
    if (link.picked < 0) detail.reset();
    if (!link.selected) gallery.reset();
    const own = header.own && ownSection(header.own, header, link, scrubber.step);
    const parts = [own, link.picked >= 0 && detail.element, link.selected && gallery.element].filter(Boolean);
    this.hint.textContent =
      "Point at a picture to see it, click to see its views and its true neighbours. " +
      "Draw a line around points to see what they have in common. Space plays, Escape clears.";
    this.pane.replaceChildren(...(parts.length ? parts : [this.hint]));
    const step = scrubber.step;
    if (step === undefined || scrubber.timer) return; // while it plays, the panes stay as they are
    detail.show(header, step);
    if (!link.selected) return this.tell(step);
    const maps = header.maps.map(({ of, method, key }) => [of, method, key]);
    await gallery.show(header, step, maps);
    this.tell(step);
  }

  /** Brings the address up to date once things have come to rest. */
  later() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (this.scrubber.timer) return this.later();
      const { link, scrubber } = this;
      const place = {
        step: scrubber.atEnd && !(this.header.grows && (link.picked >= 0 || link.selected)) ? null : scrubber.step ?? null,
        picture: link.picked < 0 ? null : link.picked,
        chosen: link.selected,
        count: this.header.count,
      };
      const text = JSON.stringify([this.header.run, place]);
      if (text === this.told) return;
      const first = this.told === undefined;
      this.told = text;
      const plain = place.step === null && place.picture === null && !place.chosen;
      if (!first || !plain) this.component.setStateValue("place", { run: this.header.run, ...place });
    }, REST);
  }

  key(event) {
    const typing = ["SELECT", "INPUT", "BUTTON"].includes(event.target.tagName);
    if (event.key === "Escape") {
      this.link.clear();
      this.legend.show();
      this.panes.forEach((pane) => (pane.hide(this.legend.hidden), pane.enlarge(0)));
    } else if (event.key === " " && !typing) this.scrubber.toggle();
    else if (event.key === "ArrowLeft" && !typing) this.scrubber.move(-1);
    else if (event.key === "ArrowRight" && !typing) this.scrubber.move(1);
    else return;
    event.preventDefault();
  }

  destroy() {
    this.observer.disconnect();
    clearTimeout(this.rest);
    clearTimeout(this.idle);
    this.scrubber.pause();
    this.forget?.();
    this.detail?.forget();
    this.gallery?.forget();
    this.panes.forEach((pane) => pane.destroy());
    this.root.remove();
  }
}

const CSS = `
.ex-root { display: flex; gap: ${GAP}px; width: 100%; height: 100%; box-sizing: border-box; outline: none;
  color: var(--st-text-color); font-family: var(--st-font); font-size: calc(13px * var(--lab-scale, 1)); position: relative; }
.ex-left { flex: none; min-width: 0; display: flex; flex-direction: column; }
.ex-top { display: flex; gap: ${GAP}px; }
.ex-maps { display: flex; gap: ${GAP}px; }
.ex-beside { display: flex; flex-direction: column; width: ${LEGEND}px; padding-top: 20px; gap: 10px; }
.ex-tools { display: grid; grid-template-columns: repeat(3, 1fr); gap: 2px; margin-top: auto; }
.ex-tools button { padding: 3px 0 !important; } .ex-tools button:last-child { grid-column: 1 / -1; }
.ex-root button:not(.ex-thumb):not(.ex-play):not(.ex-close) { font: inherit; font-size: calc(12px * var(--lab-scale, 1)); color: inherit;
  background: none; border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px; cursor: pointer; }
.ex-root .ex-tools button[aria-pressed="true"]:not(.ex-thumb):not(.ex-play):not(.ex-close) { background: var(--st-secondary-background-color); font-weight: 600; }
.ex-root .live-legend button { border: 0 !important; }
.ex-root button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.ex-strip-line { line-height: 1.45; font-size: calc(12.5px * var(--lab-scale, 1)); font-variant-numeric: tabular-nums; padding-top: 2px; }
.ex-score { color: var(--muted); }
.ex-pane { flex: 1; min-width: 0; overflow-y: auto; height: 100%; padding-right: 4px;
  box-sizing: border-box; line-height: 1.4; }
.ex-pane > * + * { margin-top: 14px; padding-top: 12px; border-top: 1px solid var(--line); }
.ex-hint { color: var(--muted); margin: 20px 0; max-width: 46ch; }
.ex-narrow { flex-direction: column; height: auto; } .ex-narrow .ex-pane { height: auto; }
.ex-narrow .ex-top { flex-wrap: wrap; } .ex-narrow .ex-beside { width: 100%; } .ex-narrow .ex-maps { flex-wrap: wrap; }
`;
