// Logits -> the next id: temperature, the two filters, a draw.

// Probabilities at a temperature; [UNK], the id 0, is never written.
const probabilities = (logits, temperature = 1) => {
  const scores = Float64Array.from(logits, (logit, id) => (id ? logit / temperature : -Infinity));
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

// Which ids the filters leave, as of charrnn.sampler.keep_likely: first top-k, then of what is left
// the nucleus. Ids of equal probability are kept or cut together.
const keepLikely = (chances, topK, topP) => {
  const ordered = chances
    .filter((p) => p > 0)
    .sort()
    .reverse();
  let lowest = topK && topK < ordered.length ? ordered[topK - 1] : 0;
  if (topP) {
    const left = ordered.filter((p) => p >= lowest);
    const share = topP * left.reduce((a, b) => a + b);
    let before = 0;
    for (const p of left) {
      if (before >= share) break;
      lowest = p;
      before += p;
    }
  }
  return Array.from(chances, (p) => p > 0 && p >= lowest);
};

// The likeliest id, [UNK] excepted.
const likeliest = (logits) =>
  logits.reduce((best, logit, id) => (id > 1 && logit > logits[best] ? id : best), 1);

// Numbers from 0 to 1 from a seed: the generator mulberry32 of Tommy Ettinger, 2017.
const randomNumbers = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
};

// A draw: walk along the kept probabilities until their sum passes a random share of the whole.
const draw = (chances, kept, random) => {
  const whole = chances.reduce((sum, p, id) => (kept[id] ? sum + p : sum), 0);
  let left = random() * whole;
  let last = 0;
  for (let id = 0; id < chances.length; id++) {
    if (!kept[id]) continue;
    last = id;
    left -= chances[id];
    if (left < 0) break;
  }
  return last;
};
