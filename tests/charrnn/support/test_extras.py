"""Packages that may be missing: what is said, and that nothing else is called missing."""

import importlib.metadata
import sys
from pathlib import Path

import pytest

from charrnn.support import extras
from charrnn.support.extras import check_installed, is_installed
from tools.chapters.notebooks import ROOT


@pytest.fixture
def lacking(monkeypatch):
    """A package that nobody has."""
    monkeypatch.setitem(extras.NEEDED, "no_such_package", ("Something", "train"))
    monkeypatch.setattr(sys, "argv", ["charrnn"])
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    return "no_such_package"


def said(*modules):
    with pytest.raises(ModuleNotFoundError) as raised:
        check_installed(*modules)
    assert raised.value.name == modules[-1]
    return str(raised.value)


def test_what_is_there_passes_and_what_is_missing_is_named_with_a_command(lacking):
    name = Path(sys.executable).name
    assert check_installed("keras", "matplotlib") is None
    assert said("keras", lacking) == (
        "Something is not installed, and this needs it; to install it: "
        f"{name} -m pip install 'charrnn-book[train]'"
    )


def test_in_a_notebook_the_command_is_one_for_a_cell(lacking, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/lib/ipykernel_launcher.py"])
    assert said(lacking).endswith("; to install it: %pip install 'charrnn-book[train]'")


def test_in_a_clone_that_was_never_installed_pip_is_given_its_folder(lacking, monkeypatch):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    monkeypatch.chdir(ROOT)
    assert said(lacking).endswith(" -m pip install '.[train]'")
    monkeypatch.chdir(ROOT / "tests")
    assert said(lacking).endswith(f" -m pip install '{ROOT}[train]'")


def test_a_folder_that_an_uninstalled_package_left_is_no_package(monkeypatch, tmp_path):
    (tmp_path / "left_over" / "__pycache__").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("left_over")


def test_a_package_that_is_broken_is_installed(monkeypatch, tmp_path):
    (tmp_path / "broken_one").mkdir()
    (tmp_path / "broken_one" / "__init__.py").write_text("import no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    assert is_installed("broken_one")
    assert "broken_one" not in sys.modules


@pytest.mark.parametrize("loaded", [None, object()])
def test_what_stands_in_for_a_package_passes(monkeypatch, loaded):
    monkeypatch.setitem(sys.modules, "stand_in", loaded)
    assert is_installed("stand_in")
