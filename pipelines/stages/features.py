"""Compute what was known about each customer at each cutoff."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.signal import SignalColumn
from pipelines.config import FeaturesSettings, Project
from pipelines.console import Progress
from pipelines.errors import NothingToLearn
from pipelines.panel import own_signals_digest
from pipelines.stage import stage

if TYPE_CHECKING:
    import pandas as pd

NO_TABLE = "the data bring no"


@stage(writes=["panel"], sections=("data", "label"), outside=own_signals_digest)
def features(
    project: Project,
    settings: FeaturesSettings,
    scratch: Path,
    progress: Progress,
    accepted: dict[str, Any],
    labels: pd.DataFrame,
    calendar: dict[str, Any],
) -> Path:
    """Compute the signals of every labelled customer at every cutoff."""
    from pipelines.warehouse.duckdb_file import warehouse

    with warehouse(project.home) as connection:
        if calendar["flat"]:
            columns = _copy_flat(connection, accepted["schema"], scratch)
        else:
            columns = _compute(connection, project, settings, accepted, labels, calendar, scratch, progress)
    progress.note(f"{columns} signals for {len(labels):,} rows")
    return scratch


def chosen(
    signals: Iterable[SignalColumn], settings: FeaturesSettings, accepted: dict[str, Any], calendar: dict[str, Any]
) -> tuple[list[SignalColumn], dict[str, str]]:
    """Choose the signals that the data can fill; give the reason for each that is left out."""
    history_days = _history_days(accepted, calendar)
    kept, left_out = [], {}
    for column in signals:
        reason = _reason_against(column, settings, accepted, history_days)
        if reason:
            left_out[column.name] = reason
        else:
            kept.append(column)
    return kept, left_out


def _reason_against(
    column: SignalColumn, settings: FeaturesSettings, accepted: dict[str, Any], history_days: float
) -> str:
    table = column.signal.table.name
    if table not in accepted["tables"]:
        return f"{NO_TABLE} {table}"
    if settings.tables is not None and table not in settings.tables:
        return "table not wanted (features.tables)"
    if any(fnmatch(column.name, pattern) for pattern in settings.exclude):
        return "excluded (features.exclude)"
    if column.days is not None and column.days > history_days:
        return f"window longer than the history of {history_days:.0f} days at the test cutoff"
    return ""


def _history_days(accepted: dict[str, Any], calendar: dict[str, Any]) -> float:
    span = datetime.fromisoformat(calendar["test_cutoff"]) - datetime.fromisoformat(accepted["first"])
    return span.total_seconds() / 86_400


def _compute(
    connection: Any,
    project: Project,
    settings: FeaturesSettings,
    accepted: dict[str, Any],
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    scratch: Path,
    progress: Progress,
) -> int:
    from features.compute import Panel, compute
    from pipelines.panel import canonical_tables, file_of, project_signals
    from pipelines.panel_copies import refuse_copies
    from pipelines.warehouse.duckdb_file import backend
    from pipelines.warehouse.engines import engine_of

    kept, left_out = chosen(project_signals(project).values(), settings, accepted, calendar)
    if not kept:
        raise NothingToLearn("No signal is left to compute", do="map more tables or loosen features.tables and exclude")
    surprising = {name: reason for name, reason in left_out.items() if not reason.startswith(NO_TABLE)}
    if surprising:
        progress.warn(f"{len(surprising)} signals left out: {_summary(surprising)}")
    panel = Panel(kept, [datetime.fromisoformat(cutoff) for cutoff in calendar["cutoffs"]])
    tables = canonical_tables(backend(connection), accepted["schema"], accepted["tables"])
    files, people = [], labels[["customer_id", "cutoff"]]
    with engine_of(settings.engine, connection, accepted["schema"], tables, people) as engine:
        for cutoff, table in compute(engine.backend, engine.tables, engine.population, panel, progress):
            files.append(scratch / file_of(cutoff))
            engine.write(table, files[-1])
    refuse_copies(connection, files, kept)
    return len(kept)


def _summary(left_out: dict[str, str]) -> str:
    reasons = sorted(set(left_out.values()))
    return "; ".join(f"{sum(value == reason for value in left_out.values())} {reason}" for reason in reasons)


def _copy_flat(connection: Any, schema: str, scratch: Path) -> int:
    from pipelines.ingest.sql import identifier
    from pipelines.panel import FLAT_FILE

    relation = connection.sql(f"FROM {identifier(schema)}.flat")
    names = [name for name in relation.columns if name not in ("customer_id", "churned", "split")]
    wanted = ", ".join(identifier(name) for name in ["customer_id", *names])
    relation.project(wanted).write_parquet(str(scratch / FLAT_FILE))
    return len(names)
