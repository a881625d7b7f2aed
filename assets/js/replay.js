// A run, replayed: its map through the snapshots, its loss, and the pictures behind the points.
// Alone in its file: a page without a network carries a copy of it.

const GLIDE = 0.75; // share of a frame in which points move on to the next one
const SPEEDS = [0.5, 1, 2, 4]; // frames a second
const RADIUS = 3.2; // pixels of a point
const REACH = 14; // pixels around the pointer in which a point is found

/** Plays `data` (see simclr_core/export/replay.py) in `root`; `options.autoplay` begins at once. */
export function replay(root, data, options = {}) {
  const steps = data.steps, frames = steps.length, count = data.count;
  const places = new Uint16Array(Uint8Array.from(atob(data.places), (c) => c.charCodeAt(0)).buffer);
  const make = (name, type, text) => {
    const one = document.createElement(name);
    if (type) one.className = type;
    if (text) one.textContent = text;
    return one;
  };
  const sheet = new Image();
  sheet.src = data.sheet;
  const colorings = Object.keys(data.colors);
  let coloring = colorings[0] ?? "", at = 0, hovered = -1, hidden = new Set(), playing = false;
  let speed = options.speed ?? 2, before = 0;

  const style = make("style");
  style.textContent = CSS;
  const title = make("h1", "", data.title);
  const about = make("p", "rp-about", data.about);
  const map = make("canvas"), card = make("div", "rp-card"), picture = make("canvas"), words = make("span");
  map.tabIndex = 0;
  map.setAttribute("role", "img");
  card.append(picture, words);
  card.hidden = true;
  const stage = make("div", "rp-stage");
  stage.append(map, card);
  const play = make("button", "rp-play", "Play"), slider = make("input"), where = make("span", "rp-where");
  play.type = "button";
  Object.assign(slider, { type: "range", min: 0, max: Math.max(frames - 1, 0), step: "any", value: 0 });
  slider.setAttribute("aria-label", "Snapshot");
  const pace = make("select");
  pace.setAttribute("aria-label", "Speed");
  for (const one of SPEEDS) pace.append(new Option(`${one} a second`, one, one === speed, one === speed));
  const bar = make("div", "rp-bar");
  play.disabled = slider.disabled = frames < 2;
  bar.append(play, slider, where, pace);
  const left = make("section", "rp-left"), right = make("section", "rp-right");
  left.append(stage, bar);
  const loss = make("canvas"), knn = make("canvas");
  const legend = make("div", "rp-legend"), choice = make("select");
  for (const name of colorings) choice.append(new Option(name, name));
  choice.setAttribute("aria-label", "Colour");
  const asked = make("label", "rp-choice", "colour ");
  asked.append(choice);
  const figure = (caption, canvas) => {
    const box = make("figure");
    box.append(make("figcaption", "", caption), canvas);
    return box;
  };
  if (data.loss.values.length) right.append(figure("loss", loss));
  if (data.knn.values.length) right.append(figure(`neighbours share the ${data.knn.of} (kNN accuracy, on the map)`, knn));
  if (colorings.length) right.append(asked, legend);
  if (data.learned) right.append(make("p", "rp-learned", data.learned));
  const note = `${data.method === "umap" ? "UMAP" : "PCA"} of h: the axes have no unit, and distances between groups say little.`;
  left.append(make("p", "rp-about", note));
  const columns = make("div", "rp-columns");
  columns.append(left, right);
  const own = [style, ...(options.plain ? [] : [title, about]), columns];
  root.classList.add("rp");
  root.replaceChildren(...own);

  const ink = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const fit = (canvas) => {
    const { width, height } = canvas.getBoundingClientRect(), dense = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
    if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
    const pen = canvas.getContext("2d");
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, width, height);
    return [pen, width, height];
  };

  /** Where point i is now, in shares of the map's side. */
  const place = (i, now) => {
    const low = Math.floor(now), share = Math.min((now - low) / GLIDE, 1);
    const a = (low * count + i) * 2, b = (Math.min(low + 1, frames - 1) * count + i) * 2;
    const ease = share * share * (3 - 2 * share);
    const between = (k) => (places[a + k] + (places[b + k] - places[a + k]) * ease) / 65535;
    return [between(0), 1 - between(1)];
  };
  const group = (i) => (coloring ? data.colors[coloring].values[i] : 0);

  function draw() {
    const [pen, side] = fit(map);
    const colors = coloring ? data.colors[coloring].colors : [];
    const groups = new Map();
    for (let i = 0; i < count; i++) {
      const k = group(i);
      if (hidden.has(k)) continue;
      if (!groups.has(k)) groups.set(k, []);
      groups.get(k).push(i);
    }
    for (const [k, members] of groups) {
      pen.fillStyle = colors[k] ?? (coloring ? "#9a9da3" : "#3f90da");
      pen.beginPath();
      for (const i of members) {
        const [x, y] = place(i, at);
        pen.moveTo(x * side + RADIUS, y * side);
        pen.arc(x * side, y * side, RADIUS, 0, 7);
      }
      pen.fill();
    }
    if (hovered >= 0) {
      const [x, y] = place(hovered, at);
      pen.strokeStyle = ink("color");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x * side, y * side, 7, 0, 7);
      pen.stroke();
    }
    const frame = Math.round(at), step = steps[frame] ?? 0;
    map.setAttribute("aria-label", `Map of ${count} pictures at step ${step}`);
    map.dataset.step = step;
    where.textContent = `step ${step.toLocaleString("en")} of ${(steps.at(-1) ?? 0).toLocaleString("en")}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `step ${step}`);
    if (data.loss.values.length) line(loss, data.loss, now(), { "all alike": data.loss.alike }, (v) => v.toFixed(2));
    if (data.knn.values.length) {
      line(knn, data.knn, now(), { pixels: data.knn.pixels }, (v) => percent(v));
    }
  }

  /** The step that is shown, between snapshots as well. */
  function now() {
    const low = Math.floor(at), high = Math.min(low + 1, frames - 1);
    return steps[low] + (steps[high] - steps[low]) * (at - low);
  }

  function line(canvas, curve, step, marks, say) {
    const [pen, width, height] = fit(canvas);
    const known = Object.entries(marks).filter(([, v]) => v != null);
    const all = [...curve.values, ...known.map(([, v]) => v)];
    if (!all.length) return;
    const low = Math.min(...all), high = Math.max(...all), last = Math.max(steps.at(-1), curve.steps.at(-1) ?? 0);
    const x = (s) => 4 + (s / (last || 1)) * (width - 54), y = (v) => 8 + (1 - (v - low) / (high - low || 1)) * (height - 16);
    pen.font = "12px system-ui, sans-serif";
    pen.strokeStyle = pen.fillStyle = ink("color");
    pen.globalAlpha = 0.6;
    for (const [name, v] of known) {
      pen.setLineDash([4, 4]);
      pen.beginPath();
      pen.moveTo(4, y(v));
      pen.lineTo(width - 50, y(v));
      pen.stroke();
      pen.textAlign = "right";
      pen.fillText(`${name} ${say(v)}`, width - 52, y(v) + (y(v) < 22 ? 14 : -4));
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    pen.strokeStyle = "#3f90da";
    let value = null, part = [];
    curve.steps.forEach((s, i) => {
      if (s > step && part.length) return;
      part.push([x(s), y(curve.values[i])]);
      value = curve.values[i];
    });
    const trace = (points, alpha, wide) => {
      pen.globalAlpha = alpha;
      pen.lineWidth = wide;
      pen.beginPath();
      points.forEach(([a, b], i) => (i ? pen.lineTo(a, b) : pen.moveTo(a, b)));
      pen.stroke();
      pen.globalAlpha = 1;
    };
    trace(curve.steps.map((s, i) => [x(s), y(curve.values[i])]), 0.22, 1.5);
    trace(part, 1, 2);
    if (value === null) return;
    pen.fillStyle = "#3f90da";
    pen.beginPath();
    pen.arc(...part.at(-1), 4, 0, 7);
    pen.fill();
    pen.fillStyle = ink("color");
    pen.textAlign = "left";
    pen.font = "600 14px system-ui, sans-serif";
    pen.fillText(say(value), Math.min(part.at(-1)[0] + 8, width - 46), part.at(-1)[1] + 5);
    canvas.dataset.value = value;
  }

  function list() {
    legend.replaceChildren();
    if (!coloring) return;
    const { names, colors, values } = data.colors[coloring];
    const counts = new Map();
    for (const k of values) counts.set(k, (counts.get(k) ?? 0) + 1);
    for (const k of [...counts.keys()].sort((a, b) => a - b)) {
      const entry = make("button", hidden.has(k) ? "rp-off" : "", `${names[k] ?? "not known"} ${counts.get(k)}`);
      entry.type = "button";
      entry.setAttribute("aria-pressed", String(!hidden.has(k)));
      entry.style.setProperty("--dot", colors[k] ?? "#9a9da3");
      entry.onclick = () => {
        hidden.has(k) ? hidden.delete(k) : hidden.add(k);
        list();
        draw();
      };
      legend.append(entry);
    }
  }

  function nearest(event) {
    const box = map.getBoundingClientRect(), side = box.width;
    let best = -1, reach = REACH * REACH;
    for (let i = 0; i < count; i++) {
      if (hidden.has(group(i))) continue;
      const [x, y] = place(i, at);
      const far = (x * side - event.clientX + box.left) ** 2 + (y * side - event.clientY + box.top) ** 2;
      if (far < reach) [best, reach] = [i, far];
    }
    return best;
  }

  function hover(event) {
    hovered = nearest(event);
    card.hidden = hovered < 0;
    if (hovered >= 0) {
      const { size } = data, show = 96;
      picture.width = picture.height = show;
      const pen = picture.getContext("2d");
      pen.imageSmoothingEnabled = size >= 64;
      const [column, row] = [hovered % data.columns, Math.floor(hovered / data.columns)];
      if (sheet.complete) pen.drawImage(sheet, column * size, row * size, size, size, 0, 0, show, show);
      words.textContent = colorings
        .map((name) => `${name}: ${data.colors[name].names[data.colors[name].values[hovered]] ?? "not known"}`)
        .join(", ");
      const [x, y] = place(hovered, at), side = map.getBoundingClientRect().width;
      card.style.left = `${x < 0.6 ? x * side + 14 : x * side - 134}px`;
      card.style.top = `${Math.min(Math.max(y * side - 40, 0), side - 130)}px`;
    }
    draw();
  }

  function start(on) {
    playing = on && frames > 1;
    if (playing && at >= frames - 1) at = 0;
    play.textContent = playing ? "Pause" : "Play";
    before = performance.now();
    if (playing) requestAnimationFrame(turn);
  }

  function turn(when) {
    if (!playing || !root.isConnected) return;
    at = Math.min(at + (Math.max(when - before, 0) / 1000) * speed, frames - 1);
    before = when;
    draw();
    if (at < frames - 1) requestAnimationFrame(turn);
    else start(false);
  }

  const go = (to) => {
    start(false);
    at = Math.min(Math.max(to, 0), frames - 1);
    draw();
  };
  play.onclick = () => start(!playing);
  slider.oninput = () => go(Number(slider.value));
  pace.onchange = () => (speed = Number(pace.value));
  choice.onchange = () => {
    coloring = choice.value;
    hidden = new Set();
    list();
    draw();
  };
  map.addEventListener("pointermove", hover);
  map.addEventListener("pointerleave", () => {
    hovered = -1;
    card.hidden = true;
    draw();
  });
  const keys = { " ": () => start(!playing), ArrowLeft: () => go(Math.ceil(at) - 1), ArrowRight: () => go(Math.floor(at) + 1) };
  map.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  new ResizeObserver(draw).observe(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  list();
  at = options.autoplay ? 0 : frames - 1;
  draw();
  if (options.autoplay) start(true);
}

/** A share as people read it; 100% is all of them. */
function percent(share) {
  const decimals = share > 0.985 && share < 1 ? 1 : 0;
  return `${(100 * Math.min(share, share < 1 ? 0.999 : 1)).toFixed(decimals)}%`;
}

const CSS = `
.rp { --rp-line: light-dark(#d9dbe0, #3a3d46); --rp-muted: light-dark(#5d616b, #a0a3ab); }
.rp h1 { font-size: 1.35rem; margin: 0; }
.rp-about { color: var(--rp-muted); margin: 2px 0 10px; font-size: .9em; }
.rp-columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(260px, 380px); gap: 26px; align-items: start; }
.rp-left { width: min(100%, var(--rp-side, calc(100vh - 190px))); min-width: min(300px, 100%); justify-self: center; }
.rp-stage { position: relative; aspect-ratio: 1; border: 1px solid var(--rp-line); border-radius: 6px; }
.rp-stage > canvas { width: 100%; height: 100%; display: block; touch-action: none; }
.rp-card { position: absolute; width: 120px; padding: 8px; background: light-dark(#fff, #1c1f23); pointer-events: none;
  border: 1px solid var(--rp-line); border-radius: 6px; font-size: 12px; line-height: 1.35; }
.rp-card canvas { display: block; width: 96px; height: 96px; margin-bottom: 4px; }
.rp-card[hidden] { display: none; }
.rp-bar { display: flex; align-items: center; gap: 10px; padding-top: 8px; }
.rp-bar input { flex: 1; min-width: 60px; }
.rp-where { font-variant-numeric: tabular-nums; white-space: nowrap; }
.rp button, .rp select { font: inherit; font-size: 13px; color: inherit; background: none; cursor: pointer;
  border: 1px solid var(--rp-line); border-radius: 6px; padding: 3px 10px; }
.rp option { color: #24262b; }
.rp-play { min-width: 64px; }
.rp figure { margin: 0 0 12px; }
.rp figcaption { color: var(--rp-muted); font-size: .86em; }
.rp figure canvas { width: 100%; height: 130px; display: block; }
.rp-legend { display: flex; flex-wrap: wrap; gap: 5px; padding: 8px 0; }
.rp-legend button { font-size: 12px; padding: 2px 8px; }
.rp-legend button::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 50%;
  background: var(--dot); margin-right: 6px; }
.rp-legend .rp-off { opacity: .4; text-decoration: line-through; }
.rp-choice { color: var(--rp-muted); font-size: 13px; }
@media (max-width: 760px) { .rp-columns { grid-template-columns: minmax(0, 1fr); } }
`;
