"""Cohorts: the customers of one month, and how many of them are still here month after month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.business.periods import Periods, microseconds
from evaluation.business.standing import Spells
from evaluation.model.segments import MINIMUM_CUSTOMERS, TOO_FEW
from evaluation.model.shares import wilson_interval


def cohort_retention(spells: Spells, periods: Periods, minimum_customers: int = MINIMUM_CUSTOMERS) -> pd.DataFrame:
    """Give the triangle of retention.

    Parameters
    ----------
    spells
        When they were customers.
    periods
        The periods; cohorts are those who first became customers in one of them.
    minimum_customers
        Smaller cohorts are too few to say.

    Returns
    -------
    pandas.DataFrame
        ``cohort`` (name of the period), ``age`` (whole periods since the cohort's own ended, 0 at its end),
        ``period`` (at whose end it is seen), ``customers`` (of the cohort), ``retained`` (customers
        then, whether or not they were away), ``share``, ``low``, ``high`` and ``verdict``.
    """
    edges, first, names = microseconds(periods.edges), spells.first_began, periods.names
    here = [spells.here(int(edge)) for edge in edges[1:]]
    rows = []
    for start, cohort in enumerate(names):
        members = (first >= edges[start]) & (first < edges[start + 1])
        size = int(members.sum())
        rows += [
            (cohort, end - start, names[end], size, int((members & here[end]).sum()))
            for end in range(start, len(names))
        ]
    found = pd.DataFrame(rows, columns=["cohort", "age", "period", "customers", "retained"])
    customers = found["customers"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["share"] = found["retained"].to_numpy() / customers
        found["low"], found["high"] = wilson_interval(found["share"].to_numpy(), customers)
    few = found["customers"] < minimum_customers
    found.loc[few, ["share", "low", "high"]] = np.nan
    return found.assign(verdict=np.where(few, TOO_FEW, "told"))
