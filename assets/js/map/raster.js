// Many points, pixel by pixel: without a graphics card this is ten times as fast as one drawing
// call per point. Points are on whole pixels, which nobody sees at their size.

/**
 * Paint points into a canvas.
 * @param {CanvasRenderingContext2D} context
 * @param {object} options
 * @param {Float32Array} options.at x and y in turn, 0 to 1 of width and height
 * @param {ArrayLike<number>} options.category of each point
 * @param {string[]} options.colors of the categories
 * @param {string} options.paper colour behind the points
 * @param {number} options.radius in device pixels
 * @param {Uint8Array | null} options.mask of each point: 0 hidden, 1 dimmed, 2 shown; null: all shown
 * @param {Uint8Array | null} options.skip 1: the point is not drawn, as a picture stands there
 * @param {number} options.alpha 0 to 1
 * @param {(color: string) => import("../base/theme.js").Rgb} options.read red, green and blue of a colour
 */
export function raster(context, { at, category, colors, paper, radius, mask, skip, alpha, read }) {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(word(read(paper)));
  const stamp = disc(radius);
  const rgb = colors.map(read);
  for (const pass of mask ? [1, 2] : [2]) { // dimmed points, then those that are shown
    const share = alpha * (pass === 2 ? 1 : 0.15);
    for (let i = 0; i < category.length; i++) {
      if ((mask && mask[i] !== pass) || (skip && skip[i])) continue;
      const left = Math.round(at[2 * i] * width) - stamp.reach;
      const top = Math.round(at[2 * i + 1] * height) - stamp.reach;
      if (left < 0 || top < 0 || left + stamp.size > width || top + stamp.size > height) continue;
      blend(pixels, width, left, top, stamp, rgb[category[i]], share);
    }
  }
  context.putImageData(image, 0, 0);
}

function blend(pixels, width, left, top, { size, cover }, [r, g, b], share) {
  for (let y = 0, j = 0; y < size; y++) {
    let at = (top + y) * width + left;
    for (let x = 0; x < size; x++, j++, at++) {
      const a = cover[j] * share;
      if (a === 0) continue;
      const old = pixels[at];
      const [u, v, w] = [old & 255, (old >> 8) & 255, (old >> 16) & 255];
      pixels[at] = word([u + (r - u) * a, v + (g - v) * a, w + (b - w) * a]);
    }
  }
}

const word = ([r, g, b]) => 0xff000000 | (b << 16) | (g << 8) | r; // little-endian RGBA

/** Return how much of each pixel of a small square a disc covers. */
function disc(radius) {
  const reach = Math.ceil(radius);
  const size = 2 * reach + 1;
  const cover = new Float32Array(size * size);
  for (let j = 0; j < cover.length; j++) {
    const distance = Math.hypot((j % size) - reach, Math.floor(j / size) - reach);
    cover[j] = Math.min(1, Math.max(0, radius + 0.5 - distance));
  }
  return { reach, size, cover };
}
