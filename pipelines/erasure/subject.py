"""Who is to be forgotten: the ids of one customer, how they may be written, and how a text is freed of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

ERASED = "[erased]"
REPLACEMENT = rf"\1{ERASED}\2"
"""What takes the place of a match of `Subject.expression`."""
SHORTEST_TELLING = 6
"""An id with fewer signs is looked for in the columns of ids alone: elsewhere ``17`` is any number."""
ID_COLUMN = re.compile(r"(^|_)customer(_id)?$|^(known_as|left_id|right_id)$", re.IGNORECASE)


@dataclass(frozen=True)
class Subject:
    """One customer.

    Parameters
    ----------
    ids
        The customer's id and those of other systems that were joined to it.
    """

    ids: frozenset[str]

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """Ids that can be told from any other text, the longest first."""
        return _longest_first(each for each in self.ids if len(each) >= SHORTEST_TELLING)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """The telling ids as they stand in texts, JSON, HTML and addresses."""
        ways = (str, lambda each: json.dumps(each)[1:-1], html.escape, lambda each: quote(each, safe=""))
        return _longest_first({way(each) for each in self.telling for way in ways})

    @cached_property
    def expression(self) -> str:
        """Regular expression, for RE2 as well, of a telling id between signs that are no letters and no digits."""
        return rf"(^|[^0-9A-Za-z])(?:{'|'.join(map(re.escape, self.spellings))})($|[^0-9A-Za-z])"

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    def is_named(self, value: object) -> bool:
        """Whether a value is one of the ids."""
        return isinstance(value, str) and value in self.ids

    def is_mentioned(self, text: str) -> bool:
        """Whether a text holds one of the telling ids.

        >>> subject = Subject(frozenset({"C00042"}))
        >>> subject.is_mentioned("see C00042-u1"), subject.is_mentioned("see C000421")
        (True, False)
        """
        return bool(self.telling) and self._compiled.search(text) is not None

    def freed(self, text: str) -> str:
        """Put something else in the place of the telling ids.

        >>> Subject(frozenset({"C00042"})).freed("C00042 C00042, not C000421")
        '[erased] [erased], not C000421'
        """
        if not self.telling:
            return text
        # Neighbours share the sign between them, which is found with the first of two alone.
        for _ in range(2):
            text = self._compiled.sub(REPLACEMENT, text)
        return text


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def is_id_column(name: str) -> bool:
    """Whether a column of this name holds ids of customers.

    >>> is_id_column("customer_id"), is_id_column("left_id"), is_id_column("order_id"), is_id_column("customers")
    (True, True, False, False)
    """
    return ID_COLUMN.search(name) is not None
