"""Several counts in one number: a field of bits for each, so wide that none runs over into the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ibis.expr import types as ir

from features.asked import Asked
from features.timeline import Timeline

EXACT_BITS = 53
"""Whole numbers below this power of two are exact as doubles, in any order of adding them up."""
NUMBERS = ("count", "days")
"""What is a whole number in each band, never missing there, and no more than the rows of the customer."""


@dataclass(frozen=True)
class Word:
    """Counts that are wanted in the same windows and kept as one number a band.

    Parameters
    ----------
    places
        Their places among the aggregates, one a field.
    windows
        The windows in days.
    """

    places: tuple[int, ...]
    windows: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of its column."""
        return f"word{self.places[0]}"


@dataclass(frozen=True)
class Packing:
    """How the counts of a part share numbers, which costs an aggregate a number instead of one a count.

    Parameters
    ----------
    asked
        What is asked of the rows.
    most_rows
        More than this no customer has.
    """

    asked: Asked
    most_rows: int

    @cached_property
    def width(self) -> int:
        """Bits of a field."""
        return max(1, self.most_rows.bit_length())

    @cached_property
    def room(self) -> int:
        """Fields of a number."""
        return max(1, EXACT_BITS // self.width)

    @cached_property
    def words(self) -> list[Word]:
        """Counts that share a number: those of the same windows, as many as there is room for."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for place in self.asked.added:
            if self.asked.aggregates[place].operation in NUMBERS and place not in self.asked.added_ever:
                groups.setdefault(tuple(self.asked.wanted_in_windows(place)), []).append(place)
        return [
            Word(tuple(some), windows)
            for windows, places in groups.items()
            for some in self.divided(places)
            if len(some) > 1
        ]

    @cached_property
    def alone(self) -> list[int]:
        """Places of the aggregates that are put together from bands and share no number."""
        shared = {place for word in self.words for place in word.places}
        return [place for place in self.asked.added if place not in shared]

    @cached_property
    def spans(self) -> list[tuple[int, ...]]:
        """The different groups of windows for which one number is added up, but for the widest window alone."""
        words = [(days,) for word in self.words for days in word.windows]
        numbers = [tuple(some) for place in self.alone for some in self.spans_of(place)]
        return [each for each in dict.fromkeys([*words, *numbers]) if each != (self.asked.part.windows[-1],)]

    def spans_of(self, place: int) -> Iterable[Sequence[int]]:
        """Windows for which one sum of an aggregate holds the values: several for whole numbers, else one."""
        windows = self.asked.wanted_in_windows(place)
        is_number = self.asked.aggregates[place].operation in NUMBERS
        return self.divided(windows) if is_number else [[days] for days in windows]

    def multipliers(self, timeline: Timeline, cutoff: int) -> list[list[int]]:
        """Give for each band inside the widest window of a cutoff its number and what it counts for in each span."""
        starts = timeline.starts(cutoff)
        bands = range(starts[self.asked.part.windows[-1]], len(timeline.edges) + 1)
        return [[band, *(self._multiplier(span, starts, band) for span in self.spans)] for band in bands]

    def _multiplier(self, span: Sequence[int], starts: Mapping[int, int], band: int) -> int:
        return sum(self.weight(field) for field, days in enumerate(span) if starts[days] <= band)

    def divided(self, some: Sequence[int]) -> Iterator[Sequence[int]]:
        """Give as many at a time as a number has room for."""
        for start in range(0, len(some), self.room):
            yield some[start : start + self.room]

    def weight(self, field: int) -> int:
        """What one counts for in a field.

        >>> Packing(None, most_rows=7).weight(2)
        64
        """
        return 1 << field * self.width

    def field(self, number: Any, field: int) -> ir.Value:
        """Read a field of a number."""
        shifted = number.cast("int64") >> field * self.width if field else number.cast("int64")
        return (shifted & (1 << self.width) - 1).cast("float64")
