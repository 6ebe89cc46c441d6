"""Which columns a model may use, and why the others are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from training.encoding import is_number
from training.errors import TrainingError
from training.text_scores import is_text

# A text column in which most values occur once names customers rather than describes them.
MOST_DISTINCT_SHARE = 0.5
FEWEST_DISTINCT = 50


@dataclass(frozen=True)
class Selection:
    """Columns kept, and the reason for each one dropped.

    Parameters
    ----------
    kept
        Names in the frame's order.
    dropped
        Reason for each name left out.
    """

    kept: tuple[str, ...]
    dropped: dict[str, str]

    def with_columns(self, names: Sequence[str], features: pd.DataFrame) -> Selection:
        """Keep some columns whatever speaks against them, such as those that others are made from."""
        kept = tuple(str(name) for name in features.columns if name in {*self.kept, *names})
        return Selection(kept, {name: reason for name, reason in self.dropped.items() if name not in kept})


def select_columns(features: pd.DataFrame) -> Selection:
    """Drop columns that cannot help: empty, constant, equal to an earlier one, or naming the row.

    Parameters
    ----------
    features
        Training rows only.

    Returns
    -------
    Selection
        What is kept and why the rest is not.

    Raises
    ------
    TrainingError
        If there is no column, names repeat, or nothing is left.
    """
    names = [str(name) for name in features.columns]
    if not names:
        raise TrainingError("a table without signals", "at least one column", "choose signals or columns to learn from")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise TrainingError(f"columns named twice: {', '.join(repeated[:5])}", "one column a name", "rename them")
    dropped: dict[str, str] = {}
    first_with: dict[int, str] = {}
    for name in names:
        reason = _reason(features[name]) or _same_as(features, name, first_with)
        if reason:
            dropped[name] = reason
    if len(dropped) == len(names):
        raise TrainingError(
            f"{len(names)} columns, none of them usable ({names[0]}: {dropped[names[0]]})",
            "at least one column that differs between customers",
            "choose other signals, or check how the table is read",
        )
    return Selection(tuple(name for name in names if name not in dropped), dropped)


def _reason(series: pd.Series[Any]) -> str:
    known = series.dropna()
    if known.empty:
        return "no value"
    distinct = known.nunique()
    if distinct == 1 and len(known) == len(series):
        return "the same value in all rows"
    many = distinct > max(FEWEST_DISTINCT, MOST_DISTINCT_SHARE * len(known))
    if many and not is_number(series) and not is_text(series):
        return f"{distinct} different texts in {len(known)} rows: it names rows"
    return ""


def _same_as(features: pd.DataFrame, name: str, first_with: dict[int, str]) -> str:
    series = features[name]
    fingerprint = hash(pd.util.hash_pandas_object(series, index=False).to_numpy().tobytes())
    earlier = first_with.setdefault(fingerprint, name)
    same = earlier != name and bool(series.reset_index(drop=True).equals(features[earlier].reset_index(drop=True)))
    return f"equal to {earlier}" if same else ""


def check_labels(label: np.ndarray[Any, Any], minimum_positives: int, *, has_cutoffs: bool) -> None:
    """Refuse labels from which nothing can be learnt.

    Parameters
    ----------
    label
        0 or 1 for each training row.
    minimum_positives
        Fewest that must be 1.
    has_cutoffs
        Whether the label comes from a definition of churn; that of a flat table is in the file.

    Raises
    ------
    TrainingError
        If only one class is present, or fewer customers left than ``minimum_positives``.
    """
    left, rows = int((label == 1).sum()), len(label)
    if left in (0, rows):
        raise TrainingError(
            f"{rows} training rows, {left} of them left: one class only",
            "both customers who left and customers who stayed",
            "check the definition of churn, its horizon and the cutoffs" if has_cutoffs else "bring both kinds of rows",
        )
    if left < minimum_positives:
        more = "add earlier cutoffs or lengthen the horizon" if has_cutoffs else "bring more customers who left"
        raise TrainingError(
            f"{left:,} customers who left in {rows:,} training rows",
            f"{minimum_positives} or more",
            f"{more}; or lower minimum_positives and trust the figures less",
        )
