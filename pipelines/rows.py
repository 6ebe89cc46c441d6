"""From the panel and the labels to the rows that a model learns from and the split that keeps it honest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipelines.config import Project
from pipelines.panel import read_panel, split_keys

if TYPE_CHECKING:
    import pandas as pd

    from training.examples import Examples
    from training.splits import Split


SECONDS_PER_DAY = 86_400
NO_SIGNALS = ("churned", "churned_at", "settled_at", "treated", "split")


@dataclass(frozen=True)
class Labelled:
    """Labelled rows.

    Parameters
    ----------
    examples
        Signals and labels.
    split
        Which rows teach, choose and judge.
    left_after_days
        Days from the beginning of the outcome window to the end of the customer, shape (rows,); missing for who stayed
        and where the day is unknown.
    """

    examples: Examples
    split: Split
    left_after_days: npt.NDArray[np.float64]


def labelled_rows(
    project: Project,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    columns: Sequence[str] | None = None,
) -> Labelled:
    """Join signals and labels; rows without a label are left out.

    Parameters
    ----------
    project
        The project.
    panel, labels, calendar
        Artifacts of the stages features and label.
    columns
        Signals to read; all by default.
    """
    from training.examples import Examples

    known = labels.dropna(subset=["churned"])
    if calendar["flat"]:
        known = known.drop(columns="cutoff")
    frame = read_panel(panel, columns)
    keys = [key for key in ("customer_id", "cutoff") if key in known and key in frame]
    for key in keys:
        known = known.astype({key: "str"}) if key == "customer_id" else known
    frame["customer_id"] = frame["customer_id"].astype("str")
    joined = known.merge(frame, on=keys, how="inner", validate="one_to_one").sort_values(keys, ignore_index=True)
    signals = split_keys(joined.drop(columns=[c for c in NO_SIGNALS if c in joined]))[1]
    examples = Examples(
        features=_rule_first(signals, project.train.recency_column),
        label=joined["churned"].to_numpy(dtype=np.int8),
        customer=joined["customer_id"].to_numpy(dtype=object),
        cutoff=None if calendar["flat"] else joined["cutoff"].to_numpy(dtype="datetime64[us]"),
        settled=None if calendar["flat"] else joined["settled_at"].to_numpy(dtype="datetime64[us]"),
    )
    guarded, joined = _guarded(project, examples, joined, calendar)
    return Labelled(guarded, _split(project, guarded, joined, calendar), _left_after_days(joined, calendar))


def _guarded(
    project: Project, examples: Examples, joined: pd.DataFrame, calendar: dict[str, Any]
) -> tuple[Examples, pd.DataFrame]:
    """Keep actions from poisoning what is learnt; the test slice stays as it is, else its choice would know the future.

    See Also
    --------
    training.treated.guard
    """
    from training.treated import guard

    settings = project.train
    if calendar["flat"] or settings.treated == "keep":
        return examples, joined
    assert examples.cutoff is not None
    teaches = examples.cutoff < np.datetime64(datetime.fromisoformat(calendar["test_cutoff"]))
    reached = joined["treated"].to_numpy(dtype=np.bool_) & teaches
    untouched = ~teaches | _untouched(project, joined, calendar)
    guarded = guard(examples, reached, settings.treated, held_out=untouched, weight=settings.treated_weight)
    kept = {"leave_out": ~reached, "hold_out_only": untouched}.get(settings.treated)
    return guarded, joined if kept is None else joined[kept].reset_index(drop=True)


def _untouched(project: Project, joined: pd.DataFrame, calendar: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Tell the rows of the lasting hold-out, and those whose outcome was known before there was one."""
    from pipelines.actions.experiments import held_out

    since = project.experiments.hold_out_since
    if project.train.treated != "hold_out_only" or since is None:
        return np.zeros(len(joined), dtype=np.bool_)
    over = joined["cutoff"] + timedelta(days=calendar["gap_days"] + calendar["horizon_days"])
    before = (over <= np.datetime64(since)).to_numpy()
    return before | held_out(list(joined["customer_id"]), project.experiments.hold_out_share)


def _left_after_days(joined: pd.DataFrame, calendar: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Days from the beginning of the outcome window; a flat table knows no day."""
    if calendar["flat"]:
        return np.full(len(joined), np.nan)
    after = (joined["churned_at"] - joined["cutoff"]).dt.total_seconds() / SECONDS_PER_DAY - calendar["gap_days"]
    return after.where(joined["churned"] == 1).to_numpy(dtype=np.float64)


def _rule_first(signals: pd.DataFrame, rule: str | None) -> pd.DataFrame:
    """Put the column of the rule first: of columns that are equal the first one stays."""
    if rule is None or rule not in signals:
        return signals
    return signals[[rule, *(name for name in signals if name != rule)]]


def _split(project: Project, examples: Examples, joined: pd.DataFrame, calendar: dict[str, Any]) -> Split:
    from training.splits import given, rolling_origin, stratified

    settings = project.train
    if not calendar["flat"]:
        assert examples.cutoff is not None
        return rolling_origin(
            examples.cutoff,
            test_cutoff=datetime.fromisoformat(calendar["test_cutoff"]),
            gap_days=calendar["gap_days"],
            horizon_days=calendar["horizon_days"],
            validations=settings.validations,
            customer=examples.customer,
        )
    key = examples.customer
    if "split" in joined:
        test = (joined["split"] == "test").to_numpy()
        return given(test, examples.label, folds=settings.folds, seed=settings.seed, key=key)
    return stratified(examples.label, test_share=settings.test_share, folds=settings.folds, seed=settings.seed, key=key)
