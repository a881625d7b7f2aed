// Maps of several runs side by side. Those of the same pictures share what is picked and selected.

import { CARD_CSS } from "./card.js";
import { addStyle, count, explain, keep, make, percent, theme } from "./common.js";
import { block } from "./fetched.js";
import { FILTER_CSS, FilterLegend } from "./filter_legend.js";
import { LEGEND_CSS } from "./legend.js";
import { linkOf } from "./link.js";
import { MAP_CSS, MapPane } from "./map_pane.js";

const [GAP, LEAST] = [14, 200]; // pixels

export const render = (component) => keep(component, (parent) => new Compare(parent));

class Compare {
  constructor(parent) {
    addStyle(parent, CSS + MAP_CSS + CARD_CSS + LEGEND_CSS + FILTER_CSS);
    this.root = make("div", "cp-root ex-top");
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
    this.panes = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
  }

  update({ header }) {
    const before = JSON.stringify(this.header?.maps.map(({ run, of, method }) => [run, of, method]));
    this.header = header;
    const look = (this.look = theme(this.root));
    this.root.style.colorScheme = header.dark ? "dark" : "light";
    for (const name of ["muted", "faint", "line"]) this.root.style.setProperty(`--${name}`, look[name]);
    if (before !== JSON.stringify(header.maps.map(({ run, of, method }) => [run, of, method]))) this.build();
    this.resize();
    this.draw();
  }

  build() {
    this.panes.forEach((pane) => pane.destroy());
    this.panes = this.header.maps.map((map) => {
      const pane = new MapPane(linkOf(map.digest), () => "lasso", map.title);
      pane.card.use(map);
      return pane;
    });
    this.maps.replaceChildren(...this.panes.map((pane) => pane.element));
    this.shown = null;
  }

  clear() {
    for (const { digest } of this.header.maps) linkOf(digest).clear();
    this.legend.show();
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
        const [of, v] = [`of=${map.of}&method=${map.method}&step=${step}`, map.stamps[step] ?? ""];
        try {
          const [colors, frame] = await Promise.all([
            block(`${map.base}/colors.bin?name=${encodeURIComponent(map.color)}&step=${step}&v=${v}`),
            block(`${map.base}/frame.bin?${of}&key=&v=${v}`),
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

const CSS = `
.cp-root { display: grid; grid-template-columns: 1fr 130px; gap: 8px ${GAP}px; color: var(--st-text-color);
  font-family: var(--st-font); font-size: calc(13px * var(--lab-scale, 1)); position: relative; }
.cp-maps { display: grid; gap: ${GAP}px; }
.cp-root .live-legend { padding-top: 20px; }
.cp-scrub { grid-column: 1 / -1; display: flex; align-items: center; gap: 8px; font-variant-numeric: tabular-nums; }
.cp-scrub input { width: 260px; accent-color: var(--st-primary-color); }
`;
