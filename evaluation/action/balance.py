"""Whether the arms of an experiment are what was drawn: right in number, alike in everything known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest, chisquare

from evaluation.action.assignment import Arms
from evaluation.errors import JudgementError
from evaluation.model.rows import BoolArray, numbers

RATIO_ALARM = 0.001
"""p-value below which the numbers of customers are no accident (Fabijan et al. 2019)."""
LARGE_DIFFERENCE = 0.1
"""Standardised difference from which arms count as unlike (Austin 2009)."""
CHANCE_ERRORS = 3.0
"""Standard errors by which two arms drawn at random hardly ever differ."""
MOST_CATEGORIES = 20


@dataclass(frozen=True)
class SampleRatio:
    """Customers seen in each arm against those expected.

    Parameters
    ----------
    seen, expected
        Customers by arm.
    p_value
        How likely such numbers are, were customers drawn with the shares of the arms.
    """

    seen: dict[str, int]
    expected: dict[str, float]
    p_value: float

    @property
    def is_mismatched(self) -> bool:
        """Whether customers were lost or added in one arm, so that no effect may be read from the experiment."""
        return self.p_value < RATIO_ALARM


def sample_ratio(seen: Mapping[str, int], arms: Arms) -> SampleRatio:
    """Compare the numbers of customers with the shares of the arms.

    Exact for two arms, by chi-square for more. Strata that are dealt out differ less than chance, so that the alarm is
    rather too rare than too frequent.

    Raises
    ------
    JudgementError
        For an unknown arm, a negative number or no customers.

    Examples
    --------
    >>> from evaluation.action.assignment import two_arms
    >>> sample_ratio({"control": 520, "treated": 480}, two_arms(0.5)).is_mismatched
    False
    >>> sample_ratio({"control": 5200, "treated": 4800}, two_arms(0.5)).is_mismatched
    True
    """
    strange = [name for name in seen if name not in arms.shares]
    counts = {name: int(seen.get(name, 0)) for name in arms.names}
    total = sum(counts.values())
    if strange or min(counts.values()) < 0 or total == 0:
        raise JudgementError(f"customers by arm are {dict(seen)}; the arms are {', '.join(arms.names)}.")
    expected = {name: share * total for name, share in arms.shares.items()}
    if len(counts) == 2:
        first = arms.names[0]
        p_value = binomtest(counts[first], total, arms.shares[first]).pvalue
    else:
        p_value = chisquare(list(counts.values()), list(expected.values())).pvalue
    return SampleRatio(counts, expected, float(p_value))


def standardised_differences(known: pd.DataFrame, treated: ArrayLike) -> pd.DataFrame:
    """Compare the arms in what was known before, in standard deviations (Austin 2009).

    Parameters
    ----------
    known
        One row a customer: numbers, or categories of which the most frequent are compared.
    treated
        Shape (rows,), whether the customer was assigned to treatment.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value`` (the category, empty for a number), ``treated`` and ``control`` (mean or share),
        ``difference`` in standard deviations, ``is_large``: beyond 0.1 and beyond what chance explains. Columns that
        are the same everywhere are left out; the largest difference comes first.

    Raises
    ------
    JudgementError
        For different lengths or an arm without two rows.
    """
    arm = numbers(treated, "treated") == 1
    if len(known) != arm.size or min(arm.sum(), (~arm).sum()) < 2:
        raise JudgementError(f"{len(known)} rows and {arm.size} arms, {arm.sum()} treated; each arm needs 2 rows.")
    rows = [row for name in known for row in _compared(str(name), known[name], arm)]
    columns = ["name", "value", "treated", "control", "difference", "is_large"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("difference", key=np.abs, ascending=False, ignore_index=True, kind="stable")


def _compared(name: str, values: pd.Series[float], arm: BoolArray) -> list[tuple[str, str, float, float, float, bool]]:
    if pd.api.types.is_numeric_dtype(values):
        return _row(name, "", values.astype(float), arm)
    kept = values.value_counts().index[:MOST_CATEGORIES]
    return [row for value in kept for row in _row(name, str(value), (values == value).astype(float), arm)]


def _row(
    name: str, value: str, values: pd.Series[float], arm: BoolArray
) -> list[tuple[str, str, float, float, float, bool]]:
    treated, control = values[arm].dropna(), values[~arm].dropna()
    if min(len(treated), len(control)) < 2:
        return []
    spread = float(np.sqrt((treated.var() + control.var()) / 2))
    if spread == 0:
        return []
    difference = float((treated.mean() - control.mean()) / spread)
    limit = max(LARGE_DIFFERENCE, CHANCE_ERRORS * float(np.sqrt(1 / len(treated) + 1 / len(control))))
    return [(name, value, float(treated.mean()), float(control.mean()), difference, abs(difference) > limit)]
