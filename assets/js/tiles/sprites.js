// Pictures as a map draws them: at one size, with round corners and a border in a colour. Each is
// painted once and copied from then on, which without a graphics card is what makes it fast.

const MOST_PIXELS = 6_000_000; // of all copies together
const GAP = 1; // pixels between copies, so that none shows at the edge of another

/** Painted pictures of one size. */
export class Sprites {
  constructor() {
    /** @type {HTMLCanvasElement} */
    this.canvas = undefined;
    /** @type {ImageBitmap} */
    this.sheet = null;
    this.side = this.ratio = this.columns = this.size = this.across = 0;
    this.border = 0;
    /** @type {CanvasRenderingContext2D} */
    this.single = undefined;
    /** @type {Map<string, HTMLCanvasElement>} by colour */
    this.frames = new Map();
    /** @type {Map<number, { x: number, y: number, color: string }>} of each painted picture */
    this.places = new Map();
  }

  /**
   * Use other pictures.
   * @param {ImageBitmap | null} sheet
   * @param {number} columns of the sheet
   * @param {number} size pixels of a picture on the sheet
   */
  use(sheet, columns, size) {
    Object.assign(this, { sheet, columns, size });
    this.places.clear();
  }

  /**
   * Paint at another size.
   * @param {number} side of a picture in device pixels, a whole number
   * @param {number} ratio device pixels per CSS pixel
   */
  resize(side, ratio) {
    if (side === this.side && ratio === this.ratio) return;
    Object.assign(this, { side, ratio });
    this.places.clear();
    this.frames.clear();
    this.border = Math.max(1, Math.min(Math.round(side * 0.075), Math.round(2.5 * ratio)));
    const step = side + GAP;
    this.across = Math.max(1, Math.floor(Math.min(2048, Math.sqrt(MOST_PIXELS)) / step));
    this.most = this.across * this.across;
    if (this.canvas) this.canvas.height = 0; // made again when the first one is painted
  }

  /**
   * Return where pictures are painted on `canvas`.
   * @param {number[]} indices
   * @param {(index: number) => string} colorOf the colour of a picture's border
   * @returns {Map<number, { x: number, y: number }>} also of others
   */
  of(indices, colorOf) {
    const { places } = this;
    const fresh = indices.reduce((sum, i) => sum + (places.has(i) ? 0 : 1), 0);
    if (places.size + fresh > this.most) places.clear();
    const step = this.side + GAP;
    for (const i of indices) {
      const color = colorOf(i);
      const known = places.get(i);
      if (known?.color === color) continue;
      const n = places.size;
      const place = known ?? { x: (n % this.across) * step, y: Math.floor(n / this.across) * step, color };
      place.color = color;
      places.set(i, place);
      this.paint(i, place);
    }
    return places;
  }

  paint(index, { x, y, color }) {
    const { side, sheet, columns, size, border } = this;
    const context = this.room(y + side);
    const inner = side - 2 * border;
    const [left, top] = [(index % columns) * size, Math.floor(index / columns) * size];
    context.clearRect(x, y, side, side);
    context.imageSmoothingEnabled = inner < size; // enlarged pictures keep their pixels
    if (inner < size) context.drawImage(this.cut(left, top), x + border, y + border, inner, inner);
    else context.drawImage(sheet, left, top, size, size, x + border, y + border, inner, inner);
    context.drawImage(this.frame(color), x, y);
  }

  /** One picture by itself: scaled down from the sheet, its edges would mix with its neighbours'. */
  cut(left, top) {
    const { size } = this;
    if (this.single?.canvas.width !== size) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size;
      this.single = canvas.getContext("2d");
      this.single.globalCompositeOperation = "copy";
    }
    this.single.drawImage(this.sheet, left, top, size, size, 0, 0, size, size);
    return this.single.canvas;
  }

  /** A border with round corners, drawn over a picture; wide enough to cover the picture's corners. */
  frame(color) {
    const known = this.frames.get(color);
    if (known) return known;
    const { side, ratio, border } = this;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const radius = Math.min(4 * ratio, side / 5);
    context.fillStyle = color;
    context.roundRect(0, 0, side, side, radius);
    context.roundRect(border, border, side - 2 * border, side - 2 * border, Math.max(0, radius - border));
    context.fill("evenodd");
    this.frames.set(color, canvas);
    return canvas;
  }

  /** The context of a canvas that is at least so high; it grows by doubling. */
  room(height) {
    const width = this.across * (this.side + GAP);
    const { canvas } = this;
    if (canvas?.width !== width || canvas.height < height) {
      const larger = document.createElement("canvas");
      larger.width = width;
      larger.height = Math.min(width, Math.max(2 * (canvas?.height ?? 0), height, 4 * this.side));
      if (canvas?.width === width && canvas.height) larger.getContext("2d").drawImage(canvas, 0, 0);
      this.canvas = larger;
    }
    return this.canvas.getContext("2d");
  }
}
