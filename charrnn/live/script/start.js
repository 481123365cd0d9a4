// Every element of the page is brought to life; what a page stores in it stays where that fails.

const ELEMENTS = { pen, guess, colours };

const start = () => {
  for (const root of document.querySelectorAll(".live[data-live]")) {
    const before = Array.from(root.childNodes);
    try {
      ELEMENTS[root.dataset.live](root);
      root.classList.add("live-on");
    } catch (error) {
      root.replaceChildren(...before);
      console.error(error);
    }
  }
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
