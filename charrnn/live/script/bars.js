// What may come at a place, and the bars that show it.
//
// A stored place is what charrnn/live/stored.py wrote: the eight likeliest characters and the one
// that came, how far the logit of each is below the one before, and the logarithms of what all
// others have together at each temperature, as differences.

const BARS = 6;
const LIKELIEST = 8;

// 1, 2, 4 -> 1, 3, 7
const summed = (steps) => {
  let sum = 0;
  return steps.map((step) => (sum += step));
};

const storedChances = ([signs, ...steps], temperature) => {
  const count = Array.from(signs).length;
  const powers = [0, ...summed(steps.slice(0, count - 1))].map((cost) =>
    Math.exp(-cost / 100 / temperature),
  );
  const others = summed(steps.slice(count - 1));
  const rest = Math.exp(others[Math.round(temperature * 10) - 1] / 20);
  const whole = powers.reduce((a, b) => a + b) + rest;
  return {
    likely: Array.from(signs, (sign, n) => ({ sign, chance: powers[n] / whole })),
    rest: rest / whole,
  };
};

// came: the id of the character that came, which is shown wherever it stands in the order.
const modelChances = ({ logits }, symbols, temperature, came) => {
  const chances = probabilities(logits, temperature);
  // Without the id 0, [UNK]. before: what the likelier ones have together.
  const order = Array.from(chances.keys()).slice(1);
  order.sort((a, b) => chances[b] - chances[a]);
  const likely = [];
  let before = 0;
  for (const [n, id] of order.entries()) {
    if (n < LIKELIEST || id === came)
      likely.push({ sign: symbols[id], chance: chances[id], before });
    before += chances[id];
  }
  const together = likely.reduce((sum, { chance }) => sum + chance, 0);
  return { likely, rest: Math.max(0, 1 - together) };
};

// Mark what top-k and the nucleus cut off, and divide by what is left: `keepLikely`, for display.
// The last of the bars returned is that of all other characters.
const cutBars = ({ likely, rest }, topK, topP) => {
  const bars = [...likely, { sign: undefined, chance: rest }];
  const whole = bars.slice(0, topK || bars.length).reduce((sum, { chance }) => sum + chance, 0);
  let kept = 0;
  for (const [n, bar] of bars.entries()) {
    // Sums are rounded: a nucleus of all cuts off nothing.
    const within = !topP || topP >= 1 || (bar.before ?? kept) < topP * whole;
    bar.kept = (!topK || n < topK) && within;
    if (bar.kept) kept += bar.chance;
  }
  for (const bar of bars) if (bar.kept) bar.chance /= kept;
  return bars;
};

// As many bars as a phone shows, the one of the character that came among them; the others become
// a part of the last one.
const fewBars = (bars, came) => {
  const last = { ...bars.at(-1) };
  const few = bars.slice(0, -1).filter(({ sign }, n) => n < BARS || sign === came);
  for (const bar of bars.slice(BARS, -1).filter((bar) => !few.includes(bar) && bar.kept)) {
    last.chance = (last.kept ? last.chance : 0) + bar.chance;
    last.kept = true;
  }
  return [...few, last];
};

// A bar as a list's item; press(sign) is called for one that is tapped.
const barItem = ({ sign, chance, kept }, came, press) => {
  const share = make("span", { className: "live-share" });
  share.style.setProperty("--share", chance);
  const parts = [
    make("span", { className: "live-sign" }, sign === undefined ? say("live_others") : shown(sign)),
    share,
    make("span", { className: "live-number" }, kept ? asShare(chance) : say("live_cut")),
  ];
  const bar = sign === undefined ? make("span") : button("", () => press(sign));
  bar.className = "live-bar";
  bar.replaceChildren(...parts);
  if (came) bar.setAttribute("aria-current", "true");
  return make("li", { className: kept ? "" : "live-cut" }, bar);
};
