"""The conditions under which the latent process runs for each customer."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Conditions:
    """What of a customer the latent process needs; every field is an array of length ``n``.

    Parameters
    ----------
    started_day, paid_day
        First day of the relationship and first paid day; they differ by the trial.
    term_months, billing_months
        Length of a contract term and of an invoice period.
    offer_lead_days
        Days before the yearly review on which the renewal offer goes out.
    first_discount
        Share taken off the list price of the first order.
    hazard_factor
        The customer's own factor on every hazard.
    onset_factors
        The customer's own factor on the onset of each cause; shape (n, chains).
    """

    started_day: np.ndarray
    paid_day: np.ndarray
    term_months: np.ndarray
    billing_months: np.ndarray
    offer_lead_days: np.ndarray
    first_discount: np.ndarray
    hazard_factor: np.ndarray
    onset_factors: np.ndarray

    def __len__(self) -> int:
        return len(self.paid_day)

    @property
    def has_trial(self) -> np.ndarray:
        """Whether the relationship began with a trial."""
        return self.started_day < self.paid_day

    def take(self, rows: np.ndarray) -> Conditions:
        """Keep some customers, in the order given."""
        return Conditions(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})
