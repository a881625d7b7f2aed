// Explore: maps of a run's pictures, their snapshots, and what is picked or selected on them.

import { element } from "../base/component.js";
import { make, refill } from "../base/elements.js";
import { block, json } from "../base/fetched.js";
import { linkOf } from "../base/link.js";
import { count, known, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain, term } from "../base/tips.js";
import { FilterLegend } from "../map/filter_legend.js";
import { Scrubber } from "../map/scrubber.js";
import { colorsAddress, frameAddress } from "./addresses.js";
import { Detail } from "./detail.js";
import { Gallery } from "./gallery.js";
import { MapPane } from "./map_pane.js";
import { fetchNames } from "./names.js";
import { ownSection } from "./own.js";
import { Toolbar } from "./toolbar.js";

const REST = 500; // ms without a change after which the address is brought up to date
const [GAP, TITLE, LEAST] = [16, 20, 120]; // pixels between maps, over each, and of a map at least
const STRETCH = 1.25; // the most that a map is wider than high
const NEIGHBOURHOOD = 15; // nearest pictures that a map may keep (measures/neighbours.py)
const WRONG =
  "What a map cannot tell you: the sizes of groups and the distances between them mean nothing, " +
  "gaps may be artefacts of the method, and points that lie together need not be alike. Click a " +
  "picture to see its true neighbours.";
const HINT =
  "Point at a picture to see it, click to see its views and its true neighbours. " +
  "After a click the wheel zooms, and more pictures appear. " +
  "Draw a line around points to see what they have in common. Space plays, Escape clears.";

export const render = element((parent) => new Explore(parent), "map", "explore");

class Explore {
  constructor(parent) {
    /** @type {import("../base/component.js").Component} */
    this.component = undefined;
    this.root = make("div", "ex-root");
    this.root.style.setProperty("--gap", `${GAP}px`);
    this.maps = make("div", "ex-maps");
    this.legend = new FilterLegend((hidden) => this.panes.forEach((pane) => pane.hide(hidden)));
    this.legend.onselect = (index) => this.select(index);
    this.scrubber = new Scrubber((step) => this.draw(step));
    this.tools = new Toolbar({
      closer: () => this.panes.forEach((pane) => pane.gestures.press("+")),
      whole: () => this.panes.forEach((pane) => pane.gestures.press("0")),
      tool: () => this.root.classList.toggle("ex-draws", this.tools.switched),
      look: () => {
        this.panes.forEach((pane) => pane.scatter.picture(!this.tools.dots));
        this.later();
      },
    });
    this.strip = make("div", "ex-strip-line");
    this.strip.setAttribute("role", "status");
    this.hint = make("p", "ex-hint", HINT);
    this.pane = make("div", "ex-pane");
    const foot = make("div", "ex-foot", "", this.legend.element, this.strip);
    this.field = make("div", "ex-field", "", this.maps, foot, this.tools.element);
    this.root.append(make("div", "ex-left", "", this.field, this.scrubber.element), this.pane);
    parent.append(this.root);
    explain(this.root);
    /** @type {MapPane[]} */
    this.panes = [];
    this.observer = new ResizeObserver(() => this.resize());
    for (const one of [this.root, this.maps]) this.observer.observe(one);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.tabIndex = -1;
  }

  update({ header }) {
    const before = this.header;
    this.header = header;
    this.look = { ...dress(this.root, header), background: getComputedStyle(this.field).backgroundColor };
    const other = !before || before.run !== header.run || before.digest !== header.digest;
    if (other) this.begin(header);
    const maps = header.maps.map(({ of }) => of).join();
    if (other || maps !== this.shape) this.build(maps); // else the points glide to the other map
    const start = other ? header.start : {};
    this.scrubber.use(header.steps, start.step ?? null);
    if (other) this.restore(start);
    this.resize();
    this.draw(this.scrubber.step);
  }

  /** Begin with another run: nothing of the one before is shown any more. */
  begin(header) {
    this.forget?.();
    this.detail?.forget();
    this.gallery?.forget();
    this.scrubber.pause();
    this.scrubber.steps = [];
    this.link = linkOf(header.digest);
    fetchNames(this.link, header.points);
    this.detail = new Detail(this.link);
    this.gallery = new Gallery(this.link);
    this.forget = this.link.listen((what) => this.linked(what));
    this.shape = null;
  }

  restore({ step, picture, chosen, dots, closed }) {
    this.placed = known(step) || known(picture) || !!chosen?.length || !!dots || !!closed; // the address says so
    this.link.closed ||= !!closed;
    this.tools.draw(!!dots);
    this.panes.forEach((pane) => pane.scatter.picture(!dots));
    if (chosen?.length) this.link.select(chosen);
    if (known(picture)) this.link.pick(picture);
    this.fillPane();
  }

  build(shape) {
    this.shape = shape;
    this.panes.forEach((pane) => pane.destroy());
    this.panes = this.header.maps.map(({ title }) => new MapPane(this.link, (touch) => this.tools.toolOf(touch), title));
    this.maps.replaceChildren(...this.panes.map((pane) => pane.element));
    this.panes.forEach((pane) => pane.use(this.header, this.tools.dots));
    this.shown = null;
  }

  resize() {
    const { root, maps, panes } = this;
    if (!root.clientWidth || !panes.length) return;
    const narrow = root.clientWidth < 800; // one below the other, each as wide as the screen
    root.classList.toggle("ex-narrow", narrow);
    const across = narrow ? 1 : panes.length;
    const free = Math.floor((maps.clientWidth - GAP * (across - 1)) / across);
    const height = Math.max(LEAST, narrow ? free : Math.min(maps.clientHeight - TITLE, free));
    const width = narrow ? free : Math.max(LEAST, Math.min(free, Math.round(STRETCH * height)));
    panes.forEach((pane) => pane.resize(width, height));
    this.stretch = width / height;
  }

  /** Select the pictures of a category of the legend. */
  select(index) {
    const { category } = this.panes[0]?.colors?.arrays ?? {};
    if (category) this.link.select(Array.from(category.keys()).filter((i) => category[i] === index));
  }

  /** Open a hard picture where nobody has opened or closed one. */
  async offer(step) {
    const { header, link } = this;
    if (this.offered === link || link.picked >= 0 || link.closed) return;
    this.offered = link;
    const index = await json(`${header.base}/hard.json?step=${step}`).catch(() => null);
    if (this.link === link && this.header.run === header.run && known(index)) link.offer(index);
  }

  /** Show a step on every map; what is there stays until everything for it has come. */
  async draw(step) {
    const { header, panes, legend } = this;
    if (step === undefined) return panes.forEach((pane) => pane.say(header.message || "No snapshot yet."));
    this.wanted = step;
    const still = () => this.header === header && this.wanted === step && this.panes === panes;
    try {
      const [colors, ...frames] = await Promise.all([
        block(colorsAddress(header.base, header.color, step)),
        ...header.maps.map((map) => block(frameAddress(header.base, map, step))),
      ]);
      if (!still()) return;
      Object.assign(colors.header, { title: header.color.title });
      const name = JSON.stringify(header.color);
      if (this.colored !== name) legend.clear();
      this.colored = name;
      legend.update({ ...colors.header, color: header.color.title });
      this.frames = frames;
      panes.forEach((pane, i) => {
        pane.title.textContent = header.maps[i].title;
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
    this.judge(step);
    this.fillPane();
    this.later();
    this.ahead();
    this.offer(step);
  }

  describe({ title }, { header }, colors) {
    const groups = colors.header.names.map((n, i) => `${n} ${colors.header.counts[i]}`).join(", ");
    return (
      `Map, ${title}, of ${count(this.header.count)} pictures at step ${count(header.step)}, coloured by ` +
      `${this.header.color.title}${groups ? `: ${groups}` : ""}. It keeps ${percent(header.kept)} of true ` +
      "neighbourhoods. Arrow keys move from picture to picture, Enter opens one, Escape clears."
    );
  }

  /** Fetch the next snapshots while nothing else is to be done. */
  ahead() {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      const { steps, at } = this.scrubber;
      const { base, color, maps } = this.header;
      for (const step of [...steps.slice(at + 1, at + 5), ...steps.slice(0, 2)]) {
        block(colorsAddress(base, color, step)).catch(() => {});
        for (const map of maps) block(frameAddress(base, map, step)).catch(() => {});
      }
    }, 120);
  }

  /** Say how far the maps can be trusted. */
  judge(step) {
    const { maps, scores } = this.header;
    const kept = this.gallery.facts?.kept ?? [];
    const chance = percent(Math.min(1, NEIGHBOURHOOD / Math.max(1, this.header.count - 1)));
    const said = maps.map(({ title }, i) => {
      const share = this.frames?.[i]?.header.kept;
      if (!known(share)) return title;
      const part = this.link.selected && known(kept[i]) ? `, of the selected ones ${percent(kept[i])}` : "";
      return `${title} keeps ${percent(share)} of true neighbourhoods (chance ${chance})${part}`;
    });
    const form = this.stretch > 1.01 ? `, stretched ${this.stretch.toFixed(2)} to 1` : "";
    const { words, tip } = scores[step] ?? { words: "", tip: "" };
    this.strip.replaceChildren(
      make("div", "", `${said.join(" · ")}. `, term(`The axes have no units${form}.`, WRONG)),
      make("div", "ex-score", "", tip ? term(words, tip) : words),
    );
  }

  linked(what) {
    if (what !== "pick" && what !== "select") return;
    this.fillPane();
    this.later();
  }

  async fillPane() {
    const { link, header, detail, gallery, scrubber: { step, timer } } = this;
    const own = header.own && ownSection(header.own, header, link, step);
    const parts = [link.selected && gallery.element, own, link.picked >= 0 && detail.element].filter(Boolean);
    refill(this.pane, parts.length ? parts : [this.hint], this.root);
    if (link.picked < 0) detail.reset();
    if (!link.selected) gallery.reset();
    if (step === undefined || timer) return; // while it plays, the panes stay as they are
    detail.show(header, step);
    if (!link.selected) return this.judge(step);
    const maps = header.maps.map(({ of, method, key }) => [of, method, key]);
    await gallery.show(header, step, maps);
    this.judge(step);
  }

  /** Bring the address up to date once things have come to rest. */
  later() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (this.scrubber.timer) return this.later();
      const { link, scrubber } = this;
      const newest = scrubber.atEnd && !(this.header.grows && (link.chosen !== null || link.selected));
      const step = newest ? null : scrubber.step ?? null;
      const place = {
        step,
        picture: link.chosen ?? (step !== null && link.picked >= 0 ? link.picked : null), // another step offers another one
        closed: link.closed,
        chosen: link.selected,
        draw: this.tools.dots ? "dots" : null,
        count: this.header.count,
      };
      const text = JSON.stringify([this.header.run, place]);
      if (text === this.sent) return;
      const first = this.sent === undefined && !this.placed;
      this.sent = text;
      const plain = place.step === null && place.picture === null && !place.chosen && !place.draw && !place.closed;
      if (!first || !plain) this.component.setStateValue("place", { run: this.header.run, ...place });
    }, REST);
  }

  key(event) {
    const typing = ["SELECT", "INPUT", "BUTTON"].includes(event.target.tagName);
    if (event.key === "Escape") {
      this.link.clear();
      this.legend.clear();
      this.panes.forEach((pane) => (pane.hide(this.legend.hidden), pane.gestures.enlarge(0)));
    } else if (event.key === " " && !typing) this.scrubber.toggle();
    else if (event.key === "ArrowLeft" && !typing) this.scrubber.move(-1);
    else if (event.key === "ArrowRight" && !typing) this.scrubber.move(1);
    else return;
    event.preventDefault();
  }

  destroy() {
    this.wanted = null; // answers still on their way are ignored
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
