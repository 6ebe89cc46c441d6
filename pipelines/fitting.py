"""How a table fits the terminal: no number is broken, and columns without room go into a further table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

GAP = 2
"""Blanks between two columns."""
LEAST_OF_NAMES, LEAST_OF_TEXTS = 40, 20
"""Longer words of the first column, and of columns that hold texts, may be broken."""


@dataclass(frozen=True)
class Column:
    """A column of one table: its place among all columns, and how wide it is drawn."""

    place: int
    width: int


@dataclass(frozen=True)
class _Needs:
    """What a column needs: the least width at which nothing is torn, and the one at which nothing is wrapped."""

    least: int
    natural: int
    is_text: bool


def fitted(
    heads: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[str], width: int
) -> list[list[Column]]:
    """Divide columns over as few tables as fit one below the other, and say how wide each column is.

    Parameters
    ----------
    heads, rows
        What stands in the columns.
    texts
        Heads of the columns whose words may wrap; the first column is one of them.
    width
        Cells of the terminal.

    Returns
    -------
    list of list of Column
        The columns of each table; the first column leads them all.

    Examples
    --------
    >>> tables = fitted(("who", "one", "two"), [("Li", "1" * 9, "2" * 9)], (), 20)
    >>> [[column.place for column in table] for table in tables]
    [[0, 1], [0, 2]]
    """
    needs = [
        _needs(head, [row[place] for row in rows], is_first=not place, is_text=not place or head in texts)
        for place, head in enumerate(heads)
    ]
    tables = [[0]]
    for place in range(1, len(heads)):
        if len(tables[-1]) > 1 and _used(needs, [*tables[-1], place]) > width:
            tables.append([0])
        tables[-1].append(place)
    return [_widened(needs, table, width) for table in tables]


def _needs(head: str, cells: Sequence[str], *, is_first: bool, is_text: bool) -> _Needs:
    natural = max(map(_longest_line, (head, *cells)))
    if is_text:
        bound = LEAST_OF_NAMES if is_first else LEAST_OF_TEXTS
        return _Needs(min(max(map(_longest_word, (head, *cells))), bound), natural, True)
    return _Needs(max(_longest_word(head), *map(_longest_line, cells), 1), natural, False)


def _used(needs: Sequence[_Needs], places: Sequence[int]) -> int:
    return sum(needs[place].least for place in places) + GAP * (len(places) - 1)


def _widened(needs: Sequence[_Needs], places: Sequence[int], width: int) -> list[Column]:
    """Give the room that is left, cell by cell: to numbers, whose heads then need not wrap, and after that to texts."""
    widths = {place: needs[place].least for place in places}
    left = width - _used(needs, places)
    for is_text in (False, True):
        wanting = [place for place in places if needs[place].is_text == is_text]
        while left > 0 and (wanting := [place for place in wanting if widths[place] < needs[place].natural]):
            widths[min(wanting, key=lambda place: widths[place])] += 1
            left -= 1
    if left < 0:
        widths[places[-1]] = max(widths[places[-1]] + left, 1)
    return [Column(place, widths[place]) for place in places]


def _longest_line(text: str) -> int:
    return _longest(text, str.splitlines)


def _longest_word(text: str) -> int:
    return _longest(text, str.split)


def _longest(text: str, parts: Callable[[str], list[str]]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, parts(text)), default=0)
