// Says in words that the app does not answer, and brings the page back when it does.

import { make } from "../base/elements.js";

const PATIENCE = 1200; // ms without a connection before it is said
const EVERY = 1500; // ms between two looks
const WAIT = 8000; // ms that Streamlit gets to come back by itself once the app answers
const SHOWN = 6000; // ms that good news stay
const GOES_ON = "Runs continue without it. This page comes back by itself.";

/** The notice; `boot` of the app changes when it is restarted. */
export class Connection {
  constructor() {
    this.element = make("p", "frame-connection");
    this.element.setAttribute("role", "status");
    this.element.hidden = true;
    /** @type {HTMLElement} */
    this.app = document.querySelector('[data-testid="stApp"]');
    this.lost = 0; // when; 0: it is there
    this.observer = new MutationObserver(() => this.look());
    this.observer.observe(this.app, { attributeFilter: ["data-test-connection-state"] });
    this.look();
  }

  /** @param {string} boot which start of the app answers */
  heard(boot) {
    if (this.boot && boot !== this.boot) this.say("The app was restarted. Runs continued.", SHOWN);
    this.boot = boot;
  }

  look() {
    if (this.app.dataset.testConnectionState === "CONNECTED") {
      if (this.lost && !this.element.hidden) this.say("Connected again.", SHOWN);
      this.lost = 0;
      clearTimeout(this.next);
    } else if (!this.lost) {
      this.lost = Date.now();
      this.back = 0;
      this.next = setTimeout(() => this.ask(), PATIENCE);
    }
  }

  async ask() {
    if (!this.lost) return;
    const answers = await this.answers();
    if (!this.lost) return;
    if (!answers) this.back = 0;
    else if (!this.back) this.back = Date.now();
    else if (Date.now() - this.back > WAIT) location.reload(); // its address says how it was
    if (answers) this.say("The app answers again. Reconnecting.");
    else if (!navigator.onLine) this.say(`This device is offline. ${GOES_ON}`);
    else this.say(`The app does not answer: it was stopped, or the connection dropped. ${GOES_ON}`);
    this.next = setTimeout(() => this.ask(), EVERY);
  }

  async answers() {
    const health = new URL("../../../../../_stcore/health", import.meta.url);
    try {
      return (await fetch(health, { cache: "no-store", signal: AbortSignal.timeout(EVERY) })).ok;
    } catch {
      return false;
    }
  }

  /**
   * Show a notice.
   * @param {string} words
   * @param {number} [time] ms after which they go; without it they stay
   */
  say(words, time) {
    if (this.element.textContent !== words) this.element.textContent = words; // read out once
    this.element.hidden = false;
    clearTimeout(this.hiding);
    if (time) this.hiding = setTimeout(() => (this.element.hidden = true), time);
  }

  destroy() {
    this.observer.disconnect();
    this.lost = 0; // a pending question does not ask again
    clearTimeout(this.next);
  }
}
