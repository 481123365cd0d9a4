// Colours: a text, coloured by surprise, by a unit of the state, or by what one changed character
// changes.
//
// Stored are a text, and for it, in hundredths, the surprises, the values of some units and one
// change. The reader's own text, another unit and another change take the model.

const LONGEST_COLOURED = 400;

// How well two lists of numbers rise and fall together: -1 to 1, 0 where one of them does neither.
const correlation = (a, b) => {
  const mean = (values) => values.reduce((x, y) => x + y) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    ab += (a[n] - ma) * (b[n] - mb);
    aa += (a[n] - ma) ** 2;
    bb += (b[n] - mb) ** 2;
  }
  return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
};

// A model over a whole text, from the zero state: the surprise at each character, the state after
// it, and the probabilities of the one after.
const readThrough = (model, signs) => {
  model.setState();
  let chances;
  return signs.map((sign) => {
    const id = model.ids.get(sign) ?? 0;
    const surprise = chances ? -Math.log(Math.max(chances[id], 1e-12)) : 0;
    chances = probabilities(model.step(id));
    return { surprise, chances, states: model.getState().map(([state]) => state) };
  });
};

// Half of the sum of all differences: 0 for equal distributions, 1 for those that share nothing.
const variation = (p, q) => p.reduce((sum, value, n) => sum + Math.abs(value - q[n]), 0) / 2;

const colours = (root) => {
  const stored = JSON.parse(root.dataset.stored);
  const known = stored.units.map(([number]) => number);
  let model;
  let linked; // the address, until the reader changes something
  let signs = Array.from(stored.text);
  let places; // of readThrough, where there is a model
  // { at, sign, values }, of which values[0] is that of the place `at`, in hundredths
  let changed = stored.change;
  const marks = new Set(); // places that the reader has marked

  const unitNumber = () => (model ? unit.value : known[unit.value]);
  const unitValues = (n) =>
    places
      ? places.map(({ states }) => states[Math.floor(n / model.units)][n % model.units])
      : stored.units[known.indexOf(n)][1].map((hundredths) => hundredths / 100);

  // For each way of colouring: the colour of each character, from -1 to 1, and what is said of it.
  const WAYS = {
    surprise: () =>
      (places ? places.map(({ surprise }) => surprise) : stored.surprise.map((n) => n / 100)).map(
        (nats) => [nats / 6, say("live_nats", { number: asNumber(nats, 2) })],
      ),
    // Relative to the largest of the text, as in the chapter.
    unit: () => {
      const values = unitValues(unitNumber());
      const largest = Math.max(...values.map(Math.abs), 1e-9);
      return values.map((value) => [value / largest, asNumber(value, 2)]);
    },
    change: () =>
      signs.map((_, n) => {
        const value = changed.at < 0 || n < changed.at ? 0 : changed.values[n - changed.at] / 100;
        return [value, asShare(value)];
      }),
  };
  const way = () => choices.find((input) => input.checked).value;
  const isChanged = (n) => way() === "change" && n === changed.at;
  const signAt = (n) => (isChanged(n) ? changed.sign : signs[n]);

  const showText = () => {
    const values = WAYS[way()]();
    area.replaceChildren(
      ...signs.map((_, n) => {
        const span = make("span", {}, signAt(n));
        span.classList.toggle("live-changed", isChanged(n));
        span.classList.toggle("live-marked", way() === "unit" && marks.has(n));
        span.style.backgroundColor = tint(values[n][0]);
        return span;
      }),
    );
    area.children[place.value].setAttribute("aria-current", "true");
    place.set(place.value);
    mark.setAttribute("aria-pressed", marks.has(place.value));
    detail.textContent = `${shown(signAt(place.value))}: ${values[place.value][1]}`;
    unit.element.hidden = marking.hidden = way() !== "unit";
    legend.hidden = way() !== "surprise";
    changing.hidden = way() !== "change";
  };

  const change = (at, sign) => {
    const now = readThrough(model, signs.with(at, sign));
    const values = signs
      .slice(at)
      .map((_, n) => 100 * variation(places[at + n].chances, now[at + n].chances));
    changed = { at, sign, values };
  };

  const use = (text) => {
    const other = text !== stored.text;
    signs = Array.from(text).slice(0, LONGEST_COLOURED);
    marks.clear();
    places = readThrough(model, signs);
    // In another text nothing is changed before the reader does it.
    if (other) changed = { at: -1, sign: "", values: [] };
    else change(stored.change.at, stored.change.sign);
    place.limit(signs.length - 1);
    if (other) place.set(0);
    showText();
    const unknown = Array.from(new Set(signs.filter((sign) => !model.ids.has(sign))));
    status(
      unknown.length ? say("live_unknown", { characters: unknown.map(visible).join(" ") }) : "",
    );
  };

  const findUnit = () => {
    if (marks.size === 0 || marks.size === signs.length) return status(say("live_mark_some"));
    const wanted = signs.map((_, n) => Number(marks.has(n)));
    let [best, strongest] = [0, 0];
    for (let n = 0; n < model.units * model.layers.length; n++) {
      const r = correlation(unitValues(n), wanted);
      if (Math.abs(r) > Math.abs(strongest)) [best, strongest] = [n, r];
    }
    unit.set(best);
    showText();
    status(say("live_best_unit", { unit: best, number: asNumber(strongest, 2) }));
  };

  const area = make("p", { className: "live-text" });
  const legend = make("p", { className: "live-detail" }, say("live_strong_improbable"));
  const detail = make("p", { className: "live-detail" });
  const message = make("p", { className: "live-status", role: "status" });
  const status = (text) => (message.textContent = text);
  const group = newGroup();
  const choices = Object.keys(WAYS).map((value) =>
    make("input", {
      type: "radio",
      name: group,
      value,
      checked: value === stored.way,
      oninput: () => {
        status("");
        turn();
      },
    }),
  );
  const ways = make(
    "fieldset",
    { className: "live-choice" },
    make("legend", {}, say("live_colour_by")),
    ...choices.map((input) => make("label", {}, input, ` ${say(`live_by_${input.value}`)}`)),
  );
  const unit = slider({
    label: say("live_unit"),
    min: 0,
    max: known.length - 1,
    value: 0,
    spoken: (n) => String(model ? n : known[n]),
    oninput: () => turn(),
  });
  const place = slider({
    label: say("live_place"),
    min: 0,
    max: signs.length - 1,
    value: stored.at,
    spoken: (n) => shown(signAt(n)),
    shortly: (n) => visible(signAt(n)),
    oninput: () => turn(),
  });
  const toggleMark = () => {
    if (!marks.delete(place.value)) marks.add(place.value);
    showText();
  };
  const mark = button(say("live_mark"), () => toggleMark());
  const marking = make("p", { className: "live-buttons" });
  const changing = make("p", { className: "live-buttons" });
  const own = make("textarea", { maxLength: LONGEST_COLOURED, rows: 2 });
  const form = make(
    "form",
    { className: "live-prompt" },
    make("label", {}, say("live_own_text"), " ", own),
    make("button", { type: "submit" }, say("live_colour")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!own.value) return;
    if (!model) load.press();
    else {
      use(own.value);
      turn();
    }
  });
  const load = loader({
    name: root.dataset.model,
    what: "live_load",
    status,
    ready: (loaded) => {
      model = loaded;
      const asked = Number(linked?.get("unit") ?? NaN);
      const first = Number.isInteger(asked) ? asked : known[unit.value];
      const held = load.element.contains(document.activeElement);
      unit.limit(model.units * model.layers.length - 1);
      unit.set(first);
      load.element.remove();
      marking.append(mark, button(say("live_find_unit"), findUnit));
      changing.append(
        say("live_change_to"),
        ...stored.letters.map((sign) =>
          button(shown(sign), () => (change(place.value, sign), showText())),
        ),
      );
      use(own.value || stored.text);
      if (linked) place.set(Number(linked.get("at")) || 0);
      if (linked) showText();
      if (held) place.element.querySelector("input").focus();
    },
  });
  area.addEventListener("click", ({ target }) => {
    const n = Array.from(area.children).indexOf(target);
    if (n < 0) return;
    place.set(n);
    turn();
  });

  const turn = () => {
    linked = undefined;
    // The changed character is the one under the thumb.
    if (way() === "change" && model && changed.at >= 0) change(place.value, changed.sign);
    showText();
    const text = own.value || undefined;
    writeAddress("colours", { way: way(), unit: unitNumber(), at: place.value, text });
  };
  // Another unit than the stored ones, and a text, wait for the model.
  const recall = (address) => {
    linked = address;
    for (const input of choices) input.checked = input.value === (address.get("way") ?? stored.way);
    unit.set(Math.max(0, known.indexOf(Number(address.get("unit")))));
    place.set(Math.min(signs.length - 1, Math.max(0, Math.floor(Number(address.get("at")) || 0))));
    own.value = address.get("text") ?? "";
    root.scrollIntoView();
  };

  root.replaceChildren(
    ways,
    legend,
    unit.element,
    area,
    place.element,
    detail,
    changing,
    marking,
    message,
    load.element,
    form,
  );
  const address = readAddress("colours");
  if (address) recall(address);
  showText();
};
