// A curve on a canvas, drawn up to a step, the rest of it faint.

/**
 * Draw a curve up to a step.
 * @param {HTMLCanvasElement} canvas as large as its box on the page
 * @param {{ steps: number[], values: number[] }} curve
 * @param {number} step
 * @param {number} last step of the axis, at least
 * @param {Record<string, number | null | undefined>} marks levels to compare with, by name
 * @param {(value: number) => string} say a value in words
 * @param {{ curve: { steps: number[], values: number[] }, name: string }} [beside] a grey curve
 */
export function drawLine(canvas, curve, step, last, marks, say, beside) {
  const { pen, width, height } = fit(canvas);
  const { color: ink, fontFamily, fontSize } = getComputedStyle(canvas);
  const levels = Object.entries(marks).filter(([, v]) => v != null);
  const heights = [...curve.values, ...(beside?.curve.values ?? []), ...levels.map(([, v]) => v)];
  if (!heights.length) return;
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const end = Math.max(last, curve.steps.at(-1) ?? 0) || 1;
  const x = (s) => 4 + (s / end) * (width - 54);
  const foot = levels.length ? 20 : 8; // the lowest level has its name below its line
  const y = (v) => 8 + (1 - (v - low) / (high - low || 1)) * (height - 8 - foot);
  const points = ({ steps, values }) => steps.map((s, i) => [x(s), y(values[i])]);
  const until = ({ steps }) => Math.max(1, steps.filter((s) => s <= step).length);
  pen.font = `${fontSize} ${fontFamily}`;
  pen.strokeStyle = pen.fillStyle = ink;
  pen.textAlign = "right";
  pen.setLineDash([4, 4]);
  for (const [name, v] of levels) {
    trace(pen, [[4, y(v)], [width - 50, y(v)]], 0.6, 1);
    pen.globalAlpha = 0.75;
    pen.fillText(`${name} ${say(v)}`, width - 52, y(v) + 14);
  }
  pen.setLineDash([]);
  pen.textAlign = "left";
  if (beside) {
    const line = points(beside.curve).slice(0, until(beside.curve));
    const [px, py] = line.at(-1);
    trace(pen, line, 0.55, 2);
    pen.globalAlpha = 0.75;
    pen.fillText(beside.name, Math.min(px + 6, width - 46), py + 4);
  }
  const [all, shown] = [points(curve), until(curve)];
  trace(pen, all, 0.22, 1.5);
  trace(pen, all.slice(0, shown), 1, 2);
  const [[px, py], value] = [all[shown - 1], curve.values[shown - 1]];
  pen.beginPath();
  pen.arc(px, py, 4, 0, 7);
  pen.fill();
  pen.font = `600 ${fontSize} ${fontFamily}`;
  pen.fillText(say(value), Math.min(px + 8, width - 46), py + 5);
  canvas.dataset.value = String(value);
}

/** Fit a canvas to its box, and clear it. */
function fit(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const dense = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
  if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function trace(pen, points, alpha, width) {
  pen.globalAlpha = alpha;
  pen.lineWidth = width;
  pen.beginPath();
  points.forEach(([a, b], i) => (i ? pen.lineTo(a, b) : pen.moveTo(a, b)));
  pen.stroke();
  pen.globalAlpha = 1;
}
