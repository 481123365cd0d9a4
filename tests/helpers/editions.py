"""A tiny built site, with what the pages of the book have, for the tests of its editions."""

import base64
from pathlib import Path

from tests.helpers.books import PAGES, add_language, tiny_book
from tools.site.extensions.book_mathjax import FONTS, mathjax_folder, replace_formulas
from tools.translation.languages import languages

# Letters that every machine with a browser has a font for.
CODES = ["en", "ru"]
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
HEAD = """\
<!DOCTYPE html>
<html lang="{code}"><head><meta charset="utf-8"><title>{title}</title>
  <meta property="og:title" content="{title}"/>
  <meta property="og:image" content="https://host/card.png"/>
  <meta property="og:image:alt" content="A page"/>
  <meta name="twitter:card" content="summary_large_image"/>
</head><body><nav>Menu</nav><article class="bd-article">
"""
FRONT = """\
<section id="front"><h1>{title}<a class="headerlink" href="#front">#</a></h1><p>First words.</p>
<ul><li><p><a href="01_tiny.html">The chapter</a></p></li></ul>
<div class="live" data-live="pen" data-stored="{{}}">
<p class="shaded">R<span class="tenth-1">O</span></p></div>
<div class="toctree-wrapper">Menu of chapters</div></section>
"""
CHAPTER = """\
<section id="tiny"><h1>{title}<a class="headerlink" href="#tiny">#</a></h1>
<p><a href="../{other}/01_tiny.html">Other</a> <a href="02_second.html#part">Part</a>
<a href="#part">Here</a> <a href="#gone">Gone</a> <a href="https://host/">Out</a> {words}</p>
<div class="cell tag_setup tag_hide-input"><details class="hide"><summary>Show</summary>
<pre>install</pre></details></div>
<div class="cell tag_hide-input"><details class="hide"><summary>Show</summary>
<div class="cell_input"><div class="highlight">
<pre>x <span class="o">=</span> 1</pre></div></div></details>
<div class="cell_output"><a class="image-reference" href="_images/one.png">
<img alt="One" src="_images/one.png"></a>
<p style="color:red;unicode-bidi:plaintext">left<br>open</p></div></div>
<details><summary>Uncover</summary><p>It is two.</p></details>
<details><summary>Uncover</summary><p>It is three.</p></details>
<section id="part"><h2>A part<a class="headerlink" href="#part">#</a></h2>
<p>With <span class="math notranslate">\\(x^2 &lt; 5\\)</span> and</p>
<div class="math notranslate">\\[y = \\frac{{1}}{{2}}\\]</div>
<table><tr><td>cell</td></tr></table></section></section><script>alert(1)</script>
"""
WORDS = {"en": "Letters.", "ru": "Буквы."}
TITLES = {"en": ["Front", "Tiny & small", "Second"], "ru": ["Начало", "Малая глава", "Вторая"]}


def tiny_site(folder: Path) -> tuple[Path, Path]:
    """Make a repository and the built sites of its two languages; return both folders."""
    root = tiny_book(folder / "repository")
    add_language(root, "ru")
    sites = folder / "site"
    for code, other in (CODES, CODES[::-1]):
        site = sites / code
        (site / "_static").mkdir(parents=True)
        fonts = site / "_static" / "mathjax" / FONTS
        fonts.parent.mkdir(parents=True)
        fonts.symlink_to(mathjax_folder() / FONTS)
        (site / "_static" / "pygments.css").write_text(".highlight .o { color: #666 }")
        (site / "_images").mkdir()
        (site / "_images" / "one.png").write_bytes(PICTURE)
        titles = [title.replace("&", "&amp;") for title in TITLES[code]]
        for name, title in zip(PAGES, titles, strict=True):
            body = (FRONT if name == "index" else CHAPTER).format(
                title=title, other=other, words=WORDS[code]
            )
            page = HEAD.format(code=code, title=title) + body + "</article></body></html>"
            (site / f"{name}.html").write_text(page, encoding="utf-8")
        replace_formulas(site)
    assert set(CODES) == set(languages(root))
    return root, sites
