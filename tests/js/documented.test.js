import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../assets/js/", import.meta.url);
const files = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith(".js"));

test("each exported function and class says what it does, and what it takes", () => {
  for (const file of files) {
    const text = readFileSync(new URL(file, ROOT), "utf8");
    for (const found of text.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^export (?:async )?(function|class|const) (\w+)(.*)/gm)) {
      const [, comment = "", kind, name, rest] = found;
      const isFunction = kind === "function" || (kind === "const" && /=>|= async/.test(rest));
      if (name === "render" || (kind === "const" && !isFunction)) continue;
      assert.ok(comment, `${file}: ${name} has no comment`);
      const takes = isFunction && !/^(\(\)| = \(\))/.test(rest);
      assert.ok(!takes || comment.includes("@param"), `${file}: ${name} does not say what it takes`);
    }
  }
});
