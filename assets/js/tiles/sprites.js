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
    /** @type {HTMLCanvasElement} */
    this.single = undefined;
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
    const step = side + GAP;
    this.across = Math.max(1, Math.floor(Math.min(2048, Math.sqrt(MOST_PIXELS)) / step));
    this.most = this.across * this.across;
    if (this.canvas) this.canvas.height = 0; // made again when the first one is painted
  }

  /**
   * Return where a picture is painted on `canvas`.
   * @param {number} index
   * @param {string} color of its border
   * @returns {{ x: number, y: number }}
   */
  of(index, color) {
    const known = this.places.get(index);
    if (known?.color === color) return known;
    if (!known && this.places.size >= this.most) this.places.clear();
    const step = this.side + GAP;
    const n = this.places.size;
    const place = known ?? { x: (n % this.across) * step, y: Math.floor(n / this.across) * step, color };
    place.color = color;
    this.places.set(index, place);
    this.paint(index, place);
    return place;
  }

  paint(index, { x, y, color }) {
    const { side, sheet, columns, size, ratio } = this;
    const context = this.room(y + side);
    const radius = Math.min(4 * ratio, side / 5);
    const border = Math.max(1, Math.min(Math.round(side * 0.075), Math.round(2.5 * ratio)));
    const inner = side - 2 * border;
    context.clearRect(x, y, side, side);
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(x, y, side, side, radius);
    context.fill();
    context.save();
    context.beginPath();
    context.roundRect(x + border, y + border, inner, inner, Math.max(0, radius - border));
    context.clip();
    const [left, top] = [(index % columns) * size, Math.floor(index / columns) * size];
    context.imageSmoothingEnabled = inner < size; // enlarged pictures keep their pixels
    context.imageSmoothingQuality = "high";
    if (inner < size) context.drawImage(this.cut(left, top), 0, 0, size, size, x + border, y + border, inner, inner);
    else context.drawImage(sheet, left, top, size, size, x + border, y + border, inner, inner);
    context.restore();
  }

  /** One picture by itself: scaled down from the sheet, its edges would mix with its neighbours'. */
  cut(left, top) {
    const { size } = this;
    this.single ??= document.createElement("canvas");
    this.single.width = this.single.height = size; // also clears it
    this.single.getContext("2d").drawImage(this.sheet, left, top, size, size, 0, 0, size, size);
    return this.single;
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
