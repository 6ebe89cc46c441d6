"""What each column adds to a customer's risk: parts in log odds that sum to the model's own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """Additive parts of each row's log odds, before calibration.

    Parameters
    ----------
    columns
        Names of the columns.
    values
        Log odds that each column adds, shape ``(rows, len(columns))``.
    base
        Log odds of the average training row; ``base + values.sum(axis=1)`` are the model's log odds of each row, up to
        rounding and as far as its probabilities lie between 1e-6 and 1 - 1e-6.
    """

    columns: tuple[str, ...]
    values: Floats
    base: float

    @property
    def log_odds(self) -> Floats:
        """Log odds of each row before calibration, shape ``(rows,)``."""
        return self.base + self.values.sum(axis=1)

    def attributed(self, columns: Sequence[str], sources: Mapping[str, Sequence[str]]) -> Contributions:
        """Hand on what a column adds to the columns that it was made from.

        Parameters
        ----------
        columns
            Columns of the result; each source must be among them.
        sources
            For a column, those that it was made from; each gets an equal share. A column not named here keeps its own.

        Returns
        -------
        Contributions
            The same log odds for each row; zero for columns without a part.

        Examples
        --------
        >>> own = Contributions(("late", "alive"), np.array([[0.5, 1.0]]), -2.0)
        >>> own.attributed(["late", "first", "last"], {"alive": ["first", "last"]}).values.tolist()
        [[0.5, 0.5, 0.5]]
        """
        if tuple(columns) == self.columns and not sources.keys() & set(self.columns):
            return self
        place = {name: position for position, name in enumerate(columns)}
        values = np.zeros((len(self.values), len(columns)))
        for position, name in enumerate(self.columns):
            made_from = sources.get(name, (name,))
            for source in made_from:
                values[:, place[source]] += self.values[:, position] / len(made_from)
        return Contributions(tuple(columns), values, self.base)


def weighted_sum(parts: Sequence[tuple[float, Contributions]], columns: Sequence[str]) -> Contributions:
    """Add up the contributions of several models.

    Parameters
    ----------
    parts
        Weight and contributions of each model, of the same rows.
    columns
        Columns of the result; each model's columns must be among them.

    Returns
    -------
    Contributions
        Exact where the models' log odds are added with these weights.
    """
    whole = [(weight, own.attributed(columns, {})) for weight, own in parts]
    values = np.zeros((len(whole[0][1].values), len(columns)))
    for weight, own in whole:
        values += weight * own.values
    return Contributions(tuple(columns), values, sum(weight * own.base for weight, own in whole))
