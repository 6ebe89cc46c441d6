"""The report as a Markdown card: the words and tables of the page in both languages, without its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evaluation.gates.words import Words
from pipelines.report.blocks import (
    Bar,
    Block,
    Cell,
    Code,
    Figures,
    Mark,
    Named,
    Paragraph,
    Pictures,
    Points,
    Section,
    Table,
)
from pipelines.report.front import front
from pipelines.report.sections import sections
from pipelines.report.terms import Judged

LANGUAGES = {"en": "English", "zh": "中文"}


def card(judged: Judged, title: Words, footer: Words) -> str:
    """Write the card, English first."""
    opening, parts = front(judged), sections(judged)
    lines = []
    for language in LANGUAGES:
        lines += [f"# {_said(title, language)}", "", f"**{_said(opening.answer, language)}**", ""]
        lines += [f"{opening.mark.sign} {_said(opening.verdict, language)} {_said(opening.basis, language)}", ""]
        lines += [*_figures(opening.figures, language), ""]
        for part in parts:
            lines += [*_section(part, language), ""]
        lines += [_said(footer, language), "", "---", ""]
    return "\n".join(lines[:-3]) + "\n"


def _section(section: Section, language: str) -> Iterator[str]:
    yield from (f"## {_said(section.title, language)}", "", _said(section.answer, language))
    for block in section.blocks:
        written = list(_block(block, language))
        if written:
            yield ""
            yield from written


def _block(block: Block, language: str) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _said(block.words, language)
    elif isinstance(block, Pictures):
        yield from (f"- {_said(each.title, language)}" for each in block.items)
    elif isinstance(block, Figures):
        yield from _figures(block, language)
    elif isinstance(block, Points):
        yield from _points(block, language)
    else:
        yield from _table(block, language)


def _figures(figures: Figures, language: str) -> Iterator[str]:
    for each in figures.items:
        parts = [_said(words, language) for words in (each.label, each.value, each.note)]
        colon, bracket = (":", "({})") if language == "en" else ("：", "（{}）")
        yield f"- {parts[0]}{colon} **{parts[1]}** {bracket.format(parts[2])}"


def _points(points: Points, language: str) -> Iterator[str]:
    for each in points.items:
        mark = " ".join(filter(None, (each.mark.sign, _said(each.mark.words, language))))
        yield f"- {mark} {_said(each.title, language)}" if each.mark.words.en else f"- {_said(each.title, language)}"
        colon = ": " if language == "en" else "："
        yield from (f"  - {_said(name, language)}{colon}{_said(words, language)}" for name, words in each.lines)


def _table(table: Table, language: str) -> Iterator[str]:
    if table.folded is not None:
        yield from (f"**{_said(table.folded, language)}**", "")
    yield f"| {' | '.join(_said(name, language) for name in table.head)} |"
    yield f"|{'|'.join('--:' if place in table.numeric else '---' for place in range(len(table.head)))}|"
    for row in table.rows:
        yield f"| {' | '.join(_cell(each, language) for each in row)} |"


def _cell(cell: Cell, language: str) -> str:
    if isinstance(cell, Mark):
        return f"{cell.sign} {_said(cell.words, language)}"
    if isinstance(cell, Bar):
        return _said(cell.words, language)
    if isinstance(cell, Named):
        return f"{_said(cell.said, language)} (`{_escaped(cell.name)}`)"
    if isinstance(cell, Code):
        return f"`{_escaped(cell.text)}`" if cell.text else ""
    return _said(cell, language)


def _said(words: Words, language: str) -> str:
    return _escaped(words.en if language == "en" else words.zh)


def _escaped(text: str) -> str:
    r"""Take from a text what Markdown or HTML would read as their own.

    >>> _escaped("a|b <script> [x](y)")
    'a\\|b &lt;script&gt; \\[x\\](y)'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
    return re.sub(r"([\\|`\[\]*])", r"\\\1", plain)
