"""Sphinx extension: set the formulas while the book is built; pages need no script for them.

MathJax sets all formulas of a site in one process of Node: what it puts into a page in a browser,
with the MathML that screen readers use, is put into the page here. A page then has its formulas at
once, without JavaScript, and a telephone is spared a script of 1.1 MB and a second's work.

MathJax comes from the package `sphinx-mathjax-offline` (MathJax 3.2.2, byte for byte the npm
package's), Node from the package `playwright`, which brings its own. The pages need the fonts
alone. MathJax's licence is committed as `_static/mathjax/LICENSE` and so ends up beside them.
"""

import html
import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"
FONTS = "output/chtml/fonts/woff-v2"
NEEDED = ("node-main.js", FONTS)
STYLE = "formulas.css"
# Every formula stands on this one; it has a sign without width and no other.
GROUND = "MathJax_Zero.woff"
# The style writes each sign as it stands in its font; a sign that is no ASCII by its number.
SIGNS = re.compile(r'content: "((?:\\.|[^"\\])*)"')
ESCAPED = re.compile(r"\\([0-9A-Fa-f]{1,6}) ?|\\(.)")
# What Sphinx writes, and what a browser would set it with.
FORMULA = re.compile(
    r'(<(span|div) class="math [^>]*>)\s*(\\[(\[])(.*?)\\[)\]]\s*(?=</\2>)', re.DOTALL
)
SCRIPT = re.compile(
    r"\s*<script>window\.MathJax = .*?</script>|\s*<script[^>]* src=[^>]*mathjax[^>]*></script>"
)
# A browser makes the letters of a formula as high as those around it; 1.19 is that for the theme's
# fonts. Without the package `noerrors` a mistake in a formula is an error.
PROGRAM = """
const [folder, fontURL] = process.argv.slice(1);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const formatError = (jax, error) => { throw error; };
require(`${folder}/node-main.js`).init({
  loader: {
    load: ["input/tex-full", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"],
    versionWarnings: false,
  },
  tex: { packages: { "[-]": ["noerrors", "noundefined"] }, formatError },
  chtml: { fontURL, scale: 1.19 },
  startup: { typeset: false },
}).then((MathJax) => {
  const { adaptor } = MathJax.startup;
  const set = formulas.map(([tex, display]) => {
    try {
      return adaptor.outerHTML(MathJax.tex2chtml(tex, { display }));
    } catch (error) {
      throw new Error(`${tex}: ${error.message}`);
    }
  });
  const style = adaptor.textContent(MathJax.chtmlStylesheet());
  process.stdout.write(JSON.stringify({ set, style }));
}).catch((error) => {
  process.stderr.write(error.message);
  process.exitCode = 1;
});
"""

Formula = tuple[str, bool]


def mathjax_folder() -> Path:
    """Find MathJax's files in the installed package.

    Raises:
        ExtensionError: the package is missing or holds other files than expected.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"package {PACKAGE} not found: install requirements.txt")
    folder = Path(spec.origin).parent / "static" / "mathjax"
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise ExtensionError(f"{folder}: expected {', '.join(missing)}, which is not there")
    return folder


def node() -> Path:
    """Find the Node that playwright brings.

    Raises:
        ExtensionError: the package is missing or has none.
    """
    spec = find_spec("playwright")
    folder = Path(spec.origin).parent / "driver" if spec and spec.origin else None
    found = [folder / name for name in ("node", "node.exe") if folder and (folder / name).is_file()]
    if not found:
        raise ExtensionError("package playwright with its Node not found: install requirements.txt")
    return found[0]


def set_formulas(formulas: list[Formula]) -> tuple[list[str], str]:
    """Set formulas.

    Args:
        formulas: each as TeX, and whether it stands in a line of its own.

    Returns:
        Each as HTML, and the style sheet of them all, to stand in `_static`.

    Raises:
        ExtensionError: a formula is no TeX.
    """
    command = [str(node()), "-e", PROGRAM, str(mathjax_folder()), f"mathjax/{FONTS}"]
    result = subprocess.run(
        command, input=json.dumps(formulas), capture_output=True, encoding="utf-8", check=False
    )
    if result.returncode:
        raise ExtensionError(f"formula: {result.stderr.strip()}")
    found = json.loads(result.stdout)
    return found["set"], found["style"]


def formula_of(match: re.Match[str]) -> Formula:
    """Return a formula as Sphinx wrote it into a page."""
    return html.unescape(match[4]).strip(), match[3] == r"\["


def replace_formulas(site: Path) -> None:
    """Set the formulas of all pages of a finished site, and write their style."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    found = [formula_of(match) for text in pages.values() for match in FORMULA.finditer(text)]
    formulas = sorted(set(found))
    shown, style = set_formulas(formulas)
    known = dict(zip(formulas, shown, strict=True))
    (site / "_static" / STYLE).write_text(style, encoding="utf-8")
    for path, text in pages.items():
        # The line breaks of a formula in a line of its own would become part of what is copied.
        done = FORMULA.sub(lambda match: match[1] + known[formula_of(match)], text)
        done = SCRIPT.sub("", done)
        if done != text:
            path.write_text(done, encoding="utf-8")


def signs_of(style: str) -> set[str]:
    """Return the signs that the style of formulas takes from MathJax's fonts."""

    def sign(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else match[2]

    return {one for text in SIGNS.findall(style) for one in ESCAPED.sub(sign, text)}


def write_fonts(folder: Path, signs: set[str]) -> None:
    """Write MathJax's fonts with these signs alone: a tenth of their size.

    A font with none of them is left out, because no page asks for it.
    """
    folder.mkdir(parents=True)
    for source in sorted((mathjax_folder() / FONTS).glob("*.woff")):
        with TTFont(source) as font:
            known = font.getBestCmap().keys()
            wanted = known & {ord(one) for one in signs}
            if not wanted and source.name != GROUND:
                continue
            options = subset.Options(
                flavor="woff", layout_features=[], hinting=False, bidi_closure=False
            )
            options.drop_tables += ["FFTM"]  # when the font was made
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=wanted or known)
            subsetter.subset(font)
            subset.save_font(font, str(folder / source.name), options)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Set the formulas after a successful HTML build, and write the fonts that they need."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    replace_formulas(site)
    style = (site / "_static" / STYLE).read_text(encoding="utf-8")
    write_fonts(site / "_static" / "mathjax" / FONTS, signs_of(style))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    mathjax_folder()
    node()
    # Never loaded; the default is at another host.
    app.config.mathjax_path = "mathjax/unused.js"
    app.add_css_file(STYLE)
    # Before the search, which leaves formulas out by what they stand in.
    app.connect("build-finished", finish, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
