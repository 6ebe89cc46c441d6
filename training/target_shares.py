"""A category with many values as one number: the share of its customers who left.

Shares of the training rows are found without the row's own customer, so that a rare value cannot give a label away
(Micci-Barreca 2001; cross-fitted as in Chernozhukov et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.encoding import Column, Encoding
from training.examples import Examples

Floats = npt.NDArray[np.float64]

# Customers with the average risk that are added to each value, so that a rare one stays near the average.
PRIOR_CUSTOMERS = 20.0
PARTS = 5


@dataclass(frozen=True)
class TargetShares:
    """Share of leavers for each category of one column.

    Parameters
    ----------
    column
        The column and its categories.
    shares
        Share for each category, drawn towards the average; not a number for one without training rows.
    """

    column: Column
    shares: tuple[float | None, ...]

    def apply(self, frame: pd.DataFrame) -> Floats:
        """Share for each row; not a number where the category is missing or unseen."""
        return _look_up(self.column.values(frame), np.array(self.shares, dtype=np.float64))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"column": Encoding((self.column,)).to_json()[0], "shares": list(self.shares)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TargetShares:
        """Read back what :meth:`to_json` wrote."""
        return cls(Encoding.from_json([values["column"]]).columns[0], tuple(values["shares"]))


def learn_shares(column: Column, examples: Examples, *, seed: int) -> tuple[TargetShares, Floats]:
    """Learn the shares of a column.

    Parameters
    ----------
    column
        The column and its categories.
    examples
        Training rows of one fold or of the final fit.
    seed
        Seed of the parts.

    Returns
    -------
    tuple
        What later rows are scored by, and the values of the training rows, each found without its own customer.
    """
    positions = column.values(examples.features)
    weight = np.ones(len(examples)) if examples.weight is None else examples.weight
    categories = len(column.categories or ())
    everything = _shares(positions, examples.label, weight, categories)
    values = np.empty(len(examples))
    part = customer_parts(examples, PARTS, seed)
    for number in range(PARTS):
        inside = part == number
        shares = _shares(positions[~inside], examples.label[~inside], weight[~inside], categories)
        values[inside] = _look_up(positions[inside], shares)
    plain = tuple(None if np.isnan(share) else float(share) for share in everything)
    return TargetShares(column, plain), values


def customer_parts(examples: Examples, parts: int, seed: int) -> npt.NDArray[np.int64]:
    """Deal customers out to parts at random; all rows of one customer share a part."""
    names, row_of = np.unique(examples.customer.astype(str), return_inverse=True)
    return np.random.default_rng(seed).permutation(np.arange(len(names)) % parts)[row_of]


def _shares(positions: Floats, label: npt.NDArray[np.int8], weight: Floats, categories: int) -> Floats:
    known = ~np.isnan(positions)
    at = positions[known].astype(np.int64)
    total = np.bincount(at, weight[known], minlength=categories)
    left = np.bincount(at, weight[known] * label[known], minlength=categories)
    average = np.average(label, weights=weight)
    shares = (left + PRIOR_CUSTOMERS * average) / (total + PRIOR_CUSTOMERS)
    return np.where(total > 0, shares, np.nan)


def _look_up(positions: Floats, shares: Floats) -> Floats:
    known = ~np.isnan(positions)
    values = np.full(len(positions), np.nan)
    values[known] = shares[positions[known].astype(np.int64)]
    return values
