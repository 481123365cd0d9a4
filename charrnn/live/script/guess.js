// Guess: ten hidden letters; then the reader, the counts and the network side by side.
//
// Everything is stored. A place is { before, chips, came, counts, network }: the text since the
// place before, the characters to choose from, the one that came, and of each model its first
// choice and the surprise, -ln p, at the character that came.

// How sure the reader is: the probability that the chosen letter gets. The other letters share the
// rest equally.
const SURE = [0.3, 0.6, 0.9];

const guess = (root) => {
  const { places, size, after } = JSON.parse(root.dataset.stored);
  const given = []; // { sign, sure } for each place that has been guessed
  const area = make("p", { className: "live-text" });
  const chips = make("div", { className: "live-chips", role: "group" });
  chips.setAttribute("aria-label", say("live_your_guess"));
  const message = make("p", { className: "live-status", role: "status" });
  const result = make("div");
  const group = newGroup();
  const choices = SURE.map((sure, n) =>
    make("input", { type: "radio", name: group, value: sure, checked: n === 1 }),
  );
  const sureness = make(
    "fieldset",
    { className: "live-choice" },
    make("legend", {}, say("live_how_sure")),
    ...choices.map((input, n) =>
      make("label", {}, input, ` ${say(`live_sure_${n}`, { share: asShare(SURE[n]) })}`),
    ),
  );

  // -ln of the probability that the reader gave the letter that came.
  // "Another" is all that are no chips.
  const surprise = ({ sign, sure }, { came, chips }) => {
    const meant = sign === undefined ? size - chips.length : 1;
    const right = sign === undefined ? !chips.includes(came) : sign === came;
    return -Math.log(right ? sure / meant : (1 - sure) / (size - meant));
  };

  const question = make("p");
  const showText = () => {
    const parts = [];
    for (const [n, { before, came }] of places.entries()) {
      parts.push(before);
      if (n < given.length)
        parts.push(
          make(
            "mark",
            { className: given[n].sign === came ? "live-right" : "live-wrong" },
            came.trim() ? came : visible(came),
          ),
          came === "\n" ? came : "",
        );
      else {
        parts.push(make("span", { className: "live-hidden" }, "▢"));
        break;
      }
    }
    if (given.length === places.length) parts.push(after);
    area.replaceChildren(...parts);
    area.scrollTop = area.scrollHeight;
    const number = asNumber(Math.min(given.length + 1, places.length));
    question.textContent = `${number} / ${asNumber(places.length)}: ${say("live_your_guess")}`;
  };

  const table = (heads, rows) =>
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows),
    );

  // What each of the three took for the likeliest, place by place, and its surprise.
  const showPlaces = () => {
    const cell = (sign, nats) =>
      make(
        "td",
        {},
        `${sign === undefined ? say("live_another") : visible(sign)} ${asNumber(nats, 2)}`,
      );
    const rows = places.map(({ came, counts, network }, n) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, visible(came)),
        cell(given[n].sign, surprise(given[n], places[n])),
        cell(...counts),
        cell(...network),
      ),
    );
    const heads = ["▢", say("live_you"), say("live_counts"), say("live_network")];
    return table(heads, rows);
  };

  const showResult = () => {
    const mean = (values) => values.reduce((a, b) => a + b) / values.length;
    const rows = [
      [
        "live_you",
        places.map((place, n) => [given[n].sign === place.came, surprise(given[n], place)]),
      ],
      ["live_counts", places.map(({ came, counts: [first, nats] }) => [first === came, nats])],
      ["live_network", places.map(({ came, network: [first, nats] }) => [first === came, nats])],
    ].map(([name, found]) => {
      const hits = found.filter(([hit]) => hit).length;
      const nats = asNumber(mean(found.map(([, value]) => value)), 2);
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, say(name)),
        make("td", {}, say("live_hits_of", { hits: asNumber(hits), all: asNumber(places.length) })),
        make("td", {}, nats),
      );
    });
    const heads = ["live_who", "live_hits", "live_surprise"].map((name) => say(name));
    result.replaceChildren(
      table(heads, rows),
      showPlaces(),
      button(say("live_once_more"), restart),
    );
  };

  const ask = () => {
    showText();
    const place = places[given.length];
    chips.replaceChildren();
    sureness.hidden = question.hidden = !place;
    if (!place) return showResult();
    for (const sign of [...place.chips, undefined])
      chips.append(
        button(sign === undefined ? say("live_another") : shown(sign), () => take(sign)),
      );
  };

  const take = (sign) => {
    const { came } = places[given.length];
    given.push({ sign, sure: Number(choices.find((input) => input.checked).value) });
    message.textContent = say(sign === came ? "live_right" : "live_it_was", {
      character: shown(came),
      number: asNumber(given.length),
      all: asNumber(places.length),
    });
    ask();
    // The chip that was pressed is gone: the keyboard goes on at the next ones.
    (chips.firstElementChild ?? result.querySelector("button")).focus();
  };

  const restart = () => {
    given.length = 0;
    result.replaceChildren();
    message.textContent = "";
    ask();
    chips.firstElementChild.focus();
  };

  root.replaceChildren(area, message, question, sureness, chips, result);
  ask();
};
