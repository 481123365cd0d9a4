"""A model -> one HTML file that writes by itself, without a server, an installation or a network.

The file holds the model's own file, its weights in half precision, so that it can be opened from a
disk, sent in a mail, or put on any web space.
"""

import base64
import html
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from charrnn.live.elements import GREEDY, element
from charrnn.live.script import book, code_hash, script, style, words
from charrnn.live.stored import stored_pen
from charrnn.sampler import Sampler
from charrnn.support.files import user_path
from charrnn.vocabulary import UnknownCharacterError
from charrnn.weights import StoredModel, write_weights

__all__ = ["make_page", "page_file"]

ENDING = ".html"
# Characters of the text that stands there at first, after its prompt.
WRITTEN = 200
SEED = 1
PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
{element}
{book}
<script type="application/octet-stream" id="live-model">{model}</script>
<script>{script}</script>
</body>
</html>
"""
STYLE = """
:root { font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 42rem; margin: 0 auto; padding: 0.5rem 1rem; }
"""
# The page runs its script with its WebAssembly, has its style, and asks nobody for anything.
POLICY = (
    "default-src 'none'; script-src 'wasm-unsafe-eval' {script}; style-src {style}; "
    "base-uri 'none'; form-action 'none'"
)


def _bytes(model: StoredModel) -> bytes:
    """Return a model's file with weights in half precision, where that holds them."""
    with np.errstate(over="ignore"):
        halves = {name: array.astype("float16") for name, array in model.arrays.items()}
    small = all(np.isfinite(array).all() for array in halves.values())
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder) / "model"
        write_weights(replace(model, arrays=halves) if small else model, path)
        return path.with_suffix(".safetensors").read_bytes()


def make_page(
    model: StoredModel, title: str, language: str = "en", prompt: str | None = None
) -> str:
    """Return the page of a model.

    Args:
        model: any that ``charrnn train`` makes.
        title: its heading.
        language: of the page's own words, such as "en" or "zh-Hans".
        prompt: what its texts begin with; None for ``Sampler.neutral_prompt``.

    Raises:
        ValueError: the language is none of the book, or the prompt is empty or has characters that
            the model does not know.
    """
    spoken = words(language)
    sampler = Sampler(model)
    prompt = sampler.neutral_prompt() if prompt is None else prompt
    try:
        text = sampler.generate([prompt], WRITTEN, seed=SEED)[0]
    except UnknownCharacterError as error:
        raise ValueError(f"prompt{str(error).removeprefix('text')}") from error
    stored = stored_pen(sampler, text, len(prompt) - 1, prompt, GREEDY)
    fallback = f'<p class="live-text">{html.escape(text)}</p>'
    parameters = sum(array.size for array in model.arrays.values())
    # A comma is the decimal sign in Russian.
    count = f"{parameters:,}".replace(",", "\u00a0" if language == "ru" else ",")
    about = spoken["live_page"].replace("{parameters}", count)
    code, look = f"\n{script()}", STYLE + style()
    return PAGE.format(
        language=language,
        policy=POLICY.format(script=code_hash(code), style=code_hash(look)),
        title=html.escape(title),
        style=look,
        about=html.escape(about),
        element=element("pen", "inside", stored | {"writes": True}, fallback),
        book=book(spoken, {}),
        model=base64.b64encode(_bytes(model)).decode(),
        script=code,
    )


def page_file(path: str | os.PathLike[str], replaces: bool) -> Path:
    """Return the file of a page from what a user types.

    Args:
        path: with or without the ending, ``~`` expanded.
        replaces: an existing file may be replaced.

    Raises:
        ValueError: that is the name of no file, or of one that exists.
    """
    text = os.fspath(path).removesuffix(ENDING)
    file = user_path(text + ENDING, "--output")
    # Path would drop the separator at the end of ``folder/``.
    if os.path.basename(text) in ("", ".", "..") or file.is_dir():  # noqa: PTH119
        raise ValueError(f"--output: expected the name of a page, received {os.fspath(path)!r}")
    if file.exists() and not replaces:
        raise ValueError(f"--output: expected a new file: {file} exists; --replace replaces it")
    return file
