"""Mood and subjects of what customers write, in Chinese and English, without any model or network.

Method: a text is cut into units, English words and Chinese characters, and the entries of `features.lexicon` are looked
up in it, the longest one first (maximum matching over our own dictionary, for which Chinese needs no other segmenter).
Praise counts +1 and complaint -1, half as much again right after a strengthener ("very", "非常"), and with the sign
turned after a negation among the three units before it in the same clause. The mood is the sum over the sum of sizes,
from -1 to 1, and 0 where no such entry is found. A subject is touched where one of its entries is found.

A text is read once, when its row is taken in; a column made of it is known when the row is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from features import lexicon

TEXT_COLUMNS = {"tickets": "text", "feedback": "text", "interactions": "note"}
"""The column of each table that holds text."""
MOOD = "sentiment"
SUBJECTS = tuple(lexicon.SUBJECTS)
_SIGNS = {"PRAISE": 1.0, "COMPLAINT": -1.0}
_STRONG = 1.5
_LOOK_BACK = 3
_UNIT = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u4e00-\u9fff]|[,.;:!?，。；：！？、\n]")
_PAUSE = frozenset(",.;:!?，。；：！？、\n")


@dataclass(frozen=True)
class Reading:
    """What a text says.

    Parameters
    ----------
    sentiment
        Mood from -1 (complaint) to 1 (praise).
    subjects
        The subjects that it touches, of `SUBJECTS`.
    """

    sentiment: float
    subjects: frozenset[str]


def read_text(text: str) -> Reading:
    """Read one text.

    >>> read_text("Support is not helpful and far too slow")
    Reading(sentiment=-1.0, subjects=frozenset({'mentions_slowness'}))
    >>> read_text("客服响应及时，很专业").sentiment
    1.0
    """
    units = _UNIT.findall(text.lower().replace("’", "'"))
    weights = _weights(units)
    size = sum(abs(weight) for weight in weights)
    subjects = frozenset(found.label for found in _find(units, _subjects()))
    return Reading(sum(weights) / size if size else 0.0, subjects)


def read_texts(texts: Iterable[str | None]) -> dict[str, list[float | bool | None]]:
    """Read many texts into columns.

    Parameters
    ----------
    texts
        The texts; equal ones are read once.

    Returns
    -------
    dict of str to list
        ``sentiment`` and a flag for each of `SUBJECTS`, one value a text, ``None`` where there is no text.
    """
    rows = [text if text and text.strip() else None for text in texts]
    readings = {text: read_text(text) for text in set(rows) if text is not None}
    found = [None if text is None else readings[text] for text in rows]
    columns: dict[str, list[float | bool | None]] = {MOOD: [one.sentiment if one else None for one in found]}
    for subject in SUBJECTS:
        columns[subject] = [subject in one.subjects if one else None for one in found]
    return columns


@dataclass
class _Node:
    """A place in a dictionary of entries, unit by unit."""

    next: dict[str, _Node] = field(default_factory=dict)
    beginnings: dict[str, list[str]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    start: int
    label: str


def _find(units: Sequence[str], root: _Node) -> list[_Found]:
    """Look entries up, the longest first, without overlap."""
    found, start = [], 0
    while start < len(units):
        length, labels = _longest(units, start, root)
        found += [_Found(start, label) for label in labels]
        start += max(length, 1)
    return found


def _longest(units: Sequence[str], start: int, root: _Node) -> tuple[int, list[str]]:
    best: tuple[int, list[str]] = (0, [])
    node = root
    for position in range(start, len(units)):
        unit = units[position]
        labels = _begun(unit, node)
        if labels:
            best = (position - start + 1, labels)
        if unit not in node.next:
            break
        node = node.next[unit]
        if node.labels:
            best = (position - start + 1, node.labels)
    return best


def _begun(unit: str, node: _Node) -> list[str]:
    """Labels of an entry with a free ending that the unit begins with."""
    for length in range(len(unit), 2, -1) if node.beginnings else ():
        if unit[:length] in node.beginnings:
            return node.beginnings[unit[:length]]
    return []


def _weights(units: Sequence[str]) -> list[float]:
    found = _find(units, _moods())
    marks = {one.start: one.label for one in found}
    return [
        _sign(units, marks, one) * (_STRONG if marks.get(one.start - 1) == "STRENGTHENER" else 1.0)
        for one in found
        if one.label in _SIGNS
    ]


def _sign(units: Sequence[str], marks: Mapping[int, str], one: _Found) -> float:
    sign = _SIGNS[one.label]
    for position in range(one.start - 1, max(one.start - 1 - _LOOK_BACK, -1), -1):
        if marks.get(position) == "NEGATOR" or units[position].endswith("n't"):
            return -sign
        if units[position] in _PAUSE or marks.get(position) in _SIGNS:
            break
    return sign


@cache
def _moods() -> _Node:
    return _dictionary({name: getattr(lexicon, name) for name in ("PRAISE", "COMPLAINT", "NEGATOR", "STRENGTHENER")})


@cache
def _subjects() -> _Node:
    return _dictionary(lexicon.SUBJECTS)


def _dictionary(entries: Mapping[str, str]) -> _Node:
    root = _Node()
    for label, text in entries.items():
        for entry in (part.strip() for part in text.replace("\n", " ").split(",")):
            if entry:
                _add(root, entry, label)
    return root


def _add(root: _Node, entry: str, label: str) -> None:
    units = _UNIT.findall(entry)
    node = root
    for unit in units[:-1] if entry.endswith("*") else units:
        node = node.next.setdefault(unit, _Node())
    if entry.endswith("*"):
        node.beginnings.setdefault(units[-1], []).append(label)
    else:
        node.labels.append(label)
