"""What a customer under contract is still worth: margin for as long as customers like it stay, later money discounted.

Leaving is read from a life table: for each month of being a customer, the customers who left in it divided by the
customer-months spent in it. Who came before leaving was on record enters the table late (left truncation), who is still
here leaves it uncounted (censoring).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.business.periods import Instants, days_between
from evaluation.business.standing import Spells

FloatArray = NDArray[np.float64]
DAYS_A_MONTH = 365.25 / 12
SUPPORT_MONTHS = 60.0
"""Customer-months below which a month of the table says nothing of its own."""
TAIL_MONTHS = 12


@dataclass(frozen=True, eq=False)
class LifeTable:
    """Leaving by month of being a customer.

    Parameters
    ----------
    left
        Customers who left in each month, shape (months,).
    exposure
        Customer-months spent in it, shape (months,).
    """

    left: FloatArray
    exposure: FloatArray

    @property
    def supported(self) -> int:
        """Months from the first that hold enough customer-months; at least one."""
        few = np.flatnonzero(self.exposure < SUPPORT_MONTHS)
        return max(int(few[0]) if few.size else len(self.exposure), 1)

    def rates(self, months: int, left: FloatArray | None = None) -> FloatArray:
        """Rate of leaving a month, shape (..., months).

        Where the table ends, the mean of the last year of it goes on.

        Parameters
        ----------
        months
            How many months are wanted.
        left
            Other numbers of customers who left, shape (..., months of the table).
        """
        gone, end = self.left if left is None else left, self.supported
        tail = slice(max(end - TAIL_MONTHS, 0), end)
        rest = gone[..., tail].sum(axis=-1) / max(self.exposure[tail].sum(), 1e-9)
        found = np.repeat(rest[..., np.newaxis], months, axis=-1)
        known = min(end, months)
        found[..., :known] = gone[..., :known] / np.maximum(self.exposure[:known], 1e-9)
        return found


def life_table(spells: Spells, as_of: int, recorded_since: int) -> LifeTable:
    """Count leaving by month of being a customer.

    Parameters
    ----------
    spells
        When they were customers.
    as_of
        Instant in microseconds from which nothing is known.
    recorded_since
        Instant in microseconds before which nobody who left is on record.

    Examples
    --------
    One customer leaves after a month and a half, one is still here after two.

    >>> import pandas as pd
    >>> day = np.array(["2026-01-01", "2026-02-15 15:45"], dtype="datetime64[us]")
    >>> spell = {"began": day[[0, 0]], "ended": [day[1], None], "kind": ["lapse", None]}
    >>> spells = Spells.of(pd.DataFrame({"customer_id": ["a", "b"], **spell}))
    >>> two_months = int(day[0].astype(int) + 2 * DAYS_A_MONTH * 86_400_000_000)
    >>> table = life_table(spells, two_months, 0)
    >>> table.left, table.exposure.round(2)
    (array([0., 1.]), array([2. , 1.5]))
    """
    seen = (spells.began < as_of) & (spells.ended >= recorded_since)
    began, ended = spells.began[seen], spells.ended[seen]
    enter = days_between(began, np.maximum(began, recorded_since)) / DAYS_A_MONTH
    leave = days_between(began, np.minimum(ended, as_of)) / DAYS_A_MONTH
    months = max(int(np.ceil(leave.max(initial=1.0))), 1)
    exposure = [
        np.clip(np.minimum(leave, month + 1) - np.maximum(enter, month), 0, None).sum() for month in range(months)
    ]
    gone = np.minimum(leave[ended < as_of].astype(np.intp), months - 1)
    return LifeTable(np.bincount(gone, minlength=months).astype(np.float64), np.array(exposure))


@dataclass(frozen=True, eq=False)
class Ahead:
    """Discounted months that a customer can be expected to stay, by months of being one so far: shape (months + 1,)."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray


def months_ahead(
    table: LifeTable,
    *,
    most_tenure: int,
    lifetime_months: int,
    discount_share: float,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Ahead:
    """Expect the discounted months ahead.

    Parameters
    ----------
    table
        The life table.
    most_tenure
        Longest tenure in months that is asked for.
    lifetime_months
        Months ahead that count.
    discount_share
        Discount rate a year: money a year away is worth 1 / (1 + rate).
    draws, seed
        Draws of the rates for the interval: the number who leave in a month is Poisson, and its mean is drawn from
        the gamma distribution that the count leaves it; half a leaver is spread over the table, so that a table without
        leavers is not certain.
    level
        Coverage. The interval says how sure the mean over customers of that tenure is, not how long one of them stays.

    Examples
    --------
    Half of the customers leave each month on average; without discount the months left are 1 / 0.5, however old.

    >>> table = LifeTable(np.array([500.0, 250.0]), np.array([1000.0, 500.0]))
    >>> months_ahead(table, most_tenure=1, lifetime_months=120, discount_share=0).expected.round(2)
    array([2.04, 2.04])
    """
    span = most_tenure + lifetime_months
    random = np.random.default_rng(seed)
    drawn = random.gamma(table.left + 0.5 / len(table.left), size=(draws, len(table.left)))
    bounds = np.quantile(
        _discounted(table.rates(span, drawn), most_tenure, lifetime_months, discount_share),
        [(1 - level) / 2, (1 + level) / 2],
        axis=0,
    )
    expected = _discounted(table.rates(span)[np.newaxis], most_tenure, lifetime_months, discount_share)[0]
    return Ahead(expected, np.minimum(bounds[0], expected), np.maximum(bounds[1], expected))


def _discounted(rates: FloatArray, most_tenure: int, lifetime_months: int, discount_share: float) -> FloatArray:
    """Sum what survives of each month ahead, for each tenure: shape (draws, most_tenure + 1)."""
    log_alive = np.concatenate([np.zeros((len(rates), 1)), -rates.cumsum(axis=1)], axis=1)
    worth = (1 + discount_share) ** (-(np.arange(lifetime_months) + 0.5) / 12)
    found = []
    for tenure in range(most_tenure + 1):
        alive = np.exp(log_alive[:, tenure : tenure + lifetime_months + 1] - log_alive[:, [tenure]])
        found.append(((alive[:, :-1] + alive[:, 1:]) / 2) @ worth)
    return np.stack(found, axis=1)


def tenure_months(began: Instants, as_of: int) -> NDArray[np.intp]:
    """Whole months of being a customer."""
    return np.maximum(days_between(began, as_of) / DAYS_A_MONTH, 0).astype(np.intp)
