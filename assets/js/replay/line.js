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
  const all = [...curve.values, ...(beside?.curve.values ?? []), ...levels.map(([, v]) => v)];
  if (!all.length) return;
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const end = Math.max(last, curve.steps.at(-1) ?? 0) || 1;
  const x = (s) => 4 + (s / end) * (width - 54);
  const foot = levels.length ? 20 : 8; // the lowest level has its name below its line
  const y = (v) => 8 + (1 - (v - low) / (high - low || 1)) * (height - 8 - foot);
  pen.font = `${fontSize} ${fontFamily}`;
  pen.strokeStyle = pen.fillStyle = ink;
  pen.globalAlpha = 0.6;
  pen.textAlign = "right";
  pen.setLineDash([4, 4]);
  for (const [name, v] of levels) {
    trace(pen, [[4, y(v)], [width - 50, y(v)]], 0.6, 1);
    pen.globalAlpha = 0.75;
    pen.fillText(`${name} ${say(v)}`, width - 52, y(v) + 14);
  }
  pen.setLineDash([]);
  if (beside) {
    const { curve: { steps, values }, name } = beside;
    const shown = Math.max(1, steps.filter((s) => s <= step).length);
    const line = steps.slice(0, shown).map((s, i) => [x(s), y(values[i])]);
    trace(pen, line, 0.55, 2);
    pen.globalAlpha = 0.75;
    pen.textAlign = "left";
    pen.fillText(name, Math.min(line.at(-1)[0] + 6, width - 46), line.at(-1)[1] + 4);
  }
  pen.strokeStyle = ink;
  const points = curve.steps.map((s, i) => [x(s), y(curve.values[i])]);
  const known = Math.max(1, curve.steps.filter((s) => s <= step).length);
  trace(pen, points, 0.22, 1.5);
  trace(pen, points.slice(0, known), 1, 2);
  const [[px, py], value] = [points[known - 1], curve.values[known - 1]];
  pen.fillStyle = ink;
  pen.beginPath();
  pen.arc(px, py, 4, 0, 7);
  pen.fill();
  pen.fillStyle = ink;
  pen.textAlign = "left";
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
