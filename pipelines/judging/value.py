"""What keeping each customer is worth, from what was known at the cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.customer_value import months_covered, value_column
from pipelines.errors import ConfigError
from pipelines.judging.material import Material


@dataclass(frozen=True, eq=False)
class Value:
    """Revenue that each kept customer brings.

    Parameters
    ----------
    amounts
        Shape (rows,), in the project's currency.
    column
        Signal that it comes from; empty where one number holds for all.
    unknown
        Customers without a value of their own, who got the median.
    """

    amounts: NDArray[np.float64]
    column: str
    unknown: int

    @property
    def typical(self) -> float:
        """What the customer in the middle pays; the mean where half of them pay nothing."""
        return float(np.median(self.amounts)) or float(self.amounts.mean())


def values(material: Material) -> Value | None:
    """Give each test customer's own value, or none where nothing says it.

    Raises
    ------
    ConfigError
        If the column that the project names is not there or no number.
    """
    rows, settings = len(material.test), material.settings
    if settings.value is not None:
        return Value(np.full(rows, settings.value), "", 0)
    column = value_column(settings, material.rows.test.signals.columns)
    if column is None:
        return None
    monthly = _numbers(material, column) / months_covered(column)
    known = np.isfinite(monthly)
    if not known.any():
        return None
    amounts = np.where(known, np.maximum(monthly, 0), np.median(monthly[known])) * settings.value_months
    return Value(amounts, column, int((~known).sum())) if amounts.any() else None


def _numbers(material: Material, column: str) -> NDArray[np.float64]:
    from pandas.api.types import is_numeric_dtype

    signals = material.rows.test.signals
    if column not in signals or not is_numeric_dtype(signals[column]):
        raise ConfigError(
            f"evaluate.value_column names {column}, which is no number of this project",
            allowed="a signal in the project's currency, such as contracts__monthly_price__ever",
            do="correct the setting, or set evaluate.value",
        )
    return signals[column].to_numpy(dtype=np.float64)
