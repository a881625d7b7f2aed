// The bytes that live figures are sent.

const TYPES = { f4: Float32Array, u4: Uint32Array, u2: Uint16Array, u1: Uint8Array };

/** @typedef {{ header: any, arrays: Record<string, any> }} Block */

/**
 * Return the header and the arrays of a block that simclr_core/feed/packing.py packed.
 * @param {Uint8Array} bytes
 * @returns {Block}
 */
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  const arrays = {};
  for (const [name, type, length] of header.arrays) {
    const size = length * TYPES[type].BYTES_PER_ELEMENT;
    arrays[name] = new TYPES[type](bytes.slice(at, at + size).buffer); // a copy, so that it is aligned
    at += size;
  }
  return { header, arrays };
}
