// Opens pagefind's search from the theme's buttons and Ctrl+K; tools/site/extensions/book_search.py says the rest.
(() => {
  const folder = new URL("../pagefind/", document.currentScript.src);
  const language = document.documentElement.lang;
  const chinese = language.startsWith("zh");
  const HAN = /\p{Script=Han}/gu;
  // Particles that Korean writes at the end of a word.
  const PARTICLE =
    /(?<=\p{Script=Hangul}{2})(에서|으로|은|는|이|가|을|를|의|에|로|과|와|도|만)$/u;
  const ZERO_WIDTH_SPACE = "\u200b";
  // What part of a word's beginning a result must share with it: the stem of "vectorization".
  const STEM = 0.45;

  // Letters and digits of a text, as words; Korean ones without particle.
  const wordsOf = (text) =>
    text
      .split(/[^\p{L}\p{N}\p{M}]+/u)
      .filter(Boolean)
      .map((word) => word.replace(PARTICLE, "").normalize("NFKD").toLowerCase());

  const sharesStem = (word, other) => {
    const length = [...word].findIndex((letter, place) => letter !== other[place]);
    return length < 0 || length >= STEM * word.length;
  };

  // Where pagefind knows no word, it takes the longest word of the book that the one asked for begins
  // with: "квантовый" would find each page with the preposition "к".
  const holds = async (result, words) => {
    const page = await result.data();
    const text = page.raw_content ?? page.content;
    const tokens = text.split(text.includes(ZERO_WIDTH_SPACE) ? ZERO_WIDTH_SPACE : /\s+/);
    const found = page.locations.flatMap((place) => wordsOf(tokens[place] ?? ""));
    return words.every((word) => found.some((other) => sharesStem(word, other)));
  };

  const searchWords = async (search, text, options) => {
    const query = text.split(/\s+/).map((word) => word.replace(PARTICLE, "")).join(" ");
    const found = await search(chinese ? query.replaceAll("_", " ") : query, options);
    const held = await Promise.all(found.results.map((result) => holds(result, wordsOf(text))));
    return { ...found, results: found.results.filter((_, place) => held[place]) };
  };

  // Chinese is indexed character by character, and a run of characters is found as a phrase.
  const searchPhrase = (search, text, options) =>
    search(`"${text.replaceAll('"', "").replace(HAN, " $& ")}"`, options);

  // The words of a pasted message: without the marks around them, of which pagefind would make parts of
  // words, and without numbers and single letters, as of "Argument(s)".
  const plain = (term) =>
    term
      .replace(/[`()[\]{}=,;]|(?<!\p{L})['’]|['’](?!\p{L})/gu, " ")
      .split(/\s+/)
      .filter((word) => !/^\P{L}*[a-z]?\P{L}*$/iu.test(word))
      .join(" ");

  const ask = async (search, term, options) => {
    if (!term?.trim()) return search(term, options);
    const found = await askFor(search, term, options);
    const words = plain(term);
    return found.results.length || !words || words === term.trim()
      ? found
      : askFor(search, words, options);
  };

  const askFor = async (search, term, options) => {
    const terms = term.trim().split(/\s+/);
    const phrases = chinese ? terms.filter((text) => text.match(HAN)) : [];
    const rest = terms.filter((text) => !phrases.includes(text)).join(" ");
    const searches = phrases.map((text) => searchPhrase(search, text, options));
    if (rest) searches.push(searchWords(search, rest, options));
    const found = await Promise.all(searches);
    return found.reduce((all, one) => {
      const pages = new Set(one.results.map((result) => result.id));
      return { ...all, results: all.results.filter((result) => pages.has(result.id)) };
    });
  };

  const load = (tag, attributes) =>
    new Promise((onload, onerror) => {
      const element = Object.assign(document.createElement(tag), attributes, { onload, onerror });
      // Before the site's own styles, which thereby go before pagefind's.
      document.head.prepend(element);
    });

  const prepare = async () => {
    await Promise.all([
      load("link", { rel: "stylesheet", href: `${folder}pagefind-component-ui.css` }),
      load("script", { src: `${folder}pagefind-component-ui.js` }),
    ]);
    const bundlePath = folder.pathname;
    const instance = PagefindComponents.configureInstance("default", { bundlePath });
    // pagefind knows Chinese by countries; other languages it takes from the page.
    if (language === "zh-Hant") instance.setLanguage("zh-TW");
    const modal = document.body.appendChild(document.createElement("pagefind-modal"));
    await instance.triggerLoad();
    const pagefind = instance.__pagefind__;
    const search = pagefind.search;
    pagefind.search = (term, options) => ask(search, term, options);
    return modal;
  };

  let modal;
  const open = async (term) => {
    // A browser lets no page of the file system read the index.
    if (location.protocol === "file:") return alert(searchNotice);
    modal ??= prepare();
    (await modal).open();
    if (!term) return;
    const field = (await modal).querySelector("input");
    field.value = term;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // For the page that the host shows where there is none.
  globalThis.openSearch = open;

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll(".search-button__button")) {
      button.addEventListener("click", () => open());
    }
  });
  document.addEventListener("keydown", (event) => {
    // The key's place, not its letter: on a Russian or Korean keyboard the letter is another one.
    const pressed = event.code === "KeyK" && (event.ctrlKey || event.metaKey);
    if (!pressed || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
})();
