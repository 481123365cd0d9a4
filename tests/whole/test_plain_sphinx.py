"""Plain Sphinx of today builds the pages that Jupyter Book builds: the way out, tried.

    python -m pytest -m network -s tests/whole/test_plain_sphinx.py

This installs 100 MB of packages into _build/plain-sphinx, once, and takes some minutes. BOOK_SITES
names sites that are built already; without that name Jupyter Book builds English first.
"""

import os
from pathlib import Path

import pytest

from tests.helpers.plain_sphinx import articles, build, make_environment
from tools.chapters.notebooks import ROOT
from tools.site import build_book
from tools.translation.languages import SOURCE, folder


@pytest.mark.network
@pytest.mark.slow
def test_plain_sphinx_builds_the_same_pages(tmp_path):
    python = make_environment(ROOT / "_build" / "plain-sphinx")
    old, new = tmp_path / "old", tmp_path / "new"
    if "BOOK_SITES" in os.environ:
        old = Path(os.environ["BOOK_SITES"]).resolve() / SOURCE
    else:
        build_book.build(folder(ROOT, SOURCE), old, strict=True)
    (tmp_path / "assembled").mkdir()
    build(python, SOURCE, tmp_path / "assembled", new)

    before, after = dict(articles(old)), dict(articles(new))
    assert after.keys() == before.keys()
    totals: dict[str, int] = {}
    for page, found in before.items():
        # Sphinx 9 adds anchors; none that somebody may have linked goes.
        lost = set(found.pop("anchors")) - set(after[page].pop("anchors"))
        assert lost == set(), page
        for kind, old_ones in found.items():
            assert after[page][kind] == old_ones, f"{page}: {kind}"
            totals[kind] = totals.get(kind, 0) + len(old_ones)
    assert all(totals.values())
    print(
        f"equal on {len(before)} pages:", ", ".join(f"{n:,} {kind}" for kind, n in totals.items())
    )
    assert not [path.name for path in new.glob("*.html") if "thebe" in path.read_text().lower()]
