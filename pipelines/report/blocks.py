"""What a report is made of, whatever it is written as: sections of blocks, every text in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from evaluation.gates.words import Words

Tone = Literal["", "good", "amber", "bad", "soft"]


@dataclass(frozen=True)
class Mark:
    """A word with its colour, and a sign beside it for who cannot tell colours apart."""

    sign: str
    words: Words
    tone: Tone


@dataclass(frozen=True)
class Bar:
    """A share drawn as a bar behind its number."""

    share: float
    words: Words


@dataclass(frozen=True)
class Code:
    """A name that is the same in every language, such as that of a signal."""

    text: str


@dataclass(frozen=True)
class Named:
    """Words with the name of what they speak of below."""

    said: Words
    name: str


Cell = Words | Mark | Bar | Code | Named


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``soft`` for what is beside the point."""

    words: Words
    tone: Tone = ""


@dataclass(frozen=True)
class Figure:
    """One large number with what it is and what to compare it with."""

    value: Words
    label: Words
    note: Words


@dataclass(frozen=True)
class Figures:
    """A row of large numbers."""

    items: Sequence[Figure]


@dataclass(frozen=True)
class Picture:
    """A drawing whose title says what it means.

    Parameters
    ----------
    title, caption
        What it says; how to read it.
    drawing
        SVG, holding both languages.
    """

    title: Words
    caption: Words
    drawing: Markup


@dataclass(frozen=True)
class Pictures:
    """Drawings beside each other where there is room."""

    items: Sequence[Picture]


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    head
        Names of the columns.
    rows
        Cells.
    numeric
        Positions of columns that are aligned right.
    folded
        What to open to see it; empty for a table that is always seen.
    """

    head: Sequence[Words]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()
    folded: Words | None = None


@dataclass(frozen=True)
class Point:
    """One thing of a list: a mark, what it is, and lines below it."""

    mark: Mark
    title: Words
    lines: Sequence[tuple[Words, Words]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Points:
    """A list of things, each with its mark."""

    items: Sequence[Point]
    folded: Words | None = None


Block = Paragraph | Figures | Pictures | Table | Points


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Parameters
    ----------
    key
        Its place in links.
    title
        What it is about.
    answer
        The one sentence that says what it means.
    blocks
        What stands below.
    """

    key: str
    title: Words
    answer: Words
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Front:
    """How a page opens.

    Parameters
    ----------
    answer
        What the page says, in one sentence.
    mark, verdict
        How that is to be taken: whether a model may be used, whether a month was good.
    basis
        On whom and when that was found.
    figures
        What decides.
    """

    answer: Words
    mark: Mark
    verdict: Words
    basis: Words
    figures: Figures
