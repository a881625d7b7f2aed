// Maps of several runs side by side. Those of the same pictures share what is picked and selected.

import { element } from "../base/component.js";
import { make } from "../base/elements.js";
import { block } from "../base/fetched.js";
import { linkOf } from "../base/link.js";
import { count, percent } from "../base/numbers.js";
import { dress } from "../base/theme.js";
import { explain } from "../base/tips.js";
import { FilterLegend } from "../map/filter_legend.js";
import { colorsAddress, frameAddress } from "./addresses.js";
import { MapPane } from "./map_pane.js";

const [GAP, LEAST] = [14, 200]; // pixels

export const render = element((parent) => new Compare(parent), "map", "explore");

class Compare {
  constructor(parent) {
    this.root = make("div", "cp-root ex-top");
    this.root.style.setProperty("--gap", `${GAP}px`);
    this.maps = make("div", "cp-maps");
    this.legend = new FilterLegend((hidden) => this.panes.forEach((pane) => pane.hide(hidden)));
    this.slider = make("input");
    Object.assign(this.slider, { type: "range", min: 0, max: 100, value: 100 });
    this.slider.setAttribute("aria-label", "Share of each run");
    this.slider.oninput = () => this.draw();
    this.words = make("span");
    const scrub = make("label", "cp-scrub", "", "share of each run ", this.slider, this.words);
    this.root.append(this.maps, this.legend.element, scrub);
    parent.append(this.root);
    explain(this.root);
    /** @type {MapPane[]} */
    this.panes = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
  }

  update({ header }) {
    const before = JSON.stringify(this.header?.maps.map(({ run, of, method }) => [run, of, method]));
    this.header = header;
    this.look = dress(this.root, header);
    if (before !== JSON.stringify(header.maps.map(({ run, of, method }) => [run, of, method]))) this.build();
    this.resize();
    this.draw();
  }

  build() {
    this.panes.forEach((pane) => pane.destroy());
    this.panes = this.header.maps.map((map) => {
      const pane = new MapPane(linkOf(map.digest), (touch) => (touch ? "" : "lasso"), map.title);
      pane.use(map, !!this.header.dots);
      return pane;
    });
    this.maps.replaceChildren(...this.panes.map((pane) => pane.element));
    this.shown = null;
  }

  clear() {
    for (const { digest } of this.header.maps) linkOf(digest).clear();
    this.legend.clear();
    this.panes.forEach((pane) => pane.hide(this.legend.hidden));
  }

  resize() {
    const { clientWidth: width } = this.root;
    const number = this.panes.length;
    if (!width || !number) return;
    const columns = Math.min(number, Math.max(1, Math.floor((width - 150) / (LEAST + GAP))), 4);
    const side = Math.floor(Math.min(360, (width - 150 - GAP * columns) / columns));
    this.maps.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    this.panes.forEach((pane) => pane.resize(side));
  }

  async draw() {
    const { header, panes } = this;
    const share = Number(this.slider.value) / 100;
    this.words.textContent = ` ${Math.round(100 * share)}%`;
    const wanted = (this.wanted = {});
    await Promise.all(
      header.maps.map(async (map, i) => {
        const last = map.steps.at(-1);
        if (last === undefined) return panes[i].say("No snapshot yet.");
        const step = map.steps.filter((known) => known <= share * last + 0.5).at(-1) ?? map.steps[0];
        try {
          const [colors, frame] = await Promise.all([
            block(colorsAddress(map.base, { name: map.color, stamps: map.stamps }, step)),
            block(frameAddress(map.base, map, step)),
          ]);
          if (this.wanted !== wanted) return;
          colors.header.title = map.color;
          const same = new Set(header.maps.map((one) => one.digest)).size === 1;
          if (!i && same) this.legend.update({ ...colors.header, color: map.color });
          panes[i].hidden = this.legend.hidden;
          panes[i].show(frame, colors, this.look, this.shown === header.maps.length);
          panes[i].title.textContent = `${map.title} · step ${count(step)} · keeps ${percent(frame.header.kept)}`;
        } catch (error) {
          if (this.wanted === wanted) panes[i].say(error.message);
        }
      }),
    );
    if (this.wanted === wanted) this.shown = header.maps.length;
  }

  destroy() {
    this.observer.disconnect();
    this.panes.forEach((pane) => pane.destroy());
    this.root.remove();
  }
}
