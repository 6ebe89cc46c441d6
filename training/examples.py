"""Labelled rows: what is known about a customer at a cutoff, and whether the customer left afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.errors import TrainingError
from training.splits import OpenWindows

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """Labelled rows of one training table.

    Parameters
    ----------
    features
        Signals of shape ``(rows, signals)``: numbers, flags, categories or strings; missing values are allowed.
    label
        1 where the customer left within the outcome window, else 0; shape ``(rows,)``.
    customer
        Customer of each row, shape ``(rows,)``.
    cutoff
        Instant of prediction of each row; empty for a flat table without a time axis.
    weight
        Non-negative weight of each row; empty means that all rows count the same.
    settled
        Instant from which on each label is known, the end of the outcome window at the latest; empty where it is not
        recorded.

    Raises
    ------
    TrainingError
        If lengths differ, a label is not 0 or 1, or a weight is negative or not a number.
    """

    features: pd.DataFrame
    label: npt.NDArray[np.int8]
    customer: npt.NDArray[Any]
    cutoff: npt.NDArray[np.datetime64] | None = None
    weight: Floats | None = None
    settled: npt.NDArray[np.datetime64] | None = None

    def __post_init__(self) -> None:
        self._check_lengths()
        _check_label(self.label)
        _check_weight(self.weight)

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: npt.NDArray[Any]) -> Examples:
        """Choose rows.

        Parameters
        ----------
        rows
            Boolean mask of shape ``(rows,)`` or positions of any length.

        Returns
        -------
        training.examples.Examples
            The chosen rows, in the order asked for.
        """
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Examples(
            features=self.features.iloc[index].reset_index(drop=True),
            label=self.label[index],
            customer=self.customer[index],
            cutoff=None if self.cutoff is None else self.cutoff[index],
            weight=None if self.weight is None else self.weight[index],
            settled=None if self.settled is None else self.settled[index],
        )

    def taught(self, train: Rows, open_windows: OpenWindows) -> Examples:
        """Choose the rows that teach: those whose window is over, and those of open windows with what they teach."""
        if not len(open_windows):
            return self.take(train)
        rows = self.take(np.concatenate([train, open_windows.rows]))
        return replace(rows, label=np.concatenate([rows.label[: len(train)], open_windows.label]))

    def relative_weight(self) -> Floats | None:
        """Weights with mean 1, so that penalties mean the same whatever their unit; none where rows are equal."""
        return None if self.weight is None else self.weight / self.weight.mean()

    def canonical_order(self) -> Rows:
        """Order of the rows that depends on their content alone, so that a fit does not depend on how they arrived.

        Returns
        -------
        numpy.ndarray
            Positions of shape ``(rows,)``: by cutoff, then customer, then content.
        """
        hashed = pd.util.hash_pandas_object(self.features, index=False).to_numpy()
        names = pd.factorize(self.customer.astype(str), sort=True)[0]
        keys: list[npt.NDArray[Any]] = [self.label, hashed, names]
        if self.weight is not None:
            keys.insert(0, self.weight)
        if self.cutoff is not None:
            keys.append(self.cutoff)
        return np.lexsort(keys)

    def _check_lengths(self) -> None:
        parts = {
            "label": self.label,
            "customer": self.customer,
            "cutoff": self.cutoff,
            "weight": self.weight,
            "settled": self.settled,
        }
        for name, part in parts.items():
            if part is not None and len(part) != len(self.features):
                raise TrainingError(
                    f"{len(part)} values of {name} for {len(self.features)} rows of signals",
                    "one value a row",
                    "build the label and the signals from the same rows",
                )


def _check_label(label: npt.NDArray[np.int8]) -> None:
    strange = sorted({str(value) for value in np.unique(label)} - {"0", "1"})
    if strange:
        raise TrainingError(
            f"labels {', '.join(strange[:5])}", "0 (stayed) and 1 (left)", "leave out rows whose window is not over"
        )


def _check_weight(weight: Floats | None) -> None:
    if weight is not None and not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise TrainingError("a weight below zero or not a number", "weights of 0 or more", "correct the weights")
