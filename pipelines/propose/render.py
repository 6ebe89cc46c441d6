"""A proposal as YAML that a person reads: every choice with its reason beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

from pipelines.propose.proposal import Line, Proposal, is_block

_INDENT = "  "
_WIDTH = 110
_SHORT = 60


def render(proposal: Proposal) -> str:
    """Write a proposal as YAML.

    Parameters
    ----------
    proposal
        What `propose` found.

    Returns
    -------
    str
        Text that ``load_project`` reads. Doubtful lines carry ``# unsure: ...``.
    """
    head = [
        f"# {proposal.name}: proposed by churnlab init from what the files hold.",
        "# Look at every line marked 'unsure'; docs/guides/your-data.md explains the keys.",
        *(_comment(f"left out: {source}: {why}") for source, why in proposal.left_out),
        "",
    ]
    return "\n".join([*head, *_block(proposal.lines, 0)]) + "\n"


def _block(lines: tuple[Line, ...], depth: int) -> Iterator[str]:
    after_block = False
    for line in lines:
        if depth == 0 and (after_block or is_block(line.value)):
            yield ""
        after_block = is_block(line.value)
        if len(line.comment) > _SHORT:
            yield from _above(line, depth)
        yield from _line(line, depth)


def _above(line: Line, depth: int) -> Iterator[str]:
    """Put a long comment above its line."""
    indent = _INDENT * depth + "# "
    yield from textwrap.wrap(_comment(_text(line))[2:], _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _line(line: Line, depth: int) -> Iterator[str]:
    start, comment = f"{_INDENT * depth}{_scalar(line.key)}:", _said(line)
    if is_block(line.value) and line.value:
        yield start + comment
        yield from _block(line.value, depth + 1)
    elif isinstance(line.value, list) and line.value and is_block(line.value[0]):
        yield start + comment
        for block in line.value:
            yield from _item(block, depth + 1)
    else:
        yield f"{start} {_scalar(line.value)}{comment}"


def _item(block: tuple[Line, ...], depth: int) -> Iterator[str]:
    inner = list(_block(block, depth + 1))
    first = next(place for place, text in enumerate(inner) if not text.lstrip().startswith("#"))
    yield from inner[:first]
    yield f"{_INDENT * depth}- {inner[first].lstrip()}"
    yield from inner[first + 1 :]


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _said(line: Line) -> str:
    return f"  {_comment(_text(line))}" if 0 < len(line.comment) <= _SHORT else ""


def _text(line: Line) -> str:
    return f"unsure: {line.comment}" if line.unsure else line.comment


def _comment(text: str) -> str:
    """Keep a comment on its line, whatever a file name or a header holds."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"# {' '.join(printable.split())}"
