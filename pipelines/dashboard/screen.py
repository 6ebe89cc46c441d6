"""What a page draws on: the project, who looks, in which language, and the pages to lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from evaluation.business.segment_words import segment_words
from evaluation.gates.words import Words
from pipelines.config import Project
from pipelines.dashboard.access import Viewer
from pipelines.dashboard.drawn import blocks_html, html, say
from pipelines.dashboard.store import Mart, opened
from pipelines.report.blocks import Block
from pipelines.report.numbers import money

JOINER = "\N{WORD JOINER}"
"""Cannot be seen; parts what would be made a link, a dash or an arrow."""
_SIGN, _LINK = re.compile(r"[!-/:-@\[-`{-~]"), re.compile(r":|@|www|[-.<=](?=\\[-.>=])", re.IGNORECASE)


@dataclass(frozen=True)
class Screen:
    """A page's ground.

    Parameters
    ----------
    project
        The project.
    viewer
        Who looks.
    language
        ``en`` or ``zh``.
    pages
        Streamlit pages by name.
    visit
        Grows each time that the viewer comes to another page.
    """

    project: Project
    viewer: Viewer
    language: str
    pages: dict[str, Any] = field(default_factory=dict)
    visit: int = 0

    @contextmanager
    def mart(self) -> Iterator[Mart]:
        """Open the mart as the viewer may see it."""
        with opened(self.project.home, self.viewer) as found:
            yield found

    def say(self, words: Words) -> str:
        """Give a text in the viewer's language."""
        return say(words, self.language)

    def named(self, value: str, category: str) -> Words:
        """Name a value of a category or a class that is computed, such as an industry or an RFM class."""
        return segment_words(category, value, self.project.value_names)

    def answer(self, words: Words, note: Words | None = None) -> None:
        """Open the page with the sentence that says what it means."""
        said = "" if note is None else self.say(note)
        st.html(html("heading.html", self.language, answer=self.say(words), note=said))

    def draw(self, *blocks: Block) -> None:
        """Draw blocks of the report."""
        if blocks:
            st.html(blocks_html(blocks, self.language))

    def heading(self, words: Words, note: Words | None = None) -> None:
        """Head a part of the page."""
        said = "" if note is None else self.say(note)
        st.html(html("part_heading.html", self.language, title=self.say(words), note=said))

    def money(self, amount: float | None) -> str:
        """Say an amount in the project's currency."""
        return self.say(money(amount, self.project.currency))

    def to_customer(self, customer_id: str, label: str) -> None:
        """Lead to a customer's page."""
        st.page_link(self.pages["customer"], label=plain(label), query_params={"customer": customer_id})

    def to_page(self, name: str, label: Words, query: dict[str, list[str]] | None = None) -> None:
        """Lead to another page."""
        asked = [(key, value) for key, values in (query or {}).items() for value in values]
        st.page_link(self.pages[name], label=self.say(label), query_params=asked or None)


def plain(text: str) -> str:
    r"""Take from a text of others what Streamlit would read as Markdown, HTML, a link or a sign to beautify.

    >>> plain("<b>A*B</b> [x](y)")
    '\\<b\\>A\\*B\\<\\/b\\> \\[x\\]\\(y\\)'
    >>> plain(":red").encode("unicode-escape")
    b'\\\\:\\u2060red'
    """
    escaped = _SIGN.sub(lambda sign: f"\\{sign[0]}", text)
    return _LINK.sub(lambda start: f"{start[0]}{JOINER}", escaped)
