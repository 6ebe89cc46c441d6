"""What the company's systems hold on the last day: nothing after leaving, nothing that is not known yet."""

from __future__ import annotations

import numpy as np

from features.tables import KNOWN_AT, TABLES
from pipelines.demo.columns import Columns, Numbered, Values, Words, is_time
from pipelines.demo.world import World


def seen(table: str, columns: Columns, world: World) -> dict[str, Values]:
    """Cut an event table to its window and to each customer's stay.

    Rows outside the window, before the customer began or after it left are dropped. Later facts of a row (solved, paid,
    answered) that fall outside are set to null together with what was learned at that moment.

    Parameters
    ----------
    table
        Canonical name.
    columns
        Columns; ``customer_id`` holds rows of the world.
    world
        The customers.
    """
    rows = np.asarray(columns["customer_id"])
    happened = np.asarray(columns[TABLES[table].happened_at])
    stop = np.fmin(world.left_at, world.clock.end_day)[rows]
    begin = np.maximum(world.started_at[rows], world.clock.first_day)
    keep = (happened >= begin) & (happened < stop)
    return known(table, {**columns}, world, stop, keep)


def known(
    table: str, columns: dict[str, Values], world: World, stop: np.ndarray, keep: np.ndarray
) -> dict[str, Values]:
    """Drop rows that are not entered by the end of the window, null later facts from ``stop`` on, and keep ``keep``."""
    if KNOWN_AT in columns:
        keep = keep & (np.asarray(columns[KNOWN_AT]) < world.clock.end_day)
    kept = np.flatnonzero(keep)
    result: dict[str, Values] = {
        name: values[kept] if isinstance(values, np.ndarray) else values.take(kept) for name, values in columns.items()
    }
    for name, moment in TABLES[table].late_columns.items():
        if name in columns and is_time(table, moment):
            late = ~(np.asarray(columns[moment])[kept] < stop[kept])
            result[name] = _blank(result[name], late)
    return result


def _blank(values: Values, where: np.ndarray) -> Values:
    """Set rows to null."""
    if isinstance(values, Words):
        return Words(np.where(where, -1, values.codes), values.words)
    if isinstance(values, Numbered):
        return Numbered(values.letter, np.where(where, -1, values.numbers))
    return np.where(where, np.nan, values.astype(float))
