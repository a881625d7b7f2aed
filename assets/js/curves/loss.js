// The loss: a plotly figure made once, then given new data; zoom survives.

import { decimal, known } from "../base/numbers.js";

let loading = null;

/**
 * Fetch plotly.js, once for the page.
 * @param {string} address
 * @returns {Promise<any>}
 */
function plotly(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("plotly.js could not be fetched"));
    };
    document.head.append(script);
  });
  return loading;
}

const CONFIG = { displayModeBar: false, doubleClick: false, displaylogo: false, scrollZoom: false };

/** The curve of the loss. */
export class LossFigure {
  /**
   * @param {any} element to draw in
   * @param {(zoomed: boolean) => void} onzoom called when a user zooms in or leaves the zoom
   */
  constructor(element, onzoom) {
    this.element = element;
    /** @type {Record<string, number[]>} ranges that the user chose, by axis */
    this.zoom = {};
    this.onzoom = onzoom;
  }

  /**
   * Draw a block of simclr_core/feed/curves.py.
   * @param {any} header
   * @param {Record<string, any>} arrays
   * @param {import("../base/theme.js").Theme} look
   */
  async update(header, arrays, look) {
    /** @type {[any, any, any]} */
    this.last = [header, arrays, look];
    const library = await plotly(header.plotly);
    if (!this.element.isConnected) return;
    [header, arrays, look] = this.last; // the newest, where several waited
    const figure = [this.element, traces(arrays, look), this.layout(header, arrays, look)];
    if (this.ready) return library.react(...figure, CONFIG);
    this.ready = true;
    this.library = library;
    await library.newPlot(...figure, CONFIG);
    this.element.on("plotly_relayout", (change) => this.zoomed(change));
    this.element.on("plotly_doubleclick", () => this.reset());
    this.observer = new ResizeObserver(() => {
      if (this.element.clientWidth) library.Plots.resize(this.element); // not while it is hidden
    });
    this.observer.observe(this.element);
  }

  zoomed(change) {
    for (const axis of ["xaxis", "yaxis"]) {
      const range = change[`${axis}.range`] ?? [
        change[`${axis}.range[0]`],
        change[`${axis}.range[1]`],
      ];
      if (known(range[0]) && known(range[1])) this.zoom[axis] = [...range];
    }
    this.onzoom(Object.keys(this.zoom).length > 0);
  }

  reset() {
    this.zoom = {};
    this.onzoom(false);
    if (this.last) this.update(...this.last);
  }

  layout(header, arrays, look) {
    const lines = references(header);
    const font = { family: look.font, size: 13 * scaleOf(this.element), color: look.muted };
    const axis = {
      zeroline: false,
      gridcolor: look.line,
      linecolor: look.line,
      tickfont: font,
      nticks: 6,
    };
    const last = arrays.loss_step?.at(-1) ?? 0;
    return {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 26, r: 10, t: 6, b: 22 },
      showlegend: false,
      hovermode: "x",
      dragmode: "zoom",
      hoverlabel: { font: { family: font.family, size: font.size } },
      font,
      xaxis: {
        ...axis,
        showgrid: false,
        tickformat: ",d",
        tickprefix: "step ",
        showtickprefix: "first",
        range: this.zoom.xaxis ?? [0, Math.max(header.planned || 50, last) * 1.005],
      },
      yaxis: { ...axis, range: this.zoom.yaxis ?? span(lines, arrays) },
      shapes: lines.map(({ value }) => ({
        type: "line",
        xref: "paper",
        x0: 0,
        x1: 1,
        y0: value,
        y1: value,
        line: { color: look.muted, width: 1, dash: "1px,3px" },
      })),
      annotations: [
        ...lines.map(({ text, value, below }) => ({
          text,
          xref: "paper",
          x: 1,
          y: value,
          xanchor: "right",
          yanchor: below ? "top" : "bottom",
          showarrow: false,
          font,
        })),
        ...this.end(header, arrays, look),
      ],
    };
  }

  /** The value at the end of the line: right of it, or above it where the line ends at the edge. */
  end({ loss, planned }, { smooth_step = [] }, look) {
    const step = smooth_step.at(-1);
    if (!known(loss) || step === undefined) return [];
    const within = step < 0.9 * (this.zoom.xaxis?.[1] ?? Math.max(planned || 50, step));
    return [{
      text: `<b>${decimal(loss)}</b>`,
      x: step,
      y: loss,
      xanchor: within ? "left" : "right",
      yanchor: within ? "middle" : "bottom",
      xshift: within ? 6 : 4,
      yshift: within ? 0 : 4,
      showarrow: false,
      font: { family: look.font, size: 15 * scaleOf(this.element), color: look.text },
    }];
  }

  destroy() {
    this.observer?.disconnect();
    if (this.ready) this.library.purge(this.element);
  }
}

/** Large type's factor. */
const scaleOf = (element) => parseFloat(getComputedStyle(element).getPropertyValue("--lab-scale")) || 1;

function references(header) {
  const { alike, floor } = header;
  return [
    { text: `all alike, nothing told apart ${decimal(alike)}`, value: alike },
    { text: `floor ${decimal(floor)}`, value: floor, below: true },
  ].filter(({ value }) => known(value));
}

/** Return a range that holds both lines and the curve, and does not follow single spikes. */
function span(lines, { loss = [], smooth = [] }) {
  const values = [...lines.map(({ value }) => value), ...smooth];
  const sorted = Float32Array.from(loss).sort();
  if (sorted.length) {
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    values.push(at(0.01), at(0.99));
  }
  if (!values.length) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(high - low, 0.1);
  return [low - 0.1 * room, high + 0.08 * room];
}

function traces(arrays, look) {
  const { loss_step = [], loss = [], smooth_step, smooth } = arrays;
  const few = loss.length < 25;
  return [
    {
      x: loss_step,
      y: loss,
      mode: few ? "lines+markers" : "lines",
      line: { color: look.faint, width: 1 },
      marker: { color: look.faint, size: 4 },
      hoverinfo: "skip",
    },
    {
      x: smooth_step,
      y: smooth,
      mode: "lines",
      line: { color: look.text, width: 2.25 },
      hovertemplate: "step %{x:,}: %{y:.3f}<extra></extra>",
    },
    {
      x: smooth_step?.slice(-1),
      y: smooth?.slice(-1),
      mode: "markers",
      marker: { color: look.text, size: 8 },
      cliponaxis: false,
      hoverinfo: "skip",
    },
  ];
}
