"""How likely a silent buyer is to have gone, from the rhythm of purchases alone: the BG/NBD model.

Customers buy at a rate of their own until, after some purchase, they stop for good; rates follow a gamma and stopping
follows a beta distribution over customers (Fader, Hardie and Lee 2005, Marketing Science 24(2)). No labels are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.errors import TrainingError
from training.scoring import logit

Floats = npt.NDArray[np.float64]

RISK = "purchase_process__no_order"
ALIVE = "purchase_process__alive"
# Customers that the four parameters are fitted to at most: more would cost time and hardly move them.
MOST_CUSTOMERS = 50_000
# Log parameters are kept in a range in which all terms stay finite.
LOWEST, HIGHEST = -7.0, 9.0
STARTS = ((0.0, 2.0, 0.0, 0.0), (-1.0, 3.0, -1.0, 1.0))


@dataclass(frozen=True)
class PurchaseColumns:
    """Signals that tell a customer's rhythm.

    Parameters
    ----------
    orders
        Orders so far, or different days with one; 1 or more.
    days_since_first
        Days since the first order.
    days_since_last
        Days since the last order.
    """

    orders: str
    days_since_first: str
    days_since_last: str

    @property
    def names(self) -> tuple[str, str, str]:
        """The three columns."""
        return self.orders, self.days_since_first, self.days_since_last

    def rhythm(self, frame: pd.DataFrame) -> Rhythm:
        """Read repeat purchases, age of the last one and age of the customer.

        Raises
        ------
        TrainingError
            If a column is absent.
        """
        absent = [name for name in self.names if name not in frame.columns]
        if absent:
            raise TrainingError(
                f"purchase columns without {', '.join(absent)}", "signals of the project", "correct the names"
            )
        orders, first, last = (frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in self.names)
        repeats = np.maximum(orders - 1, 0)
        # Orders of one day span no time: the model then sees a customer without repeats.
        span = np.where(repeats > 0, np.maximum(first - last, 0), 0.0)
        return Rhythm(repeats, span, np.maximum(first, 0))


@dataclass(frozen=True)
class Rhythm:
    """A customer's purchases as the model sees them.

    Parameters
    ----------
    repeats
        Purchases after the first, shape ``(rows,)``.
    span_days
        Days from the first to the last purchase.
    age_days
        Days from the first purchase to the cutoff.
    """

    repeats: Floats
    span_days: Floats
    age_days: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Rows with all three values."""
        return ~np.isnan(self.repeats + self.span_days + self.age_days)

    @property
    def has_repeats(self) -> bool:
        """Whether anybody bought again: without that there is no rhythm to learn."""
        return bool((self.repeats[self.known] > 0).any())

    def take(self, rows: npt.NDArray[Any]) -> Rhythm:
        """Choose rows by a mask or by positions."""
        return Rhythm(self.repeats[rows], self.span_days[rows], self.age_days[rows])


@dataclass(frozen=True)
class PurchaseProcess:
    """A fitted BG/NBD model.

    Parameters
    ----------
    r, alpha
        Shape and rate of the gamma distribution of purchase rates, in purchases a day.
    a, b
        Parameters of the beta distribution of stopping after a purchase.
    """

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, rhythm: Rhythm) -> Floats:
        """Probability that the customer has not stopped, shape ``(rows,)``."""
        # After x repeats the odds of having stopped are a / (b + x - 1) ((alpha + T) / (alpha + t)) ** (r + x).
        log_ratio = np.log(self.alpha + rhythm.age_days) - np.log(self.alpha + rhythm.span_days)
        odds = (
            np.log(self.a) - np.log(self.b + np.maximum(rhythm.repeats, 1) - 1) + (self.r + rhythm.repeats) * log_ratio
        )
        return np.where(rhythm.repeats > 0, 1.0 / (1.0 + np.exp(np.minimum(odds, 700.0))), 1.0)

    def no_order(self, rhythm: Rhythm, days: float) -> Floats:
        """Probability of no purchase within so many days after the cutoff, shape ``(rows,)``."""
        silent = ((self.alpha + rhythm.age_days) / (self.alpha + rhythm.age_days + days)) ** (self.r + rhythm.repeats)
        return 1.0 - self.alive(rhythm) * (1.0 - silent)

    def log_likelihood(self, rhythm: Rhythm) -> Floats:
        """Log likelihood of each customer, equation 6 of Fader, Hardie and Lee (2005)."""
        return _log_likelihood(np.log([self.r, self.alpha, self.a, self.b]), rhythm)

    def signals(self, rhythm: Rhythm, days: float) -> pd.DataFrame:
        """Two further signals: log odds of no order in the window, and the probability of being alive."""
        values = {RISK: logit(self.no_order(rhythm, days)), ALIVE: self.alive(rhythm)}
        return pd.DataFrame({name: np.where(rhythm.known, value, np.nan) for name, value in values.items()})

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}


def fit_purchase_process(rhythm: Rhythm) -> PurchaseProcess:
    """Fit by maximum likelihood.

    Parameters
    ----------
    rhythm
        Customers as of one cutoff; rows with missing values are left out, and of more than :data:`MOST_CUSTOMERS`
        evenly spaced ones are taken.

    Returns
    -------
    PurchaseProcess
        The fitted model.

    Raises
    ------
    TrainingError
        If no customer bought twice: the rhythm is then unknown.
    """
    from scipy.optimize import minimize

    known = rhythm.take(rhythm.known)
    if not known.has_repeats:
        raise TrainingError(
            f"{len(known.repeats)} customers, none of whom bought on two days",
            "repeat purchases",
            "leave the purchase process out",
        )
    known = known.take(np.unique(np.linspace(0, len(known.repeats) - 1, MOST_CUSTOMERS).astype(np.int64)))
    values, counts = np.unique(
        np.column_stack([known.repeats, known.span_days, known.age_days]).round(2), axis=0, return_counts=True
    )
    distinct = Rhythm(*values.T)

    def loss(at: Floats) -> float:
        return -float(np.average(_log_likelihood(at, distinct), weights=counts))

    bounds = [(LOWEST, HIGHEST)] * 4
    found = [minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in STARTS]
    best = min(found, key=lambda result: result.fun)
    return PurchaseProcess(*(float(value) for value in np.exp(best.x)))


def _log_likelihood(log_parameters: Floats, rhythm: Rhythm) -> Floats:
    from scipy.special import betaln, gammaln

    r, alpha, a, b = np.exp(log_parameters)
    x, span, age = rhythm.repeats, rhythm.span_days, rhythm.age_days
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stopping = betaln(a, b + x) - betaln(a, b)
    still_here = -(r + x) * np.log(alpha + age)
    stopped = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + span)
    return rate + stopping + np.logaddexp(still_here, np.where(x > 0, stopped, -np.inf))
