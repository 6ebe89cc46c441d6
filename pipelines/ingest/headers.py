"""Names of source columns as they stand in a header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import DataError

MOST_COLUMNS = 10_000


def column_names(header: Sequence[object], path: Path) -> list[str]:
    """Usable, distinct names: trimmed; an empty one named by its place; a repeated one numbered, case ignored.

    Raises
    ------
    DataError
        If there are more than `MOST_COLUMNS`.

    Examples
    --------
    >>> column_names(["id", " Amount ", None, "ID"], Path("orders.csv"))
    ['id', 'Amount', 'column_3', 'ID_1']
    """
    if len(header) > MOST_COLUMNS:
        raise DataError(
            f"The header of '{path}' has {len(header):,} columns",
            allowed=f"at most {MOST_COLUMNS:,}",
            do="check delimiter; a table this wide must be turned into one row per value first",
        )
    taken: set[str] = set()
    names = []
    for place, cell in enumerate(header, start=1):
        base = name = ("" if cell is None else str(cell)).strip().strip("\ufeff") or f"column_{place}"
        number = 1
        while name.casefold() in taken:
            name = f"{base}_{number}"
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return names
