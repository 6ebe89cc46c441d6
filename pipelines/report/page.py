"""A page of a report: one HTML file that opens without a network, in two languages, on paper and in the dark."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Front, Section

WORDS = {
    "skip": Words("Skip to the answer", "跳到结论"),
    "look": Words("light / dark", "浅色 / 深色"),
    "switches": Words("Language and look", "语言与外观"),
    "contents": Words("Contents", "目录"),
}
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
)
"""The browser loads nothing, and runs the page's own script alone."""


@dataclass(frozen=True)
class Page:
    """What a page holds.

    Parameters
    ----------
    title
        Its name.
    front
        How it opens.
    sections
        Its parts, in the order in which they are read.
    footer
        Where its figures come from.
    language
        The language in which it opens; by default that of the browser.
    """

    title: Words
    front: Front
    sections: Sequence[Section]
    footer: Words
    language: Literal["en", "zh"] | None = None


def html(page: Page) -> str:
    """Write a page as HTML; every value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("pipelines.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    titles = {"en": page.title.en, "zh": page.title.zh}
    script = environment.get_template("page.js").render(titles=titles, language=page.language)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("page.html").render(
        page=page, words=WORDS, kind_of=_kind, script=Markup(script), policy=POLICY.format(digest=digest)
    )


def put(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write files by name into a folder; a killed writer leaves the earlier ones whole.

    Parameters
    ----------
    texts
        Name of the file to what stands in it.
    folder
        Made where it is not there.

    Returns
    -------
    list of Path
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        beside = folder / f".{name}.{os.getpid()}"
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, folder / name)
    return [folder / name for name in texts]


def _kind(block: Block) -> Any:
    return type(block).__name__
