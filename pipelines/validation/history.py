"""The accepted loads of a project, newest last: how each table looked, and the figures that make quality over time."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from pipelines.records import read_record

KEPT = 30
FILE = "loads.json"


class Column(TypedDict):
    """How a column looked."""

    type: str
    missing: float
    partition: dict[str, list[Any]] | None


class Profile(TypedDict):
    """How a table looked."""

    rows: int
    last: str | None
    columns: dict[str, Column]


class Load(TypedDict):
    """An accepted load; of an old one the tables are not kept."""

    content: str
    at: str
    tables: dict[str, Profile]
    figures: dict[str, float]


def read(folder: Path) -> list[dict[str, Any]]:
    """Give the accepted loads, oldest first; none if there was none.

    Raises
    ------
    NotReady
        If the history is damaged.
    """
    path = folder / FILE
    do = "bring it back from a copy, or move it away: the next load is then compared with none before"
    found: list[Any] = read_record(path, list[Load], do) if path.exists() else []
    return found


def last_other(loads: list[dict[str, Any]], content: str) -> dict[str, Any] | None:
    """Find the newest load that is not this one."""
    return next((load for load in reversed(loads) if load["content"] != content), None)


def remember(
    folder: Path, content: str, profiles: dict[str, dict[str, Any]], figures: dict[str, float]
) -> list[dict[str, Any]]:
    """Add a load, or replace it if it is the same one checked again, and give all; profiles are kept of the last two.

    Parameters
    ----------
    folder
        Where the history is kept.
    content
        Digest of what was loaded.
    profiles
        Table to its profile.
    figures
        What is plotted over time.
    """
    loads = [load for load in read(folder) if load["content"] != content][-KEPT + 1 :]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    loads.append({"content": content, "at": at, "tables": profiles, "figures": figures})
    for old in loads[:-2]:
        old["tables"] = {}
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{FILE}.{os.getpid()}"
    beside.write_text(json.dumps(loads, ensure_ascii=False), encoding="utf-8")
    os.replace(beside, folder / FILE)
    return loads
