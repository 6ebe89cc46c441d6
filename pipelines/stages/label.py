"""Say who was a customer at each cutoff, and who left afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_label import LabelSettings
from pipelines.console import Progress
from pipelines.errors import ConfigError, DataError, NothingToLearn
from pipelines.outcomes import check_tables, outcomes
from pipelines.stage import stage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from training.labels.outcome import Window


@stage(writes=["labels", "calendar"], sections=("data",))
def label(
    project: Project, settings: LabelSettings | None, progress: Progress, accepted: dict[str, Any]
) -> dict[str, Any]:
    """Label the customers who can churn at each cutoff; windows that are not over get no label."""
    from pipelines.warehouse.duckdb_file import backend, warehouse

    with warehouse(project.home, read_only=True) as connection:
        made = _flat(connection, accepted) if settings is None else _panel(backend(connection), settings, accepted)
    labels = made["labels"]
    known = labels["churned"].dropna()
    _check(known, made["calendar"])
    cutoffs = len(made["calendar"]["cutoffs"]) or "no"
    progress.note(f"{cutoffs} cutoffs, {len(known):,} labelled rows, base rate {known.mean():.1%}")
    return made


def window_of(settings: LabelSettings, accepted: dict[str, Any]) -> Window:
    """Give the outcome window; the data end where the configuration says, or with the newest fact."""
    from training.labels.outcome import Window

    data_end = settings.data_end or datetime.fromisoformat(accepted["last"])
    return Window(settings.horizon_days, settings.gap_days, data_end.replace(tzinfo=None))


def cutoffs_of(settings: LabelSettings, window: Window, first: datetime) -> tuple[list[datetime], datetime]:
    """Choose the cutoffs: the test cutoff, and before it those whose windows end by then, at equal distances.

    With `open_windows` those come in between whose windows are open at the test cutoff.

    Raises
    ------
    NothingToLearn
        If the test window is not over, or the history is too short for a single training cutoff.
    """
    test = settings.test_cutoff.replace(tzinfo=None) if settings.test_cutoff else window.last_cutoff()
    if not window.is_over(test):
        raise NothingToLearn(
            f"The test window [{test:%Y-%m-%d} + {window.reach.days} days] is not over: the data end {window.data_end}",
            allowed=f"a test cutoff up to {window.last_cutoff():%Y-%m-%d}",
            do="set label.test_cutoff earlier, or null",
        )
    earliest = first + timedelta(days=settings.minimum_history_days)
    training: list[datetime] = []
    cutoff = test - window.reach
    while cutoff >= earliest and len(training) < settings.most_cutoffs:
        training.append(cutoff)
        cutoff -= timedelta(days=settings.every_days)
    if not training:
        raise NothingToLearn(
            f"0 training cutoffs: the data begin {first:%Y-%m-%d}, the test cutoff is {test:%Y-%m-%d}",
            allowed=f"{settings.minimum_history_days} days of history and {window.reach.days} of outcome before it",
            do="shorten label.horizon_days or label.minimum_history_days",
        )
    return sorted([*training, *_open(settings, window, test), test]), test


def _open(settings: LabelSettings, window: Window, test: datetime) -> list[datetime]:
    """Cutoffs whose windows have begun and are not over at the test cutoff, at most as many as training cutoffs."""
    if not settings.open_windows:
        return []
    every = timedelta(days=settings.every_days)
    steps = range(1, settings.most_cutoffs + 1)
    cutoffs = [test - window.reach + step * every for step in steps]
    return [cutoff for cutoff in cutoffs if cutoff + timedelta(days=settings.gap_days) < test]


def _panel(backend: Any, settings: LabelSettings, accepted: dict[str, Any]) -> dict[str, Any]:
    from pipelines.panel import canonical_tables
    from training.labels.outcome import labels

    tables = canonical_tables(backend, accepted["schema"], accepted["tables"])
    definitions = outcomes(settings.churn)
    check_tables(definitions, tables)
    window = window_of(settings, accepted)
    cutoffs, test = cutoffs_of(settings, window, datetime.fromisoformat(accepted["first"]))
    frame = backend.to_pandas(labels(definitions, tables, cutoffs, window).order_by("cutoff", "customer_id"))
    frame["churned"] = frame["churned"].astype("Int8")
    frame["treated"] = _treated(backend, tables, settings, cutoffs, window, frame)
    if frame.empty:
        raise NothingToLearn(
            f"No customer is alive at any of {len(cutoffs)} cutoffs", do="check label.churn against the tables' times"
        )
    calendar = {
        "flat": False,
        "cutoffs": [cutoff.isoformat() for cutoff in cutoffs],
        "test_cutoff": test.isoformat(),
        "horizon_days": settings.horizon_days,
        "gap_days": settings.gap_days,
        "data_end": window.data_end.isoformat(),
    }
    return {"labels": frame, "calendar": calendar}


def _treated(
    backend: Any,
    tables: Mapping[str, Any],
    settings: LabelSettings,
    cutoffs: list[datetime],
    window: Window,
    frame: pd.DataFrame,
) -> npt.NDArray[np.bool_]:
    """Mark whom an action reached while the outcome was open."""
    import numpy as np
    import pandas as pd

    from training.labels.treatment import TABLE, treated

    if not settings.treated_by:
        return np.zeros(len(frame), dtype=np.bool_)
    if TABLE not in tables:
        raise ConfigError(
            f"label.treated_by names contacts, and the data bring no {TABLE}",
            allowed=", ".join(sorted(tables)),
            do=f"map {TABLE}, or leave label.treated_by empty",
        )
    found = backend.to_pandas(treated(tables, cutoffs, window, settings.treated_by))
    return pd.MultiIndex.from_frame(frame[["customer_id", "cutoff"]]).isin(pd.MultiIndex.from_frame(found))


def _flat(connection: Any, accepted: dict[str, Any]) -> dict[str, Any]:
    from pipelines.ingest.sql import identifier

    relation = connection.sql(f"FROM {identifier(accepted['schema'])}.flat")
    split = ", split" if "split" in relation.columns else ""
    nothing = ", ".join(f"NULL::TIMESTAMP AS {name}" for name in ("churned_at", "settled_at"))
    frame = relation.project(f"customer_id, NULL::TIMESTAMP AS cutoff, churned, {nothing}{split}").df()
    frame["churned"] = frame["churned"].astype("Int8")
    return {"labels": frame, "calendar": {"flat": True, "cutoffs": [], "test_cutoff": None}}


def _check(known: Any, calendar: dict[str, Any]) -> None:
    if known.empty:
        raise DataError("No customer has a label", do="check that outcome windows are over by the end of the data")
    if known.nunique() < 2:
        what = "left" if known.iloc[0] == 1 else "stayed"
        raise NothingToLearn(
            f"All {len(known):,} labelled customers {what}",
            allowed="some who left and some who stayed",
            do="check label.churn (or data.flat.positive), horizon and the tables",
        )
