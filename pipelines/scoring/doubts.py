"""What speaks against the newest tables before they are scored: customers who are missing, columns that went empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import DataError

LACKING = "lacking"
"""Key of the manifest: columns without any value among those that the model's signals read when it learnt."""
_BEFORE = """
SELECT scored, as_of FROM scores.score_runs WHERE status = 'finished' AND as_of <= ?
ORDER BY as_of DESC, finished_at DESC, run_id LIMIT 1
"""


def refuse_missing_customers(connection: Any, customers: int, instant: datetime, least_share: float) -> None:
    """Refuse to put scores of few customers in the place of those of many, of whom readers would see none any more.

    Parameters
    ----------
    connection
        The warehouse.
    customers
        How many are to be scored.
    instant
        When.
    least_share
        The least part of those who were scored last time.

    Raises
    ------
    DataError
        If they are fewer.
    """
    from pipelines.warehouse.scores import SCORE_RUNS
    from pipelines.warehouse.writing import has_scores

    found = connection.execute(_BEFORE, [instant]).fetchone() if has_scores(connection, SCORE_RUNS) else None
    if found is None or customers >= least_share * found[0]:
        return
    raise DataError(
        f"{customers:,} customers would be scored as of {instant:%Y-%m-%d}, of {found[0]:,} as of {found[1]:%Y-%m-%d}",
        allowed=f"at least {least_share:.0%} of those of the time before (score.least_share)",
        do="see whether the sources are whole; if so many have left, score once with --set score.least_share=0. "
        "Readers keep the scores of the time before",
    )


def lacking_columns(home: Path, columns: Mapping[str, Any]) -> list[str]:
    """Name what has no value in the newest checked tables, of all that signals read.

    Parameters
    ----------
    home
        The project's folder.
    columns
        Signal columns by name.

    Returns
    -------
    list of str
        ``table.column``, or ``table`` for one without rows; empty where nothing was checked yet.
    """
    from pipelines.validation import history
    from pipelines.validation.quarantine import FOLDER
    from pipelines.validation.support import unfilled

    loads = history.read(home / FOLDER)
    return unfilled([column.signal for column in columns.values()], loads[-1]["tables"]) if loads else []


def newly_lacking(home: Path, manifest: Mapping[str, Any], columns: Mapping[str, Any]) -> list[str]:
    """Name what has lost its values since the model learnt; an export of an earlier release does not tell."""
    if LACKING not in manifest:
        return []
    return sorted(set(lacking_columns(home, columns)) - set(manifest[LACKING]))
