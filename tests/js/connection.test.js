import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../assets/js/shell/connection.js";

test("a notice that left the page neither asks on nor reloads it", async (context) => {
  const app = { dataset: { testConnectionState: "DISCONNECTED" } };
  const element = { setAttribute() {}, append() {} };
  const waits = [];
  let answer;
  globalThis.document = { createElement: () => element, querySelector: () => app };
  globalThis.MutationObserver = class { observe() {} disconnect() {} };
  context.mock.method(globalThis, "setTimeout", (call) => waits.push(call));
  globalThis.fetch = () => new Promise((resolve) => (answer = resolve));
  const connection = new Connection();
  const asked = waits.pop()();
  connection.destroy();
  answer({ ok: true });
  await asked;
  assert.deepEqual(waits, []);
});
