"""What the history supports: horizons, windows and families of signals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from features.tables import TABLES

HORIZONS_DAYS = (30, 60, 90, 180)
WINDOWS_DAYS = (7, 30, 90, 180, 365)
MOST_CUTOFFS = 3
_EMPTY = {"missing": 1.0}
LEAST_CUTOFFS = 2


def horizons(
    backend: Any,
    tables: Mapping[str, Any],
    definitions: Sequence[Any],
    span: tuple[datetime, datetime],
    asked_days: int,
    history_days: int,
    least_churners: int,
) -> list[dict[str, Any]]:
    """Say for each horizon how many separate outcome windows there are and how many customers left in the newest.

    Parameters
    ----------
    backend
        Ibis backend of the warehouse.
    tables
        Canonical tables by name.
    definitions
        Definitions of churn.
    span
        First fact and end of the data.
    asked_days
        The configured horizon.
    history_days
        Data that must lie before a cutoff.
    least_churners
        Churners that a model needs.

    Returns
    -------
    list of dict
        ``days``, ``windows`` (that do not overlap), ``customers`` and ``churners`` in up to three newest ones,
        ``supported``, ``because`` (``windows``, ``churners`` or empty).
    """
    every = sorted({*HORIZONS_DAYS, asked_days})
    return [_horizon(backend, tables, definitions, span, days, history_days, least_churners) for days in every]


def _horizon(
    backend: Any,
    tables: Mapping[str, Any],
    definitions: Sequence[Any],
    span: tuple[datetime, datetime],
    days: int,
    history_days: int,
    least_churners: int,
) -> dict[str, Any]:
    from training.labels.outcome import Window, labels

    window = Window(days, 0, span[1])
    cutoffs = []
    cutoff = window.last_cutoff()
    while cutoff >= span[0] + timedelta(days=history_days):
        cutoffs.append(cutoff)
        cutoff -= timedelta(days=days)
    found = {"customers": 0, "churners": 0}
    if cutoffs:
        rows = labels(definitions, tables, cutoffs[:MOST_CUTOFFS], window)
        counted = backend.to_pandas(rows.aggregate(customers=rows.churned.count(), churners=rows.churned.sum()))
        found = {key: int(counted[key].fillna(0).iloc[0]) for key in found}
    because = "windows" if len(cutoffs) < LEAST_CUTOFFS else "churners" if found["churners"] < least_churners else ""
    return {"days": days, "windows": len(cutoffs), **found, "supported": not because, "because": because}


def windows(span: tuple[datetime, datetime], horizon_days: int) -> list[dict[str, Any]]:
    """Say which signal windows fit before the outcome window of the newest cutoff."""
    history = (span[1] - span[0]).days - horizon_days
    return [{"days": days, "supported": history >= days} for days in WINDOWS_DAYS]


def families(signals: Collection[Any], profiles: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Say for each table how many signals the data can fill, and which columns the others lack.

    Parameters
    ----------
    signals
        Declared signals.
    profiles
        Table to its profile, see `pipelines.validation.profile`.

    Returns
    -------
    list of dict
        ``table``, ``signals``, ``available``, ``because`` (``no table``, ``no rows``, ``no values`` or empty) and
        ``columns`` (or tables) without any value.
    """
    return [
        _family(table, [each for each in signals if each.table.name == table], profiles)
        for table in TABLES
        if any(each.table.name == table for each in signals)
    ]


def _family(table: str, signals: list[Any], profiles: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    looked = profiles.get(table)
    made: dict[str, Any] = {"table": table, "signals": len(signals), "available": 0, "columns": []}
    if looked is None:
        return made | {"because": "no table"}
    if not looked["rows"]:
        return made | {"because": "no rows"}
    lacking = [_lacking(signal, profiles) for signal in signals]
    columns = sorted(set[str]().union(*lacking))
    available = sum(not lacking_of_signal for lacking_of_signal in lacking)
    return made | {"available": available, "columns": columns, "because": "no values" if columns else ""}


def _lacking(signal: Any, profiles: Mapping[str, dict[str, Any]]) -> set[str]:
    """Columns without any value, or tables without rows, that a signal reads, itself or through other signals."""
    return set[str]().union(*(_without_values(each, profiles) for each in _of_rows(signal)))


def unfilled(signals: Collection[Any], profiles: Mapping[str, dict[str, Any]]) -> list[str]:
    """Name columns without any value, as ``table.column``, and tables without rows, that signals read."""
    found = set[str]()
    for each in {rows for signal in signals for rows in _of_rows(signal)}:
        table = each.table.name
        found |= {name if name == table else f"{table}.{name}" for name in _without_values(each, profiles)}
    return sorted(found)


def _of_rows(signal: Any) -> set[Any]:
    """Give the signals over rows of tables on which a signal rests."""
    from features.declared import RowSignal

    if isinstance(signal, RowSignal):
        return {signal}
    inputs = {column.signal for days in signal.windows for column in signal.inputs(days)}
    return set[Any]().union(*(_of_rows(each) for each in inputs))


def _without_values(signal: Any, profiles: Mapping[str, dict[str, Any]]) -> set[str]:
    looked = profiles.get(signal.table.name)
    if looked is None or not looked["rows"]:
        return {signal.table.name}
    return {column for column in signal.columns_read if looked["columns"].get(column, _EMPTY)["missing"] == 1}
