"""Which translated text belongs to which English one, wherever in the book the two stand."""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Hashable, Sequence
from typing import NamedTuple

# Ids that every chapter has say nothing about which chapter a text is from.
EVERYWHERE = {"title", "objectives", "setup", "parameters", "imports", "summary", "exercises"}


class Text(NamedTuple):
    """An English text, or a translated one.

    Attributes:
        page: what holds it.
        id: of its cell; None if it lost that.
        hash: of the English text, or of the one that the translation was made from.
    """

    page: str
    id: str | None
    hash: str


Key = Callable[[Text], Hashable]


def _heirs(
    wanted: Sequence[Text], offered: Sequence[Text], found: dict[int, int]
) -> dict[str, str]:
    """Return old page -> new one for pages of which each has most of its texts from the other."""
    common = Counter((offered[a].page, wanted[b].page) for a, b in found.items()).most_common()
    heir: dict[str, str] = {}
    origin: dict[str, str] = {}
    for (old, new), _ in common:
        heir.setdefault(old, new)
        origin.setdefault(new, old)
    return {old: new for old, new in heir.items() if origin[new] == old}


def matched(wanted: Sequence[Text], offered: Sequence[Text]) -> dict[int, int]:
    """Find the English partners of translated texts.

    By hash, which says what a text was made from: in the page of that name, then in any. What is
    left is matched by id: in the page of that name; then in any page, where one English text and
    one text that is left have that id; then in the page that has most of the old page's texts.

    Args:
        wanted: the English texts.
        offered: the translated ones.

    Returns:
        Number of the translated text -> number of the English one; none of either stands twice.
    """
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(wanted)))

    def left() -> list[int]:
        return [number for number in range(len(offered)) if number not in found]

    def attach(key: Key, key_of_offered: Key | None = None) -> None:
        places: dict[Hashable, list[int]] = defaultdict(list)
        for number in reversed(free):
            places[key(wanted[number])].append(number)
        for number in left():
            if numbers := places.get((key_of_offered or key)(offered[number])):
                found[number] = numbers.pop()
                del free[found[number]]

    attach(lambda text: text)
    attach(lambda text: (text.page, text.hash))
    attach(lambda text: (text.id, text.hash))
    attach(lambda text: text.hash)
    attach(lambda text: (text.page, text.id))
    count = Counter(text.id for text in wanted)
    remaining = Counter(offered[number].id for number in left())
    single = {id_ for id_, n in count.items() if n == remaining[id_] == 1} - EVERYWHERE
    attach(lambda text: text.id, lambda text: text.id if text.id in single else None)
    heirs = _heirs(wanted, offered, found)
    attach(lambda text: (text.page, text.id), lambda text: (heirs.get(text.page), text.id))
    return found


def free_name(name: str, taken: Container[str]) -> str:
    """Return an id for a text without a partner: its own, or one made from it, not taken yet."""
    names = [name, f"{name[:50]}-orphan", *(f"{name[:50]}-orphan-{n}" for n in range(2, 1000))]
    return next(name for name in names if name not in taken)
