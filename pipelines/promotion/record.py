"""The record of decisions about the champion, for people: Markdown, newest first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.promotion.comparison import SAID

FILE = "promotions.md"
TITLE = "# Who was champion, and why\n\nNewest first. The same stands with each version in MLflow's model registry.\n"


def entry(
    verdict: str, when: datetime, who: str, decision: Mapping[str, Any], gates: Sequence[Mapping[str, Any]]
) -> str:
    """Write one decision in Markdown.

    Parameters
    ----------
    verdict
        What became of which version and why, one line of Markdown.
    when
        The time of the decision, UTC.
    who
        The line, or the person.
    decision
        Numbers of the comparison, as `Decision.record` gives them; empty for a person's decision.
    gates
        Findings of the gates; none for a person's decision.
    """
    parts = [f"## {when:%Y-%m-%d %H:%M} UTC, {who}", verdict, _numbers(decision), _gates(gates)]
    return "\n\n".join(part for part in parts if part) + "\n"


def keep(folder: Path, text: str) -> Path:
    """Put an entry before those that there are, atomically.

    Parameters
    ----------
    folder
        The project's reports.
    text
        From `entry`.

    Returns
    -------
    Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    before = file.read_text(encoding="utf-8").removeprefix(TITLE) if file.is_file() else ""
    beside = file.with_name(f".{FILE}.{os.getpid()}")
    beside.write_text(f"{TITLE}\n{text}{before}", encoding="utf-8")
    os.replace(beside, file)
    return file


def _numbers(decision: Mapping[str, Any]) -> str:
    over = {"the recency rule": "rule_", f"version {decision.get('against')}": ""}
    rows = [
        f"| {who} | {decision[f'{prefix}difference']:+.4f} | {decision[f'{prefix}low']:+.4f} to "
        f"{decision[f'{prefix}high']:+.4f} | {wanted} |"
        for (who, prefix), wanted in zip(over.items(), ("above 0", _wanted(decision)), strict=True)
        if f"{prefix}difference" in decision
    ]
    if not rows:
        return ""
    head = f"| better than | {SAID[decision['loss']]} | {decision['level']:.0%} interval | wanted |\n|---|---|---|---|"
    return "\n".join([head, *rows])


def _wanted(decision: Mapping[str, Any]) -> str:
    return f"lower end above {-decision.get('margin', 0) or 0:g}"


def _gates(gates: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"- {gate['code']} {gate['title']}: **{gate['status']}**, {gate['found']}" for gate in gates)
