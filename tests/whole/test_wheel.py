"""The package as it is installed: what is in its wheel, and what works without TensorFlow.

The wheel is built here, or it is the file that ``WHEEL`` names (``make test-wheel``). The
environment without TensorFlow needs no package index: it holds the wheel, and links to what that
asks for.
"""

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import charrnn
from charrnn.sampler import Sampler
from charrnn.support.extras import NEEDED
from charrnn.weights import PRETRAINED
from tests.helpers.own_text import clock_text
from tools.chapters.notebooks import ROOT

pytestmark = pytest.mark.slow

# Modules that need TensorFlow, or matplotlib; all others work without.
TENSORFLOW = {
    *("backend", "export", "generation", "model", "recipes", "streams", "timed_training"),
    *("training", "variants.scheduled_sampling", "variants.stateful", "variants.transformer"),
    *("variants.workers", "fast.dropout", "fast.folded", "fast.gru", "fast.muon"),
    *("fast.processor", "fast.recurrence"),
}
DRAW = ("attention", "boxes", "diagrams", "drawings", "library", "look", "plots", "strokes")
MATPLOTLIB = {f"figures.{name}" for name in (*DRAW, "unit_graph")}
# What nobody's environment should hand on to another one, and what `make test` tells its own jobs.
OWN = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "WHEEL", "AT_ONCE")
    and not name.startswith(("MAKE", "MFLAGS", "TF_", "KERAS_"))
}


def run(*command, cwd, **environment):
    """Run a program of a new environment; return how it ended."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=OWN | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def done(*command, cwd):
    """Run a program that has to succeed; return what it wrote."""
    result = run(*command, cwd=cwd)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The file of the wheel."""
    if given := os.environ.get("WHEEL"):
        return (ROOT / given).resolve()
    folder = tmp_path_factory.mktemp("wheel")
    make = ["make", "--silent", "-o", ".venv/set-up-complete", "wheel", f"WHEEL={folder}"]
    done(*make, f"BIN={Path(sys.executable).parent}", cwd=ROOT)
    (file,) = folder.iterdir()
    return file


def modules(wheel):
    """Return the names of the modules in a wheel, without the first word of each."""
    names = [Path(name) for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")]
    parts = [name.with_suffix("").parts[1:] for name in names]
    return sorted(".".join(part) for part in parts if part[-1] not in ("__init__", "__main__"))


def metadata(wheel):
    """Return what the wheel says of itself."""
    (path,) = [path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info")]
    return importlib.metadata.PathDistribution(path)


def link(requirements, place, linked):
    """Link what a package requires, and what that requires, into another environment."""
    for requirement in map(Requirement, requirements):
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and name not in linked:
            linked.add(name)
            package = importlib.metadata.distribution(requirement.name)
            for name in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
                (place / name).symlink_to(package.locate_file(name))
            link(package.requires or (), place, linked)


@pytest.fixture(scope="module")
def plain(wheel, tmp_path_factory):
    """The folder of programs of an environment without TensorFlow."""
    place = tmp_path_factory.mktemp("plain")
    done(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "--quiet"]
    done(*pip, "install", "--no-index", "--no-deps", "--no-compile", wheel, cwd=place)
    (packages,) = place.glob("lib/python*/site-packages")
    link(metadata(wheel).requires, packages, set())
    return place / "bin"


@pytest.fixture
def text(tmp_path):
    """A text in a folder of its own."""
    (tmp_path / "clock.txt").write_text(clock_text(), encoding="utf-8")
    return tmp_path / "clock.txt"


def test_a_wheel_carries_the_package_and_nothing_else(wheel):
    assert wheel.name == f"charrnn_book-{charrnn.__version__}-py3-none-any.whl"
    tracked = subprocess.check_output(["git", "ls-files", "charrnn"], cwd=ROOT, text=True).split()
    held = set(zipfile.ZipFile(wheel).namelist())
    own = {name for name in held if not name.startswith("charrnn/")}
    assert held - own == {*tracked}
    assert {name.split("/", 1)[1] for name in own} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "licenses/LICENSE")
    }
    assert wheel.stat().st_size < 15e6


def test_a_wheel_says_what_it_is(wheel):
    stated = metadata(wheel)
    assert stated.metadata.get_all("Provides-Extra") == ["train", "book"]
    assert stated.metadata["License-Expression"] == "MIT"
    # An index refuses the upload of what is called private.
    assert not any("Private" in word for word in stated.metadata.get_all("Classifier"))
    text = stated.metadata.get_payload()
    assert "pip install 'charrnn-book[train]'" in text
    # On an index's page there is nothing for a relative link to lead to.
    assert "](" not in text


def test_extras_bring_what_messages_say_that_they_bring(wheel):
    brought = {"train": set(), "book": set()}
    for requirement in map(Requirement, metadata(wheel).requires):
        for extra, names in brought.items():
            if requirement.marker is not None and requirement.marker.evaluate({"extra": extra}):
                names.add(requirement.name)
    assert brought["book"] > {"charrnn-book"}  # with the extra `train`
    for module, (_, extra) in NEEDED.items():
        assert module in brought[extra]


IMPORT = """
import importlib, json, sys
missing = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(f"charrnn.{name}")
    except ModuleNotFoundError as error:
        missing[name] = str(error)
print(json.dumps(missing))
"""


def test_modules_without_tensorflow_work_or_say_what_to_install(wheel, plain, tmp_path):
    known = modules(wheel)
    missing = json.loads(done(plain / "python", "-c", IMPORT, *known, cwd=tmp_path))
    assert {*missing} == TENSORFLOW | MATPLOTLIB
    for name, message in missing.items():
        package, extra = ("TensorFlow", "train") if name in TENSORFLOW else ("matplotlib", "book")
        assert message == (
            f"{package} is not installed, and this needs it; to install it: "
            f"{plain}/python -m pip install 'charrnn-book[{extra}]'"
        )


def test_sample_and_page_need_no_tensorflow(plain, tmp_path):
    options = ["--prompt", "ROMEO:", "--length", "30", "--seed", "5"]
    written = done(plain / "charrnn", "sample", *options, cwd=tmp_path)
    assert written == Sampler.load(PRETRAINED).generate(["ROMEO:"], 30, seed=5)[0] + "\n"
    done(plain / "charrnn", "page", "--output", "mine", cwd=tmp_path)
    assert 'data-live="pen"' in (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.html"]
    assert "{train,survey,sample,page,evaluate}" in done(plain / "charrnn", "--help", cwd=tmp_path)


def test_a_text_is_surveyed_and_its_n_grams_counted_without_tensorflow(plain, text):
    said = done(plain / "charrnn", "survey", "clock.txt", cwd=text.parent)
    assert f"{len(set(clock_text()))} different ones" in said
    (loss,) = re.findall(r"best n-gram .*: ([\d.]+) nats", said)
    assert 0.2 < float(loss) < 0.5  # its source has log(3) / 5 = 0.22


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_what_needs_tensorflow_says_so_before_any_work(plain, tmp_path, command):
    # Nobody answers at that address: whoever asked there would say so.
    result = run(plain / "charrnn", command, "http://127.0.0.1:9/clock.txt", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"charrnn {command}: TensorFlow is not installed, and this needs it; to install it: "
        f"{plain}/python -m pip install 'charrnn-book[train]'\n"
    )
    assert not [*tmp_path.iterdir()]


def test_a_tensorflow_that_is_broken_is_not_called_missing(plain, text):
    stand_ins = text.parent / "packages"
    for name in ("tensorflow", "keras"):
        (stand_ins / name).mkdir(parents=True)
        (stand_ins / name / "__init__.py").write_text("raise ImportError('libcudart is of 1999')")
    command = [plain / "charrnn", "train", "clock.txt"]
    result = run(*command, cwd=text.parent, PYTHONPATH=str(stand_ins))
    assert result.returncode == 1
    assert result.stderr == "charrnn train: libcudart is of 1999\n"


def told(command, cwd):
    """Return the command that a message says to type."""
    message = run(*command, cwd=cwd).stderr.splitlines()[-1]
    return shlex.split(message.split("; to install it: ")[1])


@pytest.mark.network
@pytest.mark.timeout(3600)  # TensorFlow is fetched and unpacked
def test_a_new_environment_gets_what_its_messages_say_and_trains(wheel, text):
    cwd = text.parent
    done(sys.executable, "-m", "venv", "new", cwd=cwd)
    programs = cwd / "new" / "bin"
    done(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=cwd)
    done(programs / "charrnn", "sample", "--length", "30", cwd=cwd)
    train = [programs / "charrnn", "train", "clock.txt", "--minutes", "0.02", "--units", "8"]
    done(*told(train, cwd), "--quiet", "--no-compile", cwd=cwd)
    assert "saved as clock.safetensors" in done(*train, cwd=cwd)
    sample = ["sample", "--model", "clock", "--length", "30", "--seed", "0"]
    assert set(done(programs / "charrnn", *sample, cwd=cwd)) <= set(clock_text())
    done(programs / "charrnn", "evaluate", "clock.txt", "--model", "clock", cwd=cwd)
    figure = [programs / "python", "-c", "import charrnn.figures.plots"]
    done(*told(figure, cwd), "--quiet", "--no-compile", cwd=cwd)
    known = modules(wheel)
    assert json.loads(done(programs / "python", "-c", IMPORT, *known, cwd=cwd)) == {}
    done(programs / "python", "-m", "pip", "check", cwd=cwd)
    shutil.rmtree(cwd / "new")  # pytest keeps the folders of its last runs
