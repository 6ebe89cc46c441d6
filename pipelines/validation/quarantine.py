"""The quarantine of a project: list, show and release rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.validation import release as rows
from pipelines.validation.release import SHOWN, Held
from pipelines.warehouse.duckdb_file import warehouse

FOLDER = "validation"
MARK = "released.txt"


def list_held(home: Path) -> list[Held]:
    """List the tables of a project with rows in quarantine, most rows first.

    Raises
    ------
    NotReady
        If the project has no warehouse yet.
    """
    with warehouse(home, read_only=True) as connection:
        return rows.held(connection)


def show_rows(
    home: Path, table: str, *, reason: str | None = None, most: int = SHOWN
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Give columns and rows of a table in quarantine; see `pipelines.validation.release.show`."""
    with warehouse(home, read_only=True) as connection:
        return rows.show(connection, table, reason=reason, most=most)


def release_rows(home: Path, table: str, *, reason: str | None = None, row_numbers: Sequence[int] | None = None) -> int:
    """Release rows, so that the next validation accepts them; see `pipelines.validation.release.release`."""
    with warehouse(home) as connection:
        released = rows.release(connection, table, reason=reason, row_numbers=row_numbers)
        mark = rows.digest_of_released(connection)
    (home / FOLDER).mkdir(exist_ok=True)
    (home / FOLDER / MARK).write_text(mark, encoding="utf-8")
    return released


def mark_of_released(home: Path) -> str:
    """Say which rows are released, without opening the warehouse."""
    path = home / FOLDER / MARK
    return path.read_text(encoding="utf-8") if path.exists() else ""
