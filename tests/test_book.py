"""The built pages: nothing broken, nothing fetched from elsewhere, nothing left unrendered.

`make test` builds the book once and names it in BOOK_SITE; without that name the tests build it.
"""

import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from tools.build_book import ROOT, build
from tools.notebooks import read_notebook, toc_files

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
CHAPTERS = toc_files()
PAGES = ["notebooks/en/index", *CHAPTERS]
CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
# Pages whose text has formulas.
FORMULAS = {
    page
    for page in CHAPTERS
    for cell in read_notebook(ROOT / f"{page}.ipynb").cells
    if cell.cell_type == "markdown" and "$" in CODE.sub("", cell.source)
}
# Attributes that make a browser fetch something at once, as href of <a> does not.
FETCHED = {"src", "srcset", "data", "poster", "background"}
STRAY = re.compile(r"\*\*|`|\$\$|\]\(|^#+ |</?\w+>", re.M)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    if "BOOK_SITE" in os.environ:
        folder = Path(os.environ["BOOK_SITE"]).resolve()
        assert (folder / "index.html").is_file(), f"BOOK_SITE: no built book in {folder}"
        return folder
    folder = tmp_path_factory.mktemp("book") / "en"
    build(ROOT / "notebooks" / "en", folder, strict=True)
    return folder


@cache
def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in parse(path).find_all(id=True)}


def documents(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def article(site: Path, page: str) -> Tag:
    return parse(site / f"{page}.html").select_one("article.bd-article")


def is_foreign(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def broken(page: Path, site: Path, address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file() or not target.is_relative_to(site):
        return True
    fragment = unquote(parts.fragment)
    return bool(fragment) and target.suffix == ".html" and fragment not in anchors(target)


def test_every_page_is_there(site):
    expected = {site / f"{page}.html" for page in PAGES}
    assert expected <= set(documents(site))


def test_internal_links_and_anchors_resolve(site):
    wrong = [
        f"{path.relative_to(site)}: {tag[name]}"
        for path in documents(site)
        for tag in parse(path).find_all(True)
        for name in ("href", "src")
        # "#" alone is the theme's way to write a button.
        if tag.get(name, "#") != "#" and broken(path, site, tag[name])
    ]
    assert wrong == []


def test_pages_fetch_nothing_from_another_host(site):
    wrong = []
    for path in documents(site):
        for tag in parse(path).find_all(True):
            fetched = [tag[name] for name in FETCHED if name in tag.attrs]
            if tag.name == "link" and tag.get("rel") != ["canonical"]:
                fetched.append(tag.get("href", ""))
            wrong += [f"{path.relative_to(site)}: {tag.name} {a}" for a in fetched if is_foreign(a)]
    assert wrong == []


def test_style_sheets_fetch_nothing_from_another_host(site):
    foreign = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//[^)\s"']+""")
    sheets = [*site.rglob("*.css")]
    assert sheets
    wrong = [
        f"{path.relative_to(site)}: {address}"
        for path in sheets
        for address in foreign.findall(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_page_has_language_title_and_one_heading(site, page):
    html = parse(site / f"{page}.html")
    assert html.html["lang"] == CONFIG["sphinx"]["config"]["language"]
    # The theme repeats the title outside the article, for print alone.
    (heading,) = article(site, page).find_all("h1")
    title = heading.get_text().removesuffix("#").strip()
    assert title
    assert html.title.string.startswith(title)
    assert html.title.string.endswith(CONFIG["title"])


@pytest.mark.parametrize("page", PAGES)
def test_images_say_what_they_show(site, page):
    for image in parse(site / f"{page}.html").find_all("img"):
        text = image.get("alt", "")
        assert text, f"no alternative text: {image}"
        assert not re.search(r"\.(png|svg|jpe?g)$|^_images", text), (
            f"a file name is no text: {image}"
        )


@pytest.mark.parametrize("page", PAGES)
def test_no_markup_is_left_unrendered(site, page):
    body = BeautifulSoup(str(article(site, page)), "html.parser")
    for tag in body.select("pre, code, script, style, .math"):
        tag.decompose()
    assert STRAY.findall(body.get_text()) == []


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_set_by_local_mathjax(site, page):
    path = site / f"{page}.html"
    assert bool(article(site, page).select(".math")) == (page in FORMULAS)
    if page not in FORMULAS:
        return
    scripts = [tag["src"] for tag in parse(path).find_all("script", src=True)]
    (mathjax,) = [urlsplit(address).path for address in scripts if "mathjax" in address.lower()]
    folder = (path.parent / mathjax).resolve().parent
    assert folder.is_relative_to(site)
    assert (folder / "tex-chtml.js").stat().st_size > 1_000_000
    assert (folder / "output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").is_file()
    assert (folder / "input/tex/extensions/boldsymbol.js").is_file()
    assert (folder / "LICENSE").is_file()


@pytest.mark.parametrize("page", CHAPTERS)
def test_solutions_are_folded_and_highlighted(site, page):
    folded = article(site, page).select("details:not(.hide)")
    assert folded, "a chapter has exercises with solutions"
    for block in folded:
        assert not block.has_attr("open")
        assert block.summary.get_text(strip=True)
        assert block.select("div.highlight-python pre span"), "code is not highlighted"


@pytest.mark.parametrize("page", CHAPTERS)
def test_launch_button_opens_this_chapter_in_colab(site, page):
    """Jupyter Book's own theme options vanish where `recursive_update` is not set."""
    repository = CONFIG["repository"]
    place = f"{repository['url']}/blob/{repository['branch']}/{page}.ipynb"
    colab = place.replace("https://github.com", "https://colab.research.google.com/github")
    buttons = parse(site / f"{page}.html").select(".article-header-buttons a")
    assert colab in [button.get("href") for button in buttons]


def test_the_toc_numbers_the_chapters(site):
    for number, page in enumerate(CHAPTERS, 1):
        assert article(site, page).h1.get_text().startswith(f"{number}. ")
