"""What the report draws, for Streamlit: blocks as HTML in one language, drawings as pictures that carry their style."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from markupsafe import Markup

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Picture, Pictures
from pipelines.report.style import FONT

FAMILY = f"svg {{ font-family: {FONT}; }}"
ROOM = 14
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
SMALL = "@media (max-width: 400px) { svg text { font-size: 14px; } }"


@cache
def _environment() -> Any:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader("pipelines.dashboard"), PackageLoader("pipelines.report")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def say(words: Words, language: str) -> str:
    """Give a text in a language."""
    return words.zh if language == "zh" else words.en


def html(template: str, language: str, **values: Any) -> str:
    """Fill a template; every value is escaped."""
    return str(_environment().get_template(template).render(language=language, **values))


@cache
def style() -> str:
    """Give the style of every page: the report's, below a class of our own so that Streamlit keeps its look."""
    text = {name: _source(f"{name}.css") for name in ("colours", "blocks", "page", "frame")}
    return f"<style>{text['colours']}\n{text['frame']}\n.churn {{ {text['blocks']}\n{text['page']} }}</style>"


def blocks_html(blocks: Sequence[Block], language: str) -> str:
    """Write blocks as HTML, drawings as pictures."""
    shown = [_as_images(block, language) for block in blocks]
    return html("part.html", language, blocks=shown, kind_of=lambda block: type(block).__name__)


def image(drawing: Markup, alternative: str, language: str) -> Markup:
    """Make a picture of a drawing, which runs no script and loads nothing, with words for who cannot see it."""
    hidden = f"[lang={'en' if language == 'zh' else 'zh'}] {{ display: none; }}"
    look = "".join([_source("colours.css"), _source("drawings.css"), FAMILY, SMALL, hidden])
    head, rest = _VIEW.sub(_wider, str(drawing), count=1).split(">", 1)
    text = f'{head} xmlns="http://www.w3.org/2000/svg"><style>{look}</style>{rest}'
    data = base64.b64encode(text.encode()).decode()
    return Markup('<img class="drawing" alt="{}" src="data:image/svg+xml;base64,{}">').format(alternative, data)


def _wider(view: re.Match[str]) -> str:
    """Leave room around a drawing: what stands over its edge is cut off in a picture."""
    return f'viewBox="-{ROOM} -{ROOM} {float(view[1]) + 2 * ROOM:g} {float(view[2]) + 2 * ROOM:g}"'


def _as_images(block: Block, language: str) -> Block:
    if not isinstance(block, Pictures):
        return block
    return Pictures([_as_image(each, language) for each in block.items])


def _as_image(picture: Picture, language: str) -> Picture:
    alternative = say(Words(f"{picture.title.en}. ", f"{picture.title.zh}。") + picture.caption, language)
    return replace(picture, drawing=image(picture.drawing, alternative, language))


@cache
def _source(name: str) -> str:
    environment = _environment()
    source: str = environment.loader.get_source(environment, name)[0]
    return source
