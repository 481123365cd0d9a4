"""Photographs of a page: what is refused, and pictures of a page whose colours are known."""

import importlib.util
import re
import urllib.request

import pytest
from matplotlib.image import imread

from tools import screenshot
from tools.chapters.notebooks import chapter_paths
from tools.screenshot import NO_BROWSER, PROGRAMS, chromium, main, served

PAGE = """<!doctype html><meta name="viewport" content="width=device-width">
<style>
  * { margin: 0; } div { height: 1500px; background: #f00; } #blue { background: #00f; }
  @media (prefers-color-scheme: dark) { div { background: #0f0; } }
</style><div></div><div id="blue"></div>"""

needs_browser = pytest.mark.skipif(
    chromium() is None or importlib.util.find_spec("playwright") is None, reason=NO_BROWSER
)


@pytest.fixture
def site(tmp_path):
    for language in ("en", "ko"):
        (tmp_path / "site" / language).mkdir(parents=True)
    (tmp_path / "site/en/page.html").write_text(PAGE)
    (tmp_path / "site/ko/page.html").write_text(PAGE.replace("#f00", "#ff0"))
    return tmp_path / "site"


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    """A machine without any program; gives the folder where one can be put."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def install(folder, name):
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)
    return str(folder / name)


def test_the_examples_name_pages_of_the_book():
    pages = re.findall(r"tools\.screenshot (\S+)\.html(?:#(\S+))?", screenshot.__doc__)
    assert len(pages) == 2
    chapters = {path.stem: path for path in chapter_paths()}
    for name, section in pages:
        assert name in {"index", *chapters}
        if section:
            text = (
                chapters[name]
                .read_text(encoding="utf-8")
                .lower()
                .replace(":", "")
                .replace(" ", "-")
            )
            assert f"#-{section}" in text


def test_the_machine_s_own_browser_is_found(no_programs, monkeypatch):
    assert chromium() is None
    last = install(no_programs, PROGRAMS[-1])
    assert chromium() == last
    first = install(no_programs, PROGRAMS[0])
    assert chromium() == first
    monkeypatch.setenv("CHROMIUM", last)
    assert chromium() == last
    monkeypatch.setenv("CHROMIUM", str(no_programs / "nothing"))
    assert chromium() is None


def refused(capsys, *arguments):
    with pytest.raises(SystemExit, match="2"):
        main([*map(str, arguments)])
    return capsys.readouterr().err


def test_a_machine_without_a_browser_is_told_what_to_install(site, no_programs, capsys):
    output = site / "page.png"
    message = refused(capsys, "page.html", output, "--site", site)
    assert "no browser: install one of chromium, chromium-browser, google-chrome" in message
    assert not output.exists()


@pytest.mark.parametrize(
    "arguments", [["none.html#blue"], ["page.html", "--language", "fr"], ["en/page.html"]]
)
def test_a_page_that_is_not_built_is_refused(site, capsys, arguments):
    message = refused(capsys, *arguments, site / "page.png", "--site", site)
    assert "page: expected a file of the built book, " in message
    assert "run: make book" in message


def test_files_are_served_silently_and_an_icon_is_no_error(site, capfd):
    with served(site) as address:
        assert urllib.request.urlopen(f"{address}/en/page.html").read().decode() == PAGE
        assert urllib.request.urlopen(f"{address}/favicon.ico").status == 204
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/none.html")
    assert capfd.readouterr() == ("", "")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address)


@needs_browser
@pytest.mark.parametrize(
    ("page", "options", "size", "colour"),
    [
        ("page.html", [], (900, 1280), (1, 0, 0)),
        ("page.html", ["--width", "360", "--height", "640"], (640, 360), (1, 0, 0)),
        ("page.html", ["--dark"], (900, 1280), (0, 1, 0)),
        ("page.html#blue", [], (900, 1280), (0, 0, 1)),
        ("page.html", ["--language", "ko"], (900, 1280), (1, 1, 0)),
    ],
)
def test_a_picture_shows_what_was_asked_for(site, capsys, page, options, size, colour):
    output = site / "page.png"
    assert main([page, str(output), "--site", str(site), *options]) == 0
    picture = imread(output)
    assert picture.shape[:2] == size
    assert tuple(picture[0, 0, :3]) == colour
    assert capsys.readouterr().out == f"{output}: {size[1]} pixels wide, the page wants {size[1]}\n"


@needs_browser
@pytest.mark.parametrize(("width", "wanted"), [(360, 980), (1280, 1280)])
def test_a_narrow_screen_is_a_telephone_s(site, capsys, width, wanted):
    """Which lays a page out widely that does not say how wide a screen it expects."""
    (site / "en/page.html").write_text(PAGE.replace('<meta name="viewport"', "<meta"))
    options = ["--site", str(site), "--width", str(width)]
    assert main(["page.html", str(site / "page.png"), *options]) == 0
    assert f"the page wants {wanted}\n" in capsys.readouterr().out


@needs_browser
def test_a_page_too_wide_for_its_screen_is_told(site, capsys):
    (site / "en/page.html").write_text("<div style='width: 2000px'>wide</div>")
    assert screenshot.main(["page.html", str(site / "page.png"), "--site", str(site)]) == 0
    assert "1280 pixels wide, the page wants 2" in capsys.readouterr().out
