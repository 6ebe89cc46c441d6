"""The commands that show, explain and begin signals."""

from __future__ import annotations

import json
import sys
from typing import Any

from features.signal import SignalColumn
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest
from pipelines.panel import project_signals

RISK = {"rises": "grows with the value", "falls": "grows as the value falls", "none": "either way"}


def list_signals(project_name: str, as_json: bool, core: bool) -> None:
    """Print every signal column: a table for people, one name a line for a pipe, everything as JSON."""
    found = [each for each in project_signals(load_project(project_name)).values() if each.signal.core or not core]
    if as_json:
        print(json.dumps([_described(column) for column in found], ensure_ascii=False, indent=1))
    elif not sys.stdout.isatty():
        print("\n".join(column.name for column in found))
    else:
        rows = [(column.name, column.signal.unit, column.signal.meaning) for column in found]
        Console().table(
            f"{len({column.signal.name for column in found})} signals in {len(found)} columns",
            ("name", "unit", "meaning"),
            rows,
            texts=("unit", "meaning"),
        )


def show_signal(project_name: str, name: str) -> None:
    """Print what a signal means, how risk follows it, and what is said of it."""
    described = _described(_find(project_name, name))
    width = max(map(len, described))
    for key, value in described.items():
        print(f"{key:<{width}}  {value}")


def explain_signal(project_name: str, name: str) -> None:
    """Print a signal's example: the rows, and the value that comes of them."""
    signal = _find(project_name, name).signal
    print(f"{signal.meaning}\n\n{signal.example}\n\nRows at or after 0d are not known at the cutoff and never count.")


def _find(project_name: str, name: str) -> SignalColumn:
    known = project_signals(load_project(project_name))
    if name not in known:
        by_measure = [column for column in known if column.rsplit("__", 1)[0] == name]
        if not by_measure:
            raise ConfigError(f"There is no signal '{name}'", allowed=nearest(name, known), do="churnlab signals list")
        name = by_measure[0]
    return known[name]


def _described(column: SignalColumn) -> dict[str, Any]:
    signal = column.signal
    return {
        "name": column.name,
        "meaning": signal.meaning,
        "table": signal.table.name,
        "window_days": column.days,
        "unit": signal.unit,
        "without_rows": signal.empty,
        "risk": RISK[signal.risk],
        "core": signal.core,
        "said_en": signal.say["en"],
        "said_zh": signal.say["zh"],
    }
