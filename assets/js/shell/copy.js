// Copies the address of the page.

import { make, makeButton } from "../base/elements.js";

const SHOWN = 2500; // ms that the answer stays

/** A button that copies what is in the address bar; it says so, or offers the address to copy. */
export class CopyLink {
  constructor() {
    const label = "Copy the link to this page, as it is now";
    this.button = makeButton("frame-copy", "link", () => this.copy());
    this.button.title = label;
    this.button.setAttribute("aria-label", label);
    this.said = make("span", "frame-said");
    this.said.setAttribute("role", "status");
    this.field = make("input", "frame-address");
    this.field.readOnly = true;
    this.field.hidden = true;
    this.field.setAttribute("aria-label", "The link to this page");
    this.field.onblur = () => (this.field.hidden = true);
    this.element = make("span", "frame-link", "", this.said, this.field, this.button);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(location.href); // only where the page is secure
      this.say("Link copied");
    } catch {
      this.field.hidden = false;
      this.field.value = location.href;
      this.field.select();
      // Browsers still copy a selection where they do not offer the clipboard.
      this.say(document.execCommand("copy") ? "Link copied" : "Copy it with Ctrl+C");
    }
  }

  say(words) {
    this.said.textContent = words;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.said.textContent = ""), SHOWN);
  }
}
