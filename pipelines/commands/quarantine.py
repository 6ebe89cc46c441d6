"""The commands for rows that the checks have set aside."""

from __future__ import annotations

from pipelines.config import load_project
from pipelines.console import Console


def list_quarantine(project_name: str) -> None:
    """Print the tables with rows in quarantine and why."""
    from pipelines.validation.quarantine import list_held

    held = list_held(load_project(project_name).home)
    if not held:
        print("No row is in quarantine.")
        return
    rows = [(each.table, f"{count:,}", reason) for each in held for reason, count in each.reasons.items()]
    Console().table("Rows in quarantine", ("table", "rows", "reason"), rows)


def show_quarantine(project_name: str, table: str, reason: str | None, most: int) -> None:
    """Print rows of a table in quarantine with their reasons."""
    from pipelines.validation.quarantine import show_rows

    columns, rows = show_rows(load_project(project_name).home, table, reason=reason, most=most)
    Console().table(f"{table} in quarantine", columns, [[_shown(cell) for cell in row] for row in rows])


def release_quarantine(project_name: str, table: str, reason: str | None, row_numbers: list[int] | None) -> None:
    """Release rows, so that the next validation accepts them."""
    from pipelines.lock import workspace_lock
    from pipelines.validation.quarantine import release_rows

    home = load_project(project_name).home
    with workspace_lock(home, "quarantine release"):
        released = release_rows(home, table, reason=reason, row_numbers=row_numbers or None)
    print(f"{released:,} rows of {table} released. Next: churnlab run -p {project_name}")


def _shown(cell: object) -> str:
    if isinstance(cell, list):
        return "; ".join(str(each) for each in cell)
    return "" if cell is None else str(cell)[:60]
