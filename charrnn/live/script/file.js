// The file of a model -> named arrays and what they mean, as charrnn/support/arrays.py writes it.

// A file that no model can be made of. Its message is for the console; the page has the reader's.
class DamagedModel extends Error {}

// Half precision -> single, all 65,536: a sign, five bits of exponent, ten of fraction.
const SINGLE = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
});

// The head: places of the arrays, and the entry that charrnn wrote beside them.
const readHead = (bytes) => {
  try {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    const { __metadata__, ...places } = JSON.parse(text);
    return { ...JSON.parse(__metadata__.charrnn), places, start: 8 + length };
  } catch (error) {
    throw new DamagedModel(`expected a file of charrnn: ${error.message}`);
  }
};

// The checksum is that of the file with zeros in the checksum's own place. A page that came over
// plain http from another machine is given no way to compute one; it takes the bytes as they are.
const checkSum = async (bytes, { sha256, start }) => {
  if (!globalThis.crypto?.subtle) return;
  const copy = bytes.slice();
  const place = new TextDecoder("latin1").decode(copy.subarray(0, start)).indexOf(sha256);
  copy.fill("0".charCodeAt(), place, place + sha256.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", copy));
  const received = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (received !== sha256) throw new DamagedModel(`expected SHA-256 ${sha256}, not ${received}`);
};

// Bytes of a model's file -> { description, arrays: { name: { shape, numbers } } }.
const readModelFile = async (bytes) => {
  const head = readHead(bytes);
  if (head.format !== 1 || head.kind !== "a model")
    throw new DamagedModel(`expected a model, received ${head.kind}`);
  await checkSum(bytes, head);
  const types = { F16: Uint16Array, F32: Float32Array };
  const arrays = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(head.places)) {
    const [from, to] = data_offsets.map((offset) => head.start + offset);
    const stored = new types[dtype](bytes.slice(from, to).buffer);
    const numbers = dtype === "F16" ? Float32Array.from(stored, (bits) => SINGLE[bits]) : stored;
    arrays[name] = { shape, numbers };
  }
  return { description: head.description, arrays };
};
