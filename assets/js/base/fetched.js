// What is fetched from the app's server, kept under its address; failures are sentences.

import { unpack } from "./packing.js";

const MOST = 240; // blocks that are kept

/** @type {Map<string, Promise<import("./packing.js").Block>>} */
const blocks = new Map();

/**
 * Fetch a block of packing.py, once for the page.
 * @param {string} url
 * @returns {Promise<import("./packing.js").Block>}
 */
export function block(url) {
  if (blocks.has(url)) return blocks.get(url);
  const promise = answer(url).then(async (found) => unpack(new Uint8Array(await found.arrayBuffer())));
  blocks.set(url, promise);
  promise.catch(() => blocks.delete(url)); // asked for again next time
  if (blocks.size > MOST) blocks.delete(blocks.keys().next().value);
  return promise;
}

/**
 * Fetch JSON.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export const json = async (url, options) => (await answer(url, options)).json();

/**
 * Let the browser save what a request returns.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<void>}
 */
export async function download(url, options) {
  const found = await answer(url, options);
  const name = /filename="([^"]+)"/.exec(found.headers.get("content-disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await found.blob());
  link.download = name ?? "download";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function answer(url, options) {
  let found;
  try {
    found = await fetch(url, options);
  } catch {
    throw new Error("The app does not answer; is it still running?");
  }
  if (found.ok) return found;
  const text = found.status === 404 ? await found.text() : "";
  throw new Error(text.slice(0, 400) || "The app could not answer; see its log.");
}

/**
 * Return the options of a request that posts JSON.
 * @param {any} value
 * @returns {RequestInit}
 */
export const body = (value) => ({ method: "POST", body: JSON.stringify(value) });
