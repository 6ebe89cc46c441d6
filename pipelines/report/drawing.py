"""Drawings as SVG: no script, no font, no colour of their own (the page's style gives them), both languages in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from evaluation.gates.words import Words

WIDTH, HEIGHT = 440, 290
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 46
Say = Callable[[float], Words]


@dataclass(frozen=True)
class Scale:
    """From values to places on the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the place of a value."""
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


@dataclass
class Canvas:
    """Collects the parts of a drawing; every text is escaped."""

    width: float = WIDTH
    height: float = HEIGHT
    parts: list[Markup] = field(default_factory=list)

    def add(self, tag: str, cls: str, title: Words | None = None, **attributes: float | str) -> None:
        """Add a shape; numbers are rounded to a tenth, and a title is shown when the mouse rests on it."""
        said = Markup("").join(
            Markup(' {}="{}"').format(name.replace("_", "-"), _short(value)) for name, value in attributes.items()
        )
        inside = Markup("") if title is None else Markup("<title>{}</title>").format(f"{title.en} · {title.zh}")
        self.parts.append(Markup('<{} class="{}"{}>{}</{}>').format(Markup(tag), cls, said, inside, Markup(tag)))

    def text(self, x: float, y: float, words: Words, cls: str = "", anchor: str = "start") -> None:
        """Write a text in both languages; the page shows one of them."""
        both = [("", words.en)] if words.en == words.zh else [("en", words.en), ("zh", words.zh)]
        for language, said in both:
            tagged = Markup(' lang="{}"').format(language) if language else Markup("")
            self.parts.append(
                Markup('<text class="{}" x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(
                    cls, _short(x), _short(y), anchor, tagged, said
                )
            )

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        """Draw a straight line."""
        self.add("line", cls, x1=x1, y1=y1, x2=x2, y2=y2)

    def path(self, points: Iterable[tuple[float, float]], cls: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area within them."""
        steps = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
        self.add("polygon" if closed else "polyline", cls, points=steps)

    def drawn(self) -> Markup:
        """Give the whole drawing; what it says stands in words beside it, so that it is hidden from readers aloud."""
        view = f"0 0 {_short(self.width)} {_short(self.height)}"
        return Markup('<svg viewBox="{}" aria-hidden="true" focusable="false">{}</svg>').format(
            view, Markup("").join(self.parts)
        )


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Parameters
    ----------
    x, y
        Shape (points,) each; where y is missing the line ends.
    look
        Class in the page's style: ``model``, ``rule``, ``best`` or ``chance``.
    label
        Written beside the line.
    at
        Where along x the label stands.
    below
        Whether it stands below the line.
    low, high
        Ends of a band around it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    look: str
    label: Words
    at: float
    below: bool = False
    anchor: str = "start"
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Axis:
    """An axis: its values, what they are called, and how they are said."""

    low: float
    high: float
    title: Words
    say: Say
    ticks: Sequence[float] | None = None

    @property
    def places(self) -> list[float]:
        """Values at which the axis is marked: round numbers, at most six."""
        if self.ticks is not None:
            return list(self.ticks)
        step = _round_step((self.high - self.low) / 4)
        first = np.ceil(self.low / step - 1e-9) * step
        return [float(value) + 0.0 for value in np.arange(first, self.high + step / 1e6, step)]


def line_chart(lines: Sequence[Line], x: Axis, y: Axis, marked: float | None = None) -> Markup:
    """Draw lines with their labels beside them; `marked` draws a thin upright line at a value of x."""
    canvas, across, up = framed(x, y)
    if marked is not None:
        canvas.line(across(marked), up(y.low), across(marked), up(y.high), "marked")
    for line in lines:
        if line.low is not None and line.high is not None:
            there = np.isfinite(line.low) & np.isfinite(line.high)
            upper = [(across(a), up(b)) for a, b in zip(line.x[there], line.high[there], strict=True)]
            lower = [(across(a), up(b)) for a, b in zip(line.x[there], line.low[there], strict=True)]
            canvas.path([*upper, *lower[::-1]], f"band {line.look}", closed=True)
    for line in lines:
        seen = np.isfinite(line.y)
        canvas.path([(across(a), up(b)) for a, b in zip(line.x[seen], line.y[seen], strict=True)], f"line {line.look}")
    for line in lines:
        seen = np.isfinite(line.y)
        height = float(np.interp(line.at, line.x[seen], line.y[seen]))
        canvas.text(across(line.at), up(height) + (15 if line.below else -7), line.label, line.look, line.anchor)
    return canvas.drawn()


def framed(x: Axis, y: Axis) -> tuple[Canvas, Scale, Scale]:
    """Begin a chart: grid, marks on the axes and their titles."""
    canvas = Canvas()
    across, up = Scale(x.low, x.high, LEFT, WIDTH - RIGHT), Scale(y.low, y.high, HEIGHT - BOTTOM, TOP)
    for value in y.places:
        canvas.line(LEFT, up(value), WIDTH - RIGHT, up(value), "zero" if value == 0 and y.low < 0 else "grid")
        canvas.text(LEFT - 7, up(value) + 4, y.say(value), "tick", "end")
    for value in x.places:
        canvas.text(across(value), HEIGHT - BOTTOM + 17, x.say(value), "tick", "middle")
    canvas.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis")
    canvas.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x.title, "title", "middle")
    canvas.text(0, 11, y.title, "title")
    return canvas, across, up


def points_chart(
    points: Sequence[tuple[float, float, float, float, Words]], x: Axis, y: Axis, diagonal: Words
) -> Markup:
    """Draw points (x, y, low, high, title) with their intervals, and the diagonal on which they should lie."""
    canvas, across, up = framed(x, y)
    top = min(x.high, y.high)
    canvas.line(across(0), up(0), across(top), up(top), "line chance")
    canvas.text(across(top) - 6, up(top) + 16, diagonal, "chance", "end")
    for place, value, low, high, title in points:
        canvas.line(across(place), up(low), across(place), up(min(high, y.high)), "whisker")
        canvas.add("circle", "dot", title, cx=across(place), cy=up(value), r=4.5)
    return canvas.drawn()


@dataclass(frozen=True)
class Span:
    """A row of an interval chart: what it is, its interval, and what is written at the end; no interval: too few."""

    label: Words
    low: float | None
    value: float | None
    high: float | None
    note: Words
    head: bool = False


def interval_chart(rows: Sequence[Span], x: Axis, reference: tuple[float, Words] | None = None) -> Markup:
    """Draw one interval below the other, with a line to compare them with."""
    step, label_width, note_width, top = 25, 142, 74, 22
    height = top + step * len(rows) + BOTTOM
    canvas = Canvas(height=height)
    across, foot = Scale(x.low, x.high, label_width, WIDTH - note_width), height - BOTTOM
    for value in x.places:
        canvas.line(across(value), top, across(value), foot, "grid")
        canvas.text(across(value), foot + 17, x.say(value), "tick", "middle")
    canvas.text((label_width + WIDTH - note_width) / 2, height - 8, x.title, "title", "middle")
    if reference is not None:
        canvas.line(across(reference[0]), top, across(reference[0]), foot, "line chance")
        canvas.text(across(reference[0]), top - 7, reference[1], "chance", "middle")
    for number, row in enumerate(rows):
        _span(canvas, across, top + step * (number + 0.5), row)
    return canvas.drawn()


def _span(canvas: Canvas, across: Scale, y: float, row: Span) -> None:
    canvas.text(0, y + 4, _cut(row.label, 21), "head" if row.head else "row")
    canvas.text(WIDTH, y + 4, row.note, "tick", "end")
    if row.value is not None and row.low is not None and row.high is not None:
        low, high = max(row.low, across.low), min(row.high, across.high)
        canvas.line(across(low), y, across(high), y, "whisker")
        canvas.add("circle", "dot", cx=across(row.value), cy=y, r=4.5)


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in a row of a timeline."""

    start: float
    end: float
    look: str


def timeline(rows: Sequence[tuple[Words, Sequence[Stretch]]], x: Axis) -> Markup:
    """Draw stretches of time, one row below the other."""
    step, label_width, top = 34, 112, 8
    height = top + step * len(rows) + BOTTOM
    canvas = Canvas(height=height)
    across, foot = Scale(x.low, x.high, label_width, WIDTH - RIGHT), height - BOTTOM
    for value in x.places:
        canvas.line(across(value), top, across(value), foot, "grid")
        canvas.text(across(value), foot + 17, x.say(value), "tick", "middle")
    canvas.text((label_width + WIDTH - RIGHT) / 2, height - 8, x.title, "title", "middle")
    for number, (label, stretches) in enumerate(rows):
        y = top + step * number + 7
        canvas.text(0, y + 14, label, "row")
        for each in stretches:
            width = max(across(each.end) - across(each.start), 2.5)
            canvas.add("rect", each.look, x=across(each.start), y=y, width=width, height=20, rx=2)
    return canvas.drawn()


def bar_chart(rows: Sequence[tuple[Words, float, Words]]) -> Markup:
    """Draw bars, one below the other: label, length as part of the longest, and what is written at the end."""
    step, note_width, top, most = 32, 134, 4, 28
    label_width = max([104.0, *(_wide(_cut(label, most)) for label, _, _ in rows)])
    canvas = Canvas(height=top + step * len(rows) + 4)
    longest = max((value for _, value, _ in rows), default=0) or 1
    across = Scale(0, longest, label_width, WIDTH - note_width)
    for number, (label, value, note) in enumerate(rows):
        y = top + step * number
        canvas.text(0, y + 19, _cut(label, most), "row")
        width = max(across(value) - label_width, 2)
        canvas.add("rect", "bar", x=label_width, y=y + 5, width=width, height=20, rx=2)
        canvas.text(label_width + width + 8, y + 19, note, "tick")
    return canvas.drawn()


def columns_chart(rows: Sequence[tuple[Words, float, float]], up: Words, down: Words, title: Words, say: Say) -> Markup:
    """Draw what came upwards and what left downwards, a pair of columns a period, the last with its numbers.

    Parameters
    ----------
    rows
        Period, what came, what left; in the order of time.
    up, down
        What the columns are called.
    title
        What is counted.
    say
        How an amount is said.
    """
    most = max((max(came, left) for _, came, left in rows), default=0.0) or 1.0
    ends = sorted({0, (len(rows) - 1) // 2, len(rows) - 1})
    x = Axis(-0.5, len(rows) - 0.5, Words("", ""), lambda place: rows[round(place)][0], [float(end) for end in ends])
    y = Axis(-most * 1.2, most * 1.2, title, lambda value: say(abs(value)))
    canvas, across, height = framed(x, y)
    wide, zero = (across(1) - across(0)) * 0.64, height(0)
    for place, (_, came, left) in enumerate(rows):
        start = across(place) - wide / 2
        canvas.add("rect", "bar", x=start, y=height(came), width=wide, height=zero - height(came))
        canvas.add("rect", "gone", x=start, y=zero, width=wide, height=height(-left) - zero)
    for amount, words, y_at, look in (
        (rows[-1][1], up, height(most) - 7, "model"),
        (rows[-1][2], down, height(-most) + 15, "left"),
    ):
        amount_said = say(amount)
        said = Words(f"{amount_said.en} {words.en}", f"{words.zh} {amount_said.zh}")
        canvas.text(WIDTH - RIGHT, y_at, said, look, "end")
    return canvas.drawn()


def _round_step(wanted: float) -> float:
    """Give the next 1, 2, 2.5 or 5 times a power of ten.

    >>> _round_step(0.23), _round_step(7)
    (0.25, 10.0)
    """
    power = 10.0 ** np.floor(np.log10(max(wanted, 1e-12)))
    return float(next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= wanted * (1 - 1e-9)))


def _cut(words: Words, most: int) -> Words:
    """Shorten what would run into the drawing; Chinese characters are twice as wide."""
    half = most // 2 + 2
    english = words.en if len(words.en) <= most else words.en[: most - 1] + "…"
    wide = any(ord(sign) > 0x2E80 for sign in words.zh)
    limit = half if wide else most
    chinese = words.zh if len(words.zh) <= limit else words.zh[: limit - 1] + "…"
    return Words(english, chinese)


def _wide(words: Words) -> float:
    """Estimate the width of a label, with room behind it: Chinese characters are twice as wide."""
    sizes = (sum(2 if ord(sign) > 0x2E80 else 1 for sign in said) for said in (words.en, words.zh))
    return 7.0 * max(sizes) + 8


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
