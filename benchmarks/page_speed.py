"""The model in a page, in headless Chromium: characters per second, and the wait for the first one.

Without Chromium nothing is measured.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contender import arguments, report
from charrnn.live.elements import pen
from charrnn.live.script import book, script, style, words
from charrnn.weights import PRETRAINED
from tools import screenshot

# The whole step as the pen takes it: logits, probabilities, the filters that are off, a draw. The
# engine's names are local to its script, so the script ends with what is measured.
SPEED = """
const speed = async (address, wasm, length) => {
  const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
  const model = await Model.read(bytes, { wasm });
  if (model.fast !== wasm) throw new Error(`WebAssembly: ${model.fast}`);
  const random = randomNumbers(1);
  let id = model.encode("\\n")[0];
  const start = performance.now();
  for (let n = 0; n < length; n++) {
    const chances = probabilities(model.step(id));
    id = draw(chances, keepLikely(chances), random);
  }
  return (1000 * length) / (performance.now() - start);
};
globalThis.speed = speed;
"""
# From the press to the first character that the page has written.
FIRST = """() => new Promise((done) => {
  const area = document.querySelector(".live-text");
  const before = area.textContent.length;
  const start = performance.now();
  new MutationObserver(() => {
    if (area.textContent.length > before) done((performance.now() - start) / 1000);
  }).observe(area, { childList: true });
  document.querySelector(".live-loader button").click();
})"""


def write_site(folder: Path) -> None:
    """Write a page with the pen, a page with the engine, and the model, as the book places them."""
    static, models = folder / "en" / "_static", folder / "models"
    for place in (static, models):
        place.mkdir(parents=True)
    shutil.copy(PRETRAINED, models)
    (static / "live.js").write_text(script(), encoding="utf-8")
    (static / "live.css").write_text(style(), encoding="utf-8")
    known = book(words("en"), {"shakespeare": PRETRAINED.stat().st_size})
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>page</title>'
    element = pen("ROMEO:\n", 6, "ROMEO:")
    page = f'{head}{element}{known}<script src="_static/live.js"></script>'
    (folder / "en" / "pen.html").write_text(page, encoding="utf-8")
    engine = script(("file", "product", "model", "draw"))
    measured = engine.replace("})();", f"{SPEED}}})();")
    page = f"{head}<script>{measured}</script>"
    (folder / "en" / "engine.html").write_text(page, encoding="utf-8")


def rates(page: Any, length: int, turns: int) -> dict[str, float]:
    """Return the median rates of both products, measured in turn."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for wasm in [True, False] * (turns + 1):
        call = "([address, wasm, length]) => speed(address, wasm, length)"
        address = "../models/shakespeare.safetensors"
        found[wasm].append(page.evaluate(call, [address, wasm, length]))
    # The first turn is the one in which the browser translates the code.
    names = {True: "page_characters_per_second_wasm", False: "page_characters_per_second_js"}
    return {name: statistics.median(found[wasm][1:]) for wasm, name in names.items()}


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    if screenshot.chromium() is None:
        print(f"page_speed: {screenshot.NO_BROWSER}", file=sys.stderr)
        report({})
        return
    length, turns = (50, 1) if given.quick else (1000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_site(folder)
        with screenshot.served(folder) as address, screenshot.browser() as browser:
            page = browser.new_page()
            page.goto(f"{address}/en/engine.html")
            measured = rates(page, length, turns)
            waits = []
            for _ in range(turns):
                # A new context has nothing in its cache.
                page = browser.new_context().new_page()
                page.goto(f"{address}/en/pen.html")
                waits.append(page.evaluate(FIRST))
    report(measured | {"page_first_character_seconds": statistics.median(waits)})


if __name__ == "__main__":
    main()
