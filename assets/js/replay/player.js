// Plays snapshots one after another, at one pace.

/** What is shown now: `at` is a snapshot, 1.5 between the second and the third. */
export class Player {
  /**
   * @param {HTMLElement} root which ends the playing when it leaves the page
   * @param {number} speed snapshots per second
   * @param {() => void} draw called when another moment is to be shown
   * @param {() => void} onplay called when it begins to play or stops
   */
  constructor(root, speed, draw, onplay) {
    this.root = root;
    this.speed = speed;
    this.draw = draw;
    this.onplay = onplay;
    this.at = 0;
    this.last = 0; // the newest snapshot
    this.playing = false;
    this.frame = 0;
    this.before = 0; // ms, when the moment was set
  }

  /** @param {boolean} on */
  play(on) {
    cancelAnimationFrame(this.frame);
    this.playing = on && this.last > 0;
    if (this.playing && this.at >= this.last) this.at = 0;
    this.onplay();
    this.before = performance.now();
    if (this.playing) this.frame = requestAnimationFrame((now) => this.turn(now));
    else this.draw();
  }

  turn(now) {
    if (!this.root.isConnected) return;
    this.at = Math.min(this.at + (Math.max(now - this.before, 0) / 1000) * this.speed, this.last);
    this.before = now;
    if (this.at >= this.last) return this.play(false);
    this.draw();
    this.frame = requestAnimationFrame((next) => this.turn(next));
  }

  /** @param {number} to the snapshot at which it stops */
  go(to) {
    this.at = Math.min(Math.max(to, 0), this.last);
    this.play(false);
  }

  /**
   * Play, stop or go to the next snapshot by a key.
   * @param {string} key
   * @returns {boolean} whether it was one that does
   */
  press(key) {
    if (key === " ") this.play(!this.playing);
    else if (key === "ArrowLeft") this.go(Math.ceil(this.at) - 1);
    else if (key === "ArrowRight") this.go(Math.floor(this.at) + 1);
    else return false;
    return true;
  }
}
