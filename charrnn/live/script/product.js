// Room for all numbers of a model, and the one product over it that takes the time: y += x W.
//
// Places in the room are counted in numbers. W is stored by rows; the rows of each matrix are
// filled up to a multiple of 8 with zeros, its columns to a multiple of 4.

// product.wat, translated; `make live` writes it here.
const MODULE = "AGFzbQEAAAABCQFgBX9/f39/AAIQAQRwYWdlBm1lbW9yeQIAAQMCAQAHDgEKYWRkUHJvZHVjdAAACs4CAcsCAgp/CHsgBEECdCEFIAAgA0ECdGohBwNAIAEgBWohCCAIIAVqIQkgCSAFaiEKIAogBWohCyALIAVqIQwgDCAFaiENIA0gBWohDiAA/QkCACEPIAD9CQIEIRAgAP0JAgghESAA/QkCDCESIAD9CQIQIRMgAP0JAhQhFCAA/QkCGCEVIAD9CQIcIRZBACEGA0AgAiAGaiACIAZq/QAEACAPIAEgBmr9AAQA/eYBIBAgCCAGav0ABAD95gH95AEgESAJIAZq/QAEAP3mASASIAogBmr9AAQA/eYB/eQB/eQBIBMgCyAGav0ABAD95gEgFCAMIAZq/QAEAP3mAf3kASAVIA0gBmr9AAQA/eYBIBYgDiAGav0ABAD95gH95AH95AH95AH95AH9CwQAIAZBEGoiBiAFSQ0ACyAOIAVqIQEgAEEgaiIAIAdJDQALCw==";

// In JavaScript. Eight rows at a time, so that a visit to y serves eight products.
const addProduct = (room, x, w, y, rows, columns) => {
  const sums = room.subarray(y, y + columns);
  for (let row = 0; row < rows; row += 8) {
    const [x0, x1, x2, x3, x4, x5, x6, x7] = room.subarray(x + row, x + row + 8);
    const [w0, w1, w2, w3, w4, w5, w6, w7] = Array.from({ length: 8 }, (_, n) =>
      room.subarray(w + (row + n) * columns, w + (row + n + 1) * columns),
    );
    for (let j = 0; j < columns; j++)
      sums[j] +=
        x0 * w0[j] +
        x1 * w1[j] +
        x2 * w2[j] +
        x3 * w3[j] +
        x4 * w4[j] +
        x5 * w5[j] +
        x6 * w6[j] +
        x7 * w7[j];
  }
};

// WebAssembly takes four columns at a time, which is about four times as fast. Where a browser
// lacks it, or the page may not use it, the loop above gives the same numbers.
const makeRoom = (size, wasm) => {
  if (wasm && globalThis.WebAssembly) {
    try {
      const code = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt());
      const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * size) / 65536) });
      const imports = { page: { memory } };
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), imports);
      return {
        room: new Float32Array(memory.buffer),
        product: (x, w, y, rows, columns) => exports.addProduct(4 * x, 4 * w, 4 * y, rows, columns),
        fast: true,
      };
    } catch (error) {
      console.info(`without WebAssembly: ${error.message}`);
    }
  }
  const room = new Float32Array(size);
  return { room, product: (...places) => addProduct(room, ...places), fast: false };
};
