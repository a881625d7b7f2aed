// When which snapshots of several runs are shown together: at the same step, or at the same share
// of each run where their numbers of steps differ.

import { indexAt, stepAt } from "./frames.js";

/**
 * The snapshots of a run: their steps, and the steps that the run is to have.
 * @typedef {{ steps: number[], total: number }} Run
 */

/** The time of a film; a moment is a snapshot of its clock, 1.5 between the second and the third. */
export class Timeline {
  /** @param {Run[]} runs */
  constructor(runs) {
    this.runs = runs;
    this.same = new Set(runs.map(({ total }) => total)).size <= 1;
    const reach = ({ steps, total }) => (this.same ? steps.at(-1) : steps.at(-1) / total);
    const more = (a, b) => reach(b) - reach(a) || a.steps[0] - b.steps[0] || b.steps.length - a.steps.length;
    /** @type {Run} the run whose snapshots are the moments: the one that is furthest */
    this.clock = [...runs].sort(more)[0] ?? { steps: [0], total: 1 };
  }

  get last() {
    return this.clock.steps.length - 1;
  }

  /**
   * Return where in its snapshots a run is.
   * @param {Run} run
   * @param {number} at the moment
   */
  indexOf(run, at) {
    const step = stepAt(this.clock.steps, at);
    return indexAt(run.steps, this.same ? step : (step / this.clock.total) * run.total);
  }

  /**
   * Return the step of a run, no later than its newest snapshot.
   * @param {Run} run
   * @param {number} at the moment
   */
  stepOf(run, at) {
    return stepAt(run.steps, this.indexOf(run, at));
  }

  /** @param {number} at @returns {number} the share of the training, 0 to 1 */
  shareAt(at) {
    return stepAt(this.clock.steps, at) / (this.clock.total || 1);
  }
}
