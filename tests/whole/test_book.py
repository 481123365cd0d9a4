"""The built pages: nothing broken, nothing fetched from elsewhere, nothing left unrendered.

`make test` builds all languages once and names their folder in BOOK_SITES; without that name the
tests build them. Every test runs over the pages of every language.
"""

import gc
import json
import os
import re
from collections.abc import Iterator
from copy import copy
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, CData, NavigableString, Tag

import charrnn
from tools.build_site import build_all
from tools.chapters.markdown import parse as parse_markdown
from tools.chapters.notebooks import (
    ROOT,
    Notebook,
    has_code,
    questions,
    read_chapter,
    solutions,
    toc_files,
)
from tools.chapters.repository import read_repository
from tools.site.api import PAGE as API
from tools.site.api import entries, offered, used_names
from tools.site.build_book import public_address
from tools.site.terms import PAGE as TERMS
from tools.translation.figures import read_figures
from tools.translation.glossary import read_glossary
from tools.translation.languages import SOURCE, folder, languages

# The address of all sites, without the host.
BASE = urlsplit(public_address(read_repository(ROOT / "_config.yml"))).path
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
LANGUAGES = languages(ROOT)
ENGLISH = [Path(file).name for file in toc_files()]
CHAPTERS = [f"{code}/{name}" for code in LANGUAGES for name in ENGLISH]
# Besides the chapters: the front page, and the pages of terms and API, which the build makes.
PAGES = [*CHAPTERS, *(f"{code}/{name}" for code in LANGUAGES for name in ("index", TERMS, API))]


def page_of(name: str) -> Notebook:
    return read_chapter(folder(ROOT, SOURCE) / f"{name}.ipynb")


# Pages whose text has formulas.
FORMULAS = {
    name
    for name in ENGLISH
    for cell in page_of(name).cells
    if cell.cell_type == "markdown"
    and any(token.type.startswith("math") for token in parse_markdown(cell.source))
}
# Attributes that make a browser fetch something at once, as href of <a> does not.
FETCHED = {"src", "srcset", "data", "poster", "background"}
STRAY = re.compile(r"\*\*|`|\$\$|\]\(|^#+ |</?\w+>", re.M)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    if "BOOK_SITES" in os.environ:
        built = Path(os.environ["BOOK_SITES"]).resolve()
        assert (built / "en/index.html").is_file(), f"BOOK_SITES: no built book in {built}"
        return built
    target = tmp_path_factory.mktemp("book") / "site"
    build_all(folder(ROOT, SOURCE), target, strict=True)
    return target


@cache
def parse(path: Path) -> BeautifulSoup:
    # Every tree stays; to look through all of them for garbage takes a third of the time.
    gc.disable()
    try:
        return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    finally:
        gc.enable()


@cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in parse(path).find_all(id=True)}


def documents(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def article(site: Path, page: str) -> Tag:
    return parse(site / f"{page}.html").select_one("article.bd-article")


def texts_outside(tag: Tag, left_out: set[int]) -> Iterator[str]:
    """Yield the texts of an element, those inside of some others left out; no comments."""
    for child in tag.children:
        if isinstance(child, Tag):
            if id(child) not in left_out:
                yield from texts_outside(child, left_out)
        elif type(child) in (NavigableString, CData):
            yield child


def is_foreign(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def broken(page: Path, site: Path, address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return False
    path = unquote(parts.path)
    if path.startswith(BASE):  # only 404.html, which is shown at any depth, has such addresses
        path = str(site / path.removeprefix(BASE))
    target = (page.parent / path).resolve() if path else page
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
            if tag.name == "link" and tag.get("rel") not in (["canonical"], ["alternate"]):
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
    code = page.split("/")[0]
    assert html.html["lang"] == code
    # The theme repeats the title outside the article, for print alone.
    (heading,) = article(site, page).find_all("h1")
    title = heading.get_text().removesuffix("#").strip()
    assert title
    assert html.title.string.startswith(title)
    assert html.title.string.endswith(LANGUAGES[code].title)


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
    body = article(site, page)
    # A cell may show text that looks like HTML; names of arguments may begin with asterisks.
    left_out = {
        id(tag) for tag in body.select("pre, code, script, style, .math, .cell_output, dt.sig")
    }
    text = "".join(texts_outside(body, left_out))
    assert len(text) > 100
    assert STRAY.findall(text) == []


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_set_and_need_no_script(site, page):
    path = site / f"{page}.html"
    formulas = article(site, page).select(".math")
    assert bool(formulas) == (page.split("/")[1] in FORMULAS)
    for formula in formulas:
        assert formula.select_one("mjx-container > mjx-math"), formula
        assert formula.select_one("mjx-assistive-mml > math"), formula
    scripts = [tag["src"] for tag in parse(path).find_all("script", src=True)]
    assert not [address for address in scripts if "mathjax" in address.lower()]
    folder = path.parent / "_static" / "mathjax"
    assert (folder / "output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").is_file()
    assert (folder / "LICENSE").is_file()


@pytest.mark.parametrize("page", CHAPTERS)
def test_solutions_are_folded_and_highlighted(site, page):
    folded = article(site, page).select("details:not(.hide)")
    is_chapter = has_code(page_of(page.split("/")[1]))
    assert bool(folded) == is_chapter, "a chapter has questions, and exercises with solutions"
    for block in folded:
        assert not block.has_attr("open")
        assert block.summary.get_text(strip=True)
    chapter = read_chapter(folder(ROOT, SOURCE) / f"{page.split('/')[1]}.ipynb")
    found, _ = solutions(chapter)
    assert len(folded) == len(found) + len(questions(chapter))
    for block in folded[len(folded) - len(found) :]:
        assert block.select("div.highlight-python pre span"), "code is not highlighted"


def launched(file: str) -> list[str]:
    """Return the addresses at which Colab and Kaggle open a file of the repository."""
    repository = CONFIG["repository"]
    version = charrnn.__version__
    # Of a release at its tag, so that it installs what it was written with.
    reference = repository["branch"] if ".dev" in version else f"v{version}"
    place = f"{repository['url']}/blob/{reference}/{file}"
    colab = place.replace("https://github.com", "https://colab.research.google.com/github")
    return [colab, f"https://kaggle.com/kernels/welcome?src={place}"]


@pytest.mark.parametrize("page", CHAPTERS)
def test_launch_buttons_open_this_chapter(site, page):
    """Jupyter Book's own theme options vanish where `recursive_update` is not set."""
    own = (ROOT / "notebooks" / f"{page}.ipynb").is_file()
    file = f"notebooks/{page if own else page.replace(page.split('/')[0], 'en', 1)}.ipynb"
    group = parse(site / f"{page}.html").select(".dropdown-launch-buttons a")
    assert [button.get("href") for button in group] == launched(file)
    words = LANGUAGES[page.split("/")[0]].words["messages"]
    for button, name in zip(group, ("Colab", "Kaggle"), strict=True):
        assert button["title"] == words.get(f"Launch on {name}", f"Launch on {name}")
        assert button.get_text(strip=True) == name


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_notebook_links_to_itself_in_colab_and_installs_its_release(code):
    files = sorted(folder(ROOT, code).glob("*.ipynb"))
    assert files
    for path in files:
        place = path.relative_to(ROOT).as_posix()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = {cell["id"]: "".join(cell["source"]) for cell in cells}
        links = re.findall(r"https://(?:colab|kaggle)\.[^\s)]+", sources["title"])
        runs = any(cell["cell_type"] == "code" for cell in cells)
        assert links == ([launched(place)[0]] if runs else []), place
        installed = re.findall(r"@ git\+\{repository\}@([^\"]+)", sources.get("setup", ""))
        reference = launched("x")[0].split("/blob/")[1].removesuffix("/x")
        # A chapter that stands alone installs nothing.
        assert installed == [reference] or not (
            installed or "importlib" in sources.get("setup", "")
        ), place


@pytest.mark.parametrize("page", PAGES)
def test_the_sidebar_shows_the_parts_with_their_chapters(site, page):
    code = page.split("/")[0]
    menu = parse(site / f"{page}.html").select_one("nav.bd-links")
    shown: dict[str, list[str]] = {}
    for tag in menu.select("p.caption, p.caption ~ ul a"):
        if tag.name == "p":
            chapters = shown[tag.get_text(strip=True)] = []
            continue
        target = f"{page.split('/')[1]}.html" if tag["href"] == "#" else tag["href"]
        chapters.append(target.removesuffix(".html"))
        # No number before it, which would not be the one that a text was written with.
        heading = article(site, f"{code}/{chapters[-1]}").h1
        assert tag.get_text(strip=True) == heading.get_text().removesuffix("#").strip()
        assert not heading.select(".section-number")
    captions = LANGUAGES[code].parts
    expected = {
        captions.get(part["caption"], part["caption"]): [
            Path(chapter["file"]).name for chapter in part["chapters"]
        ]
        for part in TOC["parts"]
    }
    expected[list(expected)[-1]] += [TERMS, API]
    assert shown == expected


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_of_the_terms_shows_the_glossary(site, code):
    terms = {term.english[0]: term for term in read_glossary(ROOT) if not term.is_name}
    rows = article(site, f"{code}/{TERMS}").select("table.terms tbody tr")
    shown = [[cell.get_text() for cell in row.select("td")] for row in rows]
    if code == SOURCE:
        assert sorted(row[0] for row in shown) == sorted(terms)
    else:
        assert sorted(row[:2] for row in shown) == sorted(
            [term.renderings[code][0], name] for name, term in terms.items()
        )
    # The links themselves are checked with all others.
    linked = [len(row.select("td:last-child a")) for row in rows]
    assert set(linked) == {0, 1}
    english = article(site, f"{SOURCE}/{TERMS}").select("table.terms a")
    assert sum(linked) == len(english) > len(terms) / 2


USED = used_names(ROOT, {name: page_of(name) for name in ENGLISH})


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_of_the_api_has_each_name_once(site, code):
    groups = offered(ROOT, {name for names in USED.values() for name in names.values()})
    expected = [
        f"charrnn.{module}.{name}"
        for group in groups
        for module, names in group.items()
        for name in names
    ]
    page = article(site, f"{code}/{API}")
    if code == SOURCE:
        shown = [tag["id"] for tag in page.select("section > dl.py > dt")]
        # Their own arguments, not those that Keras' classes take, and types as the source has them.
        arguments = page.find(id="charrnn.model.CharacterModel").get_text()
        assert "vocabulary_size: int," in arguments
        assert "kwargs" not in arguments
        assert "ids: npt.ArrayLike" in page.find(id="charrnn.vocabulary.Vocabulary.decode").text
        assert "ids: Ids" in page.find(id="charrnn.encoded.EncodedText").text
    else:
        addresses = [link["href"] for link in page.select("dl a")]
        assert {address.partition("#")[0] for address in addresses} == {f"../{SOURCE}/{API}.html"}
        shown = [address.partition("#")[2] for address in addresses]
    assert len(shown) == len(set(shown)) > 100
    # Within a module a name may stand elsewhere, as where the source has it.
    assert sorted(shown) == sorted(expected)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_leads_to_the_api_under_its_imports(site, page):
    code, name = page.split("/")
    names = entries(ROOT, USED)[name]
    lines = article(site, page).select("p.api-links")
    assert len(lines) == bool(names)
    for line in lines:
        folder = "" if code == SOURCE else f"../{SOURCE}/"
        shown = {link.get_text(): link["href"] for link in line.select("a")}
        assert shown == {each: f"{folder}{API}.html#{place}" for each, place in names.items()}
        assert "import" in line.find_previous_sibling("div", class_="cell").get_text()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_old_address_leads_to_a_page_of_the_language(site, code):
    redirects = yaml.safe_load((ROOT / "_redirects.yml").read_text(encoding="utf-8"))
    for old in redirects:
        html = parse(site / f"{code}/{old}.html")
        assert html.html["lang"] == code
        (link,) = html.find_all("a")
        assert f"{code}/{link['href']}".removesuffix(".html") in PAGES


def outputs(site: Path, page: str) -> tuple[list[str], list[str]]:
    """Return the outputs of a page without the words for pictures, and those words."""
    # Copies of these alone, because to copy or parse whole pages again takes long.
    found = [copy(tag) for tag in article(site, page).select(".cell_output")]
    texts = [image.attrs.pop("alt") for tag in found for image in tag.select("img")]
    return [str(tag) for tag in found], texts


def test_every_language_shows_the_same_outputs_and_describes_them_in_its_words(site):
    for name in ENGLISH:
        english, told = outputs(site, f"en/{name}")
        assert bool(english) == has_code(page_of(name))
        for code in set(LANGUAGES) - {SOURCE}:
            own, texts = outputs(site, f"{code}/{name}")
            # Translated pages say that an output is English.
            plain = [[text.replace(' lang="en"', "") for text in each] for each in (own, english)]
            assert plain[0] == plain[1]
            figures = read_figures(ROOT, code).get(name, {})
            known = {entry["english"]: entry["text"] for entry in figures.values()}
            assert texts == [known.get(text) or text for text in told]


@pytest.mark.parametrize(
    "place", ["README.md", *(f"notebooks/{code}/index.md" for code in LANGUAGES)]
)
def test_front_pages_list_the_chapters_in_their_order(place):
    text = (ROOT / place).read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[[^\]]+\]\((?:notebooks/en/)?([\w-]+)\.ipynb\)", text, re.M)
    appendix = [name for name in ENGLISH if name not in listed]
    assert listed == ENGLISH[: len(listed)]
    for name in appendix:
        assert f"({name}.ipynb)" in text, name


def test_readme_has_links_to_colab_and_kaggle_for_each_chapter():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[[^\]]+\]\(notebooks/en/([\w-]+)\.ipynb\).*?"
        r"\[Colab\]\((\S+)\) · \[Kaggle\]\((\S+)\) \|$",
        text,
        re.M,
    )
    without_code = [name for name in ENGLISH if not has_code(page_of(name))]
    assert without_code == ["sources"]
    assert [name for name, *_ in rows] == [name for name in ENGLISH if name not in without_code]
    for name, *addresses in rows:
        assert addresses == launched(f"notebooks/en/{name}.ipynb")
