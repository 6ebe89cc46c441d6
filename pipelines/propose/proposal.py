"""What is proposed: the lines of a project's YAML, and what a person should be told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FRAMES = ("data", "mapping", "tables", "columns", "aggregate")


@dataclass(frozen=True)
class Line:
    """One key of the YAML with its value and the reason for it.

    Parameters
    ----------
    key
        Name of the setting.
    value
        A plain value, a tuple of lines for a section, or a list of such tuples for a list of sections.
    comment
        Why, in a few words.
    unsure
        Whether a person should look at it before relying on it.
    """

    key: str
    value: Any
    comment: str = ""
    unsure: bool = False

    def doubts(self, above: tuple[str, ...] = ()) -> Iterator[str]:
        """Place and comment of every unsure line from here down."""
        place = above if self.key in _FRAMES else (*above, self.key)
        if self.unsure:
            yield f"{'.'.join(place)}: {self.comment}"
        blocks = self.value if isinstance(self.value, list) else [self.value]
        for block in blocks:
            if is_block(block):
                for line in block:
                    yield from line.doubts(place)


def is_block(value: Any) -> bool:
    """Whether a value is a section: a tuple of lines."""
    return isinstance(value, tuple) and all(isinstance(each, Line) for each in value)


@dataclass(frozen=True)
class Recognised:
    """A source that the proposal uses.

    Parameters
    ----------
    source
        File, sheet or table of a database.
    table
        Canonical table, or ``flat``.
    rows
        Rows in the source.
    columns
        Canonical columns that it fills.
    unused
        Source columns that nothing uses.
    """

    source: str
    table: str
    rows: int
    columns: tuple[str, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A whole project.

    Parameters
    ----------
    name
        Of the project.
    lines
        The YAML, from top to bottom.
    recognised
        Sources that are used.
    left_out
        Source and reason, for what is not used.
    """

    name: str
    lines: tuple[Line, ...]
    recognised: tuple[Recognised, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def unsure(self) -> tuple[str, ...]:
        """What a person should look at."""
        return tuple(doubt for line in self.lines for doubt in line.doubts())
