// What the elements share: words, numbers, HTML, the model of a page.

// Words of the reader's language, models of the page and their sizes, from the page itself.
const BOOK = JSON.parse(document.getElementById("live-book").textContent);
const LANGUAGE = document.documentElement.lang || "en";
const SCRIPT = document.currentScript?.src;

// say("live_megabytes", { size: 4 }): the words with that name, {size} replaced.
const say = (name, values = {}) => BOOK.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

const asNumber = (value, digits = 0) =>
  value.toLocaleString(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const asShare = (value) => {
  const percent = (share, digits) =>
    share.toLocaleString(LANGUAGE, { style: "percent", maximumFractionDigits: digits });
  if (value > 0 && value < 0.0005) return `< ${percent(0.001, 1)}`;
  return percent(value, value < 0.01 ? 1 : 0);
};

// A character as one can see it, and as one can read it alone.
const visible = (character) => {
  if (/^[\s\p{C}]$/u.test(character) && !" \n".includes(character))
    return `U+${character.codePointAt().toString(16).toUpperCase().padStart(4, "0")}`;
  if (/^\p{M}$/u.test(character)) return `◌${character}`;
  return { "\n": "↵", " ": "␣" }[character] ?? character;
};
const shown = (character) =>
  ({ "\n": `↵ ${say("live_line_end")}`, " ": `␣ ${say("live_space")}` })[character] ??
  visible(character);

// make("button", { type: "button", onclick }, "Stop"): an element; texts only ever become text.
const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const button = (text, onclick) => make("button", { type: "button", onclick }, text);

// A native control with its name beside it and its value behind it.
// spoken(value) is what a screen reader says, shortly(value) what stands there.
const slider = ({ label, min, max, step = 1, value, spoken, shortly = spoken, oninput }) => {
  const input = make("input", { type: "range", min, max, step, value });
  // Hidden from screen readers, which have it from the input and would say it at every change.
  const output = make("output", { "aria-hidden": "true" });
  const show = () => {
    output.textContent = shortly(input.valueAsNumber);
    input.setAttribute("aria-valuetext", spoken(input.valueAsNumber));
  };
  input.addEventListener("input", () => {
    show();
    oninput(input.valueAsNumber);
  });
  show();
  return {
    element: make("label", { className: "live-slider" }, make("span", {}, label), input, output),
    set(number) {
      input.value = number;
      show();
    },
    limit(largest) {
      input.max = largest;
      show();
    },
    get value() {
      return input.valueAsNumber;
    },
  };
};

// A value from -1 to 1 as a colour over the page's own ground; as charrnn/figures/coloured.py.
const tint = (value) => {
  const strength = Math.round(40 * Math.min(1, Math.abs(value)));
  return `rgb(${value < 0 ? "47 142 240" : "224 123 0"} / ${strength}%)`;
};

// A name for the choices of one element, which another one on the page has not.
let groups = 0;
const newGroup = () => `live-${(groups += 1)}`;

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Bytes of a model: inside the page, as `charrnn page` writes it, or beside the sites of all
// languages. progress(share) is called on the way.
const getBytes = async (name, progress) => {
  const inside = document.getElementById("live-model");
  if (inside) return Uint8Array.from(atob(inside.textContent), (sign) => sign.charCodeAt());
  const response = await fetch(new URL(`../../models/${name}.safetensors`, SCRIPT));
  if (!response.ok) throw new Error(`${response.status} ${response.url}`);
  const bytes = new Uint8Array(BOOK.models[name]);
  let received = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (received + value.length > bytes.length) throw new DamagedModel("more bytes than expected");
    bytes.set(value, received);
    received += value.length;
    progress(received / bytes.length);
  }
  if (received < bytes.length) throw new DamagedModel("fewer bytes than expected");
  return bytes;
};

// A model is fetched once for all elements of a page; what failed may be tried again.
const models = new Map();
const getModel = (name, progress) => {
  if (!models.has(name)) {
    const model = getBytes(name, progress).then((bytes) => Model.read(bytes));
    models.set(name, model);
    model.catch(() => models.delete(name));
  }
  return models.get(name);
};

// The button that fetches the model, which names its size, with the bar that says how far it is.
// what: the name of the words on the button. ready(model) is called when it is there.
const loader = ({ name, what, status, ready, failed = () => {} }) => {
  const bar = make("progress", { max: 1, value: 0, hidden: true });
  bar.setAttribute("aria-label", say("live_loading"));
  const press = async () => {
    if (location.protocol === "file:" && !document.getElementById("live-model")) {
      status(say("live_unserved"));
      return;
    }
    if (!bar.hidden) return; // on its way
    // Not `disabled`, which would take the keyboard away from the button.
    start.setAttribute("aria-disabled", "true");
    bar.hidden = false;
    status(say("live_loading"));
    try {
      const model = await getModel(name, (share) => (bar.value = share));
      status("");
      ready(model);
    } catch (error) {
      console.info(`${name}: ${error.message}`);
      status(say(error instanceof DamagedModel ? "live_damaged" : "live_unreachable"));
      failed();
    }
    start.removeAttribute("aria-disabled");
    bar.hidden = true;
  };
  const bytes = BOOK.models[name];
  const size = bytes && say("live_megabytes", { size: asNumber(bytes / 1e6) });
  const start = button(size ? `${say(what)} (${size})` : say(what), press);
  return { element: make("span", { className: "live-loader" }, start, bar), press };
};

// What a reader has set stands behind the "#" of the address, so that it can be sent:
// #pen:t=0.7&at=12. It is never sent to the server. Values are texts of at most 200 characters.
const readAddress = (element) =>
  location.hash.startsWith(`#${element}:`)
    ? new URLSearchParams(location.hash.slice(element.length + 2, 2000))
    : undefined;
const writeAddress = (element, values) => {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined) parameters.set(key, String(value).slice(0, 200));
  try {
    history.replaceState(null, "", `#${element}:${parameters}`);
  } catch {
    // A frame without an address of its own, or too many changes for Safari.
  }
};
