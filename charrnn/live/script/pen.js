// The pen: a text, the letter under the thumb, and the bars of what may come after it.

const LONGEST = 1000; // characters that it keeps
const PIECE = 200; // characters that one press writes
const PACE = 30; // milliseconds between two of them
const OWN = 200; // characters of a beginning of the reader's own

const pen = (root) => {
  const stored = JSON.parse(root.dataset.stored);
  const passage = new Passage();
  const last = () => passage.signs.length - 1;
  let begun = 0; // the last sign before the piece that was written last
  let at = 0; // the sign under the thumb
  let seed = 1;
  let beginning; // of the reader's own
  let writing; // stands for the piece that is being written

  // Text

  const area = make("p", { className: "live-text" });
  const message = make("p", { className: "live-status", role: "status" });
  const status = (text) => (message.textContent = text);

  // The colour of a sign is the probability that it had.
  const span = (sign, n) => {
    const element = make("span", {}, sign);
    if (passage.places[n - 1]) {
      const chance = passage.chanceOf(n);
      element.style.backgroundColor = tint(stored.improbable ? 1 - chance : chance);
    }
    return element;
  };
  const showText = () => area.replaceChildren(...passage.signs.map(span));

  // Put the thumb on a sign.
  const choose = (n) => {
    area.children[at]?.removeAttribute("aria-current");
    at = n;
    const sign = area.children[at];
    sign.setAttribute("aria-current", "true");
    area.scrollTop = Math.min(
      Math.max(area.scrollTop, sign.offsetTop + sign.offsetHeight - area.clientHeight),
      sign.offsetTop,
    );
    place.limit(last());
    place.set(at);
    showBars();
  };

  // Bars

  const bars = make("ol", { className: "live-bars" });
  // Else the next character replaces the bar before the press on it ends.
  for (const kind of ["focusin", "pointerdown"]) bars.addEventListener(kind, () => stopWriting());
  const showBars = () => {
    if (!passage.places[at]) {
      bars.replaceChildren(make("li", {}, say("live_needs_model")));
      return;
    }
    const came = passage.signs[at + 1];
    const chances = passage.chances(at, temperature.value);
    const all = cutBars(chances, topK.value, topP.value / 100);
    const few = fewBars(all, came);
    bars.replaceChildren(...few.map((bar) => barItem(bar, came && bar.sign === came, follow)));
  };

  // Cut the text after the thumb, unless the tapped sign comes there anyway, and go on with it.
  // The keyboard stays at the bar of that rank.
  const follow = (sign) => {
    stopWriting();
    const rank = Array.from(bars.children).findIndex((bar) => bar.contains(document.activeElement));
    if (passage.signs[at + 1] !== sign) {
      cut(at + 1);
      add(sign);
      begun = at + 1;
    }
    choose(at + 1);
    bars.children[rank]?.querySelector("button")?.focus();
    remember();
  };

  // Writing

  const add = (sign) => {
    passage.add(sign);
    area.append(span(sign, last()));
  };
  const cut = (length) => {
    passage.cut(length);
    while (area.children.length > length) area.lastChild.remove();
    at = Math.min(at, length - 1);
  };

  const show = (text, known, thumb) => {
    stopWriting();
    passage.begin(text, known);
    begun = last();
    at = 0;
    showText();
    choose(Math.min(thumb ?? Infinity, last()));
  };

  // next(logits) gives the id of each character of the piece.
  const write = async (next) => {
    const piece = (writing = {});
    const surplus = passage.signs.length + PIECE - LONGEST;
    if (surplus > 0) {
      passage.drop(surplus);
      showText();
    }
    begun = last();
    status("");
    area.setAttribute("aria-busy", "true");
    showButtons();
    for (let n = 0; n < PIECE; n++) {
      add(passage.model.symbols[next(passage.places.at(-1).logits)]);
      if (still()) continue;
      choose(last());
      await pause(PACE);
      if (writing !== piece) return;
    }
    choose(last());
    stopWriting();
  };
  const stopWriting = () => {
    if (!writing) return;
    writing = undefined;
    area.removeAttribute("aria-busy");
    showButtons();
    status(say("live_written", { number: asNumber(last() - begun) }));
    remember();
  };

  // Another piece takes the place of what stands after the thumb.
  const drawOn = () => {
    stopWriting();
    cut(at + 1);
    const random = randomNumbers(seed);
    write((logits) => {
      const chances = probabilities(logits, temperature.value);
      const share = topP.value < 100 ? topP.value / 100 : undefined;
      return draw(chances, keepLikely(chances, topK.value, share), random);
    });
  };
  const drawAgain = () => {
    stopWriting();
    seed += 1;
    // Where nothing was written, from the thumb.
    if (begun < last()) choose(begun);
    drawOn();
  };
  // Without a model there is a stored text for this, which begins as the first one.
  const takeLikeliest = () => {
    stopWriting();
    if (passage.model) {
      cut(at + 1);
      write((logits) => likeliest(logits));
    } else if (passage.signs.join("") !== stored.text) {
      then = takeLikeliest;
      load.press();
    } else {
      show(stored.greedy.text, stored.greedy.places);
      status(say("live_goes_round"));
    }
  };
  // As of Sampler.neutral_prompt.
  const neutral = () => {
    const { ids, symbols, outputBias } = passage.model;
    return ["\n", " "].find((sign) => ids.has(sign)) ?? symbols[likeliest(outputBias)];
  };
  const begin = () => {
    beginning = own.value.slice(0, OWN) || neutral();
    show(beginning, []);
    const characters = passage.unknown().map(visible).join(" ");
    strange.textContent = characters && say("live_unknown", { characters });
    drawOn();
  };
  const restart = () => {
    beginning = undefined;
    then = drawOn;
    strange.textContent = "";
    show(stored.text, stored.places, stored.at);
    status("");
    remember();
  };

  // Controls

  const changed = () => {
    showBars();
    remember();
  };
  const place = slider({
    label: say("live_place"),
    min: 0,
    max: 1,
    value: 0,
    spoken: (n) => shown(passage.signs[n] ?? ""),
    shortly: (n) => visible(passage.signs[n] ?? ""),
    oninput: (n) => {
      stopWriting();
      choose(n);
      remember();
    },
  });
  const temperature = slider({
    label: say("live_temperature"),
    min: 0.1,
    max: 2,
    step: 0.1,
    value: 1,
    spoken: (value) => asNumber(value, 1),
    oninput: changed,
  });
  const topK = slider({
    label: say("live_top_k"),
    min: 0,
    max: LIKELIEST,
    value: 0,
    spoken: (k) => (k ? asNumber(k) : say("live_off")),
    oninput: changed,
  });
  const topP = slider({
    label: say("live_nucleus"),
    min: 10,
    max: 100,
    step: 5,
    value: 100,
    spoken: (percent) => (percent < 100 ? asShare(percent / 100) : say("live_off")),
    oninput: changed,
  });
  area.addEventListener("click", ({ target }) => {
    const n = Array.from(area.children).indexOf(target);
    if (n < 0) return;
    stopWriting();
    choose(n);
    remember();
  });

  // What waits for the model.
  let then = drawOn;
  const ready = (loaded) => {
    passage.use(loaded);
    showText();
    choose(at);
    then();
    then = drawOn;
  };
  const failed = () => (then = drawOn);
  const load = loader({ name: root.dataset.model, what: "live_write", status, ready, failed });

  // While a piece is being written, the first button stops it.
  const buttons = make("p", { className: "live-buttons" });
  const first = button("", () => (writing ? stopWriting() : drawOn()));
  const again = button(say("live_again"), drawAgain);
  const greedy = button(say("live_likeliest"), takeLikeliest);
  const back = button(say("live_restart"), restart);
  const showButtons = () => {
    const held = buttons.contains(document.activeElement) && document.activeElement;
    first.textContent = say(writing ? "live_stop" : "live_write");
    buttons.replaceChildren(...(passage.model ? [first, again] : [load.element]), greedy, back);
    // What is put in anew has lost the keyboard.
    if (held) (buttons.contains(held) ? held : first).focus();
  };
  const strange = make("p", { className: "live-detail" });

  const own = make("input", { type: "text", maxLength: OWN });
  const form = make(
    "form",
    { className: "live-prompt" },
    make("label", {}, say("live_beginning"), " ", own),
    make("button", { type: "submit" }, say("live_begin")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (passage.model) return begin();
    then = begin;
    return load.press();
  });
  const more = make("details", {}, make("summary", {}, say("live_more")));
  more.append(topK.element, topP.element, form, strange);

  // The address

  const remember = () =>
    writeAddress("pen", {
      // The place from which the piece can be written again.
      at: Math.min(at, begun),
      t: temperature.value,
      k: topK.value || undefined,
      p: topP.value < 100 ? topP.value : undefined,
      seed: seed > 1 ? seed : undefined,
      text: beginning,
    });
  const recall = (address) => {
    const number = (key, otherwise) => {
      const value = Number(address.get(key) ?? NaN);
      return Number.isFinite(value) ? value : otherwise;
    };
    temperature.set(number("t", 1));
    topK.set(number("k", 0));
    topP.set(number("p", 100));
    more.open = topK.value > 0 || topP.value < 100 || address.has("text");
    seed = Math.max(1, Math.floor(number("seed", 1)));
    own.value = address.get("text") ?? "";
    // A beginning of one's own has no stored places: its bars wait for the model.
    if (own.value) show((beginning = own.value.slice(0, OWN)), []);
    choose(Math.min(last(), Math.max(0, Math.floor(number("at", stored.at)))));
    root.scrollIntoView();
  };

  const legend = say(stored.improbable ? "live_strong_improbable" : "live_strong_probable");
  root.replaceChildren(
    area,
    make("p", { className: "live-detail" }, legend),
    buttons,
    message,
    place.element,
    bars,
    temperature.element,
    more,
  );
  showButtons();
  show(stored.text, stored.places, stored.at);
  const address = readAddress("pen");
  if (address) recall(address);
  // A page with the model inside writes at once.
  if (stored.writes) load.press();
};
